"""Made-up movement of people, after what is known of walking and of receivers: no trace here was recorded.

A walker keeps 0.9 to 1.6 m/s with gusts, turns at street corners, waits 20 to 90 s at lights. A receiver errs by a few
metres of white noise and 5 to 15 m that wander over minutes; indoors 50 to 200 m, with leaps; it falls silent in
tunnels and cellars, repeats itself, goes back in time and jumps. `story(kind, seed)` gives normal life, `trouble(kind,
seed)` what must be found, with the walk's true destination.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from server.walks.memory import Fix, Walk

LAT, LON = 37.39, 126.95
NORTH_M, EAST_M = 110_990.0, 88_560.0
DAY_ONE = datetime(2026, 3, 2, tzinfo=UTC)

Point = tuple[float, float]


@dataclass
class Life:
    """Somebody under way: acts move her on and leave fixes behind."""

    dice: Random
    every_s: float
    tells_accuracy: bool
    t: float = 0.0
    x: float = 0.0
    y: float = 0.0
    pace: float = 1.3
    fixes: list[Fix] = field(default_factory=list)
    drift: Point = (0.0, 0.0)
    next_fix_t: float = 0.0
    began: datetime = DAY_ONE

    def _pass(self, seconds: float, *, indoors: float = 0.0, heard: bool = True) -> None:
        """Time goes on at one place or along a small step; fixes as the receiver gives them."""
        self.t += seconds
        if self.t < self.next_fix_t:
            return
        since = max(self.every_s, seconds)
        self.next_fix_t = self.t + self.every_s * self.dice.uniform(0.9, 1.1)
        sigma, tau = (indoors, 120.0) if indoors else (9.0, 180.0)
        keep = math.exp(-since / tau)
        spread = sigma * math.sqrt(1 - keep * keep)
        self.drift = tuple(one * keep + self.dice.gauss(0, spread) for one in self.drift)  # type: ignore[assignment]
        if indoors and self.dice.random() < 0.01:
            self.drift = (self.dice.gauss(0, 2 * sigma), self.dice.gauss(0, 2 * sigma))
        if not heard:
            return
        white = 4.0 if not indoors else 0.2 * indoors
        error = [one + self.dice.gauss(0, white) for one in self.drift]
        accuracy = max(4.0, (indoors or 9.0) * self.dice.uniform(0.7, 1.6)) if self.tells_accuracy else None
        self.fixes.append(
            fix_at(self.began + timedelta(seconds=self.t), self.x + error[0], self.y + error[1], accuracy)
        )

    def go(self, x: float, y: float, speed: float, *, heard: bool = True, halts: float = 0.0) -> None:
        """A straight leg; `halts`: chance per 100 m of a halt of 10 to 60 s."""
        while (left := math.hypot(x - self.x, y - self.y)) > 1.0:
            gust = max(0.2, self.dice.gauss(1.0, 0.12))
            step = min(left, speed * gust * 2.0)
            self.x += (x - self.x) * step / left
            self.y += (y - self.y) * step / left
            self._pass(2.0, heard=heard)
            if halts and self.dice.random() < halts * step / 100.0:
                self.stand(self.dice.uniform(10, 60), heard=heard)

    def walk(self, x: float, y: float, *, lights: bool = True) -> None:
        """Along streets at right angles, in blocks, with lights."""
        turn = self.dice.uniform(0, math.pi / 2)
        while (left := math.hypot(x - self.x, y - self.y)) > 20.0:
            block = min(left, self.dice.uniform(60, 220))
            along = math.atan2(y - self.y, x - self.x)
            street = turn + math.pi / 2 * round((along - turn + self.dice.choice((-0.5, 0.5))) / (math.pi / 2))
            reach = block * max(0.25, math.cos(along - street))
            self.go(self.x + reach * math.cos(street), self.y + reach * math.sin(street), self.pace)
            if left < 90.0:
                self.go(x, y, self.pace)
            if lights and self.dice.random() < 0.3:
                self.stand(self.dice.uniform(20, 90))

    def stand(self, seconds: float, *, indoors: float = 0.0, heard: bool = True) -> None:
        end = self.t + seconds
        while self.t < end:
            self._pass(min(2.0, end - self.t + 1e-6), indoors=indoors, heard=heard)

    def roam(self, seconds: float, radius: float, *, indoors: float = 0.0) -> None:
        """About one place: a market, a park."""
        end, home = self.t + seconds, (self.x, self.y)
        while self.t < end:
            angle, reach = self.dice.uniform(0, 2 * math.pi), radius * math.sqrt(self.dice.random())
            self.go(home[0] + reach * math.cos(angle), home[1] + reach * math.sin(angle), self.dice.uniform(0.5, 1.1))
            self.stand(self.dice.uniform(5, 120), indoors=indoors)

    def ride(self, x: float, y: float, speed: float) -> None:
        """A bus or a taxi: stops at lights and bus stops."""
        self.go(x, y, speed, halts=0.12)


def fix_at(at: datetime, x: float, y: float, accuracy_m: float | None = None) -> Fix:
    return Fix(LAT + y / NORTH_M, LON + x / EAST_M, at, accuracy_m)


def place_at(x: float, y: float) -> tuple[float, float]:
    return LAT + y / NORTH_M, LON + x / EAST_M


def born(seed: int, *, hour: float | None = None) -> Life:
    """Somebody with a receiver of her own: 1 s to one fix a minute; `hour`: local, else from morning to night."""
    dice = Random(seed)
    every = dice.choice((1.0, 2.0, 5.0, 5.0, 5.0, 20.0, 60.0))
    life = Life(dice, every, dice.random() < 0.5, pace=dice.uniform(0.9, 1.6))
    local = dice.choice((7, 9, 12, 14, 17, 18, 19, 20, 21, 22, 23, 0)) + dice.random() if hour is None else hour
    life.began = DAY_ONE + timedelta(days=dice.randrange(300), hours=(local - 9) % 24)
    return life


def somewhere(life: Life, least_m: float, most_m: float) -> Point:
    angle, reach = life.dice.uniform(0, 2 * math.pi), life.dice.uniform(least_m, most_m)
    return life.x + reach * math.cos(angle), life.y + reach * math.sin(angle)


def _direct(life: Life) -> None:
    life.walk(*somewhere(life, 300, 3500))


def _shops(life: Life) -> None:
    end = somewhere(life, 500, 3500)
    for _ in range(life.dice.randint(1, 4)):
        share = life.dice.uniform(0.1, 0.5)
        stop = life.x + (end[0] - life.x) * share, life.y + (end[1] - life.y) * share
        life.walk(stop[0] + life.dice.gauss(0, 80), stop[1] + life.dice.gauss(0, 80))
        life.stand(life.dice.triangular(90, 1300, 300), indoors=life.dice.uniform(25, 80))
    life.walk(*end)


def _round_trip(life: Life) -> None:
    for _ in range(life.dice.randint(1, 4)):
        life.walk(*somewhere(life, 200, 1500))
        if life.dice.random() < 0.5:
            life.stand(life.dice.uniform(60, 900), indoors=life.dice.choice((0.0, 50.0)))
    life.walk(0.0, 0.0)


def _errands(life: Life) -> None:
    """Far about, and the end not far from the beginning."""
    for _ in range(life.dice.randint(2, 5)):
        life.walk(*somewhere(life, 300, 1800))
        life.stand(life.dice.triangular(30, 1200, 200), indoors=life.dice.choice((0.0, 40.0, 70.0)))
    life.walk(*somewhere(life, 200, 900))


def _bus(life: Life) -> None:
    home = somewhere(life, 3000, 12000)
    life.walk(*somewhere(life, 150, 600))
    life.stand(life.dice.uniform(60, 900))
    between = life.dice.uniform(0.3, 0.7)
    bend = life.dice.gauss(0, 0.15)
    life.ride(home[0] * between - home[1] * bend, home[1] * between + home[0] * bend, life.dice.uniform(7, 14))
    life.ride(home[0] + life.dice.gauss(0, 300), home[1] + life.dice.gauss(0, 300), life.dice.uniform(7, 14))
    life.walk(*home)


def _subway(life: Life) -> None:
    home = somewhere(life, 3000, 15000)
    life.walk(*somewhere(life, 150, 700))
    life.stand(life.dice.uniform(60, 300), heard=False)
    life.go(home[0] + life.dice.gauss(0, 400), home[1] + life.dice.gauss(0, 400), life.dice.uniform(9, 16), heard=False)
    life.walk(*home)


def _gaps(life: Life) -> None:
    end = somewhere(life, 800, 3500)
    for share in (0.3, 0.5, 1.0):
        life.walk(life.x + (end[0] - life.x) * share, life.y + (end[1] - life.y) * share)
        if share < 1.0:
            life.stand(life.dice.triangular(60, 840, 240), heard=False)


def _old(life: Life) -> None:
    """Slow, with rests."""
    life.pace = life.dice.uniform(0.4, 0.8)
    end = somewhere(life, 300, 1500)
    for share in (0.3, 0.5, 1.0):
        life.walk(life.x + (end[0] - life.x) * share, life.y + (end[1] - life.y) * share)
        life.stand(life.dice.uniform(60, 700))
    life.walk(*end)


def _market(life: Life) -> None:
    life.walk(*somewhere(life, 300, 1200))
    life.roam(life.dice.uniform(600, 2000), life.dice.uniform(40, 200), indoors=life.dice.choice((0.0, 40.0)))
    life.walk(*somewhere(life, 300, 1200))


def _laps(life: Life) -> None:
    """Round a track or a small park, then home."""
    life.walk(*somewhere(life, 200, 800))
    radius, begin = life.dice.uniform(40, 120), (life.x, life.y)
    for step in range(int(life.dice.uniform(1000, 3000) * life.pace / (radius / 4))):
        life.go(begin[0] + radius * math.sin(step / 4), begin[1] + radius * (1 - math.cos(step / 4)), life.pace * 1.3)
    life.walk(0.0, 0.0)


def _ends_at_home(life: Life) -> None:
    """Indoors before and after."""
    life.stand(life.dice.uniform(60, 1500), indoors=life.dice.uniform(20, 80))
    life.walk(*somewhere(life, 400, 2500))
    life.stand(life.dice.uniform(300, 5400), indoors=life.dice.uniform(20, 80))


KINDS: dict[str, Callable[[Life], None]] = {
    "direct": _direct,
    "shops": _shops,
    "round_trip": _round_trip,
    "errands": _errands,
    "bus": _bus,
    "subway": _subway,
    "gaps": _gaps,
    "old": _old,
    "market": _market,
    "laps": _laps,
    "ends_at_home": _ends_at_home,
}


def story(kind: str, seed: int, *, hour: float | None = None, spoilt: bool = True) -> list[Fix]:
    """Normal life of a kind; `spoilt`: with what receivers do wrong, in two of three."""
    life = born(seed, hour=hour)
    KINDS[kind](life)
    if len(life.fixes) < 3:
        return story(kind, seed + 1_000_003, hour=hour, spoilt=spoilt)
    return spoil(life.fixes, life.dice) if spoilt and life.dice.random() < 0.67 else life.fixes


def spoil(fixes: list[Fix], dice: Random) -> list[Fix]:
    """Jumps (single, in bursts, at the very beginning), repeats, and clocks that go back; in order of arrival."""
    share = dice.choice((0.0, 0.005, 0.03, 0.1))
    out: list[Fix] = []
    burst = 0
    shift: Point = (0.0, 0.0)
    for number, fix in enumerate(fixes):
        if burst == 0 and (dice.random() < share or (number == 0 and dice.random() < 0.2)):
            burst = dice.choice((1, 1, 1, 1, 2, 3, 5, 12))
            far = 10 ** dice.uniform(2.3, 4.3)
            angle = dice.uniform(0, 2 * math.pi)
            shift = far * math.cos(angle), far * math.sin(angle)
        if burst:
            burst -= 1
            fix = fix._replace(lat=fix.lat + shift[1] / NORTH_M, lon=fix.lon + shift[0] / EAST_M)
        out.append(fix)
        if dice.random() < 0.004:
            out.append(fix)
        if dice.random() < 0.002:
            out.append(fix._replace(fixed_at=fix.fixed_at - timedelta(seconds=dice.choice((1, 5, 60, 3600)))))
    return out


@dataclass(frozen=True)
class Trouble:
    """What must be found: from `since` on something is wrong. `fixes` end at `ends`; time goes on to it."""

    walk: Walk
    fixes: list[Fix]
    since: datetime
    ends: datetime


def trouble(kind: str, seed: int, *, named: bool = False) -> Trouble:
    """`named`: she has said when she would be there, as her phone always does: the way at 1.2 m/s.

    `falls_at_night`, `falls_by_day`, `led_aside`, `carried_off`, `silent`, `silent_by_day`, `never_ends`."""
    by_day = kind in ("falls_by_day", "silent_by_day", "never_ends")
    life = born(seed, hour=14.0 if by_day else Random(seed).choice((23.2, 0.5, 2.0)))
    home = somewhere(life, 700, 2500)
    half = life.dice.uniform(0.25, 0.7)
    life.walk(home[0] * half, home[1] * half)
    if kind == "led_aside":
        aside = 0.7 * math.hypot(*home) + 350
        along = math.atan2(home[1], home[0]) + life.dice.choice((-1, 1)) * 1.7
        life.walk(life.x + aside * math.cos(along), life.y + aside * math.sin(along))
    since = life.began + timedelta(seconds=life.t)
    if kind == "carried_off":
        along = math.atan2(home[1], home[0]) + math.pi + life.dice.uniform(-0.9, 0.9)
        life.ride(life.x + 9000 * math.cos(along), life.y + 9000 * math.sin(along), life.dice.uniform(9, 16))
    elif kind in ("falls_at_night", "falls_by_day", "led_aside"):
        life.stand(4 * 3600 if by_day else 5400, indoors=life.dice.choice((0.0, 0.0, 40.0)))
    elif kind == "never_ends":
        middle = life.x, life.y
        for _ in range(12):
            life.stand(life.dice.uniform(900, 1500))
            life.walk(middle[0] + life.dice.gauss(0, 60), middle[1] + life.dice.gauss(0, 60))
    until = life.began + timedelta(seconds=1.3 * math.hypot(*home) / 1.2) if named else None
    walk = Walk(life.began, origin=place_at(0, 0), destination=place_at(*home), until=until)
    return Trouble(walk, spoil(life.fixes, life.dice), since, life.began + timedelta(seconds=life.t + 9000))


TROUBLES = ("falls_at_night", "falls_by_day", "led_aside", "carried_off", "silent", "silent_by_day", "never_ends")
