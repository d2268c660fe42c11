"""One WebRTC peer that is shown one camera: aiortc behind four methods. Imported only when somebody asks for WHEP.

What was measured and is kept here: the codec's preference is set before the offer is taken (else VP8 and a black
picture); `.local` candidates are left out (else each answer waits a second for their names); the pictures since the
last key frame go ahead with their times squeezed together, ending at the live one; parameter sets stand before every
key frame. Sound and data are answered with nothing, whatever the offer asks for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtcicetransport import Connection  # type: ignore[attr-defined]

from server.video.elementary import annex_b
from server.video.fmp4 import TIMESCALE
from server.video.mux import Fragment
from server.video.stream import CameraStream, Viewer
from server.video.tickets import same_address

CONNECT_S = 10.0
_SQUEEZE = 66  # what is older than the join passes so many times faster: 1 ms a picture
_DEAF_S = 0.5  # a receiver asks for a key frame while the first one is still under way
_PATIENCE_S = 1.0
_MOST_CANDIDATES = 100  # each is knocked at, wherever it is
_CODECS = ("video/H264", "video/rtx")

for _name in ("aioice", "aiortc"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # they name the viewers' addresses

_ice: Any = sys.modules[Connection.__module__]
all_addresses = _ice.get_host_addresses


class BadOffer(ValueError):
    """The offer can't be answered; the text says why, for a programmer."""


def offer_only_on(addresses: tuple[str, ...]) -> None:
    """The addresses of this machine that a peer may reach; empty: all. aioice has no setting for it."""
    _ice.get_host_addresses = (lambda **_: list(addresses)) if addresses else all_addresses


class CameraTrack(MediaStreamTrack):
    """The camera's pictures as encoded packets; `on_first` is awaited before the first one leaves, `may_go` is asked
    before each; False ends all."""

    kind = "video"

    def __init__(self, stream: CameraStream, viewer: Viewer) -> None:
        super().__init__()
        self.on_first: Callable[[], Awaitable[bool]] | None = None
        self.may_go: Callable[[], bool] = lambda: True
        self._stream, self._viewer = stream, viewer
        self._begun_at: float | None = None
        self._joined_pts = 0
        self._skips_to_key = False
        self._last_pts = -1

    def want_key(self) -> None:
        """The receiver lost its way: nothing more until the next key frame, with which it starts anew."""
        if self._begun_at is not None and time.monotonic() - self._begun_at > _DEAF_S:
            self._skips_to_key = True

    async def recv(self) -> av.Packet:  # type: ignore[type-arg]
        while self.readyState == "live":
            fragment = await self._viewer.next(_PATIENCE_S)
            if fragment is None or (self._skips_to_key and not fragment.is_key):
                continue
            self._skips_to_key = False
            if self._begun_at is None:
                if self.on_first is None or not await self.on_first():
                    raise MediaStreamError
                self._begun_at, self._joined_pts = time.monotonic(), self._stream.live_pts
            if not self.may_go():
                raise MediaStreamError
            return self._packet(fragment)
        raise MediaStreamError

    def _packet(self, fragment: Fragment) -> av.Packet:  # type: ignore[type-arg]
        packet: av.Packet = av.Packet(annex_b(fragment))  # type: ignore[type-arg]
        pts = fragment.pts
        if pts < self._joined_pts:
            pts = self._joined_pts - (self._joined_pts - pts) // _SQUEEZE
        self._last_pts = max(pts, self._last_pts + 1)
        packet.pts, packet.time_base = self._last_pts, Fraction(1, TIMESCALE)
        return packet


class Peer:
    """Answer an offer, then show the camera until `close()`. `gone` is set when the peer has left or never came."""

    def __init__(self, track: CameraTrack, *, address: str, on_first: Callable[[], Awaitable[bool]]) -> None:
        """`address`: the viewer's; not a picture goes anywhere else (`strayed`). `on_first` is awaited before the first
        byte, and False keeps it back."""
        self.gone = asyncio.Event()
        self.strayed = False
        self._track, self._address, self._on_first = track, address, on_first
        track.on_first, track.may_go = self._before_first, self._still_at_home
        self._home: Any = None
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._timer: asyncio.TimerHandle | None = None

    async def answer(self, offer: str) -> str:
        """The SDP answer. Raises BadOffer; `close()` afterwards in any case."""
        connection = self._connection
        connection.on("connectionstatechange", self._changed)
        sender = connection.addTrack(self._track)
        sender._send_keyframe = self._track.want_key  # type: ignore[method-assign]
        codecs = RTCRtpSender.getCapabilities("video").codecs
        connection.getTransceivers()[0].setCodecPreferences([one for one in codecs if one.mimeType in _CODECS])
        try:
            await connection.setRemoteDescription(RTCSessionDescription(_readable(offer), "offer"))
            self._only_this_picture()
            await connection.setLocalDescription(await connection.createAnswer())
        except BadOffer:
            raise
        except Exception as error:  # whatever a stranger's text makes of aiortc's parser
            raise BadOffer(f"{type(error).__name__}: {error}"[:200]) from error
        self._timer = asyncio.get_running_loop().call_later(CONNECT_S, self._give_up)
        return str(connection.localDescription.sdp)

    def _only_this_picture(self) -> None:
        ours, *others = self._connection.getTransceivers()
        if ours.mid is None:
            raise BadOffer("no video section")
        for other in others:
            other.direction = "inactive"
        ours.direction = "sendonly"

    def _changed(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and self._timer:
            self._timer.cancel()
        if state in ("failed", "closed"):
            self.gone.set()

    async def _before_first(self) -> bool:
        return self._still_at_home() and await self._on_first()

    def _still_at_home(self) -> bool:
        """Asked for each picture: whoever controls ICE may name another pair at any time, and all goes there then."""
        ice = self._connection.getSenders()[0].transport.transport._connection
        pair = ice._nominated.get(1)
        if pair is None or pair is not self._home:
            self.strayed = pair is None or not self._is_home(pair.remote_addr[0])
            self._home = pair
        if self.strayed:
            self.gone.set()
        return not self.strayed

    def _is_home(self, remote: str) -> bool:
        """Is it the address that the release names? On one machine all its addresses are one."""
        here = {"127.0.0.1", "::1", *all_addresses(use_ipv4=True, use_ipv6=True)}
        return same_address(remote, self._address) or {remote, self._address} <= here

    def _give_up(self) -> None:
        if self._connection.connectionState != "connected":
            self.gone.set()

    async def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._track.stop()
        with contextlib.suppress(ConnectionError, OSError):
            await self._connection.close()


def _readable(offer: str) -> str:
    """Without candidates that only a browser's own machine can resolve. Raises BadOffer on what is no offer for us."""
    lines = offer.splitlines()
    kinds = [line[2:].partition(" ")[0] for line in lines if line.startswith("m=")]
    if kinds.count("video") != 1 or kinds.count("audio") > 1 or not set(kinds) <= {"video", "audio"}:
        raise BadOffer(f"one video section is needed and one of sound may be, the offer has {kinds[:8] or 'none'}")
    kept = [line for line in lines if not (line.startswith("a=candidate:") and ".local " in line)]
    if sum(line.startswith("a=candidate:") for line in kept) > _MOST_CANDIDATES:
        raise BadOffer("too many candidates")
    return "\r\n".join(kept) + "\r\n"
