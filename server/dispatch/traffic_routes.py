"""Traffic beside a dispatch: when units arrive, green lights, and the roads for an agency's desk and its officers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from server.connection import services_of
from server.dispatch import arriving, priority, responders
from server.dispatch.responder_routes import COOKIE
from server.staff.model import Viewer
from server.staff.routes import permitted
from server.traffic.routes import AskedBox, links_in

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Asker = Annotated[Viewer, Depends(permitted("traffic.priority"))]
Agent = Annotated[Viewer, Depends(permitted("dispatch.answer"))]


class Unit(BaseModel):
    dispatch_id: UUID


@router.get("/api/incidents/{incident_id}/arrivals")
async def arrivals(request: Request, viewer: Worker, incident_id: UUID, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return await arriving.etas(services_of(request), viewer, incident_id)


@router.post("/api/incidents/{incident_id}/priority", status_code=201)
async def ask_lights(request: Request, viewer: Asker, incident_id: UUID, body: Unit) -> dict[str, Any]:
    """Green lights for the unit of this dispatch; the answer comes with the incident's record."""
    return await priority.request(services_of(request), viewer, incident_id, body.dispatch_id)


@router.post("/api/incidents/{incident_id}/priority/withdraw")
async def give_lights_back(request: Request, viewer: Asker, incident_id: UUID, body: Unit) -> dict[str, Any]:
    return await priority.withdraw(services_of(request), viewer, incident_id, body.dispatch_id)


@router.get("/api/agency/traffic/links")
async def desk_links(request: Request, viewer: Agent, asked: AskedBox) -> dict[str, Any]:
    return await links_in(request, asked)


@router.get("/api/respond/{link}/traffic")
async def officer_links(request: Request, link: str, asked: AskedBox) -> dict[str, Any]:
    """While the officer's page is open, and no longer."""
    services = services_of(request)
    async with services.db.begin() as unit:
        await responders.bound(unit, services, link, cookie=request.cookies.get(COOKIE, ""))
    return await links_in(request, asked)
