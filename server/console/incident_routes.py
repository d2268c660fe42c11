"""One incident with everything that hangs on it, and the operator's commands over HTTP (twins of the WebSocket's)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.cameras.service import as_they_are, chosen
from server.connection import services_of
from server.console import commands
from server.incidents import service
from server.incidents.cards import load_cards
from server.places import show_place, without_place
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("incidents.read"))]
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Looker = Annotated[Viewer, Depends(permitted("video.view"))]
Requester = Annotated[Viewer, Depends(permitted("dispatch.request"))]


class DispatchBody(BaseModel):
    agency: str = Field(max_length=40)
    legal_basis: str = Field(default="", max_length=80)
    note: str = Field(default="", max_length=2000)


class CloseBody(BaseModel):
    disposition: str = Field(max_length=40)
    note: str = Field(default="", max_length=2000)


class TextBody(BaseModel):
    text: str = Field(default="", max_length=2000)


class ReasonBody(BaseModel):
    reason: str = Field(min_length=1, max_length=2000)


class ViewBody(BaseModel):
    quality: Literal["sub", "main"] = "sub"


class MergeBody(BaseModel):
    into: UUID


class LinkBody(BaseModel):
    with_: UUID = Field(alias="with")


class SplitBody(BaseModel):
    alert_id: UUID


@router.get("/api/incidents/{incident_id}")
async def read(request: Request, viewer: Reader, incident_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        cards = await load_cards(unit, [incident_id])
        if incident_id not in cards:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        place = await show_place(unit, viewer, incident_id, now=services.clock())
        details = await service.details(unit, incident_id)
        if place is None:  # no release row, no place: neither a track nor what else says where she is
            told = {"incident": cards[incident_id], "timeline": details["timeline"]}
            return {**without_place(told), "track": [], "cameras": []}
        return {
            "incident": cards[incident_id] | {"position": place.position},
            **details,
            "cameras": await as_they_are(unit, await chosen(unit, incident_id)),
        }


@router.post("/api/incidents/{incident_id}/acknowledge")
async def acknowledge(request: Request, viewer: Worker, incident_id: UUID) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "acknowledge", incident_id)


@router.post("/api/incidents/{incident_id}/verify")
async def verify(request: Request, viewer: Worker, incident_id: UUID, body: TextBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "verify", incident_id, body.model_dump())


@router.post("/api/incidents/{incident_id}/dispatch")
async def dispatch(request: Request, viewer: Requester, incident_id: UUID, body: DispatchBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "dispatch", incident_id, body.model_dump())


@router.post("/api/incidents/{incident_id}/close")
async def close(request: Request, viewer: Worker, incident_id: UUID, body: CloseBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "close", incident_id, body.model_dump())


@router.post("/api/incidents/{incident_id}/reopen")
async def reopen(request: Request, viewer: Worker, incident_id: UUID, body: ReasonBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "reopen", incident_id, body.model_dump())


@router.post("/api/incidents/{incident_id}/note")
async def note(request: Request, viewer: Worker, incident_id: UUID, body: TextBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "note", incident_id, body.model_dump())


@router.post("/api/incidents/{incident_id}/open")
async def open_(request: Request, viewer: Looker, incident_id: UUID) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "open", incident_id)


@router.post("/api/incidents/{incident_id}/cameras/{camera_id}/view")
async def view(request: Request, viewer: Looker, incident_id: UUID, camera_id: str, body: ViewBody) -> dict[str, Any]:
    args = {"camera_id": camera_id, "quality": body.quality}
    return await commands.run(services_of(request), viewer, "view", incident_id, args)


@router.post("/api/incidents/{incident_id}/merge")
async def merge(request: Request, viewer: Worker, incident_id: UUID, body: MergeBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "merge", incident_id, body.model_dump())


@router.post("/api/incidents/{incident_id}/link")
async def link(request: Request, viewer: Worker, incident_id: UUID, body: LinkBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "link", incident_id, body.model_dump(by_alias=True))


@router.post("/api/incidents/{incident_id}/unlink")
async def unlink(request: Request, viewer: Worker, incident_id: UUID, body: LinkBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "unlink", incident_id, body.model_dump(by_alias=True))


@router.post("/api/incidents/{incident_id}/split")
async def split(request: Request, viewer: Worker, incident_id: UUID, body: SplitBody) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, "split", incident_id, body.model_dump())
