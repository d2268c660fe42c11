"""An agent lends a camera of the agency at its desk, and takes it back: the same rules as on its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from location_router.request_content.values import Refused
from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server import request_line
from server.connection import services_of
from server.requests import deciding, lending, moving, service
from server.requests.lending import LentCamera
from server.requests.refusals import unreadable
from server.requests.store import note_refusal
from server.staff.model import Viewer
from server.staff.routes import Agent

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
PATH = "/api/agency/requests/{request_id}/cameras"
_OWN = f"""
{service.SELECT} WHERE r.request_id = :id AND r.agency_id = :agency AND r.incident_id IS NOT NULL
ORDER BY r.state IN ('accepted', 'received') DESC, r.received_at DESC LIMIT 1 FOR UPDATE OF r
"""


@router.get(PATH)
async def lent(request: Request, response: Response, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    """`{"cameras", "networks"}`: what is lent to it or was; where a camera may stand by the agreement, [] for none."""
    response.headers["Cache-Control"] = "no-store"
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await _own(unit, viewer, request_id)
        cameras = await lending.of_incident(unit, services, row["incident_id"])
        networks = await lending.networks_for(unit, row, services.clock())
    return {"cameras": cameras.get(request_id, []), "networks": networks}


@router.post(PATH, status_code=202)
async def lend(request: Request, viewer: Agent, request_id: UUID, body: LentCamera) -> dict[str, Any]:
    """`{"camera_id", "name", "until_at"}`; what is refused, and its row, as on the line."""
    services = services_of(request)
    try:
        async with services.db.begin() as unit:
            row = await _own(unit, viewer, request_id)
            request_line.still_open(row)
            at = await moving.place_of(unit, request_id, row["incident_id"])
            if at is None and (body.lat is None or body.lon is None):
                raise Refused("no_place", "lat", "", "카메라의 위치를 적어 주세요.", "Say where the camera is.")
            place = (at["lat"], at["lon"]) if at is not None else (body.lat or 0.0, body.lon or 0.0)
            return await lending.lend(unit, services, row, body, place, viewer.actor)
    except Refused as wrong:
        await _note(services, viewer, request_id, wrong)
        raise unreadable(wrong) from None


@router.delete(PATH + "/{camera_id}")
async def take_back(request: Request, viewer: Agent, request_id: UUID, camera_id: str) -> dict[str, Any]:
    """Its pictures end at once. Twice is once; 404 `no_camera`."""
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await _own(unit, viewer, request_id)
        query = "SELECT 1 FROM lent_camera WHERE camera_id = :id AND request_id = :request AND agency_id = :agency"
        asked = {"id": camera_id, "request": request_id, "agency": row["agency_id"]}
        if await unit.scalar(query, asked) is None:
            raise Problem(404, "no_camera", "빌려준 카메라가 아닙니다.", "This is no camera of that request.")
        await lending.end_lent(unit, services, row, viewer.actor, lending.WITHDRAWN, camera_id=camera_id)
    return {"camera_id": camera_id, "state": "ended"}


async def _own(unit: Unit, viewer: Viewer, request_id: UUID) -> dict[str, Any]:
    """The agency's own request, at the center that has it now. Problem 404 `no_request`."""
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    row = await unit.one(_OWN, {"id": request_id, "agency": viewer.agency.agency_id})
    if row is None:
        raise deciding.unknown()
    return row


async def _note(services: Services, viewer: Viewer, request_id: UUID, wrong: Refused) -> None:
    async with services.db.begin() as unit:
        row = await _own(unit, viewer, request_id)
        said: dict[str, Any] = {"center_id": row["center_id"], "agency_id": row["agency_id"], "request_id": request_id}
        said |= {"trigger": row["trigger"], "address": viewer.address, "detail": {"field": wrong.field}}
        await note_refusal(unit, code=wrong.code, at=services.clock(), **said)
