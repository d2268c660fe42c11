"""A municipality with its polygon: what an import makes, PostGIS keeps and the index is compiled from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import shapely

from location_router.index import Jurisdictions


@dataclass(frozen=True, slots=True)
class Area:
    """One municipality: `lat`, `lon` lies well inside its polygon (WGS84, lon before lat)."""

    code: str
    name_ko: str
    name_en: str
    lat: float
    lon: float
    polygon: shapely.Geometry


def areas_of(version: Jurisdictions, *, only: Collection[str] | None = None) -> dict[str, Area]:
    """A compiled version's municipalities with every point of their borders."""
    return {
        code: Area(
            code,
            one.name_ko,
            one.name_en,
            one.lat,
            one.lon,
            shapely.geometry.shape(version.outline(code, tolerance_m=0)),
        )
        for code, one in version.centers.items()
        if only is None or code in only
    }


def inner_point(shape: shapely.Geometry) -> shapely.Point:
    """A point well inside the largest part."""
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    outline = shapely.simplify(largest, 0.001)
    if shapely.area(outline) > 0:
        circle = shapely.maximum_inscribed_circle(outline, tolerance=0.002)
        point = shapely.Point(shapely.get_coordinates(circle)[0])
        if shapely.contains(largest, point):
            return point
    return shapely.point_on_surface(largest)
