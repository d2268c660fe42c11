"""Levels to vector tiles: simplified once per zoom, cut down the quadtree, written in tile units.

Three traps: a cut or repaired polygon may come back as a GeometryCollection (only areas are kept); the encoder's check
may drop what it thinks invalid, and a whole district with it (so shapes are repaired and turned here, and it does not
check); and labels repeat in each tile that a polygon touches (so they are points of a layer of their own).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

from location_router.basemap.levels import EARTH_M, Level, Shapes
from location_router.boundaries.cleaning import areas_only

MIN_ZOOM, MAX_ZOOM = 5, 12
EXTENT = 4096
BUFFER = 96
"""Units around a tile: at the deepest zoom more than 100 m, so that one tile tells who is near a border."""
HALF_M = np.pi * EARTH_M
SHOWN_FROM = {"province": 5, "municipality": 7, "district": 9, "dong": 10}
NAMED_FROM = {"province": 5, "municipality": 7, "district": 9, "dong": 10}
SHARED_AT = 8
LEAST_UNITS2 = 24.0
"""Islands and corners smaller than this many square units are left out of a tile, but in the deepest."""

Tile = tuple[int, int, int]


@dataclass(slots=True)
class Cut:
    """What of one level lies in a tile: indices into the level, and the pieces."""

    which: np.ndarray[Any, np.dtype[np.int64]]
    shapes: Shapes


def simplified(levels: Sequence[Level], zoom: int) -> list[Level]:
    """The levels that are drawn at a zoom, their borders thinned to what can be seen; neighbours stay together."""
    tolerance_m = 0.0 if zoom >= MAX_ZOOM else 2 * HALF_M / 2**zoom / EXTENT * 4
    found = []
    for level in levels:
        if SHOWN_FROM[level.name] > zoom:
            continue
        shapes = level.shapes
        if tolerance_m and len(shapes):
            shapes = np.asarray(shapely.coverage_simplify(shapes, tolerance_m), dtype=object)
        found.append(Level(level.name, shapes, level.properties))
    return found


def tiles(
    levels: Sequence[Level], zoom: int, names: dict[str, Shapes], share: tuple[int, int] = (0, 1)
) -> Iterator[tuple[Tile, bytes]]:
    """Every tile of a zoom that holds something, gzipped. `names` are the points where each level's names stand;
    `share` (n, of) makes only the n-th part of them."""
    drawn = simplified(levels, zoom)
    whole = {level.name: Cut(np.arange(len(level.shapes)), level.shapes) for level in drawn}
    properties = {level.name: level.properties for level in drawn}
    for tile, cuts in _descend((0, 0, 0), whole, zoom, share):
        encoded = _encode(tile, cuts, properties, names)
        if encoded:
            yield tile, gzip.compress(encoded, 6, mtime=0)


def box_of(tile: Tile, buffer_units: float = BUFFER) -> tuple[float, float, float, float]:
    """West, south, east, north in Mercator metres, with the buffer around."""
    z, x, y = tile
    side = 2 * HALF_M / 2**z
    more = side * buffer_units / EXTENT
    west, north = -HALF_M + x * side, HALF_M - y * side
    return west - more, north - side - more, west + side + more, north + more


def _descend(
    tile: Tile, cuts: dict[str, Cut], zoom: int, share: tuple[int, int]
) -> Iterator[tuple[Tile, dict[str, Cut]]]:
    z, x, y = tile
    if z == SHARED_AT and (x + 2 * y) % share[1] != share[0]:
        return
    here = {}
    for name, cut in cuts.items():
        box = box_of(tile)
        bounds = shapely.bounds(cut.shapes)
        near = (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0]) & (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
        which, shapes = cut.which[near], cut.shapes[near]
        if tile[0] > 3:
            shapes = shapely.clip_by_rect(shapes, *box)
            full = ~shapely.is_empty(shapes)
            which, shapes = which[full], shapes[full]
        if len(which):
            here[name] = Cut(which, shapes)
    if not here:
        return
    if tile[0] == zoom:
        yield tile, here
        return
    for child in ((z + 1, 2 * x + dx, 2 * y + dy) for dy in (0, 1) for dx in (0, 1)):
        yield from _descend(child, here, zoom, share)


def _encode(
    tile: Tile, cuts: dict[str, Cut], properties: dict[str, list[dict[str, str]]], names: dict[str, Shapes]
) -> bytes:
    layers = []
    for name, cut in cuts.items():
        shapes = in_units(tile, cut.shapes)
        features = [
            {"geometry": shape, "properties": properties[name][number], "id": int(number) + 1}
            for number, shape in zip(cut.which.tolist(), shapes, strict=True)
            if not shape.is_empty
        ]
        if features:
            layers.append({"name": name, "features": features})
    points = [point for name, cut in cuts.items() for point in _points(tile, name, cut, properties[name], names[name])]
    if points:
        layers.append({"name": "name", "features": points})
    if not layers:
        return b""
    # turned and repaired here, all at once: the encoder's own way is polygon by polygon and four times as slow
    options = {"extents": EXTENT, "y_coord_down": True, "check_winding_order": False}
    encoded: bytes = mapbox_vector_tile.encode(layers, default_options=options)
    return encoded


def in_units(tile: Tile, shapes: Shapes) -> Shapes:
    """Whole tile units from the north-west corner, down; valid, areas only, without what is too small to be seen."""
    west, south, east, north = box_of(tile, 0)
    per_m = EXTENT / (east - west)

    def units(xy: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.rint(np.stack([(xy[:, 0] - west) * per_m, (north - xy[:, 1]) * per_m], axis=1))

    found = shapely.transform(shapes, units)
    bad = ~shapely.is_valid(found)
    if bad.any():
        found[bad] = shapely.make_valid(found[bad], method="structure", keep_collapsed=False)
    mixed = ~np.isin(shapely.get_type_id(found), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    found[mixed] = [areas_only(one) for one in found[mixed]]
    if tile[0] < MAX_ZOOM:
        found = np.asarray([_without_specks(one) for one in found], dtype=object)
    turned: Shapes = shapely.orient_polygons(found, exterior_cw=False)
    return turned


def _without_specks(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    if len(parts) < 2:
        return shape
    large = parts[shapely.area(parts) >= LEAST_UNITS2]
    return shapely.multipolygons(large) if len(large) else parts[int(np.argmax(shapely.area(parts)))]


def _points(
    tile: Tile, name: str, cut: Cut, properties: list[dict[str, str]], points: Shapes
) -> Iterator[dict[str, Any]]:
    """The names that stand in this tile, each in one tile only; `rank` lets the larger place win where two collide."""
    if NAMED_FROM[name] > tile[0]:
        return
    west, south, east, north = box_of(tile, 0)
    per_m = EXTENT / (east - west)
    for number in cut.which.tolist():
        x, y = points[number].x, points[number].y
        if west <= x < east and south < y <= north:
            place = shapely.Point(round((x - west) * per_m), round((north - y) * per_m))
            told = {key: properties[number][key] for key in ("code", "ko", "en")}
            yield {"geometry": place, "properties": {"level": name, **told}, "id": number + 1}


def name_points(level: Level) -> Shapes:
    """Where a name stands: the middle of the largest part if that lies in it, else a point inside."""
    found = np.empty(len(level.shapes), dtype=object)
    for number, shape in enumerate(level.shapes):
        parts = shapely.get_parts(shape)
        largest = parts[int(np.argmax(shapely.area(parts)))]
        middle = shapely.centroid(largest)
        found[number] = middle if shapely.covers(largest, middle) else shapely.point_on_surface(largest)
    return found
