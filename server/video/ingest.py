"""One camera's RTSP connection in a thread of its own: demux, mux, reconnect.

Everything slow or blocking happens here; finished fragments go to the event loop through `Listener`.
PyAV options are measured: without them opening takes 2 s. `fflags=nobuffer` is left out on purpose, it
throws the first key frame away and a cold start then waits for the next one.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Protocol
from urllib.parse import urlsplit

import av
import structlog

from server.video.mux import Fragment, LiveMuxer, Unplayable

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 3.0
_BACKOFF_S, _LONGEST_BACKOFF_S = 0.25, 2.0
_WRONG_PASSWORD_BACKOFF_S = 30.0  # cameras lock an account that is tried too often
_OPTIONS = {"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0"}

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Called in the ingest thread."""

    def on_fragment(self, fragment: Fragment) -> None: ...

    def on_lost(self, state: str) -> None:
        """`down`: no connection; `frozen`: connected, but silent for READ_TIMEOUT_S."""

    def on_unplayable(self, code: str) -> None: ...


class Ingest(threading.Thread):
    """Runs until `stop()`; ends within READ_TIMEOUT_S after it, since a blocked read can't be cut."""

    def __init__(self, camera_id: str, url: str, listener: Listener) -> None:
        super().__init__(name=f"ingest {camera_id}", daemon=True)
        self._camera_id, self._url, self._listener = camera_id, url, listener
        self._stopping = threading.Event()
        self._muxer = LiveMuxer()
        self._backoff_s = _BACKOFF_S

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._pull()
                state = "down"
            except Unplayable as refusal:
                log.warning("camera stream refused", camera_id=self._camera_id, code=refusal.code)
                return self._listener.on_unplayable(refusal.code)
            except Exception as error:  # whatever a camera sends, its thread goes on trying
                state = self._after(error)
            if self._stopping.is_set():
                return None
            self._listener.on_lost(state)
            self._stopping.wait(self._backoff_s)
            self._backoff_s = min(self._backoff_s * 2, max(_LONGEST_BACKOFF_S, self._backoff_s))
        return None

    def _pull(self) -> None:
        with av.open(self._url, options=_OPTIONS, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)) as camera:
            if not camera.streams.video:
                raise ValueError("the camera offers no video")
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

    def _after(self, error: Exception) -> str:
        if isinstance(error, av.error.HTTPUnauthorizedError):
            self._backoff_s = _WRONG_PASSWORD_BACKOFF_S
        silent = isinstance(error, (av.error.ExitError, TimeoutError)) and self._answers()
        # the error's text may hold the address with its password
        log.info("camera lost", camera_id=self._camera_id, error=type(error).__name__, silent=silent)
        return "frozen" if silent else "down"

    def _answers(self) -> bool:
        """Does the camera's port still accept? Tells a hung camera from a dead one."""
        address = urlsplit(self._url)
        try:
            socket.create_connection((address.hostname, address.port or 554), timeout=1.0).close()
        except OSError:
            return False
        return True
