"""Sightings, escape routes, and cameras of an area over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.agencies.routes import Instant
from server.connection import services_of
from server.dispatch.parts import Part
from server.sightings import areas, asking, requesting, service
from server.sightings.shape import middle_of
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Looker = Annotated[Viewer, Depends(permitted("video.view"))]
DISASTER = "disaster"


class SightingBody(BaseModel):
    camera_id: str = Field(min_length=1, max_length=200)
    seen_at: Instant
    subject: Literal["person", "vehicle"]
    note: str = Field(default="", max_length=1000)
    plate: str = Field(default="", max_length=20)
    sighting_id: UUID | None = None

    def marking(self) -> service.Marking:
        words = {name: getattr(self, name).replace("\x00", "").strip() for name in ("note", "plate")}
        camera_id = self.camera_id.replace("\x00", "")
        return service.Marking(camera_id, self.seen_at, self.subject, **words, sighting_id=self.sighting_id)


class AreaBody(BaseModel):
    polygon: dict[str, Any]
    limit: int = Field(default=20, ge=1, le=50)


@router.post("/api/incidents/{incident_id}/sightings", status_code=201)
async def mark(request: Request, viewer: Worker, incident_id: UUID, body: SightingBody) -> dict[str, Any]:
    """Seen here: the trail with it."""
    return await service.mark(services_of(request), viewer, incident_id, body.marking())


@router.delete("/api/incidents/{incident_id}/sightings/{sighting_id}")
async def strike(request: Request, viewer: Worker, incident_id: UUID, sighting_id: UUID) -> dict[str, Any]:
    """Undo: struck out, never erased."""
    return await service.strike(services_of(request), viewer, incident_id, sighting_id)


@router.get("/api/incidents/{incident_id}/sightings")
async def read(request: Request, viewer: Worker, incident_id: UUID) -> dict[str, Any]:
    return await service.read(services_of(request), viewer, incident_id)


@router.get("/api/incidents/{incident_id}/escape")
async def escape(
    request: Request, viewer: Worker, incident_id: UUID, mode: Literal["foot", "car"] | None = None
) -> dict[str, Any]:
    """Which cameras somebody passes next who leaves the last sighting; without `mode`: as the last one was seen."""
    return await service.escape(services_of(request), viewer, incident_id, mode)


@router.get("/api/agency/dispatches/{dispatch_id}/sightings")
async def agency_trail(request: Request, viewer: Agent, dispatch_id: UUID) -> dict[str, Any]:
    """The trail, for an agency that works on the case."""
    _require_agency(viewer)
    return await service.read_for_agency(services_of(request), viewer, Part("dispatch", dispatch_id))


@router.get("/api/agency/requests/{request_id}/sightings")
async def asking_agency_trail(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    """The same, for an agency whose own request was accepted."""
    return await service.read_for_agency(services_of(request), viewer, Part("request", request_id))


@router.post("/api/areas")
async def area(request: Request, viewer: Looker, body: AreaBody) -> dict[str, Any]:
    """The cameras of an area, spread over it; no picture."""
    services = services_of(request)
    shape = requesting.checked_area(body.polygon)
    lat, lon = middle_of(shape)
    center = await requesting.center_of(services, lat=lat, lon=lon)
    if not viewer.sees(center):
        ko, en = "다른 센터의 관할입니다. 그 센터에 알려 주세요.", "Another center's area: tell that center."
        raise Problem(409, "other_center", ko, en, center=center)
    async with services.db.begin(center=viewer.scope) as unit:
        return await areas.look(unit, services, center_id=center, shape=shape, limit=body.limit)


@router.post("/api/agency/areas")
async def agency_area(request: Request, viewer: Agent, body: AreaBody) -> dict[str, Any]:
    """The same for a disaster room, by its agreement; pictures it asks for with a video request."""
    services = services_of(request)
    agency = _require_agency(viewer)
    if asking.TRIGGERS.get(agency) != DISASTER:
        ko, en = "재난상황실만 구역의 카메라를 볼 수 있습니다.", "Only a disaster room is shown an area's cameras."
        raise Problem(403, "wrong_kind", ko, en, kind=agency, allowed=[DISASTER])
    shape = requesting.checked_area(body.polygon)
    lat, lon = middle_of(shape)
    center = await requesting.center_of(services, lat=lat, lon=lon)
    async with services.db.begin() as unit:
        await requesting.agreement_for(unit, viewer, center, services.clock())
        return await areas.look(unit, services, center_id=center, shape=shape, limit=body.limit)


def _require_agency(viewer: Viewer) -> str:
    """The agency's kind."""
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    return viewer.agency.kind
