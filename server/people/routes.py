"""Sign-up, and a person's guardians."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from server.connection import services_of
from server.people import devices, service
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
    push_token: str | None = Field(default=None, max_length=4096)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def device_user(request: Request) -> DeviceUser:
    """The person behind `Authorization: Bearer <device token>`; 401 otherwise."""
    return await service.device_user(services_of(request), _bearer(request))


User = Annotated[DeviceUser, Depends(device_user)]


@router.post("/api/people", status_code=201)
async def sign_up(request: Request, body: SignUp) -> dict[str, Any]:
    services = services_of(request)
    done = await service.sign_up(
        services,
        nickname=body.nickname,
        phone=body.phone,
        token=_bearer(request),
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
async def bind_device(request: Request, user: User, body: NewDevice) -> dict[str, Any]:
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
async def designate(request: Request, user: User, body: NewGuardian) -> dict[str, Any]:
    return await service.designate(services_of(request), user, name=body.name, phone=body.phone)


@router.get("/api/people/me/guardians")
async def guardians(request: Request, user: User) -> dict[str, Any]:
    return {"guardians": await service.guardians(services_of(request), user)}


@router.delete("/api/people/me/guardians/{guardian_id}", status_code=204)
async def end_guardian(request: Request, user: User, guardian_id: UUID) -> Response:
    await service.end_guardian(services_of(request), user, guardian_id)
    return Response(status_code=204)


@router.post("/api/invitations/{invitation}/accept")
async def accept(request: Request, invitation: str, body: Acceptance | None = None) -> dict[str, Any]:
    return await service.accept(services_of(request), invitation, push_token=body.push_token if body else None)
