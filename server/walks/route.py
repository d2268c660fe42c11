"""Where the way lies: a walk's own plane in metres, the corridor, how far is left. Pure.

By default the way is the straight line. Nobody walks it, so the corridor is as wide on each side as half the line is
long: two streets at a right angle stay inside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from location_router.geo import in_korea, metres_per_degree

Place = tuple[float, float]
Point = tuple[float, float]

KOREA: Place = (36.5, 127.8)
"""Metres are those of here for a timer without any place; 3 % off at the country's ends."""
SHORTEST_LINE_M = 300.0
"""Begin and end nearer than that: a way out and back, of which a line says nothing."""
STRAIGHT_SHARE, STRAIGHT_LEAST_M, STRAIGHT_MOST_M = 0.5, 250.0, 8000.0
ROUTE_SHARE, ROUTE_LEAST_M, ROUTE_MOST_M = 0.1, 150.0, 1000.0
DETOUR = 1.3
"""How much longer streets are than the straight line, in towns."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The plane: origin of coordinates is the destination (or the origin of a walk without one)."""

    lat: float
    lon: float
    north_m: float
    east_m: float
    begin: Point | None
    line: tuple[Point, ...]
    has_line: bool
    straight_m: float
    way_m: float
    half_width_m: float
    utc_offset_h: int

    def at(self, *, lat: float, lon: float) -> Point:
        """Metres east and north; the short way round the earth."""
        east = lon - self.lon
        if east > 180.0:
            east -= 360.0
        elif east < -180.0:
            east += 360.0
        return east * self.east_m, (lat - self.lat) * self.north_m

    def place(self, x: float, y: float) -> Place:
        """Where that is, (lat, lon): the way back from `at`."""
        return self.lat + y / self.north_m, self.lon + x / self.east_m

    def off_m(self, x: float, y: float) -> float:
        """Metres beside the line."""
        line = self.line
        return min(_beside(x, y, line[at], line[at + 1]) for at in range(len(line) - 1))


def _beside(x: float, y: float, begin: Point, end: Point) -> float:
    bx, by = begin
    dx, dy = end[0] - bx, end[1] - by
    square = dx * dx + dy * dy
    share = ((x - bx) * dx + (y - by) * dy) / square if square else 0.0
    share = 0.0 if share < 0.0 else 1.0 if share > 1.0 else share
    return math.hypot(x - bx - share * dx, y - by - share * dy)


def frame_of(*, origin: Place | None, destination: Place | None, route: Sequence[Place]) -> Frame:
    """The plane of a walk. `route`: points (lat, lon), begin to end; with fewer than two the straight line holds."""
    lat, lon = destination or origin or KOREA
    north_m, east_m = metres_per_degree(lat=lat)
    bare = Frame(lat, lon, north_m, max(east_m, 1.0), None, (), False, 0.0, 0.0, 0.0, _offset_h(lat=lat, lon=lon))
    begin = bare.at(lat=origin[0], lon=origin[1]) if origin else None
    straight_m = math.hypot(*begin) if begin and destination else 0.0
    points = [bare.at(lat=point[0], lon=point[1]) for point in route]
    if destination and len(points) >= 2:
        way_m = sum(math.dist(one, other) for one, other in zip(points, points[1:], strict=False))
        width_m = min(max(ROUTE_SHARE * way_m, ROUTE_LEAST_M), ROUTE_MOST_M)
        has_line = True
    else:
        points = [begin, (0.0, 0.0)] if begin and destination else []
        way_m = straight_m * DETOUR
        width_m = min(max(STRAIGHT_SHARE * straight_m, STRAIGHT_LEAST_M), STRAIGHT_MOST_M)
        has_line = straight_m >= SHORTEST_LINE_M
    return Frame(
        lat, lon, bare.north_m, bare.east_m, begin, tuple(points), has_line, straight_m, way_m, width_m,
        bare.utc_offset_h,
    )  # fmt: skip


def _offset_h(*, lat: float, lon: float) -> int:
    """Hours that clocks there are ahead of UTC: Korea's, elsewhere the sun's."""
    return 9 if in_korea(lat=lat, lon=lon) else round(lon / 15.0)
