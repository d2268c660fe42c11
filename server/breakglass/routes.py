"""Break-glass over HTTP: who asks, who agrees, what it shows, who reviews."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StringConstraints

from server.breakglass import service
from server.breakglass.model import Verdict
from server.cameras.service import chosen, open_cameras
from server.connection import services_of
from server.gate import Refused, Wish
from server.gate import ask as ask_gate
from server.incidents.cards import load_cards
from server.incidents.service import details
from server.services import Services
from server.staff.model import Viewer
from server.staff.routes import AnyViewer, permitted

router = APIRouter()
Asker = Annotated[Viewer, Depends(permitted("breakglass.request"))]
Second = Annotated[Viewer, Depends(permitted("breakglass.approve"))]
Reviewer = Annotated[Viewer, Depends(permitted("misuse.review"))]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class Request_(BaseModel):
    center: str = Field(max_length=20)
    incident_id: UUID | None = None
    reason: Reason
    basis: str = Field(default="pipa-18-2-3", max_length=40)


class Renewal(BaseModel):
    reason: Reason


class Choice(BaseModel):
    incident_id: UUID


class View(BaseModel):
    camera_id: str | None = Field(default=None, max_length=200)
    quality: Literal["sub", "main"] = "sub"


class Review(BaseModel):
    verdict: Verdict
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


State = Literal["asked", "open", "unreviewed", "all"]


@router.post("/api/breakglass", status_code=201)
async def ask(request: Request, viewer: Asker, body: Request_) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await service.ask(unit, services, viewer, **body.model_dump())
    return {"breakglass": _card(services, row)}


@router.get("/api/breakglass")
async def list_(request: Request, viewer: AnyViewer, state: State = "all") -> dict[str, Any]:
    """One's own; for who approves or reviews also those asked at, or about, the own desk."""
    services = services_of(request)
    async with services.db.begin() as unit:
        rows = await service.listed(unit, viewer)
    cards = [_card(services, row) for row in rows]
    wanted = {"unreviewed": lambda card: card["needs_review"], "all": lambda card: True}
    keep = wanted.get(state, lambda card: card["state"] == state)
    return {"breakglass": [card for card in cards if keep(card)]}


@router.post("/api/breakglass/{breakglass_id}/approve")
async def approve(request: Request, viewer: Second, breakglass_id: UUID) -> dict[str, Any]:
    return await _decide(request, viewer, breakglass_id, approve=True)


@router.post("/api/breakglass/{breakglass_id}/decline")
async def decline(request: Request, viewer: Second, breakglass_id: UUID) -> dict[str, Any]:
    return await _decide(request, viewer, breakglass_id, approve=False)


async def _decide(request: Request, viewer: Viewer, breakglass_id: UUID, *, approve: bool) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await service.decide(unit, services, viewer, breakglass_id, approve=approve)
    return {"breakglass": _card(services, row)}


@router.get("/api/breakglass/{breakglass_id}/incidents")
async def incidents(request: Request, viewer: Asker, breakglass_id: UUID) -> dict[str, Any]:
    """What there is to choose from, when no incident was named."""
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"incidents": await service.to_choose_from(unit, services, viewer, breakglass_id)}


@router.post("/api/breakglass/{breakglass_id}/choose")
async def choose(request: Request, viewer: Asker, breakglass_id: UUID, body: Choice) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await service.choose(unit, services, viewer, breakglass_id, body.incident_id)
    return {"breakglass": _card(services, row)}


@router.get("/api/breakglass/{breakglass_id}/incident")
async def incident(request: Request, viewer: Asker, breakglass_id: UUID) -> dict[str, Any]:
    """The incident as it stands, with where the person is: a release row that names this break-glass. No command."""
    services = services_of(request)
    incident_id, basis = await _opened(services, viewer, breakglass_id)
    async with services.db.begin() as unit:
        wish = Wish("position", incident_id, legal_basis=basis)
        answer = await ask_gate(unit, viewer, wish, now=services.clock())
        shown: dict[str, Any] = {}
        if not isinstance(answer, Refused):
            cards = await load_cards(unit, [incident_id])
            told = await details(unit, incident_id)
            shown = {"incident": cards[incident_id], "track": told["track"], "cameras": await chosen(unit, incident_id)}
    if isinstance(answer, Refused):
        raise answer
    return shown


@router.post("/api/breakglass/{breakglass_id}/open")
async def open_(request: Request, viewer: Asker, breakglass_id: UUID, body: View | None = None) -> dict[str, Any]:
    """The incident's cameras, or one of them."""
    services, body = services_of(request), body or View()
    incident_id, basis = await _opened(services, viewer, breakglass_id)
    tickets = await open_cameras(
        services, viewer, incident_id, camera_id=body.camera_id, quality=body.quality, legal_basis=basis
    )
    return {"cameras": tickets}


@router.post("/api/breakglass/{breakglass_id}/renew", status_code=201)
async def renew(request: Request, viewer: Asker, breakglass_id: UUID, body: Renewal) -> dict[str, Any]:
    """Asks for another half hour; a second person has to agree again."""
    services = services_of(request)
    async with services.db.begin() as unit:
        before = await service.own(unit, viewer, breakglass_id)
        row = await service.ask(
            unit,
            services,
            viewer,
            center=before["center_id"],
            incident_id=before["incident_id"],
            reason=body.reason,
            basis=before["basis"],
            renews=breakglass_id,
        )
    return {"breakglass": _card(services, row)}


@router.post("/api/breakglass/{breakglass_id}/end")
async def end(request: Request, viewer: AnyViewer, breakglass_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await service.stop(unit, services, viewer, breakglass_id)
    return {"breakglass": _card(services, row)}


@router.post("/api/breakglass/{breakglass_id}/review")
async def review(request: Request, viewer: Reviewer, breakglass_id: UUID, body: Review) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        row = await service.review(unit, services, viewer, breakglass_id, verdict=body.verdict, note=body.note)
    return {"breakglass": _card(services, row)}


async def _opened(services: Services, viewer: Viewer, breakglass_id: UUID) -> tuple[UUID, str]:
    """Which incident it opens, and on which ground; 409 `not_open`. The gate decides once more."""
    async with services.db.begin() as unit:
        row = await service.own(unit, viewer, breakglass_id)
    if row["incident_id"] is None or service.of_row(row).state(services.clock()) != "open":
        raise service.not_open()
    return row["incident_id"], row["basis"]


def _card(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """The contract's BreakGlassCard."""
    one, now = service.of_row(row), services.clock()
    names = ("breakglass_id", "incident_id", "basis", "requested_at", "renews", "decided_by", "decided_at", "ends_at")
    due = one.review_due_at()
    key = f"breakglass.reason:{row['breakglass_id']}"
    return {name: row[name] for name in names} | {
        "center": row["center_id"],
        "by": {"account_id": row["account_id"], "login": row["login"], "desk": row["desk"]},
        "reason": services.sealer.open(row["reason_sealed"], context=key),
        "state": one.state(now),
        "needs_review": one.needs_review,
        "review_due_at": due,
        "review_overdue": one.needs_review and due is not None and now >= due,
        "verdict": row["verdict"],
    }
