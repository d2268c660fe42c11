"""Outlines for the operators' map, by the borders in force at the router (`server/boundaries.py`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request

from location_router.index import Jurisdictions
from location_router.runtime.problems import Problem
from server.boundaries import boundaries_of
from server.connection import services_of
from server.staff.routes import Operator

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()


async def enter_centers(services: Services) -> None:
    """A row for each center that this installation answers for, and where each desk's map begins; again when other
    borders come into force. A code of an older version means the centers that stand there now, as for the router."""
    boundaries = await boundaries_of(services).current()
    settings = services.settings
    if boundaries is None or services.shared.get("entered") is boundaries:
        return
    codes = list(boundaries.centers) if settings.serves_all else settings.served_codes
    if settings.home_center:
        codes.append(settings.home_center)
    heirs = await asyncio.to_thread(lambda: [heir for code in codes for heir in boundaries.heirs(code)])
    rows = [boundaries.centers[code] for code in dict.fromkeys(heirs)]
    async with services.db.begin() as unit:
        async with unit.driver.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO center (code, name_ko, name_en, desk) VALUES (%s, %s, %s, %s) ON CONFLICT (code)"
                " DO UPDATE SET name_ko = excluded.name_ko, name_en = excluded.name_en",
                [(center.code, center.name_ko, center.name_en, settings.desk) for center in rows],
            )
        known = await (await unit.driver.execute("SELECT desk, code FROM center ORDER BY code")).fetchall()
    views: dict[str, dict[str, float]] = {}
    for desk in {row[0] for row in known}:
        places = [boundaries.centers[code] for name, code in known if name == desk and code in boundaries.centers]
        if places:
            views[desk] = _view([(place.lat, place.lon) for place in places])
    services.shared["map"] = views
    services.shared["entered"] = boundaries


def _view(places: list[tuple[float, float]]) -> dict[str, float]:
    """Middle and zoom that show all the places; one place is a city."""
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    span = max(max(lats) - min(lats), max(lons) - min(lons))
    zoom = 12.0 if span < 0.05 else 10.0 if span < 0.6 else 8.5 if span < 2 else 7.0
    return {"lat": (max(lats) + min(lats)) / 2, "lon": (max(lons) + min(lons)) / 2, "zoom": zoom}


def _feature(boundaries: Jurisdictions, code: str) -> dict[str, Any]:
    center = boundaries.centers[code]
    return {
        "type": "Feature",
        "geometry": boundaries.outline(code),
        "properties": {"code": code, "name_ko": center.name_ko, "name_en": center.name_en},
    }


async def _boundaries(request: Request) -> Jurisdictions:
    found = await boundaries_of(services_of(request)).current()
    if found is None:
        raise Problem(
            503,
            "no_boundaries",
            "경계 자료가 없습니다. 관리자에게 알려 주세요.",
            "There is no boundary snapshot: run `python -m location_router boundaries`.",
        )
    return found


@router.get("/api/jurisdictions/{code}")
async def jurisdiction(request: Request, viewer: Operator, code: str) -> dict[str, Any]:
    boundaries = await _boundaries(request)
    if code not in boundaries.centers:
        raise Problem(404, "no_center", "그런 센터가 없습니다.", "There is no such center.")
    return await asyncio.to_thread(_feature, boundaries, code)


@router.get("/api/jurisdictions")
async def around(
    request: Request,
    viewer: Operator,
    lat: Annotated[float, Query(ge=-90, le=90)] = 36.35,
    lon: Annotated[float, Query(ge=-180, le=180)] = 127.8,
    limit: Annotated[int, Query(ge=1, le=30)] = 9,
    center: Annotated[str, Query(max_length=40)] = "",
) -> dict[str, Any]:
    """The jurisdiction that holds the place, then its neighbours, nearest first. A person's place does not belong into
    an address: for an incident say its `center`, whose neighbours these then are."""
    boundaries = await _boundaries(request)
    if (known := boundaries.centers.get(center)) is not None:
        lat, lon = known.lat, known.lon
    inside = boundaries.containing(lat=lat, lon=lon)
    codes = [inside] if inside else []
    codes += [code for code, _ in boundaries.nearest(lat=lat, lon=lon, limit=limit) if code != inside]
    features = await asyncio.to_thread(lambda: [_feature(boundaries, code) for code in codes[:limit]])
    return {"type": "FeatureCollection", "features": features}
