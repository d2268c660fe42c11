"""An agent raises a request by hand at the agency's desk; the same reader, rules and intake as at its line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from location_router.runtime.problems import Problem
from server import request_line
from server.connection import services_of
from server.incidents.cards import iso
from server.line_calls import Letter
from server.staff.model import Viewer
from server.staff.routes import Agent

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
Word = Annotated[str, Field(max_length=80)]


class ByHand(BaseModel):
    """As `POST /v1/requests`; `raised_at` is now."""

    model_config = ConfigDict(extra="forbid")

    request_id: UUID
    trigger: Word
    legal_basis: Annotated[str, Field(max_length=40)]
    position: dict[str, Any] | None = None
    branch: Word = ""
    case_no: Word = ""
    callback: Word = ""
    is_drill: bool = False
    raised_at: datetime | None = None
    subject: dict[str, Any] = Field(default_factory=dict, max_length=40)


@router.post("/api/agency/requests", status_code=202)
async def raise_by_hand(request: Request, response: Response, viewer: Agent, body: ByHand) -> dict[str, Any]:
    """202 on disk, 200 the same one again; refused as on the line (docs/agencies.md section 2)."""
    services = services_of(request)
    said = body.model_dump(mode="json", exclude_none=True) | {"agency_id": _agency(viewer)}
    said.setdefault("raised_at", iso(services.clock()))
    status, told = await request_line.raise_at_desk(services, _letter(viewer, orjson.dumps(said)))
    response.status_code = status
    return {"request": told}


@router.post("/api/agency/requests/{request_id}/cancel")
async def cancel(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    """The agency needs it no more; twice is once. 409 `not_here` for one that the router brought."""
    services: Services = services_of(request)
    letter = _letter(viewer, b"")
    return {"request": await request_line.cancel_at_desk(services, letter, request_id)}


def _letter(viewer: Viewer, body: bytes) -> Letter:
    """The session stands for the signature; its address was looked at when it began."""
    return Letter(_agency(viewer), {"Content-Type": "application/json"}, viewer.address, body)


def _agency(viewer: Viewer) -> str:
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    return viewer.agency.agency_id
