"""Working on an incident over HTTP (twins of the WebSocket's commands), opening one, and looking for closed ones."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.console import commands
from server.console.closed import search_closed
from server.console.observed import Sighting, open_sighting
from server.features.routes import needs_feature
from server.incidents.cards import Search
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Finder = Annotated[Viewer, Depends(needs_feature("observed_incidents", permitted("incidents.work")))]
Trainer = Annotated[Viewer, Depends(needs_feature("exercises", permitted("incidents.supervise")))]
Searcher = Annotated[Viewer, Depends(permitted("closed.search"))]
Code = Annotated[str, Field(max_length=40)]
Words = Annotated[str, Field(max_length=2000)]


class SightingBody(BaseModel):
    type: Code = "observed"
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    camera_id: str | None = Field(default=None, max_length=80)
    note: Words = ""

    def sighting(self) -> Sighting:
        return Sighting(self.type, self.lat, self.lon, self.camera_id, self.note.replace("\x00", "").strip())


class ClassifyBody(BaseModel):
    type: Code
    grave: bool = False


class ContactedBody(BaseModel):
    how: Code
    text: Words = ""


class HandOverBody(BaseModel):
    to: UUID
    reason: Words = ""


class WordsBody(BaseModel):
    reason: Words = ""


class ReasonBody(BaseModel):
    reason: str = Field(min_length=1, max_length=2000)


class LaterBody(BaseModel):
    minutes: int = Field(ge=1, le=240)


class Query(BaseModel):
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    type: Code | None = None
    disposition: Code | None = None
    center: Code | None = None

    def search(self) -> Search:
        since: datetime | None = self.since
        return Search(since, self.until, self.type, self.disposition, self.center)


class SearchBody(BaseModel):
    reason: str = Field(min_length=1, max_length=500)
    q: Query = Field(default_factory=Query)
    legal_basis: str | None = Field(default=None, max_length=40)


@router.post("/api/incidents", status_code=201)
async def open_observed(request: Request, viewer: Finder, body: SightingBody) -> dict[str, Any]:
    return await open_sighting(services_of(request), viewer, body.sighting(), "observed")


@router.post("/api/incidents/exercise", status_code=201)
async def open_exercise(request: Request, viewer: Trainer, body: SightingBody) -> dict[str, Any]:
    return await open_sighting(services_of(request), viewer, body.sighting(), "exercise")


@router.post("/api/incidents/search")
async def search(request: Request, viewer: Searcher, body: SearchBody) -> dict[str, Any]:
    """Closed incidents, newest first, at most 200; the search itself is a release with its reason."""
    found = await search_closed(
        services_of(request), viewer, body.q.search(), reason=body.reason, legal_basis=body.legal_basis
    )
    return {"incidents": found}


async def _run(
    request: Request, viewer: Viewer, name: str, incident_id: UUID, body: BaseModel | None
) -> dict[str, Any]:
    return await commands.run(services_of(request), viewer, name, incident_id, body.model_dump() if body else {})


@router.post("/api/incidents/{incident_id}/classify")
async def classify(request: Request, viewer: Worker, incident_id: UUID, body: ClassifyBody) -> dict[str, Any]:
    return await _run(request, viewer, "classify", incident_id, body)


@router.post("/api/incidents/{incident_id}/contacted")
async def contacted(request: Request, viewer: Worker, incident_id: UUID, body: ContactedBody) -> dict[str, Any]:
    return await _run(request, viewer, "contacted", incident_id, body)


@router.post("/api/incidents/{incident_id}/hand_over")
async def hand_over(request: Request, viewer: Worker, incident_id: UUID, body: HandOverBody) -> dict[str, Any]:
    return await _run(request, viewer, "hand_over", incident_id, body)


@router.post("/api/incidents/{incident_id}/accept_handover")
async def accept_handover(request: Request, viewer: Worker, incident_id: UUID) -> dict[str, Any]:
    return await _run(request, viewer, "accept_handover", incident_id, None)


@router.post("/api/incidents/{incident_id}/decline_handover")
async def decline_handover(request: Request, viewer: Worker, incident_id: UUID, body: WordsBody) -> dict[str, Any]:
    return await _run(request, viewer, "decline_handover", incident_id, body)


@router.post("/api/incidents/{incident_id}/take_over")
async def take_over(request: Request, viewer: Worker, incident_id: UUID, body: ReasonBody) -> dict[str, Any]:
    return await _run(request, viewer, "take_over", incident_id, body)


@router.post("/api/incidents/{incident_id}/release_claim")
async def release_claim(request: Request, viewer: Worker, incident_id: UUID, body: ReasonBody) -> dict[str, Any]:
    return await _run(request, viewer, "release_claim", incident_id, body)


@router.post("/api/incidents/{incident_id}/remind_later")
async def remind_later(request: Request, viewer: Worker, incident_id: UUID, body: LaterBody) -> dict[str, Any]:
    return await _run(request, viewer, "remind_later", incident_id, body)
