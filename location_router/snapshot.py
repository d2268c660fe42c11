"""Compiles the clean country into the table that `index.py` looks things up in, and writes it in one atomic step.

The table is a grid of 0.005° (about 500 m): a cell that lies in one piece names it; a cell that a border crosses
lists, for each piece, the border's segments inside the cell, so that a point is decided by counting crossings. Cells
are cut `MARGIN_DEG` larger than they are, so no rounding at a cell's own edge can lose a point. All versions share
one table of pieces; a version is a list of which piece belongs to which center.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_router import country
from location_router.boundaries.area import Area, inner_point
from location_router.boundaries.cleaning import Shapes
from location_router.boundaries.country_map import clean_country
from location_router.index import CELL_DEG, COLUMNS, FORMAT, ROWS, SOUTH, WEST

MARGIN_DEG = 1e-6
_QUADRANTS = 2048
_FULL = 1.0 - 1e-12

Arrays = dict[str, NDArray[Any]]
Progress = Callable[[str], None]


def compile_snapshot(path: Path, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Builds the snapshot at `path` (replaced atomically) and returns its report: counts, areas, seconds, bytes."""
    started = time.monotonic()
    path.parent.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=path.parent).close()  # a folder that can't be written to is better known now
    progress("시군구 경계를 읽고 다듬는 중 · reading and cleaning the municipalities' borders …")
    cleaned, repaired = clean_country()
    names = sorted(cleaned.polygons)
    shapes = np.asarray([cleaned.polygons[name] for name in names])
    progress(f"조각 {len(names)}개를 격자에 싣는 중 · laying {len(names)} pieces on the grid …")
    arrays = _grid(shapes) | _rings(shapes)
    progress("버전별 센터를 적는 중 · writing down the centers of each version …")
    told = [field for field in cleaned.__slots__ if field not in ("polygons", "spots")]
    report = {"repaired": repaired} | {field: getattr(cleaned, field) for field in told}
    meta = {
        "format": FORMAT,
        "source": country.source_id(),
        "pieces": names,
        "report": report,
        "versions": [_version(version, names, shapes) for version in country.versions()],
    }
    arrays["meta"] = np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8)
    _write(path, arrays)
    seconds = round(time.monotonic() - started, 1)
    progress(f"완료 · done in {seconds} s: {path}")
    return report | {"pieces": len(names), "seconds": seconds, "bytes": path.stat().st_size, "path": str(path)}


def compile_version(path: Path, version: Mapping[str, Any], areas: Sequence[Area], source: str) -> None:
    """Compiles one imported version into a snapshot of its own at `path` (replaced atomically), one piece for each
    municipality; `version` has its `label`, `effective` and `last_updated`. A few seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(areas, key=lambda one: one.code)
    shapes = np.asarray([one.polygon for one in ordered])
    centers = [
        {field: getattr(one, field) for field in ("code", "name_ko", "name_en", "lat", "lon")} | {"pieces": [place]}
        for place, one in enumerate(ordered)
    ]
    meta = {
        "format": FORMAT,
        "source": source,
        "pieces": [one.code for one in ordered],
        "report": {},
        "versions": [dict(version) | {"centers": centers}],
    }
    arrays = _grid(shapes) | _rings(shapes)
    arrays["meta"] = np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8)
    _write(path, arrays)


def _write(path: Path, arrays: Arrays) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".boundaries-", suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _version(version: country.Version, names: list[str], shapes: Shapes) -> dict[str, Any]:
    number = {name: place for place, name in enumerate(names)}
    centers = []
    for row in version.municipalities.values():
        mine = [number[piece] for piece in row.pieces]
        point = inner_point(shapes[mine])
        centers.append(
            {
                "code": row.code,
                "name_ko": row.name_ko,
                "name_en": row.name_en,
                "pieces": mine,
                "lat": round(point.y, 6),
                "lon": round(point.x, 6),
            }
        )
    return {"label": version.label, "centers": centers}


def _grid(shapes: Shapes) -> Arrays:
    """Quadtree descent: only quadrants that a border crosses are cut further."""
    grid = np.full((ROWS, COLUMNS), -1, dtype=np.int32)
    piece = np.arange(len(shapes))
    column = np.zeros(len(shapes), dtype=np.int64)
    row = np.zeros(len(shapes), dtype=np.int64)
    cut, size = shapes, _QUADRANTS
    while size > 1:
        size //= 2
        piece = np.repeat(piece, 4)
        column = np.repeat(column, 4) + np.tile([0, size, 0, size], len(cut))
        row = np.repeat(row, 4) + np.tile([0, 0, size, size], len(cut))
        boxes = shapely.box(
            WEST + column * CELL_DEG - MARGIN_DEG,
            SOUTH + row * CELL_DEG - MARGIN_DEG,
            WEST + (column + size) * CELL_DEG + MARGIN_DEG,
            SOUTH + (row + size) * CELL_DEG + MARGIN_DEG,
        )
        cut = shapely.intersection(np.repeat(cut, 4), boxes)
        area = shapely.area(cut)
        full = area >= shapely.area(boxes) * _FULL
        for p, c, r in zip(piece[full].tolist(), column[full].tolist(), row[full].tolist(), strict=True):
            grid[r : r + size, c : c + size] = p
        keep = (area > 0) & ~full
        piece, column, row, cut = piece[keep], column[keep], row[keep], cut[keep]
    return _edge_cells(grid, piece, row * COLUMNS + column, cut)


def _edge_cells(grid: NDArray[np.int32], piece: NDArray[np.int64], cell: NDArray[np.int64], cut: Shapes) -> Arrays:
    """Edge cells as two levels of offsets: cell → groups (one per piece) → segments, lower end first."""
    order = np.lexsort((piece, cell))
    piece, cell, cut = piece[order], cell[order], cut[order]
    x1, y1, x2, y2, group = _segments(cut)
    keep = y1 != y2
    x1, y1, x2, y2, group = x1[keep], y1[keep], x2[keep], y2[keep], group[keep]
    swap = y1 > y2
    x1, x2 = np.where(swap, x2, x1), np.where(swap, x1, x2)
    y1, y2 = np.where(swap, y2, y1), np.where(swap, y1, y2)
    cells, first = np.unique(cell, return_index=True)
    grid.reshape(-1)[cells] = -2 - np.arange(len(cells))
    return {
        "grid": grid,
        "cell_groups": np.append(first, len(cell)).astype(np.int64),
        "group_piece": piece.astype(np.int32),
        "group_segments": np.searchsorted(group, np.arange(len(cell) + 1)).astype(np.int64),
        "segment_x": x1,
        "segment_low": y1,
        "segment_high": y2,
        "segment_slope": (x2 - x1) / (y2 - y1),
    }


def _segments(shapes: Shapes) -> tuple[NDArray[Any], ...]:
    """All ring segments of polygonal parts as x1, y1, x2, y2 and the number of the shape they belong to (sorted)."""
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, shape_of_part = parts[areal], shape_of_part[areal]
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    same = ring_of_point[1:] == ring_of_point[:-1]
    start, end = points[:-1][same], points[1:][same]
    owner = shape_of_part[part_of_ring[ring_of_point[:-1][same]]]
    return start[:, 0], start[:, 1], end[:, 0], end[:, 1], owner


def _rings(shapes: Shapes) -> Arrays:
    """The pieces' outlines: points, where each ring starts, and the polygon and piece a ring belongs to."""
    parts, piece_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    starts = np.searchsorted(ring_of_point, np.arange(len(rings) + 1))
    return {
        "points": points,
        "ring_points": starts.astype(np.int64),
        "ring_part": part_of_ring.astype(np.int32),
        "ring_piece": piece_of_part[part_of_ring].astype(np.int32),
    }
