"""Sign in, sign out, and the dependency that every protected route stands on."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from location_router.runtime.problems import Problem
from server.connection import address_of, same_origin, services_of
from server.own_pages import foreign_page
from server.staff import own, service
from server.staff.devices import notices
from server.staff.model import LONGEST_SESSION, Viewer, ends_soon
from server.staff.permissions import PERMISSIONS, Permission
from server.staff.service import Arrival
from server.staff.sessions import end_sockets
from server.staff.ways_back import recovery_codes_left

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
COOKIE = "ansim_session"
DEVICE_COOKIE = "ansim_device"
DEVICE_LIFE_S = 365 * 24 * 3600

__all__ = [
    "COOKIE",
    "Agent",
    "AnyViewer",
    "Operator",
    "me",
    "permitted",
    "router",
    "services_of",
    "signed_in",
    "viewer_of",
]

Code = Annotated[str, Field(max_length=40)]
Secret = Annotated[str, Field(max_length=200)]
Ticket = Annotated[str, Field(max_length=80)]


class Login(BaseModel):
    login: str = Field(max_length=80)
    password: Secret


class Second(BaseModel):
    ticket: Ticket
    code: Code


class NewPassword(BaseModel):
    ticket: Ticket
    password: Secret


class Setup(BaseModel):
    ticket: Ticket


async def viewer_of(connection: HTTPConnection) -> Viewer | None:
    """The signed-in viewer of a request or a socket."""
    return await service.viewer_of(services_of(connection), connection.cookies.get(COOKIE, ""), address_of(connection))


async def signed_in(request: Request) -> Viewer:
    """A dependency: the viewer, whatever the role. 401; 403 `foreign_page` for another page's change."""
    if request.method != "GET" and not same_origin(request):
        raise foreign_page()
    viewer = await viewer_of(request)
    if viewer is None:
        raise not_signed_in()
    return viewer


def not_signed_in() -> Problem:
    return Problem(401, "not_signed_in", "다시 로그인해 주세요.", "Sign in again.")


def permitted(permission: Permission) -> Callable[[Request], Awaitable[Viewer]]:
    """A dependency: the viewer, whose role has `permission` (`server/staff/permissions.py`). 401, 403 otherwise."""

    async def dependency(request: Request) -> Viewer:
        viewer = await signed_in(request)
        if not viewer.may(permission):
            raise Problem(
                403,
                "wrong_role",
                "이 계정에는 권한이 없습니다.",
                "Your account may not do this.",
                permission=permission,
            )
        return viewer

    dependency.__dict__["permission"] = permission  # read by the role matrix (tests/server/test_role_matrix.py)
    return dependency


AnyViewer = Annotated[Viewer, Depends(signed_in)]
Operator = Annotated[Viewer, Depends(permitted("incidents.read"))]
Agent = Annotated[Viewer, Depends(permitted("dispatch.answer"))]


@router.get("/api/login")
async def ways_in(request: Request) -> dict[str, Any]:
    """What the login page offers."""
    settings = services_of(request).settings
    return {"installation": settings.installation, "oidc": bool(settings.oidc_issuer)}


@router.post("/api/login")
async def login(request: Request, body: Login, response: Response) -> dict[str, Any]:
    services, arrival = arrive(request)
    token, viewer = await service.sign_in(
        services, login=body.login, password=body.password, address=arrival.address, arrival=arrival
    )
    return await enter(services, response, arrival, token, viewer)


@router.post("/api/login/second")
async def second(request: Request, body: Second, response: Response) -> dict[str, Any]:
    services, arrival = arrive(request)
    token, viewer = await own.second(services, ticket=body.ticket, code=body.code, arrival=arrival)
    return await enter(services, response, arrival, token, viewer)


@router.post("/api/login/password")
async def new_password(request: Request, body: NewPassword, response: Response) -> dict[str, Any]:
    services, arrival = arrive(request)
    token, viewer = await own.change_at_login(services, ticket=body.ticket, password=body.password, arrival=arrival)
    return await enter(services, response, arrival, token, viewer)


@router.post("/api/login/totp")
async def setup(request: Request, body: Setup) -> dict[str, Any]:
    services, arrival = arrive(request)
    return await own.setup_at_login(services, ticket=body.ticket, address=arrival.address)


@router.post("/api/login/totp/confirm")
async def confirm(request: Request, body: Second, response: Response) -> dict[str, Any]:
    services, arrival = arrive(request)
    token, viewer, codes = await own.confirm_at_login(services, ticket=body.ticket, code=body.code, arrival=arrival)
    return await enter(services, response, arrival, token, viewer) | {"recovery_codes": codes}


def arrive(request: Request) -> tuple[Services, Arrival]:
    """Where a sign-in comes from; the page must be ours."""
    if not same_origin(request):
        raise foreign_page()
    old, device = request.cookies.get(COOKIE, ""), request.cookies.get(DEVICE_COOKIE, "")
    return services_of(request), Arrival(address_of(request), old, device)


async def enter(services: Services, response: Response, arrival: Arrival, token: str, viewer: Viewer) -> dict[str, Any]:
    """Give the browser its session, and know it again."""
    set_cookies(services, response, arrival, token)
    return await me(services, viewer)


def set_cookies(services: Services, response: Response, arrival: Arrival, token: str) -> None:
    secure = services.settings.origin.startswith("https://")
    given = [
        (COOKIE, token, int(LONGEST_SESSION.total_seconds())),
        (DEVICE_COOKIE, arrival.device or secrets.token_urlsafe(18), DEVICE_LIFE_S),
    ]
    for name, value, max_age in given:
        response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="strict", secure=secure, path="/")


@router.post("/api/logout")
async def logout(request: Request, response: Response, viewer: AnyViewer) -> dict[str, Any]:
    services = services_of(request)
    end_sockets(services, await service.sign_out(services, viewer))
    response.delete_cookie(COOKIE, path="/")
    return {"ok": True}


@router.get("/api/me")
async def get_me(request: Request, viewer: AnyViewer) -> dict[str, Any]:
    return await me(services_of(request), viewer)


async def me(services: Services, viewer: Viewer) -> dict[str, Any]:
    """The contract's `Me`."""
    agency = viewer.agency
    return {
        "account_id": str(viewer.account_id),
        "login": viewer.login,
        "name": viewer.name,
        "role": viewer.role,
        "desk": viewer.desk,
        "agency": {
            "agency_id": agency.agency_id,
            "kind": agency.kind,
            "name_ko": agency.name_ko,
            "name_en": agency.name_en,
        }
        if agency
        else None,
        "permissions": sorted(PERMISSIONS[viewer.role]),
        "centers": "all" if viewer.centers == "all" else len(viewer.centers),
        "installation": services.settings.installation,
        "video_public_url": services.settings.video_public_url,
        "map": services.shared.get("map", {}).get(viewer.desk, {"lat": 36.35, "lon": 127.8, "zoom": 7.0}),
        **await _security(services, viewer),
    }


async def _security(services: Services, viewer: Viewer) -> dict[str, Any]:
    """How the session and the account stand."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT s.session_id, s.expires_at, s.extended_at IS NOT NULL AS extended,"
            " a.totp_sealed IS NOT NULL AS has_factor FROM session s JOIN account a USING (account_id)"
            " WHERE token_digest = :digest",
            {"digest": viewer.session},
        )
        told = await notices(unit, viewer)
        left = await recovery_codes_left(unit, viewer.account_id)
    if row is None:
        raise not_signed_in()
    expires_at = row["expires_at"]
    return {
        "session": {
            "session_id": str(row["session_id"]),
            "expires_at": expires_at,
            "ends_soon": ends_soon(expires_at, services.clock()),
            "extended": row["extended"],
        },
        "second_factor": {"enrolled": row["has_factor"], "recovery_codes_left": left},
        "notices": told,
    }
