"""Shake detection: accelerometer samples in, one True per shake out. Pure, bounded memory, no clock of its own.

The detector looks back on the last second (`lasting_s`) and asks: was all of it one steady to and fro, and did a hand
do it? The second question has a physical answer. A body that bounces, on feet, on wheels or in a pocket, is hardly ever
pulled down harder than it falls: along its main axis the felt force bottoms out near zero. An arm pulls the phone far
below. `depth` is how far below zero the low swings go; most of it is asked for where a shake could be a runner's step
(to 2.9 Hz), least where nothing but a hand goes (from 4.2 Hz).

Looking back costs a window of samples, and buys what a running detector lacks: mean, axis and beat are those of the
very motion that is judged, so that a shake is found from its first stroke. Tolerances: 25 to 100 Hz, uneven sampling,
gaps (half of the window must be there; at a runner's tempo all of it), sensors that clip at ±2 g (flat tops are timed
by their middle), any orientation, arcs and ellipses. `docs/phone.md` section 7 has the thresholds and their
distance to both sides.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

GAP_S = 0.5
"""A longer silence is another time."""
HOLE_S = 0.1
"""At 25 Hz and worst jitter two samples are 0.08 s apart; beyond this something is missing."""
REFRACTORY_S = 3.0
REST_S = 1.5
HOP_S = 0.05
STEP_HALF_PERIOD_S = 0.172
"""2.9 Hz: joggers step at 2.3 to 2.9 Hz."""
HAND_HALF_PERIOD_S = 0.119
"""4.2 Hz: no foot keeps up. Between the two, what is asked goes over from the one to the other."""
STRONG_MPS2 = 19.0
"""All motion (root of the sum of variances); joggers reach 17. Beyond it a shake may be as round as it likes."""
RUNNING_MPS2 = 16.0
"""Up to here a jogger's second harmonic may look like a shake that has lost its purity."""
SECOND_HARMONIC_S = (0.083, 0.116)
"""Half periods (6.0 to 4.3 Hz) of that second harmonic; half its tempo is then the step itself."""
STEP_SHARE = 0.085
"""Of all motion. A trunk that leaves the ground goes up and down by 3 cm or more, 8 m/s² at its step; a shake has
nothing there."""
SLOW_MPS2 = 10.0
"""All motion at a runner's tempo, less as it grows faster: waving and dancing reach 9, who shakes so slowly 17."""
WHOLE_NEAR = 0.6
"""From a runner's tempo to 3.3 Hz a shake within a runner's strength must be whole: the flight may be in a hole."""
ROUND_SHARE = 0.45
MOST_MPS2 = 2000.0
"""No phone's sensor says more than 32 g; beyond this it is not a measurement."""
FEWEST_SAMPLES = 12
FEWEST_SWINGS = 5
ENDS = 1.3
"""Half periods without a swing that both ends of the window may have together: a weak swing is beyond its threshold
for a third of the time only."""
TURNS = (0.94, 1.0, 1.06)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one sensitivity asks for. Accelerations in m/s², times in seconds, shares 0 to 1."""

    swing_mps2: float
    """A swing goes this far beyond the mean."""
    lasting_s: float
    depth_mps2: float
    """Depth below zero from `HAND_HALF_PERIOD_S` down; `step_depth_mps2` from `STEP_HALF_PERIOD_S` up."""
    step_depth_mps2: float
    min_half_period_s: float = 0.069
    max_half_period_s: float = 0.225
    axis_share: float = 0.57
    step_axis_share: float = 0.83
    balance: float = 0.55
    evenness: float = 0.40
    spread: float = 0.28
    purity: float = 0.73
    strong_purity: float = 0.57
    step_purity: float = 0.82


RULES = {
    1: Rule(swing_mps2=14.0, lasting_s=1.5, depth_mps2=7.0, step_depth_mps2=12.0, max_half_period_s=0.172),
    2: Rule(swing_mps2=11.0, lasting_s=1.04, depth_mps2=4.5, step_depth_mps2=10.5),
    3: Rule(swing_mps2=10.5, lasting_s=0.9, depth_mps2=3.5, step_depth_mps2=9.0),
}


class Line(NamedTuple):
    """The main axis of a window: direction, mean along it (gravity's share), variance along it, share of all motion."""

    x: float
    y: float
    z: float
    mean: float
    power: float
    share: float


@dataclass(slots=True)
class Swing:
    """One run of samples beyond the threshold on one side of the axis."""

    side: int
    first_s: float
    last_s: float
    peak: float
    is_after_hole: bool

    @property
    def middle_s(self) -> float:
        return (self.first_s + self.last_s) / 2


class ShakeDetector:
    """Feed samples in order; True once per shake. `sensitivity` 1 (hard to trigger), 2 (normal), 3 (easy)."""

    def __init__(self, sensitivity: int = 2) -> None:
        if sensitivity not in RULES:
            raise ValueError(f"sensitivity is 1, 2 or 3, not {sensitivity!r}")
        self._rule = RULES[sensitivity]
        self._last_s: float | None = None
        self._quiet_until_s = -math.inf
        self._start_over(0.0)

    def _start_over(self, t_s: float) -> None:
        self._began_s = self._looked_s = t_s
        self._samples: deque[tuple[float, float, float, float]] = deque()
        self._sums = [0.0] * 9
        self._axis = (0.577, 0.577, 0.577)

    def feed(self, t_s: float, x: float, y: float, z: float) -> bool:
        """One sample: seconds, m/s² with gravity. Impossible or repeated samples are passed over."""
        most = MOST_MPS2
        if not (-most < x < most and -most < y < most and -most < z < most and math.isfinite(t_s)):
            return False
        last_s = self._last_s
        if t_s == last_s:
            return False
        self._last_s = t_s
        if last_s is None or not last_s < t_s <= last_s + GAP_S:
            self._start_over(t_s)
            # A clock that was set back must not keep it quiet until it has caught up.
            self._quiet_until_s = min(self._quiet_until_s, t_s + REST_S)
        self._take(t_s, x, y, z)
        if t_s < self._looked_s + HOP_S or t_s < self._began_s + self._rule.lasting_s - 1e-6:
            return False
        self._looked_s = t_s
        if not self._is_shaking():
            return False
        is_new = t_s >= self._quiet_until_s
        # Who goes on shaking means the same shake: it is quiet again only after a rest.
        self._quiet_until_s = t_s + REFRACTORY_S if is_new else max(self._quiet_until_s, t_s + REST_S)
        return is_new

    def _take(self, t_s: float, x: float, y: float, z: float) -> None:
        """The sample joins the window, old ones leave it; `_sums` holds Σ of x y z, their squares and products."""
        samples, sums = self._samples, self._sums
        samples.append((t_s, x, y, z))
        _count(sums, x, y, z, 1.0)
        from_s = t_s - self._rule.lasting_s - 1e-6
        while samples[0][0] < from_s:
            _, x, y, z = samples.popleft()
            _count(sums, x, y, z, -1.0)

    def _is_shaking(self) -> bool:
        line = self._line()
        if line is None:
            return False
        swings, missing_s = self._swings(line)
        if len(swings) < FEWEST_SWINGS or missing_s > self._rule.lasting_s / 2:
            return False
        half_period_s = self._beat(swings, missing_s)
        return half_period_s is not None and self._is_by_hand(line, swings, half_period_s)

    def _line(self) -> Line | None:
        """The window's main axis by power iteration, or None where the motion is too weak or goes all ways."""
        rule, n, sums = self._rule, len(self._samples), self._sums
        least = 0.4 * rule.swing_mps2**2
        mx, my, mz = sums[0] / n, sums[1] / n, sums[2] / n
        xx, yy, zz = sums[3] / n - mx * mx, sums[4] / n - my * my, sums[5] / n - mz * mz
        total = xx + yy + zz
        if total < least or n < FEWEST_SAMPLES:
            return None
        xy, xz, yz = sums[6] / n - mx * my, sums[7] / n - mx * mz, sums[8] / n - my * mz
        a, b, c = self._axis
        power = 0.0
        for _ in range(8):
            u, v, w = xx * a + xy * b + xz * c, xy * a + yy * b + yz * c, xz * a + yz * b + zz * c
            power = math.sqrt(u * u + v * v + w * w)
            if power < 1e-6:
                self._axis = (0.577, 0.577, 0.577)
                return None
            a, b, c = u / power, v / power, w / power
        self._axis = (a, b, c)
        if power < max(least, (ROUND_SHARE if total >= STRONG_MPS2**2 else rule.axis_share) * total):
            return None
        return Line(a, b, c, mx * a + my * b + mz * c, power, power / total)

    def _swings(self, line: Line) -> tuple[list[Swing], float]:
        """The window's swings along the axis, and how many seconds of it are missing."""
        a, b, c, mean, _, _ = line
        far, swings, missing_s, is_after_hole = self._rule.swing_mps2, list[Swing](), 0.0, False
        swing, last_s = None, self._samples[0][0]
        for t_s, x, y, z in self._samples:
            if t_s - last_s > HOLE_S:
                is_after_hole, missing_s = True, missing_s + t_s - last_s
            last_s = t_s
            along = x * a + y * b + z * c - mean
            if -far < along < far:
                continue
            side = 1 if along > 0 else -1
            if swing and swing.side == side and not is_after_hole:
                swing.last_s, swing.peak = t_s, max(swing.peak, along * side)
            else:
                swing = Swing(side, t_s, t_s, along * side, is_after_hole)
                swings.append(swing)
            is_after_hole = False
        return swings, missing_s

    def _beat(self, swings: list[Swing], missing_s: float) -> float | None:
        """Half a period in seconds; None where the beat is uneven, out of bounds, or leaves out an end of the window.

        The window cuts its first and last swing, so their beats only must not be too long.
        """
        rule, step_s = self._rule, self._rule.lasting_s / len(self._samples)
        beats = [after.middle_s - before.middle_s for before, after in _pairs(swings) if not after.is_after_hole]
        whole = beats[1:-1] if len(beats) >= 4 else beats
        if not whole:
            return None
        half_s = sum(whole) / len(whole)
        spread_s = math.sqrt(sum((beat - half_s) ** 2 for beat in whole) / len(whole))
        ends_s = swings[0].first_s - self._samples[0][0] + self._samples[-1][0] - swings[-1].last_s
        is_steady = spread_s <= rule.spread * half_s + 0.3 * step_s and max(beats) <= 1.7 * half_s + step_s
        is_in_time = rule.min_half_period_s <= half_s <= rule.max_half_period_s
        is_whole = (
            ends_s <= ENDS * half_s + step_s and len(swings) >= (rule.lasting_s - missing_s) / half_s - ENDS - 0.2
        )
        return half_s if is_steady and is_in_time and is_whole else None

    def _is_by_hand(self, line: Line, swings: list[Swing], half_period_s: float) -> bool:
        rule = self._rule
        up, down = (_mean([swing.peak for swing in swings if swing.side == side]) for side in (1, -1))
        peaks = [swing.peak for swing in swings[1:-1]]
        if min(up, down) < rule.balance * max(up, down) or min(peaks) < rule.evenness * max(peaks):
            return False
        depth = (down if line.mean > 0 else up) - abs(line.mean)
        near = (half_period_s - HAND_HALF_PERIOD_S) / (STEP_HALF_PERIOD_S - HAND_HALF_PERIOD_S)
        near = min(1.0, max(0.0, near))
        total, omega = line.power / line.share, math.pi / half_period_s
        strength = min(1.0, max(0.0, (math.sqrt(total) - RUNNING_MPS2) / (STRONG_MPS2 - RUNNING_MPS2)))
        may_have_hole = near <= WHOLE_NEAR + strength * (1 - WHOLE_NEAR) and near < 1.0
        if not may_have_hole and any(swing.is_after_hole for swing in swings):
            return False
        if depth < rule.depth_mps2 + near * (rule.step_depth_mps2 - rule.depth_mps2) or total < (near * SLOW_MPS2) ** 2:
            return False
        is_beyond_running = near < 1.0 and total >= STRONG_MPS2**2
        if not is_beyond_running and line.share < rule.axis_share + near * (rule.step_axis_share - rule.axis_share):
            return False
        least = rule.purity - strength * (rule.purity - rule.strong_purity)
        least += near * (rule.step_purity - least)
        return self._purity(total, omega) >= least and not self._has_step_below(total, omega, strength)

    def _has_step_below(self, total: float, omega: float, strength: float) -> bool:
        """Whether a step at half the tempo says that this is a jogger's second harmonic; asked of the weak only."""
        fastest_s, slowest_s = SECOND_HARMONIC_S
        if strength == 1.0 or not fastest_s <= math.pi / omega <= slowest_s:
            return False
        return self._share(total, omega / 2) > STEP_SHARE + 0.3 * strength

    def _purity(self, total: float, omega: float) -> float:
        """The share of all motion that one sine explains, best of three tempos near `omega`: a line, arc or ellipse."""
        return max(self._share(total, omega * turn) for turn in TURNS)

    def _share(self, total: float, omega: float) -> float:
        n, sums = len(self._samples), self._sums
        return _explained(self._samples, (sums[0] / n, sums[1] / n, sums[2] / n), omega) / (total * n)


def _count(sums: list[float], x: float, y: float, z: float, sign: float) -> None:
    sums[0] += sign * x
    sums[1] += sign * y
    sums[2] += sign * z
    sums[3] += sign * x * x
    sums[4] += sign * y * y
    sums[5] += sign * z * z
    sums[6] += sign * x * y
    sums[7] += sign * x * z
    sums[8] += sign * y * z


def _pairs(swings: list[Swing]) -> zip[tuple[Swing, Swing]]:
    return zip(swings, swings[1:], strict=False)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _explained(
    samples: deque[tuple[float, float, float, float]], mean: tuple[float, float, float], omega: float
) -> float:
    """Σ of squares that a·sin + b·cos, fitted to each direction, takes away."""
    mx, my, mz = mean
    ss = cc = sc = xs = xc = ys = yc = zs = zc = 0.0
    from_s = samples[0][0]
    for t_s, x, y, z in samples:
        phase = omega * (t_s - from_s)
        sine, cosine = math.sin(phase), math.cos(phase)
        ss, cc, sc = ss + sine * sine, cc + cosine * cosine, sc + sine * cosine
        x, y, z = x - mx, y - my, z - mz
        xs, xc, ys, yc, zs, zc = (
            xs + x * sine, xc + x * cosine, ys + y * sine, yc + y * cosine, zs + z * sine, zc + z * cosine
        )  # fmt: skip
    size = ss * cc - sc * sc
    if size < 1e-9:
        return 0.0
    return sum(cc * p * p - 2 * sc * p * q + ss * q * q for p, q in ((xs, xc), (ys, yc), (zs, zc))) / size
