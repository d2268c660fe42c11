"""Requests over HTTP for people: the operator's decision, and the agency's own desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.cameras.service import open_cameras
from server.connection import services_of
from server.dispatch import asks
from server.gate import MOST_REASON, Refused, Wish, ask
from server.incidents import service as incidents
from server.incidents.cards import position_json
from server.incidents.codes import listed
from server.request_body import body_of
from server.requests import deciding, lending, moving, reading, service
from server.requests import refused as refused_calls
from server.requests.model import REJECT_REASONS
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Manager = Annotated[Viewer, Depends(permitted("agreements.manage"))]
Unmasker = Annotated[Viewer, Depends(permitted("identity.unmask"))]
PATH = "/api/incidents/{incident_id}/requests"


class RejectBody(BaseModel):
    reason: str = Field(max_length=40)
    note: str = Field(default="", max_length=2000)


class ExtendBody(BaseModel):
    minutes: int = Field(ge=1, le=240)


class AskRefusal(BaseModel):
    reason: str = Field(max_length=40)


class RevealBody(BaseModel):
    reason: str = Field(min_length=2, max_length=MOST_REASON)


@router.get(PATH)
async def listed_requests(request: Request, response: Response, viewer: Worker, incident_id: UUID) -> dict[str, Any]:
    """Who asks, on which ground, what for; `reasons` are those of a rejection."""
    response.headers["Cache-Control"] = "no-store"
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        if await incidents.find(unit, incident_id) is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        rows = await service.of_incident(unit, incident_id)
        lent = await lending.of_incident(unit, services, incident_id)
        more = await asks.of_requests(unit, [row["request_id"] for row in rows])
    cards = [
        reading.card(services, row)
        | {"cameras": lent.get(row["request_id"], []), "asks": more.get((row["request_id"], row["center_id"]), [])}
        for row in rows
    ]
    return {"requests": cards, "reasons": listed(REJECT_REASONS), "ask_reasons": listed(asks.REFUSALS)}


@router.post(PATH + "/{request_id}/accept")
async def accept(request: Request, viewer: Worker, incident_id: UUID, request_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    return {"request": reading.card(services, await deciding.accept(services, viewer, incident_id, request_id))}


@router.post(PATH + "/{request_id}/reject")
async def reject(
    request: Request, viewer: Worker, incident_id: UUID, request_id: UUID, body: RejectBody
) -> dict[str, Any]:
    services, note = services_of(request), body.note.replace("\x00", "").strip()
    row = await deciding.reject(services, viewer, incident_id, request_id, reason=body.reason, note=note)
    return {"request": reading.card(services, row)}


@router.post(PATH + "/{request_id}/extend")
async def extend(
    request: Request, viewer: Worker, incident_id: UUID, request_id: UUID, body: ExtendBody
) -> dict[str, Any]:
    services = services_of(request)
    row = await deciding.extend(services, viewer, incident_id, request_id, minutes=body.minutes)
    return {"request": reading.card(services, row)}


@router.post(PATH + "/{request_id}/asks/{ask_id}/answer")
async def answer_ask(
    request: Request, viewer: Worker, incident_id: UUID, request_id: UUID, ask_id: UUID
) -> dict[str, Any]:
    """`{"ask"}`: what the agency asked for more was answered in words or by telephone."""
    return {"ask": await asks.decide(services_of(request), viewer, incident_id, request_id, ask_id)}


@router.post(PATH + "/{request_id}/asks/{ask_id}/refuse")
async def refuse_ask(
    request: Request, viewer: Worker, incident_id: UUID, request_id: UUID, ask_id: UUID, body: AskRefusal
) -> dict[str, Any]:
    """`{"ask"}`; 422 `unknown_reason` with `codes`."""
    told = await asks.decide(services_of(request), viewer, incident_id, request_id, ask_id, reason=body.reason)
    return {"ask": told}


@router.post(PATH + "/{request_id}/reveal")
async def reveal(
    request: Request, response: Response, viewer: Unmasker, incident_id: UUID, request_id: UUID, body: RevealBody
) -> dict[str, Any]:
    """The subject with names and numbers in full: kind `identity`, with a reason on record."""
    response.headers["Cache-Control"] = "no-store"
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await service.of_incident(unit, incident_id)
        row = next((one for one in rows if one["request_id"] == request_id), None)
        if row is None:
            raise deciding.unknown()
        detail = {"fields": ["subject"], "request_id": str(request_id)}
        answer = await ask(
            unit, viewer, Wish("identity", incident_id, reason=body.reason, detail=detail), now=services.clock()
        )
    if isinstance(answer, Refused):
        raise answer
    return {"subject": body_of(services, row)["subject"], "release_id": str(answer[0])}


@router.get("/api/agency/requests")
async def own(request: Request, response: Response, viewer: Agent) -> dict[str, Any]:
    """The agency's own, newest first: with the time left, its terms, and what was shown to its desks."""
    response.headers["Cache-Control"] = "no-store"
    services = services_of(request)
    async with services.db.begin() as unit:
        cards = await reading.of_agency(unit, services, _agency(viewer))
        return {"requests": [card | {"position": await place(unit, services, viewer, card)} for card in cards]}


async def place(unit: Unit, services: Services, viewer: Viewer, card: dict[str, Any]) -> dict[str, Any] | None:
    """Where the request's person is now, behind a release of this desk; None where the agreement does not open it."""
    if not (card["seconds_left"] and card["agreement"]["may"]["position"]):
        return None
    incident_id = UUID(card["incident_id"])
    answer = await ask(unit, viewer, Wish("position", incident_id), now=services.clock())
    if isinstance(answer, Refused):
        return None
    # of its own alert, whoever else is in the incident
    found = await moving.place_of(unit, UUID(card["request_id"]), incident_id)
    return position_json(found) if found else None


@router.post("/api/agency/requests/{request_id}/video")
async def video(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    """Tickets for the cameras of an accepted request, through the release gate."""
    services = services_of(request)
    async with services.db.begin() as unit:
        rows = await unit.all(
            "SELECT incident_id FROM agency_request WHERE request_id = :id AND agency_id = :agency"
            " AND incident_id IS NOT NULL ORDER BY state = 'accepted' DESC, received_at DESC LIMIT 1",
            {"id": request_id, "agency": _agency(viewer)},
        )
    if not rows:
        raise deciding.unknown()
    return {"cameras": await open_cameras(services, viewer, rows[0]["incident_id"])}


@router.get("/api/agency-refusals")
async def refused(request: Request, viewer: Manager) -> dict[str, Any]:
    """What was not taken, newest first: of the viewer's centers, and at the door that all share."""
    return {"refusals": await refused_calls.listed(services_of(request), viewer.scope)}


def _agency(viewer: Viewer) -> str:
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    return viewer.agency.agency_id
