"""Shake detection: accelerometer samples in, one True per shake out. Pure, O(1) memory, no clock of its own.

A shake is told from walking, jogging and jumping by one physical fact: a body that bounces bottoms out at free fall,
so its acceleration never swings further than about 1 g to the light side; only a hand pulls the phone down faster
than it falls. The detector therefore counts *reversals*: swings beyond more than 1 g on alternating sides of one
axis, in a steady rhythm, about equally strong both ways, for long enough to be meant.

Tolerances: 25 to 100 Hz, uneven sampling, gaps (it starts over), sensors that clip at ±2 g (a flat peak is timed by
its middle), any orientation (the axis is the main one of a running covariance). Below 2.9 Hz a shake overlaps with
jogging in rhythm and strength; there the motion must also keep to one line, which an arm or leg does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

GAP_S = 0.25
REFRACTORY_S = 3.0
REST_S = 1.5
MEAN_TAU_S = 0.8
AXIS_TAU_S = 0.8
FRESH = 0.4
FORGET = 1.12
SLOW_HALF_PERIOD_S = 0.172


@dataclass(frozen=True, slots=True)
class Rule:
    """What one sensitivity asks for. Accelerations in m/s² beyond the mean, times in seconds, shares 0 to 1."""

    swing_mps2: float
    reversals: int
    lasting_s: float
    min_half_period_s: float = 0.05
    max_half_period_s: float = 0.215
    axis_share: float = 0.60
    slow_axis_share: float = 0.84
    balance: float = 0.60
    slow_balance: float = 0.62
    evenness: float = 0.42


RULES = {
    1: Rule(swing_mps2=14.5, reversals=8, lasting_s=1.5, max_half_period_s=0.172),
    2: Rule(swing_mps2=12.0, reversals=6, lasting_s=1.0),
    3: Rule(swing_mps2=11.6, reversals=5, lasting_s=0.8),
}


@dataclass(slots=True)
class Swing:
    """One run of samples beyond the threshold on one side of the axis."""

    side: int
    first_s: float
    last_s: float
    peak: float

    @property
    def middle_s(self) -> float:
        return (self.first_s + self.last_s) / 2


@dataclass(slots=True)
class Rhythm:
    """Running values over the swings of the present sequence. Old swings fade, so a hesitant start spoils nothing."""

    reversals: int = 0
    began_s: float = 0.0
    last_middle_s: float = 0.0
    peaks: dict[int, float] = field(default_factory=dict)
    weakest: float = math.inf
    strongest: float = 0.0

    def add(self, swing: Swing) -> None:
        if not self.reversals:
            self.began_s = swing.middle_s
        self.reversals += 1
        self.last_middle_s = swing.middle_s
        self.peaks[swing.side] = (1 - FRESH) * self.peaks.get(swing.side, swing.peak) + FRESH * swing.peak
        self.weakest = min(self.weakest * FORGET, swing.peak)
        self.strongest = max(self.strongest / FORGET, swing.peak)

    @property
    def lasting_s(self) -> float:
        return self.last_middle_s - self.began_s

    @property
    def half_period_s(self) -> float:
        return self.lasting_s / (self.reversals - 1) if self.reversals > 1 else 0.0

    @property
    def balance(self) -> float:
        """Recent peak of the weaker side over that of the stronger one; 0 while only one side was seen."""
        return min(self.peaks.values()) / max(self.peaks.values()) if len(self.peaks) == 2 else 0.0


class ShakeDetector:
    """Feed samples in order; True once per shake. `sensitivity` 1 (hard to trigger), 2 (normal), 3 (easy)."""

    def __init__(self, sensitivity: int = 2) -> None:
        if sensitivity not in RULES:
            raise ValueError(f"sensitivity is 1, 2 or 3, not {sensitivity!r}")
        self._rule = RULES[sensitivity]
        self._last_s: float | None = None
        self._quiet_until_s = -math.inf
        self._start_over()

    def _start_over(self) -> None:
        self._seen_s = 0.0
        self._mean = [0.0, 0.0, 0.0]
        self._spread = [[0.0] * 3 for _ in range(3)]
        self._axis = [0.577, 0.577, 0.577]
        self._swing: Swing | None = None
        self._rhythm = Rhythm()

    def feed(self, t_s: float, x: float, y: float, z: float) -> bool:
        """One sample: time in seconds, acceleration with gravity in m/s². Bad or backward samples are passed over."""
        if not all(map(math.isfinite, (t_s, x, y, z))):
            return False
        last_s, self._last_s = self._last_s, t_s
        if last_s is None or t_s < last_s or t_s - last_s > GAP_S:
            self._start_over()
            self._mean = [x, y, z]
            return False
        if t_s == last_s:
            return False
        along = self._project((x, y, z), t_s - last_s)
        found = self._follow(along, t_s, t_s - last_s)
        if t_s < self._quiet_until_s:
            # Who goes on shaking means the same shake: it is quiet again only after a rest.
            if found:
                self._quiet_until_s = max(self._quiet_until_s, t_s + REST_S)
            return False
        if not found:
            return False
        self._quiet_until_s = t_s + REFRACTORY_S
        self._rhythm, self._swing = Rhythm(), None
        return True

    def _project(self, sample: tuple[float, float, float], step_s: float) -> float:
        """Deviation from the running mean along the main axis. Both start as plain averages, so they settle at once."""
        self._seen_s += step_s
        gain = max(step_s / self._seen_s, step_s / MEAN_TAU_S) if self._seen_s > step_s else 0.5
        mean, spread, axis = self._mean, self._spread, self._axis
        for i in range(3):
            mean[i] += gain * (sample[i] - mean[i])
        off = [sample[i] - mean[i] for i in range(3)]
        keep = math.exp(-step_s / AXIS_TAU_S)
        for i in range(3):
            for j in range(3):
                spread[i][j] = keep * spread[i][j] + step_s * off[i] * off[j]
        turned = [sum(spread[i][j] * axis[j] for j in range(3)) for i in range(3)]
        length = math.sqrt(sum(value * value for value in turned))
        if length > 1e-9:
            self._axis = axis = [value / length for value in turned]
        return sum(off[i] * axis[i] for i in range(3))

    def _share(self) -> float:
        """How much of the recent motion lies on the main axis, 1/3 to 1."""
        total = sum(self._spread[i][i] for i in range(3))
        along = sum(self._axis[i] * self._spread[i][j] * self._axis[j] for i in range(3) for j in range(3))
        return along / total if total > 1e-9 else 0.0

    def _follow(self, along: float, t_s: float, step_s: float) -> bool:
        """Take one projected value into the rhythm; True when the rule is met by this sample's swing."""
        rule, swing = self._rule, self._swing
        if abs(along) < rule.swing_mps2:
            if swing and t_s - swing.last_s > 2 * rule.max_half_period_s:
                self._rhythm, self._swing = Rhythm(), None
            return False
        side = 1 if along > 0 else -1
        if swing and swing.side == side:
            swing.last_s, swing.peak = t_s, max(swing.peak, abs(along))
            if t_s - swing.first_s > rule.max_half_period_s:
                self._rhythm = Rhythm()
            return False
        if swing:
            self._close(swing, step_s)
        self._swing = Swing(side, t_s, t_s, abs(along))
        return self._is_shake()

    def _close(self, swing: Swing, step_s: float) -> None:
        """A finished swing joins the sequence, or begins a new one when the beat is broken."""
        beat_s = swing.middle_s - self._rhythm.last_middle_s
        rule = self._rule
        in_time = rule.min_half_period_s - step_s <= beat_s <= rule.max_half_period_s + step_s
        if self._rhythm.reversals and not in_time:
            self._rhythm = Rhythm()
        self._rhythm.add(swing)

    def _is_shake(self) -> bool:
        rule, rhythm = self._rule, self._rhythm
        if rhythm.reversals < rule.reversals or rhythm.lasting_s < rule.lasting_s:
            return False
        if not rule.min_half_period_s <= rhythm.half_period_s <= rule.max_half_period_s:
            return False
        slow = rhythm.half_period_s > SLOW_HALF_PERIOD_S
        return (
            self._share() >= (rule.slow_axis_share if slow else rule.axis_share)
            and rhythm.balance >= (rule.slow_balance if slow else rule.balance)
            and rhythm.weakest >= rule.evenness * rhythm.strongest
        )
