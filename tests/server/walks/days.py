"""Made-up days: what a recorder that is left on brings home. Mixed ways of travel, lunch, shops, offices, nights out.

Harder than the walks of `traces.py` on purpose: begin and end are only where the recording began and ended, she heads
for other places first, sits for an hour, and is not heard in half of the rooms. Stays are drawn as people stay (a
median and a long tail), never so that they fit a threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from server.walks.memory import Fix
from tests.server.walks.traces import Life, Point, born, somewhere, spoil


def _minutes(life: Life, median: float, tail: float, most: float) -> float:
    """Seconds; log-normal: `tail` 0.35 says that one in six stays 1.4 times as long as the median."""
    return 60.0 * min(most, median * math.exp(life.dice.gauss(0.0, tail)))


def _inside(life: Life, seconds: float) -> None:
    """In a building: at the window, deep in it with drift, not heard at all, or heard now and then."""
    how, end = life.dice.choice(("window", "deep", "deep", "silent", "patchy", "patchy")), life.t + seconds
    if how == "window":
        life.stand(seconds, indoors=life.dice.uniform(10, 20))
    elif how == "deep":
        life.stand(seconds, indoors=life.dice.uniform(25, 80))
    elif how == "silent":
        life.stand(seconds, heard=False)
    while life.t < end:
        life.stand(min(end - life.t, life.dice.uniform(20, 300)), indoors=life.dice.uniform(25, 80))
        life.stand(min(end - life.t + 1e-3, life.dice.uniform(120, 1500)), heard=False)


def _travel(life: Life, goal: Point) -> None:
    """By what people take for so far: on foot, bus, underground, taxi; never along the straight line."""
    far_m = math.dist((life.x, life.y), goal)
    if far_m < 1500.0:
        return life.walk(*goal)
    life.walk(*somewhere(life, 100, 500))
    life.stand(life.dice.uniform(30, 700))
    near = goal[0] + life.dice.gauss(0, 200), goal[1] + life.dice.gauss(0, 200)
    bend = life.dice.gauss(0, 0.2)
    middle = (
        (life.x + near[0]) / 2 - (near[1] - life.y) * bend,
        (life.y + near[1]) / 2 + (near[0] - life.x) * bend,
    )
    how, speed = life.dice.choice(("bus", "bus", "underground", "taxi")), life.dice.uniform(6, 13)
    for place in (middle, near):
        if how == "underground":
            life.go(*place, speed + 3.0, heard=False)
        else:
            life.ride(*place, speed)
    life.walk(*goal)


def _commute(life: Life) -> None:
    _travel(life, somewhere(life, 3000, 20000))
    if life.dice.random() < 0.5:
        _inside(life, _minutes(life, 20, 0.6, 75))
        life.walk(*somewhere(life, 200, 900))


def _lunch(life: Life) -> None:
    """Out, eat, a coffee, and back to where it began."""
    life.walk(*somewhere(life, 200, 900))
    _inside(life, _minutes(life, 45, 0.3, 110))
    life.walk(*somewhere(life, 100, 400))
    _inside(life, _minutes(life, 20, 0.5, 60))
    life.walk(0.0, 0.0)


def _shopping(life: Life) -> None:
    home = somewhere(life, 0, 4000)
    _travel(life, somewhere(life, 1000, 8000))
    for _ in range(life.dice.randint(1, 3)):
        life.roam(_minutes(life, 40, 0.5, 120), life.dice.uniform(40, 150), indoors=life.dice.choice((0.0, 40.0, 70.0)))
        life.walk(*somewhere(life, 50, 400))
    if life.dice.random() < 0.5:
        _inside(life, _minutes(life, 40, 0.4, 90))
    _travel(life, home)


def _day_out(life: Life) -> None:
    home = somewhere(life, 0, 3000)
    _travel(life, somewhere(life, 5000, 20000))
    for _ in range(life.dice.randint(2, 4)):
        life.walk(*somewhere(life, 300, 2000))
        what = life.dice.choice(("cafe", "museum", "park", "meal", "view"))
        if what == "park":
            life.roam(_minutes(life, 50, 0.4, 150), life.dice.uniform(80, 300))
        elif what == "view":
            life.stand(_minutes(life, 15, 0.6, 60))
        else:
            _inside(life, _minutes(life, {"cafe": 40, "museum": 75, "meal": 55}[what], 0.35, 160))
    _travel(life, home)


def _work_day(life: Life) -> None:
    """To the office, lunch outside, home: ten hours of which eight are spent in one building."""
    office = somewhere(life, 2000, 15000)
    _inside(life, life.dice.uniform(120, 2400))
    _travel(life, office)
    _inside(life, life.dice.uniform(2.5, 4) * 3600)
    life.walk(*somewhere(life, 100, 600))
    _inside(life, _minutes(life, 40, 0.3, 80))
    life.walk(*office)
    _inside(life, life.dice.uniform(3.5, 5) * 3600)
    _travel(life, (life.dice.gauss(0, 30), life.dice.gauss(0, 30)))


def _hike(life: Life) -> None:
    life.pace = life.dice.uniform(0.7, 1.1)
    peak = somewhere(life, 2500, 6000)
    for share in (0.3, 0.6, 1.0, 0.55, 0.0):
        life.walk(peak[0] * share + life.dice.gauss(0, 400), peak[1] * share + life.dice.gauss(0, 400), lights=False)
        life.stand(_minutes(life, 12, 0.8, 60))
    life.walk(life.dice.gauss(0, 500), life.dice.gauss(0, 500), lights=False)


def _cycling(life: Life) -> None:
    life.pace = life.dice.uniform(3.5, 6.5)
    for _ in range(life.dice.randint(2, 6)):
        life.walk(*somewhere(life, 1000, 6000))
        if life.dice.random() < 0.5:
            life.stand(_minutes(life, 8, 0.8, 50))
    life.walk(*somewhere(life, 300, 3000))


def _visit(life: Life) -> None:
    """A friend for some hours; then elsewhere."""
    _travel(life, somewhere(life, 400, 6000))
    _inside(life, _minutes(life, 110, 0.4, 300))
    _travel(life, somewhere(life, 400, 4000))


def _evening(life: Life) -> None:
    """Dinner, a bar until midnight or later, a taxi or the last bus home."""
    home = somewhere(life, 1000, 9000)
    life.walk(*somewhere(life, 300, 1500))
    _inside(life, _minutes(life, 80, 0.3, 150))
    life.walk(*somewhere(life, 100, 600))
    _inside(life, _minutes(life, 70, 0.4, 180))
    _travel(life, home)


DAYS: dict[str, Callable[[Life], None]] = {
    "commute": _commute,
    "lunch": _lunch,
    "shopping": _shopping,
    "day_out": _day_out,
    "work_day": _work_day,
    "hike": _hike,
    "cycling": _cycling,
    "visit": _visit,
    "evening": _evening,
}
_BEGINS = {"lunch": (11, 13), "work_day": (7, 9), "day_out": (9, 12), "hike": (7, 11), "evening": (18, 21)}


def day(kind: str, seed: int) -> list[Fix]:
    """A recording of a kind, with what receivers do wrong in two of three; at least three fixes."""
    dice = Random(seed)
    life = born(seed, hour=dice.uniform(*_BEGINS.get(kind, (7, 22))))
    DAYS[kind](life)
    if len(life.fixes) < 3:
        return day(kind, seed + 1_000_003)
    return spoil(life.fixes, life.dice) if life.dice.random() < 0.67 else life.fixes
