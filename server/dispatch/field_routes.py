"""The thread between an agency's desk, its officers and the control center; the officer's own steps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from server.connection import same_origin, services_of
from server.dispatch import field_desk
from server.dispatch.asks import Asks
from server.dispatch.field_desk import OfficerStep
from server.dispatch.parts import Part
from server.dispatch.responder_routes import COOKIE, Agent, Said
from server.staff.routes import foreign_page

router = APIRouter()


class StepBody(BaseModel):
    step: OfficerStep


class Asked(BaseModel):
    text: str = Field(default="", max_length=4000)
    asks: Asks | None = None


class Standing(BaseModel):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)


@router.get("/api/agency/dispatches/{dispatch_id}/field")
async def thread(request: Request, viewer: Agent, dispatch_id: UUID) -> dict[str, Any]:
    return await field_desk.thread(services_of(request), viewer, Part("dispatch", dispatch_id))


@router.get("/api/agency/requests/{request_id}/field")
async def thread_of_request(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    return await field_desk.thread(services_of(request), viewer, Part("request", request_id))


@router.post("/api/agency/dispatches/{dispatch_id}/field/messages", status_code=201)
async def say(request: Request, viewer: Agent, dispatch_id: UUID, body: Said) -> dict[str, Any]:
    return await field_desk.say(services_of(request), viewer, Part("dispatch", dispatch_id), body.text)


@router.post("/api/agency/requests/{request_id}/field/messages", status_code=201)
async def say_of_request(request: Request, viewer: Agent, request_id: UUID, body: Asked) -> dict[str, Any]:
    """Words, or by `asks` what more the center should do: a photo, the way of escape, evidence."""
    return await field_desk.say(services_of(request), viewer, Part("request", request_id), body.text, body.asks)


@router.get("/api/agency/requests/{request_id}/stills/{still_id}")
async def still_of_request(request: Request, viewer: Agent, request_id: UUID, still_id: UUID) -> Response:
    jpeg = await field_desk.still(services_of(request), viewer, Part("request", request_id), still_id)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/api/respond/{link}/step")
async def step(request: Request, link: str, body: StepBody) -> dict[str, Any]:
    if not same_origin(request):
        raise foreign_page()
    cookie = request.cookies.get(COOKIE, "")
    return await field_desk.step(services_of(request), link, body.step, cookie=cookie)


@router.post("/api/respond/{link}/unit")
async def stand_at(request: Request, link: str, body: Standing) -> dict[str, Any]:
    if not same_origin(request):
        raise foreign_page()
    cookie = request.cookies.get(COOKIE, "")
    return await field_desk.stand_at(services_of(request), link, cookie=cookie, lat=body.lat, lon=body.lon)
