"""Sign-up, and a person's guardians."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.connection import same_origin, services_of
from server.people import browser, devices, service
from server.people.consents import Kind
from server.people.service import DeviceUser

router = APIRouter()


class SignUp(BaseModel):
    """`code`: of the text message (needed when PROVE_NUMBERS is on); `consents`: what she agreed to, by kind."""

    nickname: str = Field(max_length=200)
    phone: str = Field(max_length=40)
    code: str = Field(default="", max_length=20)
    born_year: int | None = Field(default=None, ge=0, le=9999)
    consents: list[Kind] = Field(default_factory=list, max_length=10)


class NewGuardian(BaseModel):
    name: str = Field(max_length=200)
    phone: str = Field(max_length=40)


class NewDevice(BaseModel):
    kind: str = Field(default="button", max_length=40)
    name: str = Field(max_length=200)
    consent: bool = False


class Acceptance(BaseModel):
    """`version`: of the text that the guardian read (`consent.version` of her invitation)."""

    push_token: str | None = Field(default=None, max_length=4096)
    version: str = Field(default="", max_length=40)


def bearer(request: Request) -> str:
    """The token of the Authorization header; empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def own_page(request: Request) -> None:
    """A cookie is sent by whatever page asks: only ours may change anything with it. Problem 403 `foreign_page`."""
    if request.method != "GET" and not same_origin(request):
        raise Problem(403, "foreign_page", "이 화면에서는 할 수 없습니다.", "Not from this page.")


async def device_user(request: Request) -> DeviceUser:
    """The person behind `Authorization: Bearer <device token>`, or behind the cookie of a browser of hers; 401
    otherwise."""
    cookie = request.cookies.get(browser.COOKIE, "")
    if cookie and "authorization" not in request.headers:
        own_page(request)
        return await browser.user_of(services_of(request), cookie)
    return await service.device_user(services_of(request), bearer(request))


User = Annotated[DeviceUser, Depends(device_user)]


async def fresh_user(request: Request, user: User) -> DeviceUser:
    """As `User`; a browser must also have been given the code of a text message a moment ago: 403 `prove_again`."""
    browser.must_be_fresh(services_of(request), user)
    return user


FreshUser = Annotated[DeviceUser, Depends(fresh_user)]


@router.post("/api/people", status_code=201)
async def sign_up(request: Request, body: SignUp) -> dict[str, Any]:
    services = services_of(request)
    done = await service.sign_up(
        services,
        nickname=body.nickname,
        phone=body.phone,
        token=bearer(request),
        code=body.code,
        born_year=body.born_year,
        agreed=body.consents,
    )
    return {
        "person_id": str(done.person_id),
        "device_id": str(done.device_id),
        "device_token": done.device_token,
        "home": done.home.model_dump(),
        "router_url": services.settings.router_url,
        "phone_proved": done.is_proved,
        "other_phones": done.other_phones,
        **devices.sms_credentials(services, done.device_id),
    }


@router.post("/api/people/me/devices", status_code=201)
async def bind_device(request: Request, user: FreshUser, body: NewDevice) -> dict[str, Any]:
    services = services_of(request)
    return await devices.bind(services, user, kind=body.kind, name=body.name, consent=body.consent)


@router.get("/api/people/me/devices")
async def list_devices(request: Request, user: User) -> dict[str, Any]:
    return {"devices": await devices.bound(services_of(request), user)}


@router.delete("/api/people/me/devices/{device_id}", status_code=204)
async def revoke_device(request: Request, user: User, device_id: UUID) -> Response:
    await devices.revoke(services_of(request), user, device_id)
    return Response(status_code=204)


@router.post("/api/people/me/guardians", status_code=201)
async def designate(request: Request, user: FreshUser, body: NewGuardian) -> dict[str, Any]:
    by = "app" if user.browser_proved_at is None else "page"
    return await service.designate(services_of(request), user, name=body.name, phone=body.phone, by=by)


@router.get("/api/people/me/guardians")
async def guardians(request: Request, user: User) -> dict[str, Any]:
    return {"guardians": await service.guardians(services_of(request), user)}


@router.delete("/api/people/me/guardians/{guardian_id}", status_code=204)
async def end_guardian(request: Request, user: User, guardian_id: UUID) -> Response:
    await service.end_guardian(services_of(request), user, guardian_id)
    return Response(status_code=204)


@router.post("/api/invitations/{invitation}/accept")
async def accept(request: Request, invitation: str, body: Acceptance | None = None) -> dict[str, Any]:
    given = body or Acceptance()
    return await service.accept(services_of(request), invitation, push_token=given.push_token, version=given.version)
