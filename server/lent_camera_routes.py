"""An agency lends a camera of its own to its request, and takes it back: signed like everything on its line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from location_router.request_content.values import Refused
from location_router.runtime.problems import Problem
from server import request_line
from server.connection import services_of
from server.line_calls import after_call
from server.line_letters import letter_of
from server.requests import lending, moving, service

router = APIRouter()
PATH = "/api/lines/{agency_id}/requests/{request_id}/cameras"


@router.post(PATH, status_code=202)
async def lend(request: Request, agency_id: str, request_id: UUID) -> dict[str, Any]:
    """Body `lending.LentCamera` → `{"camera_id", "name", "until_at"}`. 403 `camera_not_agreed`, 409 `not_open`
    `too_many`, 422 `camera_address` `no_consent` `invalid` `no_place`; each with its row."""
    services, letter = services_of(request), await letter_of(request, agency_id)
    row = await request_line.held(services, letter, request_id)
    request_line.still_open(row)
    try:
        said = lending.read(letter.body)
        async with after_call(services, letter) as unit:
            row = await service.find(unit, request_id, center_id=row["center_id"], lock=True) or row
            request_line.still_open(row)
            at = await moving.place_of(unit, request_id, row["incident_id"])
            if at is None and (said.lat is None or said.lon is None):
                ko, en = "카메라의 위치를 적어 주세요.", "Say where the camera is."
                raise Refused("no_place", "lat", "", ko, en)
            place = (at["lat"], at["lon"]) if at is not None else (said.lat or 0.0, said.lon or 0.0)
            return await lending.lend(unit, services, row, said, place, service.agency_actor(row))
    except Refused as wrong:
        known = {"trigger": row["trigger"], "request_id": request_id}
        raise await request_line.not_taken(services, letter, wrong, **known) from None


@router.delete(PATH + "/{camera_id}")
async def take_back(request: Request, agency_id: str, request_id: UUID, camera_id: str) -> dict[str, Any]:
    """The consent is withdrawn: its pictures end at once. Twice is once; 404 `no_camera`."""
    services, letter = services_of(request), await letter_of(request, agency_id)
    row = await request_line.held(services, letter, request_id)
    async with after_call(services, letter) as unit:
        known = await unit.scalar(
            "SELECT 1 FROM lent_camera WHERE camera_id = :id AND request_id = :request AND agency_id = :agency",
            {"id": camera_id, "request": request_id, "agency": agency_id},
        )
        if known is None:
            raise Problem(404, "no_camera", "빌려준 카메라가 아닙니다.", "This is no camera of that request.")
        await lending.end_lent(
            unit, services, row, service.agency_actor(row), lending.WITHDRAWN, camera_id=camera_id
        )  # fmt: skip
    return {"camera_id": camera_id, "state": "ended"}
