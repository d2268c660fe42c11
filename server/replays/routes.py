"""Fetching a span from a camera's own recorder into an incident's recordings."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.gate import MOST_REASON
from server.recordings.service import Asked, require_known
from server.replays import service
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Looker = Annotated[Viewer, Depends(permitted("video.view"))]


class FetchBody(BaseModel):
    camera_id: str = Field(min_length=1, max_length=200)
    from_at: AwareDatetime
    until_at: AwareDatetime
    reason: str = Field(default="", max_length=MOST_REASON)
    recording: str = Field(default="", max_length=200)


@router.post("/api/incidents/{incident_id}/recordings/fetch", status_code=202)
async def fetch(
    request: Request, response: Response, viewer: Looker, incident_id: UUID, body: FetchBody
) -> dict[str, Any]:
    """202 with the fetch; 200 with null when nothing of the span is missing."""
    services = services_of(request)
    await require_known(services, viewer, incident_id)
    asked = Asked(body.camera_id, body.from_at, body.until_at, body.reason)
    found = await service.ask_fetch(services, viewer, incident_id, asked, body.recording)
    response.status_code = 200 if found is None else 202
    return {"fetch": found}


@router.get("/api/incidents/{incident_id}/recordings/fetch")
async def listed(request: Request, viewer: Looker, incident_id: UUID) -> dict[str, Any]:
    """How far each fetch of the incident is; no picture."""
    return {"fetches": await service.fetches(services_of(request), viewer, incident_id)}
