"""Which of several ways to suggest, by what each passes and how long it is; pure.

A way feels shorter by what stands along it: so many metres for each facility, up to so many of a kind, and a share of
the metres with light; by three tenths at most. A facility more never makes a way worse, and a way of more than 1.3
times the shortest is never suggested. What a city has not published is not known here: no number is a promise.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from location_router.geo import metres_per_degree
from server.facilities.model import KINDS

Point = tuple[float, float]
"""(lat, lon) in degrees."""
BESIDE_M = 30.0
STEP_M = 10.0
LONGEST_SHARE = 1.3
MOST_SHARE = 0.3
LIT_WORTH = 0.15
WORTH_M: dict[str, tuple[float, int]] = {
    "police_box": (150.0, 3),
    "safe_store": (60.0, 6),
    "emergency_bell": (50.0, 8),
    "shelter": (40.0, 4),
    "camera_sign": (25.0, 12),
    "other": (15.0, 4),
}
"""Metres that one of the kind is worth, and how many count; lights count by the metres that they light."""


@dataclass(frozen=True, slots=True)
class Way:
    """`passes`: how many of each kind stand within BESIDE_M of it; `lit_m`: metres of it within BESIDE_M of a light."""

    distance_m: float
    passes: Mapping[str, int] = field(default_factory=dict)
    lit_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """`index` is None where there is nothing to choose; `code`: only_way, no_facilities, past_more, shortest."""

    index: int | None
    code: str


def felt_m(way: Way) -> float:
    """How long it feels, in metres."""
    worth = LIT_WORTH * way.lit_m
    for kind, (metres, most) in WORTH_M.items():
        worth += metres * min(way.passes.get(kind, 0), most)
    return way.distance_m - min(worth, MOST_SHARE * way.distance_m)


def choose(ways: Sequence[Way]) -> Choice:
    """The one that feels shortest among those that are not much longer; of equals the shorter, then the earlier."""
    if len(ways) < 2:
        return Choice(None, "only_way")
    if not any(way.lit_m or any(way.passes.values()) for way in ways):
        return Choice(None, "no_facilities")
    shortest_m = min(way.distance_m for way in ways)
    allowed = [at for at, way in enumerate(ways) if way.distance_m <= LONGEST_SHARE * shortest_m]
    best = min(allowed, key=lambda at: (felt_m(ways[at]), ways[at].distance_m, at))
    return Choice(best, "shortest" if ways[best].distance_m == shortest_m else "past_more")


def length_m(line: Sequence[Point]) -> float:
    points = _metres(line)
    return sum(math.dist(a, b) for a, b in zip(points, points[1:], strict=False))


def _metres(line: Sequence[Point]) -> list[Point]:
    """(east, north) in metres of the plane that touches at the line's begin: for walks."""
    lat, lon = line[0]
    north_m, east_m = metres_per_degree(lat=lat)
    return [((one[1] - lon) * east_m, (one[0] - lat) * north_m) for one in line]


def passed(line: Sequence[Point], facilities: Iterable[tuple[str, float, float]]) -> tuple[dict[str, int], float]:
    """(how many of each kind within BESIDE_M of the line, metres with light); facilities are (kind, lat, lon)."""
    known = list(facilities)
    spots = _metres([line[0], *((lat, lon) for _, lat, lon in known)])[1:]
    cells: dict[tuple[int, int], list[int]] = {}
    for at, (x, y) in enumerate(spots):
        cells.setdefault((math.floor(x / BESIDE_M), math.floor(y / BESIDE_M)), []).append(at)
    near: set[int] = set()
    lit_m = 0.0
    for x, y, metres in _samples(_metres(line)):
        here = [at for at in _around(cells, x, y) if math.dist((x, y), spots[at]) <= BESIDE_M]
        near.update(here)
        lit_m += metres if any(known[at][0] == "light" for at in here) else 0.0
    return dict(Counter(known[at][0] for at in sorted(near))), round(lit_m, 1)


def _samples(points: Sequence[Point]) -> Iterable[tuple[float, float, float]]:
    """Middles of steps of at most STEP_M, each with its length."""
    for (ax, ay), (bx, by) in zip(points, points[1:], strict=False):
        metres = math.dist((ax, ay), (bx, by))
        steps = max(1, math.ceil(metres / STEP_M))
        for step in range(steps):
            share = (step + 0.5) / steps
            yield ax + (bx - ax) * share, ay + (by - ay) * share, metres / steps


def _around(cells: Mapping[tuple[int, int], Sequence[int]], x: float, y: float) -> Iterable[int]:
    column, row = math.floor(x / BESIDE_M), math.floor(y / BESIDE_M)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            yield from cells.get((column + dx, row + dy), ())


NOTE = (
    "시·군·구가 공개한 시설만 셉니다. 안전을 보장하지 않습니다.",
    "Counts what the city has published. It promises no safety.",
)
_WHY: dict[str, tuple[str, str]] = {
    "no_engine": (
        "길 안내가 연결되어 있지 않아 곧은 방향만 보여 드립니다.",
        "No route service is connected: this is only the straight direction.",
    ),
    "engine_away": (
        "길 안내가 지금 답하지 않아 곧은 방향만 보여 드립니다.",
        "The route service does not answer now: this is only the straight direction.",
    ),
    "only_way": ("길이 하나뿐이라 고를 것이 없습니다.", "There is only one way, so nothing to choose."),
    "no_facilities": (
        "이 길들 곁에 공개된 안전시설이 없어 권하지 않습니다.",
        "No published safe facility stands along these ways, so none is suggested.",
    ),
}


def why(choice: Choice, ways: Sequence[Way]) -> tuple[str, str]:
    """The choice in words, (Korean, English)."""
    if choice.index is None:
        return _WHY[choice.code]
    way = ways[choice.index]
    more_m = round(way.distance_m - min(one.distance_m for one in ways))
    ko, en = _things(way)
    if choice.code == "shortest":
        return f"가장 짧은 길입니다. {ko}".strip(), f"The shortest way. {en}".strip()
    return f"{ko} 가장 짧은 길보다 {more_m} m 깁니다.", f"{en} It is {more_m} m longer than the shortest."


def _things(way: Way) -> tuple[str, str]:
    named = [(KINDS[kind], way.passes[kind]) for kind in KINDS if kind != "light" and way.passes.get(kind)]
    ko = ", ".join(f"{one[0]} {n}곳" for one, n in named)
    en = ", ".join(f"{one[1]} ×{n}" for one, n in named)
    said_ko = [f"{ko}을 지납니다." if ko.endswith("곳") else ""]
    said_en = [f"Passes: {en}." if en else ""]
    if way.lit_m >= 1:
        said_ko.append(f"보안등 곁 {round(way.lit_m)} m입니다.")
        said_en.append(f"{round(way.lit_m)} m near street lights.")
    return " ".join(filter(None, said_ko)), " ".join(filter(None, said_en))
