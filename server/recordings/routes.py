"""Recordings of an incident: what there is, and opening a piece of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.gate import MOST_REASON
from server.recordings import service
from server.recordings.service import Asked
from server.staff.model import Viewer
from server.staff.routes import AnyViewer, permitted

router = APIRouter()
Looker = Annotated[Viewer, Depends(permitted("video.view"))]


class PieceBody(BaseModel):
    camera_id: str = Field(min_length=1, max_length=200)
    from_at: AwareDatetime
    until_at: AwareDatetime
    reason: str = Field(default="", max_length=MOST_REASON)
    legal_basis: str | None = Field(default=None, max_length=80)

    def asked(self) -> Asked:
        moments: tuple[datetime, datetime] = (self.from_at, self.until_at)
        return Asked(self.camera_id, *moments, self.reason, self.legal_basis)


@router.get("/api/incidents/{incident_id}/recordings")
async def recordings(request: Request, viewer: Looker, incident_id: UUID) -> dict[str, Any]:
    """Per camera what is there, what is missing, until when it is kept; no picture."""
    return {"recordings": await service.listed(services_of(request), viewer, incident_id)}


@router.post("/api/incidents/{incident_id}/recordings")
async def open_(request: Request, viewer: AnyViewer, incident_id: UUID, body: PieceBody) -> dict[str, Any]:
    """Staff by role and with a reason, agents by their agreement: the gate decides."""
    services = services_of(request)
    await service.require_known(services, viewer, incident_id)
    return await service.open_recording(services, viewer, incident_id, body.asked())
