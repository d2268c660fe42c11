"""Cameras on the map, and why an incident has the ones it has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.cameras import explaining, overview_routes, registry_routes, service
from server.cameras.service import Wanted
from server.places import Place, show_place
from server.services import Services
from server.staff.model import Viewer
from server.staff.routes import Operator, permitted, services_of

router = APIRouter()
T = TypeVar("T")
Reader = Annotated[Viewer, Depends(permitted("incidents.read"))]
Manager = Annotated[Viewer, Depends(permitted("cameras.manage"))]
Health = Literal["unknown", "working", "dark", "frozen", "obstructed", "down"]
BOX = r"^-?\d{1,3}(\.\d{1,8})?(,-?\d{1,3}(\.\d{1,8})?){3}$"

Longitude = Annotated[float, Query(ge=-180, le=180)]
Latitude = Annotated[float, Query(ge=-90, le=90)]


@router.get("/api/cameras")
async def cameras(
    request: Request, viewer: Operator, west: Longitude, south: Latitude, east: Longitude, north: Latitude
) -> dict[str, Any]:
    """The registry's cameras inside the box, of the centers this desk answers for."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return {"cameras": await service.in_box(unit, west=west, south=south, east=east, north=north)}


@router.get("/api/cameras/registry")
async def registry(
    request: Request,
    viewer: Manager,
    health: Health | None = None,
    words: Annotated[str, Query(max_length=80)] = "",
    stream: Literal["with", "without"] | None = None,
    source: Literal["manual", "import", "onvif", "seed"] | None = None,
    down_days: Annotated[int, Query(ge=0, le=3650)] = 0,
    box: Annotated[str, Query(max_length=100, pattern=BOX)] = "",
    after: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """The cameras of the desk's centers with their health; `next` is sent as `after` for those that follow.
    `down_days`: whose picture has been wanting for so many days; `box`: `west,south,east,north`."""
    after, words = after.replace("\x00", ""), words.replace("\x00", "")
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        corners = tuple(float(one) for one in box.split(",")) if box else None
        since = services_of(request).clock() - timedelta(days=down_days) if down_days else None
        wanted = Wanted(health, words, stream, source, since, corners)
        rows, counts = await service.registered(unit, wanted, after=after, limit=limit)
    return {"cameras": rows, "by_health": counts, "next": rows[-1]["camera_id"] if len(rows) == limit else None}


@router.get("/api/incidents/{incident_id}/cameras/why")
async def why(request: Request, viewer: Reader, incident_id: UUID) -> dict[str, Any]:
    """The standing choice, each camera with its reasons in words, and near cameras that were passed over."""
    return await _shown(request, viewer, incident_id, explaining.why)


@router.get("/api/incidents/{incident_id}/cameras/why.svg")
async def why_svg(
    request: Request, viewer: Reader, incident_id: UUID, language: Literal["ko", "en"] = "ko"
) -> Response:
    """The standing choice as a picture: where she may be, the cameras' views, numbers and reasons."""

    async def draw(unit: Unit, _services: Services, incident_id: UUID, _place: Place) -> str:
        return await explaining.why_picture(unit, incident_id, language)

    drawn = await _shown(request, viewer, incident_id, draw)
    return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@router.get("/api/incidents/{incident_id}/cameras/ahead")
async def ahead(request: Request, viewer: Reader, incident_id: UUID) -> dict[str, Any]:
    """Cameras in the order in which she passes them if she goes on, with times; a fan when nobody knows where to."""
    return await _shown(request, viewer, incident_id, explaining.coming)


async def _shown(
    request: Request,
    viewer: Viewer,
    incident_id: UUID,
    tell: Callable[[Unit, Services, UUID, Place], Awaitable[T]],
) -> T:
    """What says where she is, behind the same release of her place as the incident itself."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        known = await unit.scalar("SELECT true FROM incident WHERE incident_id = :id", {"id": incident_id})
        place = await show_place(unit, viewer, incident_id, now=services.clock()) if known else None
        told = await tell(unit, services, incident_id, place) if place is not None else None
    if not known:
        raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
    if place is None or told is None:
        raise Problem(
            409,
            "no_place",
            "지금 볼 수 있는 위치가 없습니다. 위치가 아직 없거나 사건이 끝났습니다.",
            "There is no place to show: none is known yet, or the incident has ended.",
        )
    return told


router.include_router(registry_routes.router)
router.include_router(overview_routes.router)
