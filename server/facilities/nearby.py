"""What is public of facilities: those in a box or circle, those along ways; of live imports and no others."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import astuple
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.facilities.model import KINDS, Asked
from server.facilities.safer import BESIDE_M, Point

if TYPE_CHECKING:
    from server.services import Services

MOST_OF_A_KIND = 200
MOST_ALONG = 20_000
_MOST_KEPT = 256
_REVISION = """
SELECT coalesce(md5(string_agg(import_id::text || center_id, ',' ORDER BY import_id, center_id)), '')
FROM facility_import WHERE state = 'live'
"""
_NEAR = """
SELECT * FROM (
  SELECT facility_id AS id, kind, name, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, address, phone,
    hours, source, as_of, row_number() OVER (PARTITION BY kind ORDER BY metres, facility_id) AS nth, metres
  FROM (SELECT f.*, i.source, ST_Distance(f.place, CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography))
          AS metres FROM facility f JOIN facility_import i USING (import_id, center_id)
        WHERE i.state = 'live' AND f.kind = ANY(:kinds) AND ST_X(f.place::geometry) BETWEEN :west AND :east
          AND ST_Y(f.place::geometry) BETWEEN :south AND :north
          AND f.place && CAST(ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS geography)) inside
  WHERE CAST(:radius AS float8) IS NULL OR metres <= :radius) numbered
WHERE nth <= :most ORDER BY metres, id
"""
AT_ONCE = 2
_ALONG = """
SELECT f.kind, ST_Y(f.place::geometry) AS lat, ST_X(f.place::geometry) AS lon
FROM facility f JOIN facility_import i USING (import_id, center_id) WHERE i.state = 'live'
AND ST_DWithin(f.place, CAST(ST_GeomFromText(:lines, 4326) AS geography), :metres) LIMIT :most
"""


async def near(services: Services, asked: Asked, *, known: str = "") -> tuple[str, bytes | None]:
    """(ETag, JSON); no JSON when the reader already has it (`known`: its If-None-Match)."""
    kept: OrderedDict[str, bytes] = services.shared.setdefault("facilities_near", OrderedDict())
    turn: asyncio.Semaphore = services.shared.setdefault("facilities_turn", asyncio.Semaphore(AT_ONCE))
    if turn.locked():  # nobody needs a login for this: it must not take the connections that alerts need
        raise Problem(
            503, "busy", "잠시 뒤 다시 시도해 주세요.", "Try again in a moment.", headers={"Retry-After": "1"}
        )
    async with turn, services.db.begin() as unit:
        revision = await unit.scalar(_REVISION)
        tag = f'"{blake2b(repr((revision, astuple(asked))).encode(), digest_size=12).hexdigest()}"'
        if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
            return tag, None
        if tag not in kept:
            kept[tag] = orjson.dumps(await _near(unit, asked))
            if len(kept) > _MOST_KEPT:
                kept.popitem(last=False)
    return tag, kept[tag]


async def _near(unit: Unit, asked: Asked) -> dict[str, Any]:
    box = {name: getattr(asked, name) for name in ("west", "south", "east", "north", "lat", "lon")}
    limits = {"radius": asked.radius_m, "kinds": list(asked.kinds), "most": MOST_OF_A_KIND + 1}
    rows = await unit.all(_NEAR, box | limits)
    names = ("id", "kind", "name", "lat", "lon", "address", "phone", "hours", "source", "as_of")
    return {
        "facilities": [{name: row[name] for name in names} for row in rows if row["nth"] <= MOST_OF_A_KIND],
        "truncated": sorted({row["kind"] for row in rows if row["nth"] > MOST_OF_A_KIND}),
        "kinds": {kind: {"ko": KINDS[kind][0], "en": KINDS[kind][1]} for kind in asked.kinds},
    }


async def along(unit: Unit, lines: Sequence[Sequence[Point]]) -> list[tuple[str, float, float]]:
    """(kind, lat, lon) of what stands beside any of these ways."""
    told = ", ".join("(" + ", ".join(f"{lon:.7f} {lat:.7f}" for lat, lon in line) + ")" for line in lines)
    asked = {"lines": f"MULTILINESTRING({told})", "metres": BESIDE_M + 5.0, "most": MOST_ALONG}
    return [(row["kind"], row["lat"], row["lon"]) for row in await unit.all(_ALONG, asked)]
