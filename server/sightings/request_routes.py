"""Video requests over HTTP: the agency's side, and the center's."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from location_router.runtime.problems import Problem
from server.agencies.routes import Instant
from server.cameras.service import open_cameras
from server.connection import services_of
from server.sightings import deciding, requesting
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

router = APIRouter()
Looker = Annotated[Viewer, Depends(permitted("video.view"))]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000)]


class PlaceBody(BaseModel):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)


class RequestBody(BaseModel):
    case_no: str = Field(max_length=40)
    basis: str = Field(max_length=40)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=1000)]
    until_at: Instant
    place: PlaceBody | None = None
    area: dict[str, Any] | None = None
    type: str | None = Field(default=None, max_length=40)

    def asked(self) -> requesting.Asked:
        place = (self.place.lat, self.place.lon) if self.place else None
        reason = self.reason.replace("\x00", "")
        case_no = self.case_no.strip()
        return requesting.Asked(case_no, self.basis, reason, self.until_at, place, self.area, self.type)


class ApprovalBody(BaseModel):
    reason: Words = ""


class RefusalBody(BaseModel):
    reason: Reason


@router.post("/api/agency/video-requests", status_code=201)
async def ask(request: Request, response: Response, viewer: Agent, body: RequestBody) -> dict[str, Any]:
    """201 a new request, 200 the one that is open under this case number already."""
    _require_agency(viewer)
    card, is_new = await requesting.ask(services_of(request), viewer, body.asked())
    response.status_code = 201 if is_new else 200
    return {"request": card}


@router.get("/api/agency/video-requests")
async def own(request: Request, viewer: Agent) -> dict[str, Any]:
    """The agency's open requests, and those that ended within a day."""
    _require_agency(viewer)
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"requests": await requesting.of_agency(unit, services, viewer)}


@router.get("/api/agency/video-requests/{request_id}")
async def one(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    _require_agency(viewer)
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"request": (await requesting.of_agency(unit, services, viewer, request_id))[0]}


@router.delete("/api/agency/video-requests/{request_id}")
async def withdraw(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    _require_agency(viewer)
    return {"request": await deciding.withdraw(services_of(request), viewer, request_id)}


@router.post("/api/agency/video-requests/{request_id}/video")
async def video(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    """Tickets for the cameras of an approved request, through the release gate."""
    _require_agency(viewer)
    services = services_of(request)
    async with services.db.begin() as unit:
        card = (await requesting.of_agency(unit, services, viewer, request_id))[0]
    if card["state"] != "approved":
        ko, en = "승인된 요청이 아닙니다.", "This request is not approved, or it is over."
        raise Problem(409, "not_approved", ko, en, state=card["state"], end_reason=card["end_reason"])
    return {"cameras": await open_cameras(services, viewer, UUID(card["incident_id"]))}


@router.get("/api/video-requests")
async def waiting(request: Request, viewer: Looker) -> dict[str, Any]:
    """Requests to the desk's centers: those that wait come first."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        return {"requests": await requesting.of_center(unit, services)}


@router.post("/api/video-requests/{request_id}/approve")
async def approve(
    request: Request, viewer: Looker, request_id: UUID, body: ApprovalBody | None = None
) -> dict[str, Any]:
    reason = body.reason.replace("\x00", "") if body else ""
    return {"request": await deciding.approve(services_of(request), viewer, request_id, reason)}


@router.post("/api/video-requests/{request_id}/refuse")
async def refuse(request: Request, viewer: Looker, request_id: UUID, body: RefusalBody) -> dict[str, Any]:
    reason = body.reason.replace("\x00", "")
    return {"request": await deciding.refuse(services_of(request), viewer, request_id, reason)}


def _require_agency(viewer: Viewer) -> None:
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
