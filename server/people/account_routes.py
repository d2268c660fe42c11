"""The person's account: number proved by text message, phones, consents, who agrees for a minor, the end; and what a
guardian can do by her invitation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import address_of, services_of
from server.people import account, consents, devices, guardian_side, ledger, phones, proving, representatives
from server.people.consents import Kind
from server.people.routes import FreshUser, User

router = APIRouter()


class Number(BaseModel):
    phone: str = Field(max_length=40)


class Proof(Number):
    code: str = Field(max_length=20)


class Grant(BaseModel):
    version: str = Field(default="", max_length=40)


class Suspension(BaseModel):
    until: AwareDatetime


class Representative(Number):
    name: str = Field(max_length=200)


class Confirmation(BaseModel):
    code: str = Field(max_length=20)
    agree: bool = False


@router.post("/api/people/verify", status_code=202)
async def verify(request: Request, body: Number) -> dict[str, Any]:
    return await proving.ask(services_of(request), phone=body.phone, address=address_of(request))


@router.post("/api/people/recover", status_code=201)
async def recover(request: Request, body: Proof) -> dict[str, Any]:
    services = services_of(request)
    done, revoked = await phones.recover(services, phone=body.phone, code=body.code)
    return {
        "person_id": str(done.person_id),
        "device_id": str(done.device_id),
        "device_token": done.device_token,
        "home": done.home.model_dump(),
        "router_url": services.settings.router_url,
        "revoked_phones": revoked,
        **devices.sms_credentials(services, done.device_id),
    }


@router.get("/api/people/me")
async def me(request: Request, user: User) -> dict[str, Any]:
    return await account.seen(services_of(request), user)


@router.delete("/api/people/me")
async def leave(request: Request, user: FreshUser, confirm: Literal["end"]) -> dict[str, Any]:
    """`?confirm=end`: everything about her goes."""
    return await account.end(services_of(request), user)


@router.post("/api/people/me/token", status_code=201)
async def renew(request: Request, user: User) -> dict[str, str]:
    return await phones.renew(services_of(request), user)


@router.get("/api/consents")
async def texts() -> dict[str, Any]:
    return consents.texts()


@router.get("/api/people/me/consents")
async def list_consents(request: Request, user: User) -> dict[str, Any]:
    return await ledger.listed(services_of(request), user)


@router.post("/api/people/me/consents/{kind}")
async def grant(request: Request, user: FreshUser, kind: Kind, body: Grant | None = None) -> dict[str, Any]:
    return await ledger.act(services_of(request), user, kind, "granted", version=body.version if body else "")


@router.delete("/api/people/me/consents/{kind}")
async def withdraw(request: Request, user: User, kind: Kind) -> dict[str, Any]:
    return await ledger.act(services_of(request), user, kind, "withdrawn")


@router.post("/api/people/me/consents/{kind}/suspend")
async def suspend(request: Request, user: User, kind: Kind, body: Suspension) -> dict[str, Any]:
    until: datetime = body.until
    return await ledger.act(services_of(request), user, kind, "suspended", until=until)


@router.post("/api/people/me/consents/{kind}/resume")
async def resume(request: Request, user: FreshUser, kind: Kind) -> dict[str, Any]:
    return await ledger.act(services_of(request), user, kind, "resumed")


@router.post("/api/people/me/representative", status_code=201)
async def name_representative(request: Request, user: FreshUser, body: Representative) -> dict[str, str]:
    return await representatives.ask(services_of(request), user, name=body.name, phone=body.phone)


@router.get("/api/representatives/{link}")
async def asked_of_representative(request: Request, link: str) -> dict[str, Any]:
    return await representatives.seen(services_of(request), link)


@router.post("/api/representatives/{link}/confirm")
async def confirm(request: Request, link: str, body: Confirmation) -> dict[str, str]:
    return await representatives.confirm(services_of(request), link, code=body.code, agree=body.agree)


@router.get("/api/invitations/{invitation}")
async def invitation_seen(request: Request, invitation: str) -> dict[str, Any]:
    return await guardian_side.seen(services_of(request), invitation)


@router.post("/api/invitations/{invitation}/decline")
async def decline(request: Request, invitation: str) -> dict[str, str]:
    return await guardian_side.leave(services_of(request), invitation)


@router.delete("/api/invitations/{invitation}")
async def withdraw_as_guardian(request: Request, invitation: str) -> dict[str, str]:
    return await guardian_side.leave(services_of(request), invitation)
