"""Fall detection: free fall, then a blow, then lying still in another posture. Pure, bounded memory, off by default.

All four parts are asked for, because each alone is ordinary: a thrown phone falls freely, a runner strikes hard, a
phone on the bed lies still, and whoever sits down changes posture. A phone that is dropped and stays where it lies can't
be told from a person who fell: that is why a fall has a longer countdown than a shake. Not found: sliding down a wall,
fainting into a chair, a fall after which the person moves (she can press or shake).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

FREE_MPS2 = 3.0
"""A falling body feels nothing; 0.3 g leaves room for rotation and air. Walking stays above 5 m/s², a jogger's flights
reach 0 but last 0.1 to 0.2 s."""
FREE_S = 0.3
"""0.3 s of falling is 44 cm: a knee's height. A jump on the spot floats 0.4 to 0.6 s too; it ends standing."""
IMPACT_MPS2 = 25.0
IMPACT_WITHIN_S = 0.7
SETTLE_S = 2.5
STILL_S = 10.0
STILL_DEVIATION_MPS2 = 1.0
"""Breathing moves a phone on the chest by 0.2 to 0.5 m/s²; any deliberate move passes 1."""
TURNED_RAD = math.radians(35)
GAP_S = 1.0
POSTURE_TAU_S = 1.5


class Phase(Enum):
    UPRIGHT = "upright"
    FALLING = "falling"
    HIT = "hit"
    LYING = "lying"


@dataclass(slots=True)
class FallDetector:
    """Feed samples in order; True once per fall, `STILL_S` after the person came to lie still."""

    still_s: float = STILL_S
    _phase: Phase = Phase.UPRIGHT
    _since_s: float = -math.inf
    _last_s: float = -math.inf
    _free_since_s: float | None = None
    _deadline_s: float = 0.0
    _before: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _posture: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    _rest: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def feed(self, t_s: float, x: float, y: float, z: float) -> bool:
        """One sample: seconds, m/s² with gravity. Impossible samples are passed over; after a gap it starts over."""
        if not all(map(math.isfinite, (t_s, x, y, z))):
            return False
        step_s, self._last_s = t_s - self._last_s, t_s
        if not 0 <= step_s <= GAP_S:
            self._phase, self._free_since_s, self._posture = Phase.UPRIGHT, None, [x, y, z]
            return False
        size = math.sqrt(x * x + y * y + z * z)
        if self._phase is Phase.UPRIGHT:
            self._wait_for_falling(t_s, step_s, size, (x, y, z))
        elif self._phase is Phase.FALLING:
            self._wait_for_blow(t_s, size)
        elif self._phase is Phase.HIT:
            self._settle(t_s, (x, y, z))
        else:
            return self._lie(t_s, step_s, (x, y, z))
        return False

    def _wait_for_falling(self, t_s: float, step_s: float, size: float, sample: tuple[float, float, float]) -> None:
        if size >= FREE_MPS2:
            self._free_since_s = None
            share = min(1.0, step_s / POSTURE_TAU_S)
            self._posture = [old + share * (new - old) for old, new in zip(self._posture, sample, strict=True)]
            return
        if self._free_since_s is None:
            self._free_since_s = t_s
        if t_s - self._free_since_s >= FREE_S - 0.5 * step_s:
            x, y, z = self._posture
            self._before, self._phase, self._deadline_s = (x, y, z), Phase.FALLING, t_s + IMPACT_WITHIN_S

    def _wait_for_blow(self, t_s: float, size: float) -> None:
        if size > IMPACT_MPS2:
            self._phase, self._since_s = Phase.HIT, t_s
        elif size < FREE_MPS2:
            self._deadline_s = t_s + IMPACT_WITHIN_S
        elif t_s > self._deadline_s:
            self._phase, self._free_since_s = Phase.UPRIGHT, None

    def _settle(self, t_s: float, sample: tuple[float, float, float]) -> None:
        """Bouncing, rolling and coming to rest are left out of the judgement."""
        if t_s - self._since_s >= SETTLE_S:
            self._phase, self._since_s, self._rest = Phase.LYING, t_s, sample
            self._posture = list(sample)

    def _lie(self, t_s: float, step_s: float, sample: tuple[float, float, float]) -> bool:
        share = min(1.0, step_s / POSTURE_TAU_S)
        self._posture = [old + share * (new - old) for old, new in zip(self._posture, sample, strict=True)]
        if math.dist(sample, self._rest) > 2 * STILL_DEVIATION_MPS2 and t_s - self._since_s < POSTURE_TAU_S:
            self._rest = (self._posture[0], self._posture[1], self._posture[2])
        elif math.dist(self._posture, self._rest) > STILL_DEVIATION_MPS2:
            self._phase, self._free_since_s = Phase.UPRIGHT, None
            return False
        if t_s - self._since_s < self.still_s:
            return False
        self._phase, self._free_since_s = Phase.UPRIGHT, None
        return angle_rad(self._before, self._rest) >= TURNED_RAD


def angle_rad(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Between two directions of gravity; 0 when one of them is nothing."""
    size = math.hypot(*a) * math.hypot(*b)
    if size < 1e-6:
        return 0.0
    return math.acos(max(-1.0, min(1.0, sum(i * j for i, j in zip(a, b, strict=True)) / size)))
