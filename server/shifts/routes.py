"""Beginning and ending a shift, who is on shift, and the shift leader's view, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from server.connection import services_of
from server.shifts import service
from server.shifts.checking import Check
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Supervisor = Annotated[Viewer, Depends(permitted("incidents.supervise"))]


class StartBody(BaseModel):
    check: Check | None = None


class EndBody(BaseModel):
    hand_to: UUID | None = None
    note: str = Field(default="", max_length=2000)


@router.post("/api/shift/start")
async def start(request: Request, viewer: Worker, body: StartBody | None = None) -> dict[str, Any]:
    """Answers with the note that the shift before has left, and with what failed of the check."""
    return await service.start(services_of(request), viewer, body.check if body else None)


@router.post("/api/shift/end")
async def end(request: Request, viewer: Worker, body: EndBody) -> dict[str, Any]:
    note = body.note.replace("\x00", "").strip()
    return await service.end(services_of(request), viewer, hand_to=body.hand_to, note=note)


@router.get("/api/shift")
async def who(request: Request, viewer: Worker) -> dict[str, Any]:
    return {"operators": await service.on_shift(services_of(request), viewer)}


@router.get("/api/supervision")
async def supervision(request: Request, viewer: Supervisor) -> dict[str, Any]:
    return await service.supervision(services_of(request), viewer)
