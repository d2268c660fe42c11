"""Cameras in the order in which somebody passes them on a way; pure.

A way is straight pieces between places with times: a walk's route, a vehicle's trail, or `predicted` from how somebody
moves now. Streets are not known here: a prediction is a straight line and is said to be one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from server.cameras.codes import HEALTHS
from server.cameras.index import EARTH_RADIUS_M, LEVELS_M, CameraIndex, Floats, Ints, bits_of
from server.cameras.seeing import Sight, allowed

_STEP_M, _MOST_STEPS = 5.0, 400
_AT_ONCE = 256
_SEEN = 0.05
_STANDS_MPS = 0.4
_M_PER_DEG = EARTH_RADIUS_M * math.pi / 180


@dataclass(frozen=True, slots=True)
class WayPoint:
    """`at_s`: seconds from now (or from the way's begin), not falling along the way."""

    lat: float
    lon: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A camera and when somebody is in its view: not before `from_s`, most probably about `likely_s`, hardly after
    `until_s`. `distance_m` and `bearing_deg` from the way's begin to the camera; `side` is where that is: `ahead`,
    `left`, `right`, `behind` by the heading, or a compass point where no heading is known."""

    camera_id: str
    from_s: float
    likely_s: float
    until_s: float
    distance_m: float
    bearing_deg: float
    side: str
    health: str
    has_stream: bool
    is_anpr: bool


def predicted(
    *, lat: float, lon: float, heading_deg: float | None, speed_mps: float | None, seconds: float = 180.0
) -> list[WayPoint]:
    """Straight on at the present pace; empty for somebody who stands or whose direction nobody knows."""
    if heading_deg is None or speed_mps is None or not math.isfinite(heading_deg) or not speed_mps >= _STANDS_MPS:
        return []
    course, length = math.radians(heading_deg), min(speed_mps, 60.0) * seconds
    end_lat = lat + math.cos(course) * length / _M_PER_DEG
    end_lon = lon + math.sin(course) * length / (_M_PER_DEG * max(math.cos(math.radians(lat)), 0.01))
    return [WayPoint(lat, lon, 0.0), WayPoint(end_lat, end_lon, seconds)]


@dataclass(frozen=True, slots=True)
class Fix:
    """A position of a track."""

    lat: float
    lon: float
    accuracy_m: float
    at: datetime


def movement(fixes: Sequence[Fix], *, most_s: float = 90.0) -> tuple[float, float] | None:
    """(heading in degrees, metres per second) from the newest fix and the oldest within `most_s` that is farther from
    it than both are uncertain; None: she stands, or nobody can tell. `fixes` newest first."""
    for old in reversed(fixes[1:]):
        new, seconds = fixes[0], (fixes[0].at - old.at).total_seconds()
        if not 3 <= seconds <= most_s:
            continue
        east = (new.lon - old.lon) * _M_PER_DEG * math.cos(math.radians(new.lat))
        north = (new.lat - old.lat) * _M_PER_DEG
        metres = math.hypot(east, north)
        if metres > max(new.accuracy_m, old.accuracy_m, 10.0) and metres / seconds >= _STANDS_MPS:
            return round(math.degrees(math.atan2(east, north)) % 360, 1), round(metres / seconds, 2)
    return None


def along(
    index: CameraIndex,
    way: Sequence[WayPoint],
    *,
    now: datetime,
    accuracy_m: float = 0.0,
    purposes: frozenset[str] | None = None,
    limit: int = 12,
) -> list[Passage]:
    """Cameras that see the way, in the order of passing, working ones before others that show the same piece.

    `accuracy_m` widens the times on both sides (it is uncertain where on the way she is). At most 400 points of the way
    are looked at; one longer than 2 km is looked at more coarsely.
    """
    if not way or not len(index) or limit <= 0:
        return []
    middle = way[len(way) // 2]
    points, times = _steps(way, lat=middle.lat, lon=middle.lon)
    radius_m = float(np.sqrt((points * points).sum(axis=1)).max())
    rows = near_rows(index, lat=middle.lat, lon=middle.lon, radius_m=radius_m, at=now, purposes=purposes)
    sight = Sight(index, rows, lat=middle.lat, lon=middle.lon)
    slack_s = _slack_s(points, times, accuracy_m)
    found = sorted(_passings(sight, points, times, slack_s), key=lambda one: (one[1], -one[4], index.ids[rows[one[0]]]))
    begin = points[0]
    heading = _heading_of(points)
    kept = _without_doubles(index, rows, found)[:limit]
    return [passage_of(sight, one[0], one[1:4], start=begin, heading_deg=heading) for one in kept]


Passing = tuple[int, float, float, float, float]
"""Position in the sight's rows, from, likely, until (seconds), how well at best."""


def near_rows(
    index: CameraIndex, *, lat: float, lon: float, radius_m: float, at: datetime, purposes: frozenset[str] | None
) -> Ints:
    """Rows of the usable cameras that can see anything within `radius_m` of the place."""
    radii = [radius_m + index.reach_m(level) + 1.0 for level in range(len(LEVELS_M))]
    rows = index.around(lat=lat, lon=lon, radii_m=radii)
    rows = np.arange(len(index)) if rows is None else rows
    return rows[allowed(index, rows, purposes=bits_of(purposes), at_s=at.timestamp())]


def passage_of(
    sight: Sight,
    position: int,
    times_s: tuple[float, float, float],
    *,
    start: Floats | None = None,
    heading_deg: float | None = None,
) -> Passage:
    """`start`: metres east and north of the sight's place; None: that place."""
    index, row = sight.index, int(sight.rows[position])
    east, north = float(sight.east[position]), float(sight.north[position])
    if start is not None:
        east, north = east - float(start[0]), north - float(start[1])
    bearing = math.degrees(math.atan2(east, north)) % 360
    return Passage(
        camera_id=index.ids[row],
        from_s=round(times_s[0], 1),
        likely_s=round(times_s[1], 1),
        until_s=round(times_s[2], 1),
        distance_m=round(math.hypot(east, north), 1),
        bearing_deg=round(bearing, 1) % 360,
        side=side_of(bearing, heading_deg),
        health=HEALTHS[int(index.health[row])],
        has_stream=bool(index.has_stream[row]),
        is_anpr=bool(index.is_anpr[row]),
    )


def side_of(bearing_deg: float, heading_deg: float | None) -> str:
    if heading_deg is None:
        return ("N", "NE", "E", "SE", "S", "SW", "W", "NW")[int((bearing_deg + 22.5) % 360 // 45)]
    return ("ahead", "right", "behind", "left")[int((bearing_deg - heading_deg + 45) % 360 // 90)]


def _steps(way: Sequence[WayPoint], *, lat: float, lon: float) -> tuple[Floats, Floats]:
    """Points every 5 m (east, north of the place) with their times."""
    east = np.array([((one.lon - lon + 180) % 360 - 180) * _M_PER_DEG for one in way]) * math.cos(math.radians(lat))
    north = np.array([(one.lat - lat) * _M_PER_DEG for one in way])
    at = np.maximum.accumulate(np.array([one.at_s for one in way], dtype=float))
    gone = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(east), np.diff(north)))))
    count = int(min(max(gone[-1] / _STEP_M, 1), _MOST_STEPS)) + 1
    stops = np.linspace(0.0, gone[-1], count)
    points = np.column_stack((np.interp(stops, gone, east), np.interp(stops, gone, north)))
    return points, np.asarray(np.interp(stops, gone, at), dtype=float)


def _passings(sight: Sight, points: Floats, times: Floats, slack_s: float) -> Iterator[Passing]:
    for begin in range(0, len(sight.rows), _AT_ONCE):
        picked = np.arange(begin, min(begin + _AT_ONCE, len(sight.rows)))
        sees = sight.sees(picked, points)
        for position in np.flatnonzero((sees > _SEEN).any(axis=1)).tolist():
            row = sees[position]
            first = int(np.flatnonzero(row > _SEEN)[0])
            beyond = np.flatnonzero(row[first:] <= _SEEN)
            last = first + int(beyond[0]) - 1 if len(beyond) else len(row) - 1
            best = first + int(row[first : last + 1].argmax())
            until = float(times[last]) + slack_s
            yield begin + position, max(0.0, float(times[first]) - slack_s), float(times[best]), until, float(row[best])


def _slack_s(points: Floats, times: Floats, accuracy_m: float) -> float:
    length = float(np.hypot(*np.diff(points, axis=0).T).sum()) if len(points) > 1 else 0.0
    spent = float(times[-1] - times[0])
    return min(accuracy_m / (length / spent), 300.0) if length > 0 and spent > 0 and math.isfinite(accuracy_m) else 0.0


def _heading_of(points: Floats) -> float | None:
    east, north = (points[-1] - points[0]).tolist()
    return math.degrees(math.atan2(east, north)) % 360 if math.hypot(east, north) > 1 else None


def _without_doubles(index: CameraIndex, rows: Ints, found: Sequence[Passing]) -> list[Passing]:
    """A camera that gives no picture now is left out where a working one shows her at its best moment."""
    working = [one for one in found if index.rank[rows[one[0]]] == 0]

    def is_needed(one: Passing) -> bool:
        return index.rank[rows[one[0]]] == 0 or not any(w[1] <= one[2] <= w[3] for w in working)

    return [one for one in found if is_needed(one)]
