"""A browser of hers: enrolled with the code of a text message, named by a cookie that no script can read."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from server.connection import address_of, services_of
from server.people import browser
from server.people.consents import Kind
from server.people.routes import User, own_page

router = APIRouter()


class Enrolment(BaseModel):
    """`nickname`, `born_year`, `consents`: only of somebody new."""

    phone: str = Field(max_length=40)
    code: str = Field(max_length=20)
    nickname: str = Field(default="", max_length=200)
    born_year: int | None = Field(default=None, ge=0, le=9999)
    consents: list[Kind] = Field(default_factory=list, max_length=10)


class Code(BaseModel):
    code: str = Field(max_length=20)


@router.post("/api/people/browsers", status_code=201)
async def enrol(request: Request, body: Enrolment, response: Response) -> dict[str, Any]:
    services = services_of(request)
    own_page(request)
    done = await browser.enrol_browser(
        services,
        phone=body.phone,
        code=body.code,
        new=browser.SigningUp(body.nickname, body.born_year, body.consents),
        user_agent=request.headers.get("user-agent", ""),
        old_cookie=request.cookies.get(browser.COOKIE, ""),
    )
    response.set_cookie(
        browser.COOKIE,
        done.cookie,
        max_age=int(browser.COOKIE_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=services.settings.origin.startswith("https://"),
        path="/api",
    )
    return {"expires_at": done.expires_at.isoformat(), "is_new": done.is_new, "other_devices": done.other_devices}


@router.post("/api/people/browsers/token")
async def token(request: Request) -> dict[str, Any]:
    """For the SOS page, whoever opens it: `{"token": null}` in a browser that nobody has enrolled."""
    own_page(request)
    made = await browser.router_token(services_of(request), request.cookies.get(browser.COOKIE, ""))
    return made or {"token": None}


@router.delete("/api/people/browsers/this", status_code=204)
async def sign_out(request: Request, user: User) -> Response:
    await browser.sign_out(services_of(request), user)
    response = Response(status_code=204)
    response.delete_cookie(browser.COOKIE, path="/api", httponly=True, samesite="strict")
    return response


@router.post("/api/people/browsers/this/code", status_code=202)
async def ask_code(request: Request, user: User) -> dict[str, Any]:
    return await browser.ask_code(services_of(request), user, address=address_of(request))


@router.post("/api/people/browsers/this/prove", status_code=204)
async def prove(request: Request, user: User, body: Code) -> Response:
    await browser.prove(services_of(request), user, code=body.code)
    return Response(status_code=204)
