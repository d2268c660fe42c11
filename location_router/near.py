"""How far the nearest border is, fast: most alerts lie so deep in one jurisdiction that nothing else can matter.

Each cell of the grid knows how many rings of cells around it belong to the same center; a place deeper than its own
uncertainty is done after one look. Nearer to a border, the few segments around the cell are measured exactly. Pure;
reads the arrays of `index.py`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_router import geo
from location_router.index import CELL_DEG, COLUMNS, PER_DEG, ROWS, SOUTH, WEST, _expand, _metres

if TYPE_CHECKING:
    from location_router.index import Jurisdictions

DEEPEST = 12
PAD_DEG = CELL_DEG / 2
_SLACK = 0.98  # a degree of longitude is measured at the place, not at the cell's far end
_KEPT = 20_000
_REACHES_M = (150.0, 3_000.0, 30_000.0)
_NOTHING, _EDGE = -1, -2

Segment = tuple[float, float, float, float, str]


class Near:
    """Borders around a place, for one boundary version."""

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        self._codes = list(jurisdictions.centers)
        self._table, self._chunk_center = jurisdictions._table, jurisdictions._chunk_center
        self._depth = memoryview(_depths(self._table.flat, jurisdictions._center_of).reshape(-1).data)
        self._cells: dict[tuple[int, int], list[Segment]] = {}

    def is_deep(self, *, lat: float, lon: float, reach_m: float) -> bool:
        """True when everything within `reach_m` surely belongs to the same center, or to nobody, as the place."""
        y, x = (lat - SOUTH) * PER_DEG, (lon - WEST) * PER_DEG
        if not (0 <= y < ROWS and 0 <= x < COLUMNS):
            return False
        row, column = int(y), int(x)
        depth = self._depth[row * COLUMNS + column]
        if not depth:
            return False
        north, east = geo.metres_per_degree(lat=lat)
        y, x = y - row, x - column
        spare_y, spare_x = depth - 1 + min(y, 1 - y), depth - 1 + min(x, 1 - x)
        return bool(min(spare_y * north, spare_x * east) * CELL_DEG * _SLACK > reach_m)

    def borders(self, *, lat: float, lon: float, reach_m: float) -> dict[str, float]:
        """Metres to the border of each center (its own included) that has one within `reach_m`."""
        north, east = geo.metres_per_degree(lat=lat)
        if reach_m > PAD_DEG * min(north, east) * _SLACK:
            return self._far(lat, lon, reach_m)
        bend = geo.metres_per_degree(lat=lat + 0.5)[1] - east
        found: dict[str, float] = {}
        low_y, high_y = lat - reach_m / north * 1.01, lat + reach_m / north * 1.01
        low_x, high_x = lon - reach_m / east * 1.02, lon + reach_m / east * 1.02
        for x1, y1, x2, y2, owner in self._around(lat, lon):
            if (
                (y1 < low_y and y2 < low_y)
                or (y1 > high_y and y2 > high_y)
                or (x1 < low_x and x2 < low_x)
                or (x1 > high_x and x2 > high_x)
            ):
                continue
            ax, ay = (x1 - lon) * (east + bend * (y1 - lat)), (y1 - lat) * north
            dx, dy = (x2 - lon) * (east + bend * (y2 - lat)) - ax, (y2 - lat) * north - ay
            length = dx * dx + dy * dy
            share = min(1.0, max(0.0, -(ax * dx + ay * dy) / length)) if length > 0 else 0.0
            metres = math.hypot(ax + dx * share, ay + dy * share)
            if metres <= reach_m and metres < found.get(owner, math.inf):
                found[owner] = round(metres, 3)
        return found

    def nearest(self, *, lat: float, lon: float) -> tuple[str, float] | None:
        """For a place in no jurisdiction: the center whose polygon is nearest, and metres; None when it is far from
        all (`Jurisdictions.nearest` knows)."""
        for reach_m in _REACHES_M:
            if found := self.borders(lat=lat, lon=lon, reach_m=reach_m):
                return min(found.items(), key=lambda item: (item[1], item[0]))
        return None

    def _around(self, lat: float, lon: float) -> list[Segment]:
        """Segments that touch the place's cell or half a cell around it."""
        key = (math.floor((lat - SOUTH) * PER_DEG), math.floor((lon - WEST) * PER_DEG))
        kept = self._cells.get(key)
        if kept is None:
            south, west = SOUTH + key[0] * CELL_DEG - PAD_DEG, WEST + key[1] * CELL_DEG - PAD_DEG
            lines, owners = self._within(south, west, south + CELL_DEG + 2 * PAD_DEG, west + CELL_DEG + 2 * PAD_DEG)
            rows = zip(lines.tolist(), owners.tolist(), strict=True)
            kept = [(x1, y1, x2, y2, self._codes[owner]) for (x1, y1, x2, y2), owner in rows]
            if len(self._cells) >= _KEPT:
                self._cells.clear()
            self._cells[key] = kept
        return kept

    def _within(
        self, south: float, west: float, north: float, east: float
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Segments whose own box touches the box, and the number of the center that each belongs to."""
        table = self._table
        low, high = table.chunk_low, table.chunk_high
        touching = (low[:, 0] <= east) & (high[:, 0] >= west) & (low[:, 1] <= north) & (high[:, 1] >= south)
        chunks = np.flatnonzero(touching)
        place, segment = _expand(table.chunk_start, chunks)
        lines = table.segments[segment]
        keep = (np.minimum(lines[:, 0], lines[:, 2]) <= east) & (np.maximum(lines[:, 0], lines[:, 2]) >= west)
        keep &= (np.minimum(lines[:, 1], lines[:, 3]) <= north) & (np.maximum(lines[:, 1], lines[:, 3]) >= south)
        return lines[keep], self._chunk_center[chunks][place][keep]

    def _far(self, lat: float, lon: float, reach_m: float) -> dict[str, float]:
        north, east = geo.metres_per_degree(lat=min(89.0, abs(lat) + reach_m / 111_000.0))
        up, side = reach_m / north * 1.02, reach_m / max(east, 1.0) * 1.02
        lines, owners = self._within(lat - up, lon - side, lat + up, lon + side)
        if not len(lines):
            return {}
        closest = np.full(len(self._codes), np.inf)
        np.minimum.at(closest, owners, _metres(lines, np.array([lat]), np.array([lon]))[0])
        return {
            self._codes[number]: round(float(closest[number]), 3)
            for number in np.flatnonzero(closest <= reach_m).tolist()
        }


def _depths(flat: NDArray[np.int32], center_of: NDArray[np.int64]) -> NDArray[np.uint8]:
    """For each cell, how many rings of cells (itself the first) are wholly of its center; 0 where a border runs."""
    grid = flat.reshape(ROWS, COLUMNS)
    owner = np.where(grid >= 0, center_of[grid.clip(0)], np.where(grid == -1, _NOTHING, _EDGE)).astype(np.int16)
    alike = np.zeros(owner.shape, dtype=bool)
    inner = owner[1:-1, 1:-1]
    alike[1:-1, 1:-1] = True
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            alike[1:-1, 1:-1] &= owner[down : ROWS - 2 + down, right : COLUMNS - 2 + right] == inner
    layer = owner != _EDGE
    depth: NDArray[np.uint8] = layer.astype(np.uint8)
    for _ in range(DEEPEST - 1):
        rows = layer[:-2] & layer[1:-1] & layer[2:]
        layer = np.zeros_like(layer)
        layer[1:-1, 1:-1] = rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
        layer &= alike
        if not layer.any():
            break
        depth += layer
    return depth
