"""The registry as a whole, for who manages cameras: every camera as a dot, and what the working ones reach."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import shapely
from fastapi import APIRouter, Depends, Query, Request

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.basemap.addresses import address_in_words
from server.boundaries import boundaries_of
from server.cameras import registry
from server.cameras.coverage import Coverage, Eye, coverage
from server.connection import services_of
from server.purposes import OWNER_AGREES
from server.staff.model import Viewer
from server.staff.routes import permitted

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter(prefix="/api/cameras")
Manager = Annotated[Viewer, Depends(permitted("cameras.manage"))]
MOST_DOTS = 20_000
MOST_KEPT = 24
_DOTS = """
SELECT camera_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, health,
  sub_url_sealed IS NOT NULL AS has_stream FROM camera WHERE retired_at IS NULL ORDER BY camera_id LIMIT :most
"""
# A camera without a stream is known to exist, and shows nobody anything.
_EYES = f"""
SELECT camera_id, name, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon,
  health IN ('unknown', 'working') AND sub_url_sealed IS NOT NULL
  AND {OWNER_AGREES.format(c="")} AS works
FROM camera WHERE retired_at IS NULL AND ST_DWithin(place, CAST(ST_MakeEnvelope(:west, :south, :east, :north, 4326)
  AS geography), :reach) ORDER BY camera_id
"""
_STATE = """
SELECT count(*)::text || ' ' || coalesce(max(health_since)::text, '') || ' '
  || coalesce(sum(hashtext(health))::text, '') AS state FROM camera WHERE retired_at IS NULL
"""


@router.get("/dots")
async def dots(request: Request, viewer: Manager) -> dict[str, Any]:
    """`[camera_id, lat, lon, health, has_stream]` of each camera of the desk's centers, at most MOST_DOTS."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        rows = await unit.all(_DOTS, {"most": MOST_DOTS})
    told = [
        [row["camera_id"], round(row["lat"], 6), round(row["lon"], 6), row["health"], row["has_stream"]] for row in rows
    ]
    return {"dots": told, "is_cut": len(told) == MOST_DOTS}


@router.get("/coverage")
async def covered(
    request: Request,
    viewer: Manager,
    center: Annotated[str, Query(max_length=20)],
    reach_m: Annotated[int, Query(ge=50, le=2000)] = 100,
) -> dict[str, Any]:
    """The center's grid (`server/cameras/coverage.py`) with its largest gaps in words; kept until a camera changes."""
    services = services_of(request)
    if not viewer.sees(center):
        raise Problem(404, "unknown_center", "이 계정의 센터가 아닙니다.", "Not one of your centers.", field="center")
    borders = await boundaries_of(services).current()
    if borders is None or center not in borders.centers:
        raise Problem(
            503, "no_boundaries", "경계 자료가 없어 빈 곳을 셀 수 없습니다.", "There are no boundaries to count within."
        )
    outline = await asyncio.to_thread(borders.outline, center)
    shape = shapely.from_geojson(_geojson(outline))
    async with services.db.begin(center=center) as unit:
        state = f"{await registry.revision(unit)} {await unit.scalar(_STATE)}"
        kept: dict[Any, tuple[str, dict[str, Any]]] = services.shared.setdefault("coverage", {})
        key = (center, reach_m, borders.boundary_version)
        if key in kept and kept[key][0] == state:
            return kept[key][1]
        eyes = await _eyes(unit, shape, reach_m, services)
    found = await asyncio.to_thread(coverage, shape, eyes, reach_m=float(reach_m))
    told = await _told(services, found, eyes, center, reach_m)
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = (state, told)
    return told


def _geojson(outline: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(outline).decode()


async def _eyes(unit: Unit, shape: shapely.Geometry, reach_m: int, services: Services) -> list[Eye]:
    west, south, east, north = shape.bounds
    box = {"west": west, "south": south, "east": east, "north": north, "reach": reach_m, "now": services.clock()}
    rows = await unit.all(_EYES, box)
    return [Eye(row["camera_id"], row["name"], row["lat"], row["lon"], row["works"]) for row in rows]


async def _told(services: Services, found: Coverage, eyes: list[Eye], center: str, reach_m: int) -> dict[str, Any]:
    told = found.json()
    for gap in told["gaps"]:
        words = await address_in_words(services, lat=gap["lat"], lon=gap["lon"])
        gap["place_ko"], gap["place_en"] = (words.ko, words.en) if words else ("", "")
    counts = {"working": sum(one.works for one in eyes), "failing": sum(not one.works for one in eyes)}
    at = services.clock().isoformat()
    return told | {"center": center, "reach_m": reach_m, "cameras": counts, "at": at}
