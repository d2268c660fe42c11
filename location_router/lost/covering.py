"""Which jurisdictions an area touches: RFC 5222 counts it inside a boundary if any portion of it is.

Many samples find the jurisdictions with a share worth telling; the nearest borders are then compared exactly, so that
a sliver is not lost. Work is bounded for any shape: at most `SAMPLES` points, `CORNERS` corners and `NEIGHBOURS`
exact comparisons.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from location_router import geo
from location_router.index import Jurisdictions
from location_router.lost.values import Area, Point

CORNERS = 48
LARGEST_EXACT_M = 20_000.0
_SIDE = 20


def outline(area: Area) -> tuple[Point, ...]:
    """The area as a ring of (lat, lon), at most `CORNERS` + 2 of them; a point gives itself."""
    if area.kind == "point":
        return ((area.lat, area.lon),)
    if area.kind == "polygon":
        return area.ring if len(area.ring) <= CORNERS else _hull(area.ring)
    turns = np.linspace(0.0, 2 * math.pi, CORNERS, endpoint=False)
    if area.kind == "circle":
        return _around(area, area.radius_m * np.cos(turns), area.radius_m * np.sin(turns))
    if area.kind == "ellipse":
        along, across = area.semi_major_m * np.cos(turns), area.semi_minor_m * np.sin(turns)
        turn = math.radians(area.orientation_deg)
        north = along * math.cos(turn) - across * math.sin(turn)
        return _around(area, north, along * math.sin(turn) + across * math.cos(turn))
    half = CORNERS // 2
    span = np.radians(area.start_angle_deg + np.linspace(0.0, area.opening_angle_deg, half))
    reach = np.concatenate([np.full(half, area.outer_radius_m), np.full(half, area.inner_radius_m)])
    span = np.concatenate([span, span[::-1]])
    return _around(area, reach * np.cos(span), reach * np.sin(span))


def _around(area: Area, north_m: NDArray[np.float64], east_m: NDArray[np.float64]) -> tuple[Point, ...]:
    north, east = geo.metres_per_degree(lat=area.lat)
    lats = np.clip(area.lat + north_m / north, -90.0, 90.0)
    lons = np.clip(area.lon + east_m / max(east, 1.0), -180.0, 180.0)
    return tuple(zip(lats.tolist(), lons.tolist(), strict=True))


def _hull(ring: tuple[Point, ...]) -> tuple[Point, ...]:
    """The corners that stand out in `CORNERS` directions: a polygon of thousands of points is not worth more."""
    points = np.array(ring)
    turns = np.linspace(0.0, 2 * math.pi, CORNERS, endpoint=False)
    outmost = (points @ np.stack([np.cos(turns), np.sin(turns)])).argmax(axis=0)
    kept = list(dict.fromkeys(outmost.tolist()))
    return tuple(ring[place] for place in kept)


def _samples(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evenly spread points inside the ring, row by row (even-odd rule), the same each time."""
    (south, west), (north, east) = ring.min(axis=0), ring.max(axis=0)
    step = (np.arange(_SIDE) + 0.5) / _SIDE
    lats, lons = (each.ravel() for each in np.meshgrid(south + step * (north - south), west + step * (east - west)))
    start, end = ring, np.roll(ring, -1, axis=0)
    above = (start[:, :1] > lats) != (end[:, :1] > lats)
    height = np.where(end[:, :1] == start[:, :1], 1.0, end[:, :1] - start[:, :1])
    cross = (end[:, 1:] - start[:, 1:]) * (lats - start[:, :1]) / height + start[:, 1:]
    inside = (above & (lons < cross)).sum(axis=0) % 2 == 1
    return np.stack([lats[inside], lons[inside]], axis=1)


def anchor(area: Area) -> Point:
    """The place that stands for the area when one is needed: its centre if that lies in it, else a point in it."""
    if area.kind in ("point", "circle", "ellipse"):
        return area.lat, area.lon
    ring = np.array(outline(area))
    inner = _samples(ring)
    if not len(inner):
        return float(ring[0, 0]), float(ring[0, 1])
    middle = inner.mean(axis=0)
    lat, lon = inner[((inner - middle) ** 2).sum(axis=1).argmin()].tolist()
    return lat, lon


def covering(jurisdictions: Jurisdictions, area: Area) -> list[tuple[str, float]]:
    """Centers whose jurisdiction the area touches as (code, share of the area), largest share first, ties by code."""
    if area.kind in ("point", "circle"):
        lat, lon, reach_m = area.lat, area.lon, area.radius_m
        ring = np.zeros((0, 2))
    else:
        ring = np.array(outline(area))
        lat, lon, reach_m = _round(ring)
    is_small, near = reach_m <= LARGEST_EXACT_M, dict[str, float]()
    if is_small and not jurisdictions.near.is_deep(lat=lat, lon=lon, reach_m=reach_m):
        near = jurisdictions.near.borders(lat=lat, lon=lon, reach_m=reach_m)
    if reach_m <= 0.0 or (is_small and not near):
        holder = jurisdictions.containing(lat=lat, lon=lon)
        return [(holder, 1.0)] if holder else []
    ring = ring if len(ring) else np.array(outline(area))
    shares = _shares(jurisdictions, ring)
    rest = [code for code in near if code not in shares]
    for code in rest if area.kind == "circle" else _touched(jurisdictions, ring, rest):
        shares[code] = 0.0
    return sorted(((code, round(share, 3)) for code, share in shares.items()), key=lambda one: (-one[1], one[0]))


def _round(ring: NDArray[np.float64]) -> tuple[float, float, float]:
    """A circle round the ring: the middle of its box, and metres to the corner of the box."""
    (south, west), (north, east) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
    lat, lon = (south + north) / 2, (west + east) / 2
    return lat, lon, geo.distance_m(lat=lat, lon=lon, to_lat=north, to_lon=east) * 1.01


def _shares(jurisdictions: Jurisdictions, ring: NDArray[np.float64]) -> dict[str, float]:
    """Share of the area by center, from samples; 0 for those that only a corner of it met."""
    inner = _samples(ring)
    points = np.concatenate([inner, ring])
    found = jurisdictions.containing_many(points[:, 0], points[:, 1]).tolist()
    shares: dict[str, float] = {}
    for place, code in enumerate(found):
        if code is not None:
            shares[code] = shares.get(code, 0.0) + (1.0 / len(inner) if place < len(inner) else 0.0)
    return shares


def _touched(jurisdictions: Jurisdictions, ring: NDArray[np.float64], codes: list[str]) -> list[str]:
    """Those of `codes` that the samples missed and the area touches all the same: a sliver counts."""
    if not codes:
        return []
    import shapely

    shape = shapely.Polygon(ring[:, ::-1]) if len(ring) > 2 else None
    if shape is None or not shape.is_valid:  # crosses itself, or is only a line
        shape = shapely.MultiPoint(ring[:, ::-1]).convex_hull
    return [code for code in codes if shapely.intersects(_polygon(jurisdictions, code), shape)]


@lru_cache(maxsize=256)
def _polygon(jurisdictions: Jurisdictions, code: str) -> object:
    import shapely

    shape = shapely.geometry.shape(jurisdictions.outline(code, tolerance_m=0))
    shapely.prepare(shape)
    return shape


@lru_cache(maxsize=64)
def drawn_inward(
    jurisdictions: Jurisdictions, code: str, inset_m: float = 20.0
) -> tuple[tuple[tuple[Point, ...], ...], ...]:
    """A jurisdiction to hand out: simplified, and drawn inward by as much as simplifying may move a border.

    Inside the outline the answer is always the same as ours, so a client that caches it is never wrong at a border;
    in the strip that is left out, and on islands narrower than it, it just asks again.
    """
    import shapely

    inset_deg = inset_m / 111_000.0
    whole = shapely.geometry.shape(jurisdictions.outline(code, tolerance_m=0))
    smaller = shapely.simplify(whole, inset_deg).buffer(-inset_deg, join_style="mitre")
    if smaller.is_empty:
        smaller = whole
    polygons = [part for part in shapely.get_parts(smaller) if part.geom_type == "Polygon" and not part.is_empty]
    return tuple(
        tuple(tuple((y, x) for x, y in np.round(np.asarray(ring.coords), 6).tolist()) for ring in rings)
        for part in polygons
        for rings in [
            [shapely.geometry.polygon.orient(part).exterior, *shapely.geometry.polygon.orient(part).interiors]
        ]
    )
