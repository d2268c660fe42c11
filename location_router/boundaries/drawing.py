"""Versions and their differences as drawings for a page: simplified, rounded to a metre, packed once.

A version never changes under its stamp (its label and the instant of its import), so that what was drawn stays good;
the few newest drawings are kept. Drawing takes seconds for the country and runs in a thread.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any

import shapely

from location_router.boundaries.area import Area
from location_router.boundaries.changes import Change, changes
from location_router.boundaries.versions import areas
from location_router.index import Index
from location_router.runtime.pool import Connection

MOST_KEPT = 12
DIGITS = 5
"""Of a degree: a metre."""
Stamp = tuple[str, str]


class Drawings:
    """Packed JSON by what it shows. One per process; one drawing is made at a time, since each holds the country."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._making = asyncio.Lock()

    async def get(self, key: tuple[Any, ...], make: Callable[[], Any]) -> bytes:
        """Gzipped JSON under `key`; `make` runs in a thread the first time."""
        async with self._making:
            if key not in self._held:
                self._held[key] = await asyncio.to_thread(lambda: _packed(make()))
                while len(self._held) > MOST_KEPT:
                    self._held.popitem(last=False)
            self._held.move_to_end(key)
            return self._held[key]


def _packed(value: Any) -> bytes:
    return gzip.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 5, mtime=0)


async def stamp_of(conn: Connection, label: str) -> Stamp:
    """Names this very import: a draft's label may be used again after it was discarded."""
    row = await (
        await conn.execute("SELECT imported_at::text FROM boundary_version WHERE label = %s", (label,))
    ).fetchone()
    return (label, row[0] if row else "built-in")


async def drawn_areas(conn: Connection, label: str, index: Index) -> Mapping[str, Area]:
    """The municipalities of any version. Raises VersionProblem."""
    return await areas(conn, label, index=index)


def outlines(found: Mapping[str, Area], *, tolerance_m: float, codes: Collection[str] = ()) -> dict[str, Any]:
    """A FeatureCollection of the jurisdictions (all, or `codes`), each simplified apart: for maps only."""
    return _collection(
        [
            (
                {"code": one.code, "name_ko": one.name_ko, "name_en": one.name_en, "lat": one.lat, "lon": one.lon},
                one.polygon,
            )
            for one in found.values()
            if not codes or one.code in codes
        ],
        tolerance_m,
    )


def compared(before: Mapping[str, Area], after: Mapping[str, Area], *, tolerance_m: float) -> dict[str, Any]:
    """What changes hands, as a FeatureCollection; a feature's properties are a change's facts and its box."""
    return _collection([(_facts(one), one.shape) for one in changes(before, after)], tolerance_m)


def _facts(one: Change) -> dict[str, Any]:
    return one.as_dict() | {"box": [round(number, DIGITS) for number in shapely.bounds(one.shape).tolist()]}


def _collection(rows: list[tuple[dict[str, Any], shapely.Geometry]], tolerance_m: float) -> dict[str, Any]:
    features = []
    for properties, shape in rows:
        drawn = shapely.simplify(shape, tolerance_m / 100_000.0) if tolerance_m > 0 else shape
        geometry = shapely.geometry.mapping(shape if shapely.is_empty(drawn) else drawn)
        rounded = _rounded(geometry["coordinates"])
        features.append({"type": "Feature", "properties": properties, "geometry": {**geometry, "coordinates": rounded}})
    return {"type": "FeatureCollection", "features": features}


def _rounded(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else [_rounded(one) for one in value]
