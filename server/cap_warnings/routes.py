"""Warnings that run, for the operators of a center and for agencies that have agreed with it on disasters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from server.agencies.model import agreement_from_row
from server.cap_warnings import service
from server.connection import services_of
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("incidents.read"))]
_AGREED = "SELECT * FROM agreement WHERE agency_id = :agency AND 'disaster' = ANY(triggers)"


@router.get("/api/warnings")
async def warnings(request: Request, response: Response, viewer: Reader) -> dict[str, Any]:
    """Read again when a banner of kind `warnings` comes; each part ends by itself at its `expires_at`."""
    response.headers["Cache-Control"] = "no-store"
    services = services_of(request)
    return {"warnings": await service.listed(services, viewer.scope), "now": services.clock().isoformat()}


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
