"""What the shake detector sees of the last second, for a person who tries how hard to shake. Pure.

Strength and beat are shown; whether it was a shake is the detector's word alone, asked at all three sensitivities at
once, so that she can choose hers by trying.
"""

from __future__ import annotations

import math
from collections import deque

from mobile_app.core.shake import RULES, ShakeDetector

WINDOW_S = 1.0
DEAD_MPS2 = 3.0
"""A turn of the motion counts from here: a hand that only holds the phone has no beat."""
ENOUGH_MPS2 = 14.0
"""From about here the middle sensitivity finds a shake (docs/phone.md section 7); only told as a hint."""
FULL_MPS2 = 28.0
"""The end of the bar."""
SLOWEST_HZ = 2.9

Sample = tuple[float, float, float, float]


class Meter:
    def __init__(self) -> None:
        self._samples: deque[Sample] = deque()
        self._detectors = {level: ShakeDetector(level) for level in RULES}
        self._found = dict.fromkeys(RULES, 0)

    def feed(self, t_s: float, x: float, y: float, z: float) -> None:
        """One sample: seconds, m/s² with gravity; the caller has left out what is no number."""
        samples = self._samples
        if samples and not 0 < t_s - samples[-1][0] < WINDOW_S:
            samples.clear()
        samples.append((t_s, x, y, z))
        while samples[0][0] < t_s - WINDOW_S:
            samples.popleft()
        for level, detector in self._detectors.items():
            self._found[level] += detector.feed(t_s, x, y, z)

    @property
    def found(self) -> dict[int, int]:
        """How many shakes each sensitivity has found so far."""
        return dict(self._found)

    def strength_mps2(self) -> float:
        """All motion of the last second, gravity taken off: the root of the summed variances. 0 without samples."""
        return math.sqrt(sum(map(_variance, self._axes())))

    def beat_hz(self) -> float:
        """Full swings to and fro in a second along the axis that moves most; 0 where nothing swings."""
        if len(self._samples) < 2:
            return 0.0
        along = max(self._axes(), key=_variance)
        mean, turns, side = sum(along) / len(along), 0, 0
        for value in along:
            now = 1 if value - mean > DEAD_MPS2 else -1 if value - mean < -DEAD_MPS2 else side
            turns, side = turns + (now != side and side != 0), now
        lasted_s = self._samples[-1][0] - self._samples[0][0]
        return turns / 2 / lasted_s if lasted_s > 0 else 0.0

    def _axes(self) -> list[list[float]]:
        return [[sample[axis] for sample in self._samples] for axis in (1, 2, 3)]


def hint(strength_mps2: float, beat_hz: float) -> str:
    """What would make it a shake: `still`, `harder`, `faster` or `go_on`."""
    if strength_mps2 < 1.5:
        return "still"
    if strength_mps2 < ENOUGH_MPS2:
        return "harder"
    return "faster" if beat_hz < SLOWEST_HZ else "go_on"


def _variance(values: list[float]) -> float:
    if not values:
        return 0.0
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)
