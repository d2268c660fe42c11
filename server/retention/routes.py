"""Retention for administrators and the privacy officer: policies, what would go when, proofs, legal holds."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from server.connection import services_of
from server.retention import preview as looking
from server.retention import proofs, service
from server.retention.model import EVERY_CENTER
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("retention.manage"))]
Holder = Annotated[Viewer, Depends(permitted("holds.manage"))]
Words = Annotated[str, Field(min_length=5, max_length=2000, pattern=r"\S")]


class Change(BaseModel):
    """Days of a kind. `center` `-` is the city's default; `days` null takes a center's own policy away."""

    model_config = ConfigDict(extra="forbid")
    kind: str = Field(max_length=40)
    center: str = Field(default=EVERY_CENTER, max_length=20)
    days: int | None = Field(ge=0, le=36_500)
    confirm: str = Field(default="", max_length=40)


class NewHold(BaseModel):
    """Exactly one of `incident_id` and `person_ref`."""

    model_config = ConfigDict(extra="forbid")
    incident_id: UUID | None = None
    person_ref: str | None = Field(default=None, min_length=1, max_length=80)
    reason: Words
    basis: str = Field(max_length=40)
    until: AwareDatetime

    @model_validator(mode="after")
    def _one_subject(self) -> NewHold:
        if (self.incident_id is None) == (self.person_ref is None):
            raise ValueError("give incident_id or person_ref, and not both")
        return self


class EndHold(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: Words


@router.get("/api/retention")
async def get_policies(request: Request, viewer: Manager) -> dict[str, Any]:
    return await service.listed(services_of(request), viewer)


@router.put("/api/retention")
async def put_policy(request: Request, body: Change, viewer: Manager) -> dict[str, Any]:
    """200 with the new version; 409 `confirm_change` with what would go and the word to confirm with."""
    services = services_of(request)
    kind = await service.checked(services, viewer, kind_name=body.kind, center=body.center)
    would_go = None
    if not body.confirm:
        would_go = await looking.would_go(services, kind=kind, center=body.center, days=body.days)
    return await service.change(
        services,
        viewer,
        kind_name=body.kind,
        center=body.center,
        days=body.days,
        confirm=body.confirm,
        would_go=would_go,
    )


@router.get("/api/retention/preview")
async def get_preview(
    request: Request,
    viewer: Manager,
    days: Annotated[int, Query(ge=1, le=400)] = looking.DAYS,
    kind: Annotated[str, Query(max_length=40)] = "",
) -> dict[str, Any]:
    services = services_of(request)
    one = None
    if kind:
        one = service.known_kind(kind)
    return await looking.preview(services, viewer, days=days, kind=one)


@router.get("/api/retention/proofs")
async def get_proofs(
    request: Request, viewer: Manager, since: Annotated[AwareDatetime | None, Query()] = None
) -> dict[str, Any]:
    return {"proofs": await proofs.listed(services_of(request), viewer, since=since)}


@router.get("/api/holds")
async def get_holds(request: Request, viewer: Holder, ended: bool = False) -> dict[str, Any]:
    """With the bases that a hold may stand on, and how many incidents are held now."""
    services = services_of(request)
    told = {"holds": await service.holds(services, viewer, ended=ended)}
    bases = {code: {"ko": ko, "en": en} for code, (ko, en) in service.HOLD_BASES.items()}
    return told | {"bases": bases, "incidents_held_now": await service.held_now(services, viewer)}


@router.post("/api/holds", status_code=201)
async def post_hold(request: Request, body: NewHold, viewer: Holder) -> dict[str, Any]:
    return await service.place_hold(
        services_of(request),
        viewer,
        incident_id=body.incident_id,
        person_ref=body.person_ref,
        reason=body.reason.strip(),
        basis=body.basis,
        until=body.until,
    )


@router.delete("/api/holds/{hold_id}")
async def delete_hold(request: Request, hold_id: UUID, body: EndHold, viewer: Holder) -> dict[str, Any]:
    return await service.end_hold(services_of(request), viewer, hold_id, reason=body.reason.strip())
