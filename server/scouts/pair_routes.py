"""The pair's page over HTTP: a link, a code and one work phone's browser; no account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import HTTPConnection

from server.connection import same_origin, services_of
from server.own_pages import foreign_page
from server.scouts import field, pairs, sos
from server.scouts.field import Step

router = APIRouter()
COOKIE = "ansim_scout"
COOKIE_LIFE_S = 20 * 3600


class Opening(BaseModel):
    code: str = Field(max_length=20)


class StepBody(BaseModel):
    step: Step


class Code(BaseModel):
    """Six digits as they are shown, or the text of the QR."""

    code: str = Field(max_length=200)


class PlaceBody(BaseModel):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    accuracy_m: float = Field(ge=0, le=100_000)
    fixed_at: AwareDatetime


class Longer(BaseModel):
    minutes: int = Field(ge=5, le=60)


class Cry(BaseModel):
    """`alert_id` is made by the page, so that a call that is sent twice is one."""

    alert_id: UUID
    position: PlaceBody | None = None


def _cookie(connection: HTTPConnection) -> str:
    return connection.cookies.get(COOKIE, "")


def _own_page(request: Request) -> None:
    if not same_origin(request):
        raise foreign_page()


@router.post("/api/scout/{link}/open")
async def open_link(request: Request, link: str, body: Opening, response: Response) -> dict[str, Any]:
    _own_page(request)
    services = services_of(request)
    cookie = await pairs.open_link(services, link, code=body.code, cookie=_cookie(request))
    if cookie is not None:
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=COOKIE_LIFE_S,
            httponly=True,
            samesite="strict",
            secure=services.settings.origin.startswith("https://"),
            path=f"/api/scout/{link}",
        )
    return await field.view(services, link, cookie=cookie or _cookie(request))


@router.get("/api/scout/{link}")
async def see(request: Request, link: str) -> dict[str, Any]:
    return await field.view(services_of(request), link, cookie=_cookie(request))


@router.post("/api/scout/{link}/bookings/{booking_id}/step")
async def step(request: Request, link: str, booking_id: UUID, body: StepBody) -> dict[str, Any]:
    _own_page(request)
    await field.step(services_of(request), link, booking_id, body.step, cookie=_cookie(request))
    return await see(request, link)


@router.post("/api/scout/{link}/bookings/{booking_id}/code")
async def read_code(request: Request, link: str, booking_id: UUID, body: Code) -> dict[str, Any]:
    _own_page(request)
    await field.read_code(services_of(request), link, booking_id, body.code, cookie=_cookie(request))
    return await see(request, link)


@router.post("/api/scout/{link}/position", status_code=202)
async def move(request: Request, link: str, body: PlaceBody) -> dict[str, Any]:
    _own_page(request)
    await field.move(services_of(request), link, body.model_dump(), cookie=_cookie(request))
    return {"ok": True}


@router.post("/api/scout/{link}/safe")
async def safe(request: Request, link: str) -> dict[str, Any]:
    _own_page(request)
    await field.safe(services_of(request), link, cookie=_cookie(request))
    return await see(request, link)


@router.post("/api/scout/{link}/longer")
async def longer(request: Request, link: str, body: Longer) -> dict[str, Any]:
    _own_page(request)
    await field.longer(services_of(request), link, body.minutes, cookie=_cookie(request))
    return await see(request, link)


@router.post("/api/scout/{link}/off_duty")
async def off_duty(request: Request, link: str) -> dict[str, Any]:
    _own_page(request)
    await field.off_duty(services_of(request), link, cookie=_cookie(request))
    return {"ok": True}


@router.post("/api/scout/{link}/sos", status_code=202)
async def cry(request: Request, link: str, body: Cry) -> dict[str, Any]:
    """Help for the pair itself."""
    _own_page(request)
    position = body.position.model_dump() if body.position else None
    return await sos.call(services_of(request), link, body.alert_id, position, cookie=_cookie(request))
