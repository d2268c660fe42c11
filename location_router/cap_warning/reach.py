"""Where a warning is: shapes of its areas, and the centers whose jurisdiction they touch. Pure; x = longitude."""

from __future__ import annotations

import math
from collections.abc import Iterable

import shapely
from shapely.geometry.base import BaseGeometry

from location_router.cap_warning.values import Area
from location_router.geo import haversine_m, metres_per_degree
from location_router.index import Jurisdictions

OUTLINE_M = 100.0
"""Outlines are compared as they are drawn: who lies so near to an area is warned, too."""
_CORNERS = 48


def shape_of(area: Area) -> BaseGeometry | None:
    """Rings and circles together; None for an area that is told by codes alone. A ring that crosses itself counts as
    what it encloses from outside."""
    found: list[BaseGeometry] = [_ring(one) for one in area.rings]
    found += [_circle(*one) for one in area.circles]
    return shapely.union_all(found) if found else None


def whole_of(areas: Iterable[Area]) -> BaseGeometry | None:
    """All that is drawn of them, as one shape; None where codes alone tell them."""
    found = [shape for area in areas if (shape := shape_of(area)) is not None]
    return shapely.union_all(found) if found else None


def _ring(corners: tuple[tuple[float, float], ...]) -> BaseGeometry:
    outline = shapely.Polygon([(lon, lat) for lat, lon in corners])
    return outline if outline.is_valid else outline.convex_hull


def _circle(lat: float, lon: float, radius_m: float) -> BaseGeometry:
    per_lat, per_lon = metres_per_degree(lat=max(-89.0, min(lat, 89.0)))
    turns = [2 * math.pi * step / _CORNERS for step in range(_CORNERS)]
    most_m = max(radius_m, 1.0)
    return shapely.Polygon(
        [(lon + most_m * math.cos(t) / per_lon, lat + most_m * math.sin(t) / per_lat) for t in turns]
    )


def centers_of_code(version: Jurisdictions, code: str) -> list[str]:
    """Of a province (2 digits, or zeros after them) all, of a city its own and its wards', else the one that stands
    there now; empty for an unknown code."""
    five = code[:5].ljust(5, "0")
    if five[2:] == "000":
        return [one for one in version.centers if one[:2] == five[:2] or five == "00000"]
    if found := version.heirs(five):
        return list(found)
    if five[4] == "0":
        return [one for one in version.centers if one[:4] == five[:4]]
    return list(version.heirs(five[:4] + "0"))


def centers_of(version: Jurisdictions, areas: Iterable[Area]) -> list[str]:
    """Codes of all centers that the areas touch, in order. Borders are looked at once, however many areas there are;
    the whole country takes seconds the first time."""
    told = tuple(areas)
    codes = dict.fromkeys(code for area in told for code in area.codes)
    found = {center for code in codes for center in centers_of_code(version, code)}
    shape = whole_of(told)
    return sorted(found if shape is None else found.union(_touched(version, shape)))


def _touched(version: Jurisdictions, shape: BaseGeometry) -> list[str]:
    middle = shape.envelope.centroid
    west, south, east, north = shape.bounds
    corners = ((south, west), (south, east), (north, west), (north, east))
    reach_m = max(haversine_m(lat=middle.y, lon=middle.x, to_lat=lat, to_lon=lon) for lat, lon in corners)
    near = version.nearest(lat=middle.y, lon=middle.x, limit=len(version.centers))
    candidates = [code for code, metres in near if metres <= reach_m * 1.01 + OUTLINE_M]
    wide = shapely.buffer(shape, OUTLINE_M / 100_000.0)
    return [code for code in candidates if wide.intersects(outline_of(version, code))]


def outline_of(version: Jurisdictions, code: str) -> BaseGeometry:
    """Raises KeyError for an unknown code."""
    return shapely.geometry.shape(version.outline(code, tolerance_m=OUTLINE_M))
