"""Agencies and agreements over HTTP, for who may `agreements.manage`. Rows of other centers are 404."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from location_router.runtime.problems import Problem
from server.agencies import registry
from server.agencies.model import BASES, TRIGGERS, agreement_from_row
from server.connection import services_of
from server.events import record_admin
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("agreements.manage"))]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Codes = Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=20)]


def _of_this_age(at: datetime) -> datetime:
    if not 2000 <= at.year < 2200:
        raise ValueError("a year from 2000 to 2199")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_of_this_age)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Areas = Annotated[dict[str, Any] | None, Field(description="GeoJSON MultiPolygon; null: the center's whole area")]
Networks = Annotated[
    list[Annotated[str, StringConstraints(max_length=64)]],
    Field(max_length=50, description="networks (CIDR) in which cameras may stand that it lends"),
]
NULL_SAYS = ("ends_at", "areas", "plate_quiet_s")


class NewAgreement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    center: str | None = Field(default=None, max_length=20)
    desk: str | None = Field(default=None, max_length=40)
    agency_id: str = Field(max_length=80)
    triggers: Codes
    legal_bases: Codes
    may_view_live: bool = False
    may_view_recorded: bool = False
    may_view_still: bool = False
    may_see_position: bool = False
    may_see_identity: bool = False
    may_see_health: bool = False
    may_store: bool = False
    storage_days: int = Field(default=0, ge=0, le=3650)
    is_third_party: bool = True
    document: Text = ""
    notice_days: int = Field(default=0, ge=0, le=3650)
    starts_at: Instant
    ends_at: Instant | None = None
    auto_triggers: Codes = []
    verify_s: int = Field(default=60, ge=5, le=3600)
    max_minutes: int = Field(default=120, ge=1, le=1440)
    areas: Areas = None
    covers_firms: bool = False
    camera_networks: Networks = []
    plate_quiet_s: int | None = Field(default=None, ge=0, le=86400)


class Changes(BaseModel):
    """What is named changes; `version` is the one that was seen."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = None
    triggers: Codes | None = None
    legal_bases: Codes | None = None
    may_view_live: bool | None = None
    may_view_recorded: bool | None = None
    may_view_still: bool | None = None
    may_see_position: bool | None = None
    may_see_identity: bool | None = None
    may_see_health: bool | None = None
    may_store: bool | None = None
    storage_days: int | None = Field(default=None, ge=0, le=3650)
    is_third_party: bool | None = None
    document: Text | None = None
    notice_days: int | None = Field(default=None, ge=0, le=3650)
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    auto_triggers: Codes | None = None
    verify_s: int | None = Field(default=None, ge=5, le=3600)
    max_minutes: int | None = Field(default=None, ge=1, le=1440)
    areas: Areas = None
    covers_firms: bool | None = None
    camera_networks: Networks | None = None
    plate_quiet_s: int | None = Field(default=None, ge=0, le=86400)


class Suspension(BaseModel):
    reason: Reason


class Ending(BaseModel):
    reason: Reason
    at: Instant | None = None
    at_once: bool = False


class NewAgency(BaseModel):
    agency_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
    name_ko: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    name_en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


@router.get("/api/agencies")
async def agencies(request: Request, viewer: Manager) -> dict[str, Any]:
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        rows = await unit.all("SELECT agency_id, kind, name_ko, name_en FROM agency ORDER BY agency_id")
    return {"agencies": rows}


@router.post("/api/agencies", status_code=201)
async def add_agency(request: Request, viewer: Manager, body: NewAgency) -> dict[str, Any]:
    """An agency may nothing until there is an agreement with it."""
    async with services_of(request).db.begin() as unit:
        made = await unit.scalar(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:agency_id, :kind, :name_ko, :name_en)"
            " ON CONFLICT DO NOTHING RETURNING agency_id",
            body.model_dump(),
        )
        if made is None:
            ko, en = "이미 등록된 기관입니다.", "This agency is registered already."
            raise Problem(409, "known_agency", ko, en, agency_id=body.agency_id)
        record_admin(unit, tag="agreement:agency_added", actor=viewer.actor, payload=body.model_dump())
    return {"agency": body.model_dump()}


@router.get("/api/agreements")
async def agreements(
    request: Request,
    viewer: Manager,
    center: Annotated[str | None, Query(max_length=20)] = None,
    agency_id: Annotated[str | None, Query(max_length=80)] = None,
    as_of: Instant | None = None,
) -> dict[str, Any]:
    """All of the viewer's centers; with `as_of` the terms as they stood at that instant, each with `in_force`."""
    services = services_of(request)
    known = {
        "triggers": list(TRIGGERS),
        "legal_bases": {code: {"ko": ko, "en": en} for code, (ko, en) in BASES.items()},
    }
    async with services.db.begin(center=viewer.scope) as unit:
        if as_of is not None:
            return {"as_of": as_of, "agreements": await registry.as_of(unit, as_of, center=center, agency_id=agency_id)}
        rows = await registry.listed(unit, center=center, agency_id=agency_id)
    return {"agreements": [_card(row, services.clock()) for row in rows], "codes": known}


@router.post("/api/agreements", status_code=201)
async def conclude(request: Request, viewer: Manager, body: NewAgreement) -> dict[str, Any]:
    services = services_of(request)
    now = services.clock()
    terms = body.model_dump(exclude={"center", "desk", "agency_id"})
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await registry.conclude(
            unit, viewer, now, center=body.center, desk=body.desk, agency_id=body.agency_id, terms=terms
        )
    return {"agreements": [_card(row, now) for row in rows]}


@router.get("/api/agreements/{agreement_id}")
async def one(request: Request, viewer: Manager, agreement_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        row = await registry.find(unit, agreement_id)
        return {"agreement": _card(row, services.clock()), "history": await registry.history(unit, agreement_id)}


@router.patch("/api/agreements/{agreement_id}")
async def change(request: Request, viewer: Manager, agreement_id: UUID, body: Changes) -> dict[str, Any]:
    services = services_of(request)
    now = services.clock()
    terms = body.model_dump(exclude={"version"}, exclude_unset=True)
    # null means "no end" for the end, "everywhere" for the areas, the installation's own rest for plates, else nothing
    terms = {name: value for name, value in terms.items() if value is not None or name in NULL_SAYS}
    async with services.db.begin(center=viewer.scope) as unit:
        row = await registry.change(unit, viewer, now, agreement_id, version=body.version, terms=terms)
    return {"agreement": _card(row, now)}


@router.post("/api/agreements/{agreement_id}/suspend")
async def suspend(request: Request, viewer: Manager, agreement_id: UUID, body: Suspension) -> dict[str, Any]:
    services = services_of(request)
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await registry.suspend(unit, viewer, now, agreement_id, body.reason)
    return {"agreement": _card(row, now)}


@router.post("/api/agreements/{agreement_id}/resume")
async def resume(request: Request, viewer: Manager, agreement_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await registry.resume(unit, viewer, now, agreement_id)
    return {"agreement": _card(row, now)}


@router.post("/api/agreements/{agreement_id}/end")
async def end(request: Request, viewer: Manager, agreement_id: UUID, body: Ending) -> dict[str, Any]:
    services = services_of(request)
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await registry.end(unit, viewer, now, agreement_id, reason=body.reason, at=body.at, at_once=body.at_once)
    return {"agreement": _card(row, now)}


def _card(row: dict[str, Any], now: Any) -> dict[str, Any]:
    """The contract's AgreementCard."""
    names = (
        "agreement_id",
        "version",
        *registry.TERMS,
        "suspended_at",
        "suspended_reason",
        "ended_reason",
        "changed_at",
    )
    agency = {name: row[name] for name in ("agency_id", "kind", "name_ko", "name_en")}
    card = {name: row[name] for name in names}
    return card | {
        "center": row["center_id"],
        "desk": row["desk"],
        "agency": agency,
        "in_force": agreement_from_row(row).in_force(now),
    }
