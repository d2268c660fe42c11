"""Talking with the person: lines, calls, and the public catalogue of what can be said by a code."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from server.connection import services_of
from server.features.routes import needs_feature
from server.staff.model import Viewer
from server.staff.routes import permitted
from server.talk import calls, phrases, service

router = APIRouter()
Talker = Annotated[Viewer, Depends(permitted("talk"))]
Writer = Annotated[Viewer, Depends(needs_feature("talk", permitted("talk")))]
Caller = Annotated[Viewer, Depends(needs_feature("voice", permitted("talk")))]


class SayBody(BaseModel):
    kind: Literal["text", "quick", "tap", "phrase"] = "text"
    code: str = Field(default="", max_length=80)
    text: str = Field(default="", max_length=4000)
    language: str = Field(default="ko", max_length=20)
    ref: str = Field(default="", max_length=80)


class CallBody(BaseModel):
    confirm_loud: bool = False
    record: bool = False


class EndBody(BaseModel):
    outcome: Literal["answered", "no_answer", "busy"] = "answered"


@router.get("/api/phrases")
async def read_phrases(request: Request, response: Response) -> Any:
    """Everybody's: phones keep it, so that quick replies are there without a network."""
    tag = f'"{phrases.edition()}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "public, max-age=3600"
    return phrases.catalogue()


@router.get("/api/incidents/{incident_id}/talk")
async def read_talk(request: Request, viewer: Talker, incident_id: UUID) -> dict[str, Any]:
    return await service.talk(services_of(request), viewer, incident_id)


@router.post("/api/incidents/{incident_id}/say")
async def say(request: Request, viewer: Writer, incident_id: UUID, body: SayBody) -> dict[str, Any]:
    return await service.say(services_of(request), viewer, incident_id, **body.model_dump())


@router.post("/api/incidents/{incident_id}/ask_call")
async def ask_call(request: Request, viewer: Writer, incident_id: UUID) -> dict[str, Any]:
    return await calls.ask_call(services_of(request), viewer, incident_id)


@router.post("/api/incidents/{incident_id}/call")
async def call(request: Request, viewer: Caller, incident_id: UUID, body: CallBody) -> dict[str, Any]:
    services = services_of(request)
    loud, record = body.confirm_loud, body.record
    return await calls.call(services, viewer, incident_id, confirm_loud=loud, wants_record=record)


@router.post("/api/calls/{call_id}/end")
async def end_call(request: Request, viewer: Talker, call_id: UUID, body: EndBody) -> dict[str, Any]:
    return await calls.end_call(services_of(request), viewer, call_id, outcome=body.outcome)
