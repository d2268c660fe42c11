"""RTP of a replay: whole pictures out of packets (RFC 3550, RFC 6184), and when each was taken. Pure.

A device that replays says in a header extension of its own (0xABAC, ONVIF Streaming 6.3) when a picture was recorded,
by its clock; packets come as fast as the network takes them, so their arrival says nothing. Without the extension the
RTP timestamp counts from the beginning of what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from server.video.h264 import AccessUnit, read_access_unit

MOST_PICTURE_BYTES = 8_000_000
REPLAY_EXTENSION = 0xABAC
_NTP_EPOCH_S = 2_208_988_800
_ERA_S = 1 << 32
_DISCONTINUITY = 0x20
_START = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Rtp:
    """`at_s`: Unix seconds by the device's clock; None where the packet does not say."""

    payload_type: int
    sequence: int
    timestamp: int
    payload: bytes
    at_s: float | None = None
    is_discontinuity: bool = False
    is_last: bool = False
    """Of its picture (the marker)."""


def read_rtp(data: bytes) -> Rtp | None:
    """None for what is no RTP packet, or is cut short."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    begin, end = 12 + 4 * (data[0] & 15), len(data)
    at_s, is_broken_off = None, False
    if data[0] & 0x10:
        if len(data) < begin + 4:
            return None
        name, words = int.from_bytes(data[begin : begin + 2], "big"), int.from_bytes(data[begin + 2 : begin + 4], "big")
        extension = data[begin + 4 : begin + 4 + 4 * words]
        if name == REPLAY_EXTENSION and len(extension) >= 9:
            at_s, is_broken_off = _unix_s(extension[:8]), bool(extension[8] & _DISCONTINUITY)
        begin += 4 + 4 * words
    if data[0] & 0x20:
        end -= data[-1]
    if begin > end or (data[0] & 0x20 and not data[-1]):
        return None
    sequence, timestamp = int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big")
    return Rtp(data[1] & 127, sequence, timestamp, data[begin:end], at_s, is_broken_off, bool(data[1] & 128))


def _unix_s(ntp: bytes) -> float | None:
    """NTP's 64 bits; from 2036 on they count from 0 again. Zero is "not known"."""
    whole, part = int.from_bytes(ntp[:4], "big"), int.from_bytes(ntp[4:], "big")
    if whole == 0:
        return None
    if whole < 1 << 31:
        whole += _ERA_S
    return whole - _NTP_EPOCH_S + part / _ERA_S


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, at a Unix second of the device's clock."""

    at_s: float
    unit: AccessUnit
    is_discontinuity: bool = False


@dataclass(slots=True)
class _Gathered:
    timestamp: int
    at_s: float | None = None
    is_discontinuity: bool = False
    is_broken: bool = False
    size: int = 0
    units: list[bytes] = field(default_factory=list)


class Depacketiser:
    """Packets of one payload type in, pictures out. `begin_s`: from when the device replays, for one that stamps no
    times. What was lost or torn on the way is left out, with what hangs on it, up to the next key frame."""

    def __init__(self, payload_type: int, *, rate: int = 90_000, begin_s: float = 0.0) -> None:
        self._payload_type, self._rate, self.begin_s = payload_type, rate, begin_s
        self._now: _Gathered | None = None
        self._pieces: bytearray | None = None
        self._next_sequence: int | None = None
        self._base: tuple[float, int] | None = None
        self._waits_for_key = True
        self._marks = self._is_whole = False

    def sets(self, sps: bytes, pps: bytes) -> Picture:
        """The parameter sets of the description, as what comes before the first picture."""
        return Picture(self.begin_s, AccessUnit(sps, pps, False, False, b""))

    def feed(self, packet: Rtp) -> Picture | None:
        """The picture before this packet, once this one begins another."""
        if packet.payload_type != self._payload_type:
            return None
        is_torn = self._next_sequence is not None and packet.sequence != self._next_sequence
        self._next_sequence = packet.sequence + 1 & 0xFFFF
        done = None
        if self._now is None or packet.timestamp != self._now.timestamp:
            if self._now is not None:
                self._now.is_broken |= is_torn  # what is missing may have been its end
            done = self._finish()
            self._now = _Gathered(packet.timestamp)
        now = self._now
        now.is_broken |= is_torn
        if now.at_s is None:
            now.at_s = packet.at_s
        now.is_discontinuity |= packet.is_discontinuity
        self._is_whole = packet.is_last
        self._marks |= packet.is_last
        self._take(now, packet.payload)
        return done

    def finish(self) -> Picture | None:
        """The last picture; nothing comes after it, so that only its marker tells whether its end has come."""
        if self._now is not None and self._marks and not self._is_whole:
            self._now.is_broken = True
        return self._finish()

    def _finish(self) -> Picture | None:
        now, self._now = self._now, None
        if now is None:
            return None
        if self._pieces is not None:
            now.is_broken, self._pieces = True, None
        at_s = self._time(now)
        if now.is_broken:
            self._waits_for_key = True
            return None
        unit = read_access_unit(b"".join(_START + one for one in now.units))
        if unit.sample and self._waits_for_key:
            if not unit.is_key:
                return None
            self._waits_for_key = False
        return Picture(at_s, unit, now.is_discontinuity) if unit.sample or unit.sps or unit.pps else None

    def _time(self, now: _Gathered) -> float:
        if now.at_s is not None:
            self._base = now.at_s, now.timestamp
            return now.at_s
        if self._base is None:
            self._base = self.begin_s, now.timestamp
        at_s, timestamp = self._base
        step = now.timestamp - timestamp & 0xFFFFFFFF
        at_s += (step - (1 << 32) if step >= 1 << 31 else step) / self._rate
        self._base = at_s, now.timestamp
        return at_s

    def _take(self, now: _Gathered, payload: bytes) -> None:
        now.size += len(payload)
        if now.size > MOST_PICTURE_BYTES:
            now.is_broken, now.units, self._pieces = True, [], None
        if now.is_broken or not payload:
            return
        kind = payload[0] & 31
        if self._pieces is not None and kind != 28:  # a fragment whose end never came
            now.is_broken, self._pieces = True, None
        elif 1 <= kind <= 23:
            now.units.append(payload)
        elif kind == 24:
            self._take_several(now, payload)
        elif kind == 28 and len(payload) > 2:
            self._take_fragment(now, payload)
        else:
            now.is_broken = True

    @staticmethod
    def _take_several(now: _Gathered, payload: bytes) -> None:
        at = 1
        while at + 2 <= len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            unit = payload[at + 2 : at + 2 + size]
            if not size or len(unit) != size:
                now.is_broken = True
                return
            now.units.append(unit)
            at += 2 + size
        now.is_broken |= at != len(payload)

    def _take_fragment(self, now: _Gathered, payload: bytes) -> None:
        is_first, is_last = payload[1] & 0x80, payload[1] & 0x40
        if bool(is_first) != (self._pieces is None):
            now.is_broken, self._pieces = True, None
            return
        if self._pieces is None:
            self._pieces = bytearray((payload[0] & 0xE0 | payload[1] & 31,))
        self._pieces += payload[2:]
        if is_last:
            now.units.append(bytes(self._pieces))
            self._pieces = None
