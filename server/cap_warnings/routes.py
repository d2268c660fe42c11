"""Warnings that run, for the operators of a center and for agencies that have agreed with it on disasters."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from server.agencies.model import agreement_from_row
from server.cap_warnings import hiding, sent, service
from server.cap_warnings.model import HIDE_REASONS
from server.connection import services_of
from server.incidents.codes import listed
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("incidents.read"))]
Leader = Annotated[Viewer, Depends(permitted("incidents.supervise"))]
_AGREED = "SELECT * FROM agreement WHERE agency_id = :agency AND 'disaster' = ANY(triggers)"


@router.get("/api/warnings")
async def warnings(request: Request, response: Response, viewer: Reader) -> dict[str, Any]:
    """Read again when a banner of kind `warnings` comes; each part ends by itself at its `expires_at`."""
    response.headers["Cache-Control"] = "no-store"
    services = services_of(request)
    return {
        "warnings": await service.listed(services, viewer.scope),
        "reasons": listed(HIDE_REASONS),
        "now": services.clock().isoformat(),
    }


class HideBody(BaseModel):
    reason: str = Field(max_length=40)


@router.post("/api/warnings/{warning_id}/hide")
async def hide(request: Request, viewer: Leader, warning_id: UUID, body: HideBody) -> dict[str, Any]:
    """Off the map of the viewer's centers; people are told all the same."""
    return {"centers": await hiding.hide(services_of(request), viewer, warning_id, reason=body.reason)}


@router.post("/api/warnings/{warning_id}/show")
async def show(request: Request, viewer: Leader, warning_id: UUID) -> dict[str, Any]:
    return {"centers": await hiding.show(services_of(request), viewer, warning_id)}


@router.get("/api/agency/warnings")
async def of_agency(request: Request, response: Response, viewer: Agent) -> dict[str, Any]:
    """Of the centers with which the agency has an agreement for disasters in force."""
    response.headers["Cache-Control"] = "no-store"
    services, agency = services_of(request), viewer.agency
    now = services.clock()
    async with services.db.begin() as unit:
        rows = await unit.all(_AGREED, {"agency": agency.agency_id if agency else ""})
    centers = {row["center_id"] for row in rows if agreement_from_row(row).in_force(now)}
    return {"warnings": await service.listed(services, "*", only=centers), "now": now.isoformat()}


@router.get("/api/agency/warnings/sent")
async def sent_by_agency(request: Request, response: Response, viewer: Agent) -> dict[str, Any]:
    """Its own of the last 30 days, at the centers of this installation."""
    response.headers["Cache-Control"] = "no-store"
    services, agency = services_of(request), viewer.agency
    found = await sent.listed(services, agency.agency_id) if agency else []
    return {"warnings": found, "now": services.clock().isoformat()}


@router.post("/api/agency/warnings/{warning_id}/cancel")
async def cancel(request: Request, viewer: Agent, warning_id: UUID) -> dict[str, Any]:
    """Its own, taken back."""
    return {"warning": await sent.cancel(services_of(request), viewer, warning_id)}
