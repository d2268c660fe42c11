"""One camera's RTSP connection in a thread of its own: demux, mux, reconnect.

Everything slow or blocking happens here; finished fragments go to the event loop through `Listener`.
PyAV options are measured: without them opening takes 2 s. `fflags=nobuffer` is left out on purpose, it
throws the first key frame away and a cold start then waits for the next one.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

import av
import structlog

from server.video.mux import Fragment, LiveMuxer, Unplayable
from server.video.pinned import LENT, OVER_TCP, Network, Redirected, followed, pinned

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 3.0
_BACKOFF_S, _LONGEST_BACKOFF_S, _KNOCK_TIMEOUT_S = 0.25, 1.0, 1.0
_WRONG_PASSWORD_BACKOFF_S = 30.0  # cameras lock an account that is tried too often
_MOST_LED = 3
# TCP first, UDP for cameras that know nothing else. Audio is never even set up, let alone demuxed.
_OPTIONS = {"rtsp_flags": "prefer_tcp", "allowed_media_types": "video", "probesize": "32", "analyzeduration": "0"}

log = structlog.get_logger(__name__)


class NoVideo(Exception):
    """The camera's description names no video."""


class Listener(Protocol):
    """Called in the ingest thread."""

    def on_fragment(self, fragment: Fragment) -> None: ...

    def on_lost(self, state: str, reason: str) -> None:
        """`down`: no connection; `frozen`: connected, but silent for READ_TIMEOUT_S. Reasons: `StreamState`."""

    def on_unplayable(self, code: str) -> None: ...


class Ingest(threading.Thread):
    """Runs until `stop()`; ends within READ_TIMEOUT_S after it, since a blocked read can't be cut. `may_lead`: the
    networks into which a camera of the city may send us on; a lent one never does."""

    def __init__(self, camera_id: str, url: str, listener: Listener, may_lead: Sequence[Network] = ()) -> None:
        super().__init__(name=f"ingest {camera_id}", daemon=True)
        self._camera_id, self._url, self._listener = camera_id, url, listener
        is_lent = camera_id.startswith(LENT)
        self._may_lead = () if is_lent else tuple(may_lead)
        self._options = _OPTIONS | OVER_TCP if is_lent else _OPTIONS
        self._stopping = threading.Event()
        self._muxer = LiveMuxer()
        self._backoff_s = _BACKOFF_S

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        had_failed = False
        while not self._stopping.is_set():
            try:
                if not had_failed or self._knock():
                    self._pull()
                lost = ("down", "unreachable")
            except Unplayable as refusal:
                log.warning("camera stream refused", camera_id=self._camera_id, code=refusal.code)
                return self._listener.on_unplayable(refusal.code)
            except Exception as error:  # whatever a camera sends, its thread goes on trying
                lost = self._after(error)
            if self._stopping.is_set():
                return None
            had_failed = True
            self._listener.on_lost(*lost)
            self._stopping.wait(self._backoff_s)
            self._backoff_s = min(self._backoff_s * 2, max(_LONGEST_BACKOFF_S, self._backoff_s))
        return None

    def _pull(self) -> None:
        """Raises Redirected where the camera leads to somewhere else than it may."""
        url = self._url
        for _ in range(_MOST_LED + 1):
            with pinned(url) as door:
                try:
                    return self._pull_from(door.url)
                except (OSError, av.error.FFmpegError):
                    if door.leads_to is None:
                        raise
            url = followed(url, door.leads_to, self._may_lead)
        raise Redirected

    def _pull_from(self, url: str) -> None:
        with av.open(url, options=self._options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)) as camera:
            if not camera.streams.video:
                raise NoVideo
            stream = camera.streams.video[0]
            if stream.codec_context.name != "h264":
                raise Unplayable("codec")
            self._muxer.restart(stream.codec_context.extradata or b"")
            for packet in camera.demux(stream):
                if self._stopping.is_set():
                    return
                if packet.size:
                    self._feed(packet)

    def _feed(self, packet: av.Packet[av.VideoStream]) -> None:
        pts = packet.pts
        if pts is not None and packet.time_base is not None and packet.time_base.denominator != 90_000:
            pts = int(pts * packet.time_base * 90_000)
        fragment = self._muxer.feed(bytes(packet), pts=pts, arrived=time.monotonic())
        if fragment is not None:
            self._backoff_s = _BACKOFF_S
            self._listener.on_fragment(fragment)

    def _after(self, error: Exception) -> tuple[str, str]:
        """(state, reason) of a connection that broke."""
        reason = _reason(error)
        if reason == "password":
            self._backoff_s = _WRONG_PASSWORD_BACKOFF_S
        silent = reason == "silent" and self._knock()
        # the error's text may hold the address with its password
        log.info("camera lost", camera_id=self._camera_id, error=type(error).__name__, silent=silent)
        return ("frozen", "silent") if silent else ("down", "unreachable" if reason == "silent" else reason)

    def _knock(self) -> bool:
        """Does the camera's port accept? Tells a hung camera from a dead one, and finds a camera that is back sooner
        than opening it would, which waits OPEN_TIMEOUT_S for a host that does not answer at all."""
        address = urlsplit(self._url)
        try:
            socket.create_connection((address.hostname, address.port or 554), timeout=_KNOCK_TIMEOUT_S).close()
        except OSError:
            return False
        return True


def _reason(error: Exception) -> str:
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return "password"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "not_found"
    if isinstance(error, (av.error.ExitError, TimeoutError)):
        return "silent"
    if isinstance(error, NoVideo):
        return "no_video"
    if isinstance(error, Redirected):
        return "redirected"
    return "unreachable" if isinstance(error, OSError) else "broken"
