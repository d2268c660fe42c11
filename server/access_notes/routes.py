"""Access notes over HTTP: made and looked after by who works on incidents, read beside an incident."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from server.access_notes import model, service
from server.access_notes.model import Kind
from server.access_notes.service import Said
from server.connection import services_of
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Radius = Annotated[float, Field(ge=model.LEAST_RADIUS_M, le=model.MOST_RADIUS_M, allow_inf_nan=False)]


class NewNote(BaseModel):
    """`incident_id`: written while working on it, which the place belongs to."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    kind: Kind
    text: str = Field(min_length=1, max_length=model.LONGEST_TEXT)
    radius_m: Radius = model.USUAL_RADIUS_M
    valid_until: AwareDatetime | None = None
    incident_id: UUID | None = None


class Change(BaseModel):
    kind: Kind | None = None
    text: str | None = Field(default=None, min_length=1, max_length=model.LONGEST_TEXT)
    radius_m: Radius | None = None
    valid_until: AwareDatetime | None = None


@router.get("/api/access_notes")
async def listed(request: Request, viewer: Worker) -> dict[str, Any]:
    """To look after them: where, what kind, until when; not what they say."""
    return {"access_notes": await service.listed(services_of(request), viewer)}


@router.post("/api/access_notes", status_code=201)
async def make(request: Request, viewer: Worker, body: NewNote) -> dict[str, Any]:
    said = Said(body.kind, body.text, body.radius_m, body.valid_until)
    place: dict[str, Any] = {"lat": body.lat, "lon": body.lon, "incident_id": body.incident_id}
    return await service.make(services_of(request), viewer, said, **place)


@router.put("/api/access_notes/{access_note_id}")
async def change(request: Request, viewer: Worker, access_note_id: UUID, body: Change) -> dict[str, Any]:
    said = Said(body.kind, body.text, body.radius_m, body.valid_until)
    return await service.change(services_of(request), viewer, access_note_id, said)


@router.delete("/api/access_notes/{access_note_id}")
async def end(request: Request, viewer: Worker, access_note_id: UUID) -> dict[str, Any]:
    return await service.end(services_of(request), viewer, access_note_id)


@router.post("/api/access_notes/{access_note_id}/restore")
async def restore(request: Request, viewer: Worker, access_note_id: UUID) -> dict[str, Any]:
    return await service.restore(services_of(request), viewer, access_note_id)


@router.get("/api/incidents/{incident_id}/access_notes")
async def beside(request: Request, viewer: Worker, incident_id: UUID, response: Response) -> dict[str, Any]:
    """With their words, nearest first; a line of the record says who was shown them."""
    response.headers["Cache-Control"] = "no-store"
    return {"access_notes": await service.beside(services_of(request), viewer, incident_id)}
