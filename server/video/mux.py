"""From a camera's pictures to fragments on one unbroken timeline; pure, one per camera stream.

A camera that comes back counts its timestamps from anywhere. They are put on our timeline from the
last *key frame* (its time and its arrival): the last picture before a break is often a stale one that
the demuxer held back, and anchoring on it would leave the viewer half a second behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.video.fmp4 import TIMESCALE, fragment, init_segment
from server.video.h264 import PictureFormat, read_access_unit, read_sps, split_nal_units

_MAX_STEP = 10 * TIMESCALE
MOST_PX = 8192
_HELD_BACK_S = 1.5
_SHORTEST, _LONGEST = TIMESCALE // 120, TIMESCALE


class Unplayable(Exception):
    """The camera's settings make a stream that browsers can't show. `code`: b_frames, codec."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, eq=False)
class StreamInit:
    """Init segment of one format; compare by identity to see that the format changed."""

    picture: PictureFormat
    segment: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """One picture, shared by all viewers. `pts` in 1/90000 s on our timeline, `arrived` monotonic s."""

    init: StreamInit
    data: bytes
    pts: int
    is_key: bool
    arrived: float

    @property
    def sample(self) -> memoryview:
        """The encoded picture itself: the same bytes when an encoder repeats itself, whatever its time."""
        return memoryview(self.data)[int.from_bytes(self.data[:4], "big") + 8 :]


class LiveMuxer:
    """`feed()` each demuxed packet; call `restart()` after every new connection to the camera."""

    def __init__(self) -> None:
        self._sps = self._pps = b""
        self._init: StreamInit | None = None
        self._sequence = 0
        self._waits_for_key = True
        self._offset: int | None = None
        self._raw_pts = 0
        self._last_pts: int | None = None
        self._duration = TIMESCALE // 15
        self._anchor: tuple[int, float] | None = None
        self._last_arrived: float | None = None

    def restart(self, extradata: bytes = b"") -> None:
        """`extradata`: parameter sets of the SDP, for cameras that send none in the stream."""
        self._waits_for_key, self._offset, self._last_arrived = True, None, None
        for unit in split_nal_units(extradata):
            if unit[0] & 31 == 7:
                self._take_sets(unit, None)
            elif unit[0] & 31 == 8:
                self._take_sets(None, unit)

    def feed(self, annex_b: bytes, *, pts: int | None, arrived: float) -> Fragment | None:
        """None until the first key frame with parameter sets. Raises Unplayable on B-frames."""
        unit = read_access_unit(annex_b)
        if unit.has_b_slices:
            raise Unplayable("b_frames")
        self._take_sets(unit.sps, unit.pps)
        if self._waits_for_key and not (unit.is_key and self._sps and self._pps):
            return None
        if not unit.sample:
            return None
        self._waits_for_key = False
        if self._init is None:
            picture = read_sps(self._sps)
            if not (0 < picture.width <= MOST_PX and 0 < picture.height <= MOST_PX):
                raise Unplayable("codec")  # one picture of it, decoded, could be all the memory there is
            self._init = StreamInit(picture, init_segment(picture, sps=self._sps, pps=self._pps))
        arrived = self._honest_arrival(pts, arrived)
        time = self._place(pts, arrived)
        if unit.is_key:
            self._anchor = (time, arrived)
        self._sequence += 1
        data = fragment(self._sequence, unit.sample, pts=time, duration=self._duration, is_key=unit.is_key)
        return Fragment(self._init, data, time, unit.is_key, arrived)

    def _take_sets(self, sps: bytes | None, pps: bytes | None) -> None:
        if sps and sps != self._sps:
            self._sps, self._init = sps, None
        if pps and pps != self._pps:
            self._pps, self._init = pps, None

    def _honest_arrival(self, pts: int | None, arrived: float) -> float:
        """When the picture came from the camera. The demuxer hands a picture out when the next one starts;
        on a hung camera it lets go of the last one at the time-out, and that must not look alive."""
        last, self._last_arrived = self._last_arrived, arrived
        if last is None or pts is None or self._offset is None or arrived - last < _HELD_BACK_S:
            return arrived
        step_s = (pts - self._raw_pts) / TIMESCALE
        return last + step_s if 0 < step_s < arrived - last - 1.0 else arrived

    def _place(self, pts: int | None, arrived: float) -> int:
        """Time on our timeline; always later than the last one."""
        if pts is None:  # the first packet after a connect has none
            pts = self._raw_pts + self._duration if self._offset is not None else 0
        if self._offset is None or not 0 < pts - self._raw_pts < _MAX_STEP:
            anchor_pts, anchor_arrived = self._anchor or (0, arrived)
            self._offset = anchor_pts + int((arrived - anchor_arrived) * TIMESCALE) - pts
        self._raw_pts = pts
        time = pts + self._offset
        if self._last_pts is not None:
            time = max(time, self._last_pts + 1)
            step = time - self._last_pts
            if step <= _LONGEST:
                self._duration = max(step, _SHORTEST)
        self._last_pts = time
        return time
