"""Somebody's own warnings: her consent with the municipalities she chose, and what runs there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from server.cap_warnings import browsers, own
from server.cap_warnings.model import MOST_PLACES
from server.connection import services_of
from server.people import guardian_push
from server.people.push_routes import NewBrowser
from server.people.routes import FreshUser, User

router = APIRouter()
PATH = "/api/people/me/warnings"


class Choice(BaseModel):
    """`version`: of the words that she has read (`texts.warnings` of `GET /api/consents`); `places`: codes of
    municipalities."""

    consent: Literal[True]
    version: str = Field(max_length=40)
    places: list[Annotated[str, Field(max_length=10)]] = Field(min_length=1, max_length=MOST_PLACES)


@router.get(PATH)
async def listed(request: Request, user: User, response: Response) -> dict[str, Any]:
    """For her phone: areas as they came, so that it finds out by itself whether it is inside."""
    response.headers["Cache-Control"] = "no-store"
    return await own.listed(services_of(request), user)


@router.get(PATH + "/places")
async def choices(request: Request, user: User) -> dict[str, Any]:
    return {"places": await own.choices(services_of(request)), "most": MOST_PLACES}


@router.put(PATH)
async def agree(request: Request, user: FreshUser, body: Choice) -> dict[str, Any]:
    await own.agree(services_of(request), user, version=body.version, places=body.places)
    return await own.listed(services_of(request), user)


@router.delete(PATH, status_code=204)
async def withdraw(request: Request, user: User) -> Response:
    await own.withdraw(services_of(request), user)
    return Response(status_code=204)


@router.put(PATH + "/browser")
async def tell_browser(request: Request, user: User, body: NewBrowser) -> dict[str, Any]:
    """This browser is pushed to as well (409 `not_a_browser` for a phone, `not_agreed` before she agreed)."""
    services = services_of(request)
    given = await guardian_push.readable(services, endpoint=body.endpoint, p256dh=body.keys.p256dh, auth=body.keys.auth)
    await browsers.subscribe(services, user, given=given, language=body.language)
    return await own.listed(services, user)


@router.delete(PATH + "/browser", status_code=204)
async def leave_browser(request: Request, user: User) -> Response:
    services = services_of(request)
    async with services.db.begin(center=user.center_id) as unit:
        await browsers.forget(unit, user.device_id)
    return Response(status_code=204)
