"""A small RTSP/RTP server for simulated cameras (RFC 2326, RFC 6184, RFC 7616 MD5).

It knows no pictures: an `RtspServer` asks its `Streams` for the SDP of a path and for a feed of encoded
pictures. TCP interleaved and UDP, Digest when a password is set, RTCP sender reports. Loopback only.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

_MTU = 1400
_NTP_EPOCH_S = 2_208_988_800
_MAX_UNSENT_BYTES = 1_000_000
_REALM = "ansim-camera"


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture: NAL units in order, presentation time in 1/90000 s."""

    units: list[bytes]
    pts: int
    is_key: bool


class Streams(Protocol):
    def parameter_sets(self, path: str) -> tuple[bytes, bytes] | None:
        """(SPS, PPS) of a path like `cam-1/sub`; None when there is no such path."""

    def is_reachable(self, path: str) -> bool: ...

    def attach(self, path: str, deliver: Callable[[Picture], None], hang_up: Callable[[], None]) -> Callable[[], None]:
        """Feed pictures until the returned function is called; `hang_up` cuts the connection."""


@dataclass(slots=True)
class _Session:
    """RTP state of one SETUP: SSRC and sequence are fresh, or viewers do not recover."""

    path: str
    send_rtp: Callable[[bytes], None]
    send_rtcp: Callable[[bytes], None]
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    sequence: int = field(default_factory=lambda: secrets.randbits(16))
    packets: int = 0
    octets: int = 0
    next_report: float = 0.0

    def send(self, picture: Picture) -> None:
        timestamp = picture.pts & 0xFFFFFFFF
        if time.monotonic() >= self.next_report:
            self._report(timestamp)
        payloads = [payload for unit in picture.units for payload in _payloads(unit)]
        for index, payload in enumerate(payloads):
            marker = 0x80 if index == len(payloads) - 1 else 0
            header = struct.pack(">BBHII", 0x80, 96 | marker, self.sequence, timestamp, self.ssrc)
            self.sequence = (self.sequence + 1) & 0xFFFF
            self.packets += 1
            self.octets += len(payload)
            self.send_rtp(header + payload)

    def _report(self, timestamp: int) -> None:
        self.next_report = time.monotonic() + 5
        ntp = int((time.time() + _NTP_EPOCH_S) * (1 << 32))
        words = (self.ssrc, ntp >> 32, ntp & 0xFFFFFFFF, timestamp, self.packets, self.octets)
        self.send_rtcp(struct.pack(">BBH", 0x80, 200, 6) + struct.pack(">6I", *(w & 0xFFFFFFFF for w in words)))


def _payloads(unit: bytes) -> list[bytes]:
    """RTP payloads of a NAL unit: itself, or FU-A parts."""
    if len(unit) <= _MTU:
        return [unit]
    indicator, kind = (unit[0] & 0xE0) | 28, unit[0] & 0x1F
    parts = [unit[i : i + _MTU] for i in range(1, len(unit), _MTU)]
    return [
        bytes((indicator, (0x80 if i == 0 else 0) | (0x40 if i == len(parts) - 1 else 0) | kind)) + part
        for i, part in enumerate(parts)
    ]


class RtspServer:
    """`start()` returns the port; `close()` hangs up on everybody."""

    def __init__(self, streams: Streams, *, user: str = "", password: str = "") -> None:
        self.streams, self.user, self.password = streams, user, password
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

    def admits(self, method: str, headers: dict[str, str]) -> bool:
        if not self.password:
            return True
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', headers.get("authorization", "")))
        ha1 = _md5(f"{self.user}:{_REALM}:{self.password}")
        expected = _md5(f"{ha1}:{self.nonce}:{_md5(method + ':' + given.get('uri', ''))}")
        right_nonce = given.get("nonce") == self.nonce
        return right_nonce and secrets.compare_digest(given.get("response", ""), expected)

    def challenge(self) -> str:
        return f'Digest realm="{_REALM}", nonce="{self.nonce}", algorithm=MD5'


class _Connection(asyncio.Protocol):
    def __init__(self, server: RtspServer, everyone: set[_Connection]) -> None:
        self._server, self._everyone = server, everyone
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._session: _Session | None = None
        self._detach: Callable[[], None] | None = None
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
        path = re.sub(r"^rtsp://[^/]*/|/trackID=0$|/$", "", url).removesuffix("/trackID=0")
        if method != "OPTIONS" and not self._server.admits(method, headers):
            return self._reply(headers, "401 Unauthorized", f"WWW-Authenticate: {self._server.challenge()}")
        if method == "DESCRIBE":
            return self._describe(headers, url, path)
        if method == "SETUP":
            return self._setup(headers, path)
        if method == "PLAY":
            return self._play(headers)
        if method == "TEARDOWN":
            self._stop()
        if method in ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"):
            public = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
            return self._reply(headers, "200 OK", public)
        return self._reply(headers, "501 Not Implemented")

    def _describe(self, headers: dict[str, str], url: str, path: str) -> None:
        sets = self._server.streams.parameter_sets(path)
        if sets is None:
            return self._reply(headers, "404 Not Found")
        if not self._server.streams.is_reachable(path):
            return self.hang_up()
        sprop = ",".join(base64.b64encode(unit).decode() for unit in sets)
        fmtp = f"a=fmtp:96 packetization-mode=1;profile-level-id={sets[0][1:4].hex()};sprop-parameter-sets={sprop}"
        sdp = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=Ansim simulated camera", "c=IN IP4 0.0.0.0", "t=0 0"]
        sdp += ["a=control:*", "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", fmtp, "a=control:trackID=0", ""]
        body = "\r\n".join(sdp)
        base = f"Content-Base: {url.rstrip('/')}/"
        return self._reply(headers, "200 OK", base, "Content-Type: application/sdp", body=body)

    def _setup(self, headers: dict[str, str], path: str) -> None:
        wanted = headers.get("transport", "")
        if "interleaved=" in wanted:
            channel = int(re.findall(r"interleaved=(\d+)", wanted)[0])
            self._session = _Session(path, self._tcp(channel), self._tcp(channel + 1))
            answer = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        elif "client_port=" in wanted and self._server.udp and self._transport:
            port = int(re.findall(r"client_port=(\d+)", wanted)[0])
            host = self._transport.get_extra_info("peername")[0]
            rtp, rtcp = self._server.udp
            self._session = _Session(
                path, lambda data: rtp.sendto(data, (host, port)), lambda data: rtcp.sendto(data, (host, port + 1))
            )
            own = rtp.get_extra_info("sockname")[1]
            answer = f"RTP/AVP;unicast;client_port={port}-{port + 1};server_port={own}-{own + 1}"
        else:
            return self._reply(headers, "461 Unsupported Transport")
        return self._reply(headers, "200 OK", f"Transport: {answer};ssrc={self._session.ssrc:08X}")

    def _play(self, headers: dict[str, str]) -> None:
        if self._session is None:
            return self._reply(headers, "455 Method Not Valid in This State")
        self._reply(headers, "200 OK", "Range: npt=0.000-")
        self._stop()
        self._detach = self._server.streams.attach(self._session.path, self._deliver, self.hang_up)
        return None

    def _deliver(self, picture: Picture) -> None:
        if self._transport is None or self._session is None:
            return
        if self._transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self._waits_for_key = True
        elif picture.is_key:
            self._waits_for_key = False
        if not self._waits_for_key:
            self._session.send(picture)

    def _stop(self) -> None:
        if self._detach:
            self._detach()
            self._detach = None

    def _tcp(self, channel: int) -> Callable[[bytes], None]:
        def send(data: bytes) -> None:
            if self._transport and not self._transport.is_closing():
                self._transport.write(struct.pack(">BBH", 0x24, channel, len(data)) + data)

        return send

    def _reply(self, headers: dict[str, str], status: str, *extra: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *extra]
        lines.append(f"Session: {self._session_id};timeout=60")
        lines.append(f"Content-Length: {len(body.encode())}")
        if self._transport:
            self._transport.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


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


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
