"""Second sources over HTTP: told by who works on the incident, or by an agency that was sent to it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.second_sources import model, service
from server.second_sources.model import SourceKind
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]


class SourceEntry(BaseModel):
    """`entry_id` is made by the sender: the same one twice is one place. `source_id` continues a track."""

    entry_id: UUID
    source_id: UUID | None = None
    kind: SourceKind
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    radius_m: float = Field(
        default=model.USUAL_RADIUS_M, ge=model.LEAST_RADIUS_M, le=model.MOST_RADIUS_M, allow_inf_nan=False
    )
    fixed_at: AwareDatetime
    label: str = Field(default="", max_length=model.LONGEST_LABEL)
    reference: str = Field(default="", max_length=model.LONGEST_REFERENCE)

    def entry(self) -> service.Entry:
        words = (self.label.replace("\x00", "").strip(), self.reference.replace("\x00", "").strip())
        said = model.Said(self.kind, self.lat, self.lon, self.radius_m, self.fixed_at, *words)
        return service.Entry(self.entry_id, said, self.source_id)


@router.get("/api/incidents/{incident_id}/sources")
async def listed(request: Request, viewer: Worker, incident_id: UUID, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return {"sources": await service.listed(services_of(request), viewer, incident_id)}


@router.post("/api/incidents/{incident_id}/sources", status_code=201)
async def tell(request: Request, viewer: Worker, incident_id: UUID, body: SourceEntry) -> dict[str, Any]:
    return {"source": await service.tell(services_of(request), viewer, incident_id, body.entry())}


@router.delete("/api/incidents/{incident_id}/sources/{entry_id}")
async def withdraw(request: Request, viewer: Worker, incident_id: UUID, entry_id: UUID) -> dict[str, Any]:
    return await service.withdraw(services_of(request), viewer, incident_id, entry_id)


@router.post("/api/incidents/{incident_id}/sources/{entry_id}/restore")
async def restore(request: Request, viewer: Worker, incident_id: UUID, entry_id: UUID) -> dict[str, Any]:
    return await service.withdraw(services_of(request), viewer, incident_id, entry_id, undo=True)


@router.post("/api/agency/dispatches/{dispatch_id}/sources", status_code=201)
async def tell_by_agency(request: Request, viewer: Agent, dispatch_id: UUID, body: SourceEntry) -> dict[str, Any]:
    """Of the place itself nothing comes back: an agency is shown places by its agreement only."""
    return {"source": await service.tell_by_agency(services_of(request), viewer, dispatch_id, body.entry())}
