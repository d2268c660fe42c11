"""Made-up facilities for the demo. Each name says so: nobody must run to a police box that is not there."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from location_router.geo import metres_per_degree
from location_router.runtime.db import Unit
from server.facilities.model import Facility
from server.facilities.reading import Read
from server.facilities.service import write

SOURCE = "sample"
_MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SOME: tuple[tuple[str, str, int, float], ...] = (
    ("police_box", "시범 지구대 (지어낸 자료)", 2, 500.0),
    ("emergency_bell", "시범 비상벨 (지어낸 자료)", 12, 600.0),
    ("safe_store", "시범 안심지킴이집 (지어낸 자료)", 6, 600.0),
    ("shelter", "시범 아동안전지킴이집 (지어낸 자료)", 3, 600.0),
    ("camera_sign", "시범 CCTV 안내판 (지어낸 자료)", 10, 500.0),
)
_LIGHTS, _LIGHTS_APART_M = 30, 30.0


async def seed_facilities(unit: Unit, *, center_id: str, lat: float, lon: float) -> int:
    """The same place gives the same facilities, and the same seed twice the same rows; returns how many."""
    import_id = uuid5(NAMESPACE_URL, f"ansim:facilities:{center_id}")
    read = Read(facilities=_around(center_id, lat=lat, lon=lon))
    read.rows = len(read.facilities)
    await unit.execute("DELETE FROM facility_import WHERE import_id = :id", {"id": import_id})
    await write(unit, import_id, read, source=SOURCE, file="sample", by=None, now=_MADE_AT)
    await unit.execute("UPDATE facility_import SET state = 'live' WHERE import_id = :id", {"id": import_id})
    return read.rows


def _around(center_id: str, *, lat: float, lon: float) -> list[Facility]:
    chance = random.Random(f"{center_id} {lat:.4f} {lon:.4f}")
    north_m, east_m = metres_per_degree(lat=lat)
    found: list[Facility] = []

    def put(kind: str, name: str, east: float, north: float) -> None:
        number = f"{SOURCE}-{center_id}-{len(found):03}"
        found.append(Facility(number, center_id, kind, lat + north / north_m, lon + east / east_m, name))

    for kind, name, count, reach_m in _SOME:
        for _ in range(count):
            angle, metres = chance.uniform(0, math.tau), reach_m * math.sqrt(chance.random())
            put(kind, name, metres * math.cos(angle), metres * math.sin(angle))
    for nth in range(_LIGHTS):  # along two streets that cross
        along = (nth - _LIGHTS / 2) * _LIGHTS_APART_M
        put("light", "", along, 40.0)
        put("light", "", -60.0, along)
    return found
