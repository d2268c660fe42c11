"""The area of an agreement: GeoJSON MultiPolygon → shapes to ask, or what is wrong with it; pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
import shapely
from shapely.geometry import MultiPolygon, Point, shape
from shapely.prepared import PreparedGeometry, prep
from shapely.validation import explain_validity

MOST_VERTICES = 5000


class BadAreas(ValueError):
    """`ko`, `en`: what is wrong and what to do."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.ko, self.en = ko, en


def checked(areas: Any) -> MultiPolygon:
    """A valid MultiPolygon (x = longitude). Raises BadAreas."""
    if not isinstance(areas, dict) or areas.get("type") != "MultiPolygon":
        raise BadAreas("GeoJSON MultiPolygon을 넣어 주세요.", "Give a GeoJSON MultiPolygon.")
    try:
        found = shape(areas)
        west, south, east, north = found.bounds
        count = int(shapely.count_coordinates(found))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        raise BadAreas("좌표를 읽을 수 없습니다.", "Its coordinates can't be read.") from None
    if not count or count > MOST_VERTICES:
        raise BadAreas(f"꼭짓점은 1~{MOST_VERTICES}개입니다.", f"Between 1 and {MOST_VERTICES} vertices.")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadAreas("점은 [경도, 위도]입니다.", "A position is [longitude, latitude].")
    if not found.is_valid:
        why = explain_validity(found)
        raise BadAreas("구역의 선이 서로 엇갈립니다. 다시 그려 주세요.", f"Not valid ({why}): draw it again.")
    return found


def covers(areas: dict[str, Any], *, lat: float, lon: float) -> bool:
    """Whether the place lies in it, its edge included. Areas that are none cover nothing."""
    return bool(_prepared(orjson.dumps(areas)).covers(Point(lon, lat)))


@lru_cache(maxsize=256)
def _prepared(areas: bytes) -> PreparedGeometry[MultiPolygon]:
    try:
        return prep(checked(orjson.loads(areas)))
    except BadAreas:
        return prep(MultiPolygon())
