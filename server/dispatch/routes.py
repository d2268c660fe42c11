"""The agency desk's API (role agent): its dispatches, its steps, the pictures it may see."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.websockets import WebSocket

from location_router.runtime.problems import Problem
from server.cameras.service import open_cameras
from server.connection import same_origin, services_of
from server.dispatch import desk, reading, service
from server.dispatch.feed import SIGNED_OUT, agency_feed
from server.dispatch.model import Move
from server.staff.routes import Agent, viewer_of

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

router = APIRouter()


class Step(BaseModel):
    receipt_no: str = Field(default="", max_length=80)
    reason: str = Field(default="", max_length=1000)
    unit: str = Field(default="", max_length=80)
    eta_s: int | None = Field(default=None, ge=0, le=24 * 3600)


@router.get("/api/agency/dispatches")
async def dispatches(request: Request, viewer: Agent) -> dict[str, Any]:
    services = services_of(request)
    _agency(viewer)
    async with services.db.begin() as unit:
        views = await desk.views(unit, services, viewer)
    return {"dispatches": views}


@router.post("/api/agency/dispatches/{dispatch_id}/video")
async def video(request: Request, viewer: Agent, dispatch_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await reading.find(unit, dispatch_id, agency_id=_agency(viewer))
    return await _video(services, viewer, row)


@router.post("/api/agency/cases/{case_no}/video")
async def case_video(request: Request, viewer: Agent, case_no: str) -> dict[str, Any]:
    """The same by the number that was said over the radio."""
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await reading.find_case(unit, case_no, agency_id=_agency(viewer))
    return await _video(services, viewer, row)


async def _video(services: Services, viewer: Viewer, row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise reading.unknown()
    return {"cameras": await open_cameras(services, viewer, row["incident_id"])}


@router.post("/api/agency/dispatches/{dispatch_id}/{step}")
async def move(
    request: Request, viewer: Agent, dispatch_id: UUID, step: Move, body: Step | None = None
) -> dict[str, Any]:
    services, body = services_of(request), body or Step()
    agency_id = _agency(viewer)
    async with services.db.begin() as unit:
        await service.move(
            unit,
            services,
            dispatch_id=dispatch_id,
            agency_id=agency_id,
            step=step,
            actor=viewer.actor,
            receipt_no=body.receipt_no,
            reason=body.reason,
            crew=body.unit.replace("\x00", "").strip(),
            eta_at=None if body.eta_s is None else services.clock() + timedelta(seconds=body.eta_s),
        )
        views = await desk.views(unit, services, viewer, dispatch_id=dispatch_id)
    return {"dispatch": views[0]}


@router.websocket("/api/agency/feed")
async def feed(socket: WebSocket) -> None:
    """First the client's hello, then snapshot, dispatches and positions."""
    viewer = await viewer_of(socket) if same_origin(socket) else None
    await socket.accept()
    if viewer is None or viewer.role != "agent" or viewer.agency is None:
        return await socket.close(SIGNED_OUT)
    return await agency_feed(services_of(socket)).serve(socket, viewer)


def _agency(viewer: Viewer) -> str:
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    return viewer.agency.agency_id
