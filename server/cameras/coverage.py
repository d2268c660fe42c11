"""What a center's working cameras reach, on a grid of its jurisdiction, and where the largest gaps lie; pure.

A cell is covered when a working camera stands within `reach_m` of its middle, lost when only cameras that fail do, and
open otherwise. This says where somebody is near, not what she sees: walls and directions are left out, and the page
says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_router.geo import metres_per_degree

MOST_CELLS = 30_000
LEAST_CELL_M = 50.0
MOST_GAPS = 10
NONE, COVERED, LOST, OPEN = ".", "c", "l", "o"
"""Outside the jurisdiction, reached, reached only by cameras that fail, reached by none."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Eye:
    """A camera as coverage sees it."""

    camera_id: str
    name: str
    lat: float
    lon: float
    works: bool


@dataclass(frozen=True)
class Gap:
    """The widest circle without a working camera in it, among what the gaps before left: `km2` is what of the circle is
    inside the jurisdiction and not reached, `nearest` the camera on its edge (None: there is none)."""

    lat: float
    lon: float
    radius_m: float
    km2: float
    is_lost: bool
    nearest: Eye | None

    def json(self) -> dict[str, Any]:
        camera = self.nearest and {"camera_id": self.nearest.camera_id, "name": self.nearest.name}
        place = {"lat": round(self.lat, 5), "lon": round(self.lon, 5), "radius_m": round(self.radius_m)}
        return place | {"km2": round(self.km2, 3), "is_lost": self.is_lost, "nearest": camera}


@dataclass(frozen=True)
class Coverage:
    """`rows` from south to north, each a word of cell states from west to east."""

    west: float
    south: float
    cell_lon: float
    cell_lat: float
    cell_m: float
    rows: tuple[str, ...]
    gaps: tuple[Gap, ...]

    def count(self, state: str) -> int:
        return sum(row.count(state) for row in self.rows)

    def json(self) -> dict[str, Any]:
        km2 = (self.cell_m / 1000) ** 2
        counts = {name: self.count(state) for name, state in (("covered", COVERED), ("lost", LOST), ("open", OPEN))}
        grid = {name: getattr(self, name) for name in ("west", "south", "cell_lon", "cell_lat")}
        return grid | {
            "cell_m": round(self.cell_m),
            "rows": [_runs(row) for row in self.rows],
            "cells": counts,
            "km2": {name: round(n * km2, 2) for name, n in counts.items()},
            "gaps": [gap.json() for gap in self.gaps],
        }


def _runs(row: str) -> list[list[Any]]:
    """`..ccc` as [[2, "c", 3]]: first cell, state, how many; what is outside is left out."""
    runs: list[list[Any]] = []
    begin = 0
    for end in range(1, len(row) + 1):
        if end == len(row) or row[end] != row[begin]:
            if row[begin] != NONE:
                runs.append([begin, row[begin], end - begin])
            begin = end
    return runs


def coverage(shape: shapely.Geometry, eyes: Sequence[Eye], *, reach_m: float) -> Coverage:
    """`shape` is the jurisdiction in degrees (lon, lat). At most about MOST_CELLS cells whatever its size."""
    west, south, east, north = shape.bounds
    north_m, east_m = metres_per_degree(lat=(south + north) / 2)
    area = max(1.0, (east - west) * east_m * (north - south) * north_m)
    cell_m = max(LEAST_CELL_M, math.sqrt(area / MOST_CELLS), reach_m / 8)
    cell_lon, cell_lat = cell_m / east_m, cell_m / north_m
    columns, lines = (max(1, math.ceil(span)) for span in ((east - west) / cell_lon, (north - south) / cell_lat))
    lons, lats = np.meshgrid(west + (np.arange(columns) + 0.5) * cell_lon, south + (np.arange(lines) + 0.5) * cell_lat)
    inside = shapely.contains_xy(shape, lons, lats)
    east_of, north_of = (lons - west) * east_m, (lats - south) * north_m
    to_metres = (west, south, east_m, north_m)
    working = _nearest([one for one in eyes if one.works], east_of, north_of, to_metres)
    failing = _nearest([one for one in eyes if not one.works], east_of, north_of, to_metres)
    states = np.full(lons.shape, NONE)
    states[inside] = OPEN
    states[inside & (failing[0] <= reach_m)] = LOST
    states[inside & (working[0] <= reach_m)] = COVERED
    rows = tuple("".join(row) for row in states)
    found = _gaps(states, working, east_of, north_of, cell_m, [one for one in eyes if one.works])
    gaps = tuple(
        Gap(south + y / north_m, west + x / east_m, radius, km2, is_lost, nearest)
        for x, y, radius, km2, is_lost, nearest in found
    )
    return Coverage(west, south, cell_lon, cell_lat, cell_m, rows, gaps)


def _nearest(
    eyes: Sequence[Eye], east_of: Floats, north_of: Floats, to_metres: tuple[float, float, float, float]
) -> tuple[Floats, NDArray[np.int64]]:
    """Of each cell the metres to the nearest of these cameras, and which it is (-1 for none)."""
    if not eyes:
        return np.full(east_of.shape, np.inf), np.full(east_of.shape, -1)
    west, south, east_m, north_m = to_metres
    places = shapely.points([(one.lon - west) * east_m for one in eyes], [(one.lat - south) * north_m for one in eyes])
    cells = shapely.points(east_of.ravel(), north_of.ravel())
    pairs, metres = shapely.STRtree(places).query_nearest(cells, return_distance=True, all_matches=False)
    distance, which = np.full(cells.shape, np.inf), np.full(cells.shape, -1)
    distance[pairs[0]], which[pairs[0]] = metres, pairs[1]
    return distance.reshape(east_of.shape), which.reshape(east_of.shape)


def _gaps(
    states: NDArray[Any],
    working: tuple[Floats, NDArray[np.int64]],
    east_of: Floats,
    north_of: Floats,
    cell_m: float,
    eyes: Sequence[Eye],
) -> list[tuple[float, float, float, float, bool, Eye | None]]:
    """The cell farthest from any working camera, with its circle; again without that circle's cells."""
    distance, which = working
    left = (states == OPEN) | (states == LOST)
    found: list[tuple[float, float, float, float, bool, Eye | None]] = []
    while len(found) < MOST_GAPS and left.any():
        at = np.unravel_index(np.argmax(np.where(left, distance, -1.0)), left.shape)
        x, y, radius = float(east_of[at]), float(north_of[at]), float(distance[at])
        within = left & (np.hypot(east_of - x, north_of - y) <= radius)
        km2 = int(within.sum()) * (cell_m / 1000) ** 2
        if not math.isfinite(radius):
            radius = math.sqrt(km2 * 1e6 / math.pi)
        number = int(which[at])
        found.append((x, y, radius, km2, bool((states[within] == LOST).any()), eyes[number] if number >= 0 else None))
        left &= ~within
    return found
