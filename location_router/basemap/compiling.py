"""Writes the basemap file in one atomic step; its zooms are made by as many processes as there are cores."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from location_router.basemap.levels import LEVELS, SOURCE, Level, Shapes, country_levels
from location_router.basemap.tiling import MAX_ZOOM, MIN_ZOOM, name_points, tiles
from location_router.index import Index

FORMAT = 1
SOURCE_DATE = "2023-09-15"
KOREA_E7 = {
    "min_lon_e7": 1_245_000_000,
    "min_lat_e7": 330_000_000,
    "max_lon_e7": 1_320_000_000,
    "max_lat_e7": 387_500_000,
}
_held: list[Level] = []
_names: dict[str, Shapes] = {}
SHARES = [
    (zoom, (n, 2 if zoom >= 10 else 1))
    for zoom in range(MAX_ZOOM, MIN_ZOOM - 1, -1)
    for n in range(2 if zoom >= 10 else 1)
]

Progress = Callable[[str], None]
Made = list[tuple[int, bytes]]


def compile_basemap(
    path: Path, index: Index, progress: Progress = lambda line: None, *, as_of: date | None = None
) -> dict[str, Any]:
    """Builds the file at `path` (replaced atomically), with the names in force on `as_of`; returns counts, seconds,
    bytes. Raises OSError where it can't be written."""
    started = time.monotonic()
    path.parent.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=path.parent).close()  # a folder that can't be written to is better known now
    progress("읍면동 경계를 이어 붙이는 중 · joining the borders of the dongs …")
    borders = index.version(as_of)
    _held[:] = country_levels(borders)
    _names.update({level.name: name_points(level) for level in _held})
    made: Made = []
    progress("지도 타일을 만드는 중 · cutting the tiles …")
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(min(cores, 4), mp_context=get_context("fork")) as pool:
        for part in pool.map(_share, SHARES):
            made += part
    metadata = _metadata(borders.boundary_version)
    _write(path, sorted(made), metadata)
    seconds = round(time.monotonic() - started, 1)
    size = path.stat().st_size
    progress(f"완료 · done in {seconds} s: {path}")
    return {"tiles": len(made), "seconds": seconds, "bytes": size, "path": str(path), "version": metadata["version"]}


def _share(asked: tuple[int, tuple[int, int]]) -> Made:
    zoom, share = asked
    return [(zxy_to_tileid(*tile), body) for tile, body in tiles(_held, zoom, _names, share)]


def _metadata(boundary_version: str) -> dict[str, Any]:
    return {
        "name": "ansim-basemap",
        "format": FORMAT,
        "attribution": SOURCE,
        "source_date": SOURCE_DATE,
        "boundary_version": boundary_version,
        "version": f"{FORMAT}-{boundary_version}-{datetime.now(UTC):%Y%m%d%H%M%S}",
        "vector_layers": [{"id": name, "fields": {"ko": "String", "en": "String"}} for name in (*LEVELS, "name")],
    }


def _write(path: Path, made: Made, metadata: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".basemap-", suffix=".pmtiles")
    try:
        with os.fdopen(handle, "wb") as file:
            writer: Any = Writer(file)  # type: ignore[no-untyped-call]
            for tile_id, body in made:
                writer.write_tile(tile_id, body)
            header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "center_zoom": 7, **KOREA_E7}
            writer.finalize(header, metadata)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
