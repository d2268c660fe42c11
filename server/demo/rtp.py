"""RTP of simulated cameras: pictures cut into payloads once (RFC 6184, RFC 7798), then only stamped and sent."""

from __future__ import annotations

import secrets
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

_MTU = 1400
_NTP_EPOCH_S = 2_208_988_800

Codec = Literal["h264", "h265"]


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture: its RTP payloads (None: lost on the way), presentation time in 1/90000 s."""

    payloads: tuple[bytes | None, ...]
    pts: int
    is_key: bool


@dataclass(slots=True)
class RtpSession:
    """RTP state of one SETUP: SSRC and sequence are fresh, or viewers do not recover. `send` takes (channel 0: RTP,
    1: RTCP; the packets of one picture)."""

    path: str
    send: Callable[[int, list[bytes]], None]
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    sequence: int = field(default_factory=lambda: secrets.randbits(16))
    packets: int = 0
    octets: int = 0
    next_report: float = 0.0

    def play(self, picture: Picture, pts: int, at_s: float | None = None) -> None:
        """`at_s`: when it was recorded, said in ONVIF's header extension of a replay."""
        timestamp = pts & 0xFFFFFFFF
        if time.monotonic() >= self.next_report:
            self._report(timestamp)
        packets, last = [], len(picture.payloads) - 1
        for index, payload in enumerate(picture.payloads):
            if payload is not None:
                marker = 0x80 if index == last else 0
                said = b"" if at_s is None or index else _recorded_at(at_s, is_key=picture.is_key)
                head = (0x90 if said else 0x80, 96 | marker, self.sequence, timestamp, self.ssrc)
                packets.append(struct.pack(">BBHII", *head) + said + payload)
                self.packets += 1
                self.octets += len(payload)
            self.sequence = (self.sequence + 1) & 0xFFFF
        self.send(0, packets)

    def goodbye(self) -> None:
        """There is no more (RTCP BYE)."""
        self.send(1, [struct.pack(">BBHI", 0x81, 203, 1, self.ssrc)])

    def _report(self, timestamp: int) -> None:
        self.next_report = time.monotonic() + 5
        ntp = int((time.time() + _NTP_EPOCH_S) * (1 << 32))
        words = (self.ssrc, ntp >> 32, ntp & 0xFFFFFFFF, timestamp, self.packets, self.octets)
        self.send(1, [struct.pack(">BBH", 0x80, 200, 6) + struct.pack(">6I", *(w & 0xFFFFFFFF for w in words))])


def _recorded_at(at_s: float, *, is_key: bool) -> bytes:
    ntp = int((at_s + _NTP_EPOCH_S) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
    return struct.pack(">HHQBBH", 0xABAC, 3, ntp, 0x80 if is_key else 0, 0, 0)


def payloads(units: Sequence[bytes], codec: Codec) -> tuple[bytes, ...]:
    """NAL units as RTP payloads: whole, or in fragmentation units."""
    cut = _cut_h264 if codec == "h264" else _cut_h265
    return tuple(payload for unit in units for payload in ([unit] if len(unit) <= _MTU else cut(unit)))


def _cut_h264(unit: bytes) -> list[bytes]:
    head = bytes(((unit[0] & 0xE0) | 28,))
    return _fragments(head, unit[0] & 0x1F, unit[1:])


def _cut_h265(unit: bytes) -> list[bytes]:
    head = bytes(((unit[0] & 0x81) | 49 << 1, unit[1]))
    return _fragments(head, (unit[0] >> 1) & 0x3F, unit[2:])


def _fragments(head: bytes, kind: int, body: bytes) -> list[bytes]:
    parts = [body[at : at + _MTU] for at in range(0, len(body), _MTU)]
    last = len(parts) - 1
    return [
        head + bytes(((0x80 if at == 0 else 0) | (0x40 if at == last else 0) | kind,)) + part
        for at, part in enumerate(parts)
    ]
