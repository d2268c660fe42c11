"""Fall detection: free fall, then a blow, then lying still in another posture. Pure, bounded memory, off by default.

All four parts are asked for, because each alone is ordinary: a thrown phone falls freely, a runner strikes hard, a
phone on the bed lies still, and whoever sits down changes posture. A phone that is dropped and stays where it lies
can't be told from a person who fell: that is why a fall has a longer countdown than a shake. Not found: sliding down a
wall, fainting into a chair, a fall after which the person moves (she can press or shake).
"""

from __future__ import annotations

import math
from enum import Enum

Vector = tuple[float, float, float]

FREE_MPS2 = 3.0
"""A falling body feels nothing; 0.3 g leaves room for rotation and air. Walking stays above 5 m/s²; a jogger's flights
reach 0, but for 0.1 to 0.2 s."""
FREE_S = 0.3
"""0.3 s of falling is 44 cm, a knee's height. A jump on the spot floats 0.4 to 0.6 s too; it ends standing."""
IMPACT_MPS2 = 25.0
"""A body on a floor feels 3 to 10 g; sitting down hard up to 2.5 g, without free fall."""
IMPACT_WITHIN_S = 0.7
SETTLE_S = 2.0
"""Bouncing and rolling belong to the fall."""
STILL_S = 10.0
STILL_MPS2 = 1.0
"""Breathing moves a phone on the chest by 0.2 to 0.5 m/s² (rms); walking is above 2."""
GIVE_UP_S = 40.0
TURNED_RAD = math.radians(35)
GAP_S = 1.0
MOST_MPS2 = 2000.0
POSTURE_TAU_S = 1.0


class Phase(Enum):
    UPRIGHT = "upright"
    FALLING = "falling"
    DOWN = "down"


class FallDetector:
    """Feed samples in order; True once per fall, when the person has lain still for `still_s`."""

    def __init__(self, *, still_s: float = STILL_S) -> None:
        self._still_s = still_s
        self._last_s = -math.inf
        self._start_over((0.0, 0.0, 0.0))

    def _start_over(self, posture: Vector) -> None:
        self._phase = Phase.UPRIGHT
        self._free_since_s: float | None = None
        self._posture, self._unrest = posture, 0.0

    def feed(self, t_s: float, x: float, y: float, z: float) -> bool:
        """One sample: seconds, m/s² with gravity. Impossible samples are passed over; after a gap it starts over."""
        most = MOST_MPS2
        if not (-most < x < most and -most < y < most and -most < z < most and math.isfinite(t_s)):
            return False
        step_s, self._last_s = t_s - self._last_s, t_s
        sample = (x, y, z)
        if not 0 <= step_s <= GAP_S:
            self._start_over(sample)
            return False
        size = math.hypot(x, y, z)
        if self._phase is Phase.UPRIGHT:
            self._wait_for_falling(t_s, step_s, size, sample)
        elif self._phase is Phase.FALLING:
            self._wait_for_blow(t_s, size)
        else:
            return self._wait_for_stillness(t_s, step_s, sample)
        return False

    def _wait_for_falling(self, t_s: float, step_s: float, size: float, sample: Vector) -> None:
        if size >= FREE_MPS2:
            self._free_since_s = None
            self._settle(step_s, sample)
            return
        if self._free_since_s is None:
            self._free_since_s = t_s
        if t_s - self._free_since_s >= FREE_S - step_s / 2:
            self._before, self._phase, self._until_s = self._posture, Phase.FALLING, t_s + IMPACT_WITHIN_S

    def _wait_for_blow(self, t_s: float, size: float) -> None:
        if size > IMPACT_MPS2:
            self._phase, self._hit_s, self._still_since_s = Phase.DOWN, t_s, t_s + SETTLE_S
        elif size < FREE_MPS2:
            self._until_s = t_s + IMPACT_WITHIN_S
        elif t_s > self._until_s:
            self._start_over(self._posture)

    def _wait_for_stillness(self, t_s: float, step_s: float, sample: Vector) -> bool:
        self._settle(step_s, sample)
        if t_s < self._hit_s + SETTLE_S:
            self._unrest = 0.0
        elif self._unrest > STILL_MPS2**2:
            self._still_since_s = t_s
        if t_s - self._hit_s > GIVE_UP_S:
            self._start_over(self._posture)
            return False
        if t_s - self._still_since_s < self._still_s:
            return False
        is_fall = angle_rad(self._before, self._posture) >= TURNED_RAD
        self._start_over(self._posture)
        return is_fall

    def _settle(self, step_s: float, sample: Vector) -> None:
        """Posture is where gravity points on average; unrest is the mean square of what deviates from it."""
        share = 1 - math.exp(-step_s / POSTURE_TAU_S)
        x, y, z = (old + share * (new - old) for old, new in zip(self._posture, sample, strict=True))
        self._posture = (x, y, z)
        self._unrest += share * (math.dist(sample, self._posture) ** 2 - self._unrest)


def angle_rad(a: Vector, b: Vector) -> float:
    """Between two directions of gravity; 0 when one of them is nothing."""
    size = math.hypot(*a) * math.hypot(*b)
    if size < 1e-6:
        return 0.0
    return math.acos(max(-1.0, min(1.0, sum(i * j for i, j in zip(a, b, strict=True)) / size)))
