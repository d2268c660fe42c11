"""An area that somebody asks to look at: GeoJSON → a polygon to work with, or what is wrong with it; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry import Polygon
from shapely.validation import explain_validity

from location_router.geo import metres_per_degree

MOST_KM2, MOST_VERTICES = 25.0, 500
LEAST_M2 = 100.0


class BadArea(ValueError):
    """`ko`, `en`: what is wrong and what to do; `shown` is the value, short."""

    def __init__(self, ko: str, en: str, shown: Any = "") -> None:
        super().__init__(en)
        self.ko, self.en, self.shown = ko, en, str(shown)[:80]


def polygon_of(area: Any) -> Polygon:
    """A valid polygon (x = longitude) of at most 25 km² and 500 vertices. Raises BadArea."""
    if not isinstance(area, dict) or area.get("type") != "Polygon":
        given = area.get("type") if isinstance(area, dict) else type(area).__name__
        raise BadArea("GeoJSON Polygon을 보내 주세요.", "Send a GeoJSON Polygon.", given)
    rings = area.get("coordinates")
    if not isinstance(rings, list) or not rings or not all(isinstance(ring, list) for ring in rings):
        raise BadArea("coordinates에 고리 목록이 없습니다.", "coordinates must be a list of rings.", rings)
    count = sum(len(ring) for ring in rings)
    if count > MOST_VERTICES:
        raise BadArea(
            f"꼭짓점이 {count}개입니다. {MOST_VERTICES}개까지 됩니다.",
            f"{count} vertices; {MOST_VERTICES} at most: simplify the outline.",
            count,
        )
    outline, *holes = [_ring(ring) for ring in rings]
    shape = Polygon(outline, holes)
    if not shape.is_valid:
        raise BadArea(
            "구역의 선이 서로 엇갈립니다. 다시 그려 주세요.",
            f"The outline is not a valid polygon ({explain_validity(shape)}): draw it again.",
        )
    _check_size(area_km2(shape))
    return shape


def _ring(ring: list[Any]) -> list[tuple[float, float]]:
    points = [_point(one) for one in ring]
    if len(points) < 4 or points[0] != points[-1]:
        raise BadArea(
            "고리는 점 네 개 이상이고 처음과 끝이 같아야 합니다.",
            "A ring has four positions or more, and its first is its last.",
            len(points),
        )
    return points


def _point(one: Any) -> tuple[float, float]:
    fits = isinstance(one, list) and len(one) in (2, 3)
    if not fits or not all(isinstance(value, int | float) and not isinstance(value, bool) for value in one):
        raise BadArea("점은 [경도, 위도]입니다.", "A position is [longitude, latitude].", one)
    lon, lat = one[0], one[1]
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # NaN, and numbers too large for a float, neither
        swapped = abs(lat) <= 180 and abs(lon) <= 90
        hint_ko, hint_en = (" 순서가 바뀌었습니다.", " The order is swapped.") if swapped else ("", "")
        raise BadArea(f"점은 [경도, 위도]입니다.{hint_ko}", f"A position is [longitude, latitude].{hint_en}", one)
    return float(lon), float(lat)


def _check_size(km2: float) -> None:
    if km2 > MOST_KM2:
        raise BadArea(
            f"구역이 {km2:.1f} km²입니다. {MOST_KM2:.0f} km²까지 됩니다. 나누어 요청하세요.",
            f"The area has {km2:.1f} km²; {MOST_KM2:.0f} at most: ask for parts of it.",
            f"{km2:.1f}",
        )
    if km2 * 1e6 < LEAST_M2:
        raise BadArea(
            "구역이 너무 작습니다. 위치로 요청하세요.", "The area is too small: ask for a place instead.", km2
        )


def of_request(subject: Mapping[str, Any], *, lat: float, lon: float) -> Polygon | None:
    """The area of an agency's request: its `ring` of (lat, lon), else `radius_m` around its place; None: a place alone.
    A ring that crosses itself counts as what it encloses from outside."""
    if ring := subject.get("ring"):
        outline = Polygon([(east, north) for north, east in ring])
        shape = outline if outline.is_valid else outline.convex_hull
    elif radius_m := subject.get("radius_m"):
        north_m, east_m = metres_per_degree(lat=lat)
        turns = [2 * math.pi * step / 32 for step in range(32)]
        shape = Polygon(
            [(lon + radius_m * math.cos(t) / east_m, lat + radius_m * math.sin(t) / north_m) for t in turns]
        )
    else:
        return None
    is_area = isinstance(shape, Polygon) and not shape.is_empty and area_km2(shape) * 1e6 >= LEAST_M2
    return shape if is_area else None


def area_km2(shape: Polygon) -> float:
    """Good to 0.1 % at this size."""
    north, east = metres_per_degree(lat=shape.centroid.y)
    flat = shapely.transform(shape, lambda points: points * [east, north])
    return float(flat.area) / 1e6


def middle_of(shape: Polygon) -> tuple[float, float]:
    """(lat, lon) of a point that lies inside."""
    point = shape.representative_point()
    return float(point.y), float(point.x)


def wide_m(shape: Polygon) -> float:
    """The radius of a circle of the same area."""
    return math.sqrt(area_km2(shape) * 1e6 / math.pi)
