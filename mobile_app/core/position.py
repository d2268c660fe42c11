"""Where she is: which fixes count, how often to ask for one, what waits for the router. Pure.

Three clocks: `fixed_at` is the sensor's and never touched, `sent_at` the phone's, `received_at` the router's. What time
it is at the router (`ServerClock`) serves comparisons only, so a phone whose clock is wrong still tells fresh from old.

A fix is passed over when it is impossible (no place on Earth, or exactly 0°, 0°), late (older than the one we have), a
repetition, or coarse (a cell's circle beside a GPS fix of the last half minute). A jump faster than `FASTEST_MPS`
between two good fixes is held back until two more agree with it: one reflected signal must not send the police to the
wrong street, and a real jump (the tunnel's other end) costs two fixes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import asin, cos, isfinite, radians, sin, sqrt

from mobile_app.core.messages import Position

GPS, NETWORK, FUSED, LAST_KNOWN = "gps", "network", "fused", "last_known"
"""Names of `source`. The last one: found in the phone's or the system's memory, not measured just now."""

KEPT_WHILE_OFFLINE = 600
STALE_S, FUTURE_S = 30.0, 60.0
FASTEST_MPS, GOOD_M = 70.0, 50.0
COARSE_M, COARSE_TIMES, COARSE_FOR_S = 100.0, 3.0, 30.0
UNKNOWN_ACCURACY_M = 50.0
AGREEING = 3
GASP_LEVELS, GASP_AGAIN = (5, 2), 3
EARTH_M = 6_371_008.8
DRIFT = 1e-4


def distance_m(a: Position, b: Position) -> float:
    """Metres on the sphere."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


class LatestPosition:
    """The newest fix that counts."""

    def __init__(self, position: Position | None = None) -> None:
        self.value = position
        self._held: list[Position] = []

    def take(self, position: Position, *, now: datetime | None = None) -> bool:
        """Whether this fix is the newest position from now on. `now`: the time of day as well as we know it; with it a
        fix that is old when it comes is called `last_known`, and one from the future doesn't shut later ones out."""
        fix = _labelled(position, now)
        if not _is_possible(fix):
            return False
        if self.value is None or self._counts(self.value, fix, now):
            self.value, self._held = fix, []
            return True
        return False

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the sensor fixed it, never negative; None without a position."""
        return None if self.value is None else max(0.0, (now - self.value.fixed_at).total_seconds())

    def _counts(self, last: Position, fix: Position, now: datetime | None) -> bool:
        gone_s = (fix.fixed_at - last.fixed_at).total_seconds()
        if gone_s < 0 and not (_is_future(last, now) and not _is_future(fix, now)):
            return False
        if gone_s == 0 and fix.accuracy_m >= last.accuracy_m:
            return False
        if fix.accuracy_m > max(COARSE_M, COARSE_TIMES * last.accuracy_m) and gone_s < COARSE_FOR_S:
            return False
        return not is_jump(last, fix) or self._is_confirmed(fix)

    def _is_confirmed(self, fix: Position) -> bool:
        if self._held and (is_jump(self._held[-1], fix) or fix.fixed_at <= self._held[-1].fixed_at):
            self._held = []
        self._held.append(fix)
        return len(self._held) >= AGREEING


def is_jump(a: Position, b: Position) -> bool:
    """Two good fixes that nobody on the ground could connect, whatever their errors."""
    if a.accuracy_m > GOOD_M or b.accuracy_m > GOOD_M:
        return False
    gone_s = abs((b.fixed_at - a.fixed_at).total_seconds())
    return distance_m(a, b) - a.accuracy_m - b.accuracy_m > FASTEST_MPS * gone_s


def _is_possible(fix: Position) -> bool:
    on_earth = isfinite(fix.lat) and isfinite(fix.lon) and abs(fix.lat) <= 90 and abs(fix.lon) <= 180
    return on_earth and (fix.lat, fix.lon) != (0.0, 0.0)


def _labelled(fix: Position, now: datetime | None) -> Position:
    accuracy_m = fix.accuracy_m if isfinite(fix.accuracy_m) and fix.accuracy_m > 0 else UNKNOWN_ACCURACY_M
    speed_mps, heading_deg = _finite(fix.speed_mps), _finite(fix.heading_deg)
    told = (accuracy_m, speed_mps, heading_deg)
    if told != (fix.accuracy_m, fix.speed_mps, fix.heading_deg):
        fix = replace(fix, accuracy_m=accuracy_m, speed_mps=speed_mps, heading_deg=heading_deg)
    return as_known(fix, now) or fix


def _finite(value: float | None) -> float | None:
    """A number that JSON has: a fix is no reason for a message that can't be written."""
    return value if value is not None and isfinite(value) else None


def as_known(fix: Position | None, now: datetime | None) -> Position | None:
    """The fix as what it is by now: one that has grown old is `last_known`."""
    if fix is None or now is None or (now - fix.fixed_at).total_seconds() <= STALE_S:
        return fix
    return fix if fix.source == LAST_KNOWN else replace(fix, source=LAST_KNOWN)


def _is_future(fix: Position, now: datetime | None) -> bool:
    return now is not None and (fix.fixed_at - now).total_seconds() > FUTURE_S


# ---- how often ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sampling:
    """What to ask of `ports.Location.plan`."""

    interval_s: float
    is_high_accuracy: bool


IDLE_SAMPLING, WANTED_SAMPLING = Sampling(600.0, False), Sampling(1.0, True)


def plan(
    phase: str, *, is_moving: bool, battery_percent: int | None, is_walking: bool = False, is_wanted: bool = False
) -> Sampling:
    """How often a fix is worth its battery. `phase`: the session's (`idle`, `countdown`, `active`, `closed`), or
    `quiet` after a PIN; `is_walking`: a safe walk is on; `is_moving`: she moved in the last minute; `is_wanted`: one
    fresh fix is wanted now, whatever it costs.

    An alert asks every second and slows down when she stands still and when the battery ends, because an hour of
    seldom positions is worth more than ten minutes of many. It never asks for less than GPS.
    """
    percent = 100 if battery_percent is None else battery_percent
    if is_wanted:
        return WANTED_SAMPLING
    if phase in ("countdown", "active"):
        pace_s = 1.0 if is_moving or phase == "countdown" else 5.0
        return Sampling(max(pace_s, 15.0 if percent <= 5 else 5.0 if percent <= 15 else 1.0), True)
    if phase == "quiet":
        return Sampling(15.0 if percent <= 5 else 5.0, True)
    if is_walking:
        pace_s = 5.0 if is_moving else 20.0
        return Sampling(pace_s if percent > 15 else 3 * pace_s, True)
    return IDLE_SAMPLING if percent > 15 else Sampling(3 * IDLE_SAMPLING.interval_s, False)


class LastGasp:
    """Says once that the battery has come down to a level of `GASP_LEVELS`; again after it was charged in between."""

    def __init__(self) -> None:
        self._said = 101

    def take(self, percent: int | None) -> int | None:
        """The level that is reached now for the first time, the lowest when several are; else None."""
        if percent is None:
            return None
        if percent >= self._said + GASP_AGAIN:
            self._said = min((level for level in GASP_LEVELS if level >= percent), default=101)
        reached = [level for level in GASP_LEVELS if percent <= level < self._said]
        if not reached:
            return None
        self._said = min(reached)
        return self._said


class ServerClock:
    """The router's time of day, carried on by the machine's own clock; a phone's wall clock may jump as it likes."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._at_s = 0.0
        self._unsure_s = 0.0

    def observe(self, server_at: datetime, *, asked_s: float, answered_s: float, grain_s: float = 0.0) -> None:
        """An answer that said `server_at`; times by one growing clock. The better of it and what we had stays.
        `grain_s`: how coarsely it was said (1 for an HTTP `Date`)."""
        unsure_s = max(0.0, answered_s - asked_s) / 2 + grain_s
        if self._at is None or unsure_s <= self.unsure_s(answered_s):
            self._at, self._at_s = server_at + timedelta(seconds=grain_s / 2), (asked_s + answered_s) / 2
            self._unsure_s = unsure_s

    def unsure_s(self, now_s: float) -> float:
        """How far off it may be by now; infinite before the first answer."""
        return float("inf") if self._at is None else self._unsure_s + DRIFT * max(0.0, now_s - self._at_s)

    def now(self, now_s: float, wall: datetime) -> datetime:
        """The router's time; the phone's own before the first answer."""
        return wall if self._at is None else self._at + timedelta(seconds=now_s - self._at_s)

    def offset_s(self, now_s: float, wall: datetime) -> float | None:
        """How many seconds the phone's clock is behind the router's; None before the first answer."""
        return None if self._at is None else (self.now(now_s, wall) - wall).total_seconds()


# ---- what waits -----------------------------------------------------------------------------------------------------


class UnsentPositions:
    """Positions in order with growing `seq` until acknowledged. Beyond `kept` the older half grows thinner, evenly in
    time, so that an hour without data still shows the way from its beginning; the newer half stays whole."""

    def __init__(self, kept: int = KEPT_WHILE_OFFLINE, *, next_seq: int = 1) -> None:
        self._waiting: list[Position] = []
        self._kept, self._next_seq = kept, next_seq

    def add(self, position: Position, *, at: datetime) -> Position:
        numbered = position.sent(at=at, seq=self._next_seq)
        self._next_seq += 1
        self._waiting.append(numbered)
        if len(self._waiting) > self._kept:
            del self._waiting[_least_missed(self._waiting)]
        return numbered

    def acknowledge(self, seq: int) -> None:
        """The router has this one; acknowledgements may come in any order."""
        index = bisect_left(self._waiting, seq, key=lambda position: position.seq)
        if index < len(self._waiting) and self._waiting[index].seq == seq:
            del self._waiting[index]

    def waiting(self) -> Sequence[Position]:
        return tuple(self._waiting)

    def forget(self) -> None:
        """The alert is over: nothing waits any more."""
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)


def _least_missed(positions: Sequence[Position]) -> int:
    """Of the older half, the one whose neighbours are closest in time; the first stays as long as there are others."""
    inner = range(1, max(2, len(positions) // 2))
    return min(inner, key=lambda i: positions[i + 1].fixed_at - positions[i - 1].fixed_at) if len(positions) > 2 else 0
