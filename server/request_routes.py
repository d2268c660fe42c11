"""An agency's own system asks a center (docs/agencies.md sections 2 and 3): signed, no session."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError

from location_router.request_content.subjects import Place
from location_router.runtime.problems import Problem
from location_router.wire import Position, PositionUpdate
from server import request_line
from server.connection import services_of
from server.line_letters import letter_of
from server.positions import position_writer

router = APIRouter()
PATH = "/api/lines/{agency_id}/requests"


class Positions(BaseModel):
    positions: Annotated[list[Place], Field(min_length=1, max_length=50)]


@router.post(PATH, status_code=202)
async def raise_request(request: Request, response: Response, agency_id: str) -> dict[str, Any]:
    """202 on disk, 200 the same one again. Body: as at the router's `POST /v1/requests`."""
    letter = await letter_of(request, agency_id)
    response.status_code, told = await request_line.raise_request(services_of(request), letter)
    response.headers.update(letter.answer)
    return told


@router.get(PATH + "/{request_id}")
async def status(request: Request, response: Response, agency_id: str, request_id: UUID) -> dict[str, Any]:
    letter = await letter_of(request, agency_id)
    row = await request_line.held(services_of(request), letter, request_id)
    response.headers.update(letter.answer)
    return request_line.told(agency_id, row)


@router.post(PATH + "/{request_id}/positions")
async def positions(request: Request, response: Response, agency_id: str, request_id: UUID) -> dict[str, Any]:
    """Where it is now; the newest place is the one that counts."""
    services, letter = services_of(request), await letter_of(request, agency_id)
    row = await request_line.held_open(services, letter, request_id)
    try:
        said = Positions.model_validate_json(letter.body)
    except ValidationError as error:
        fields = [{"field": ".".join(map(str, one["loc"])) or "body", "message": one["msg"]} for one in error.errors()]
        raise Problem(422, "invalid", "위치를 읽을 수 없습니다.", "No readable positions.", fields=fields) from None
    for place in said.positions:
        fixed_at = place.fixed_at or services.clock()
        position = Position(**place.model_dump(exclude={"fixed_at"}), fixed_at=fixed_at)
        position_writer(services).add(PositionUpdate(alert_id=row["request_id"], position=position))
    response.headers.update(letter.answer)
    return request_line.told(agency_id, row)


@router.post(PATH + "/{request_id}/cancel")
async def cancel(request: Request, response: Response, agency_id: str, request_id: UUID) -> dict[str, Any]:
    """The agency needs it no more; twice is once."""
    letter = await letter_of(request, agency_id)
    told = await request_line.cancel(services_of(request), letter, request_id)
    response.headers.update(letter.answer)
    return told
