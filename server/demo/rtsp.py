"""A small RTSP server for simulated cameras (RFC 2326, RFC 7616 MD5).

It knows no pictures: an `RtspServer` asks its `Streams` for the description of a path and for a feed of encoded
pictures. TCP interleaved and UDP, Digest where the camera has a password, RTCP sender reports, ONVIF replay by time. A
camera may offer an
audio track; nobody who keeps the law sets it up, and whoever does is counted. Loopback only.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from server.demo.rtp import Codec, Picture, RtpSession

_MAX_UNSENT_BYTES = 1_000_000
_REALM = "ansim-camera"
_AUDIO = "trackID=1"

Deliver = Callable[[Picture, int], None]
Transport = Literal["any", "tcp", "udp"]
Login = Literal["md5", "sha-256", "basic"]


@dataclass(frozen=True, slots=True)
class Description:
    """What a path offers. `sets`: SPS and PPS (H.264), or VPS, SPS and PPS (H.265). `password` empty: none asked."""

    codec: Codec
    sets: tuple[bytes, ...]
    has_audio: bool = False
    transport: Transport = "any"
    user: str = ""
    password: str = ""
    login: Login = "md5"
    is_recorded: bool = False


class Streams(Protocol):
    def describe(self, path: str) -> Description | None:
        """Of a path like `cam-1/sub`; None when there is no such path."""

    def is_reachable(self, path: str) -> bool: ...

    def note_setup(self, path: str, track: Literal["video", "audio"]) -> None: ...

    def replay(self, path: str, begin_s: float, end_s: float) -> Iterator[tuple[Picture, int, float | None]] | None:
        """What was recorded in that span (Unix seconds by the camera's clock): pictures, pts, when. None: nothing."""

    def attach(self, path: str, deliver: Deliver, hang_up: Callable[[], None]) -> Callable[[], None]:
        """Feed (picture, pts in 1/90000 s) until the returned function is called; `hang_up` cuts the connection."""


class RtspServer:
    """`start()` returns the port; `close()` hangs up on everybody."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.nonce = secrets.token_hex(16)
        self.udp: tuple[asyncio.DatagramTransport, asyncio.DatagramTransport] | None = None
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()

    async def start(self, port: int = 0) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, self._open), "127.0.0.1", port)
        self.udp = await _udp_pair(loop)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        for connection in list(self._open):
            connection.hang_up()
        if self._server:
            self._server.close()
        for transport in self.udp or ():
            transport.close()

    def admits(self, method: str, path: str, headers: dict[str, str]) -> bool:
        camera = self.streams.describe(path)
        if camera is None or not camera.password:
            return True
        said = headers.get("authorization", "")
        if camera.login == "basic":
            pair = base64.b64encode(f"{camera.user}:{camera.password}".encode()).decode()
            return secrets.compare_digest(said, f"Basic {pair}")
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', said))
        of = _md5 if camera.login == "md5" else _sha256
        ha1 = of(f"{camera.user}:{_REALM}:{camera.password}")
        middle = f"{self.nonce}:{given.get('nc')}:{given.get('cnonce')}:auth" if camera.login != "md5" else self.nonce
        expected = of(f"{ha1}:{middle}:{of(method + ':' + given.get('uri', ''))}")
        right_nonce = given.get("nonce") == self.nonce
        return right_nonce and secrets.compare_digest(given.get("response", ""), expected)

    def challenge(self, path: str) -> str:
        camera = self.streams.describe(path)
        if camera is not None and camera.login == "basic":
            return f'Basic realm="{_REALM}"'
        more = (
            ', algorithm=SHA-256, qop="auth"' if camera is not None and camera.login == "sha-256" else ", algorithm=MD5"
        )
        return f'Digest realm="{_REALM}", nonce="{self.nonce}"' + more


class _Connection(asyncio.Protocol):
    def __init__(self, server: RtspServer, everyone: set[_Connection]) -> None:
        self._server, self._everyone = server, everyone
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._session: RtpSession | None = None
        self._detach: Callable[[], object] | None = None
        self._waits_for_key = True
        self._session_id = secrets.token_hex(8)

    # ------------------------------------------------------------ asyncio
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._everyone.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._everyone.discard(self)
        self._stop()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer:
            if self._buffer[0] == 0x24:  # interleaved RTCP from the viewer: nothing to learn
                if len(self._buffer) < 4 or len(self._buffer) < 4 + int.from_bytes(self._buffer[2:4]):
                    return
                del self._buffer[: 4 + int.from_bytes(self._buffer[2:4])]
                continue
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            lines = bytes(self._buffer[:end]).decode("utf-8", "replace").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
            length = int(headers.get("content-length", "0") or 0)
            if len(self._buffer) < end + 4 + length:
                return
            del self._buffer[: end + 4 + length]
            self._answer(lines[0], headers)

    def hang_up(self) -> None:
        if self._transport:
            self._transport.abort()

    # ------------------------------------------------------------ RTSP
    def _answer(self, request_line: str, headers: dict[str, str]) -> None:
        method, url = [*request_line.split(" "), "", ""][:2]
        path = re.sub(r"^rtsp://[^/]*/", "", url)
        path, track = re.sub(r"/(trackID=\d)?$", "", path), path.rpartition("/")[2]
        if method != "OPTIONS" and not self._server.admits(method, path, headers):
            return self._reply(headers, "401 Unauthorized", f"WWW-Authenticate: {self._server.challenge(path)}")
        if method == "DESCRIBE":
            return self._describe(headers, url, path)
        if method == "SETUP":
            return self._setup(headers, path, is_audio=track == _AUDIO)
        if method == "PLAY":
            return self._play(headers)
        if method == "TEARDOWN":
            self._stop()
        if method in ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"):
            public = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
            return self._reply(headers, "200 OK", public)
        return self._reply(headers, "501 Not Implemented")

    def _describe(self, headers: dict[str, str], url: str, path: str) -> None:
        camera = self._server.streams.describe(path)
        if camera is None:
            return self._reply(headers, "404 Not Found")
        if not self._server.streams.is_reachable(path):
            return self.hang_up()
        body = "\r\n".join(_sdp(camera))
        base = f"Content-Base: {url.rstrip('/')}/"
        return self._reply(headers, "200 OK", base, "Content-Type: application/sdp", body=body)

    def _setup(self, headers: dict[str, str], path: str, *, is_audio: bool) -> None:
        wanted = headers.get("transport", "")
        camera = self._server.streams.describe(path)
        allowed = camera.transport if camera else "any"
        if "interleaved=" in wanted and allowed != "udp":
            channel = int(re.findall(r"interleaved=(\d+)", wanted)[0])
            session = RtpSession(path, self._tcp(channel))
            answer = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        elif "client_port=" in wanted and allowed != "tcp" and self._server.udp and self._transport:
            port = int(re.findall(r"client_port=(\d+)", wanted)[0])
            host = self._transport.get_extra_info("peername")[0]
            session = RtpSession(path, _udp(self._server.udp, host, port))
            own = self._server.udp[0].get_extra_info("sockname")[1]
            answer = f"RTP/AVP;unicast;client_port={port}-{port + 1};server_port={own}-{own + 1}"
        else:
            return self._reply(headers, "461 Unsupported Transport")
        self._server.streams.note_setup(path, "audio" if is_audio else "video")
        if not is_audio:
            self._session = session
        return self._reply(headers, "200 OK", f"Transport: {answer};ssrc={session.ssrc:08X}")

    def _play(self, headers: dict[str, str]) -> None:
        if self._session is None:
            return self._reply(headers, "455 Method Not Valid in This State")
        camera = self._server.streams.describe(self._session.path)
        if camera is not None and camera.is_recorded:
            return self._play_recorded(headers)
        self._reply(headers, "200 OK", "Range: npt=0.000-")
        self._stop()
        self._detach = self._server.streams.attach(self._session.path, self._deliver, self.hang_up)
        return None

    def _play_recorded(self, headers: dict[str, str]) -> None:
        assert self._session is not None
        span = re.fullmatch(r"clock=(\d{8}T\d{6}\.\d{3})Z-(\d{8}T\d{6}\.\d{3})Z", headers.get("range", ""))
        if headers.get("require") != "onvif-replay" or headers.get("rate-control") != "no" or span is None:
            return self._reply(headers, "400 Bad Request")
        begin, end = (datetime.strptime(f"{one}Z", "%Y%m%dT%H%M%S.%f%z").timestamp() for one in span.groups())
        found = self._server.streams.replay(self._session.path, begin, end)
        if found is None:
            return self._reply(headers, "457 Invalid Range")
        self._reply(headers, "200 OK", f"Range: {headers['range']}")
        self._stop()
        task = asyncio.get_running_loop().create_task(self._send_recorded(self._session, found))
        self._detach = task.cancel
        return None

    async def _send_recorded(self, session: RtpSession, found: Iterator[tuple[Picture, int, float | None]]) -> None:
        """As fast as it is read."""
        for picture, pts, at_s in found:
            while self._transport and self._transport.get_write_buffer_size() > _MAX_UNSENT_BYTES // 4:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            session.play(picture, pts, at_s)
        session.goodbye()

    def _deliver(self, picture: Picture, pts: int) -> None:
        if self._transport is None or self._session is None:
            return
        if self._transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self._waits_for_key = True
        elif picture.is_key:
            self._waits_for_key = False
        if not self._waits_for_key:
            self._session.play(picture, pts)

    def _stop(self) -> None:
        if self._detach:
            self._detach()
            self._detach = None

    def _tcp(self, channel: int) -> Callable[[int, list[bytes]], None]:
        def send(which: int, packets: list[bytes]) -> None:
            if self._transport and not self._transport.is_closing():
                parts = [struct.pack(">BBH", 0x24, channel + which, len(one)) + one for one in packets]
                self._transport.write(b"".join(parts))

        return send

    def _reply(self, headers: dict[str, str], status: str, *extra: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *extra]
        lines.append(f"Session: {self._session_id};timeout=60")
        lines.append(f"Content-Length: {len(body.encode())}")
        if self._transport:
            self._transport.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


def _sdp(camera: Description) -> list[str]:
    sprop = [base64.b64encode(unit).decode() for unit in camera.sets]
    if camera.codec == "h264":
        fmtp = (
            f"packetization-mode=1;profile-level-id={camera.sets[0][1:4].hex()};sprop-parameter-sets={','.join(sprop)}"
        )
    else:
        fmtp = "sprop-vps={};sprop-sps={};sprop-pps={}".format(*sprop)
    lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=Ansim simulated camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
    if camera.has_audio:  # first, as some real cameras have it
        lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a=control:{_AUDIO}"]
    lines += ["m=video 0 RTP/AVP 96", f"a=rtpmap:96 {camera.codec.upper()}/90000", f"a=fmtp:96 {fmtp}"]
    return [*lines, "a=control:trackID=0", ""]


def _udp(
    ends: tuple[asyncio.DatagramTransport, asyncio.DatagramTransport], host: str, port: int
) -> Callable[[int, list[bytes]], None]:
    def send(which: int, packets: list[bytes]) -> None:
        for packet in packets:
            if not ends[which].is_closing():
                ends[which].sendto(packet, (host, port + which))

    return send


async def _udp_pair(loop: asyncio.AbstractEventLoop) -> tuple[asyncio.DatagramTransport, asyncio.DatagramTransport]:
    """RTP on an even port and RTCP on the next one, as RFC 3550 asks."""
    for _ in range(50):
        rtp, _protocol = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0))
        port = rtp.get_extra_info("sockname")[1]
        try:
            if port % 2 == 0:
                rtcp, _protocol = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", port + 1))
                return rtp, rtcp
        except OSError:
            pass
        rtp.close()
    raise OSError("no free pair of UDP ports on 127.0.0.1")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
