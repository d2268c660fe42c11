"""Administrators' API: accounts, resets, releases, sessions of others; and what guessing has closed."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.staff import accounts, sessions, ways_back
from server.staff.accounts import Reach
from server.staff.model import LOGIN_PATTERN, Viewer
from server.staff.permissions import AGENCY_ROLES, Role
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("accounts.manage"))]
Releaser = Annotated[Viewer, Depends(permitted("accounts.release"))]


def _network(text: str) -> str:
    network = ip_network(text, strict=False)
    if network.prefixlen < (8 if network.version == 4 else 16):
        raise ValueError("a network of strangers: register the seats' own addresses")
    return str(network)


def _name(text: str) -> str:
    if not text.strip().isprintable() or not text.strip():
        raise ValueError("a name of 1 to 80 printable characters")
    return text.strip()


Login = Annotated[str, Field(pattern=LOGIN_PATTERN)]
Name = Annotated[str, Field(max_length=80), AfterValidator(_name)]
Networks = Annotated[list[Annotated[str, AfterValidator(_network)]], Field(min_length=1, max_length=100)]
Place = Annotated[str | None, Field(max_length=80)]


class NewAccount(BaseModel):
    login: Login
    name: Name
    role: Role
    desk: Place = None
    agency_id: Place = None
    networks: Networks


class Changes(BaseModel):
    """Only what is named changes. Addresses have routes of their own (`server/address_routes.py`)."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    role: Role | None = None
    desk: Place = None
    agency_id: Place = None
    active: bool | None = None


class Reset(BaseModel):
    password: bool = True
    second_factor: bool = False


class Release(BaseModel):
    with_pass: bool = Field(default=False, alias="pass")


@router.get("/api/accounts")
async def list_accounts(request: Request, viewer: Manager) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"accounts": await accounts.cards(unit, services, Reach.of(viewer))}


@router.post("/api/accounts", status_code=201)
async def create(request: Request, viewer: Manager, body: NewAccount) -> dict[str, Any]:
    services = services_of(request)
    desk = body.desk or (None if body.role in AGENCY_ROLES else viewer.desk)
    async with services.db.begin() as unit:
        made, enrolment = await accounts.create(
            unit,
            services,
            Reach.of(viewer),
            viewer.actor,
            login=body.login,
            name=body.name,
            role=body.role,
            desk=desk,
            agency_id=body.agency_id,
            networks=body.networks,
        )
    return {"account": made, "enrolment": enrolment}


@router.get("/api/accounts/held")
async def held(request: Request, viewer: Releaser) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        return {"held": await ways_back.held(unit, services, Reach.of(viewer))}


@router.patch("/api/accounts/{account_id}")
async def change(request: Request, viewer: Manager, account_id: UUID, body: Changes) -> dict[str, Any]:
    services = services_of(request)
    changes = body.model_dump(exclude_unset=True)
    for field in ("name", "role", "active"):
        if field in changes and changes[field] is None:
            del changes[field]
    async with services.db.begin() as unit:
        changed = await accounts.change(unit, services, Reach.of(viewer), viewer.actor, account_id, changes)
    return {"account": changed}


@router.post("/api/accounts/{account_id}/reset")
async def reset(request: Request, viewer: Manager, account_id: UUID, body: Reset) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        enrolment = await accounts.reset(
            unit,
            services,
            Reach.of(viewer),
            viewer.actor,
            account_id,
            password=body.password,
            second_factor=body.second_factor,
        )
    return {"enrolment": enrolment}


@router.post("/api/accounts/{account_id}/release")
async def release(request: Request, viewer: Releaser, account_id: UUID, body: Release | None = None) -> dict[str, Any]:
    services, body = services_of(request), body or Release()
    async with services.db.begin() as unit:
        code = await ways_back.release(unit, services, Reach.of(viewer), viewer, account_id, with_pass=body.with_pass)
    return {"pass": code}


@router.get("/api/accounts/{account_id}/sessions")
async def list_sessions(request: Request, viewer: Manager, account_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        await accounts.card(unit, services, Reach.of(viewer), account_id)
        return {"sessions": await sessions.listed(unit, services, account_id, own=viewer.session)}


@router.delete("/api/accounts/{account_id}/sessions/{session_id}")
async def end_session(request: Request, viewer: Manager, account_id: UUID, session_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin() as unit:
        await accounts.card(unit, services, Reach.of(viewer), account_id)
        if not await sessions.end_one(unit, services, session_id, account_id=account_id, actor=viewer.actor):
            raise no_session()
    return {"ok": True}


def no_session() -> Problem:
    return Problem(404, "no_session", "그런 접속이 없습니다.", "There is no such session.")
