"""Sign in, sign out, and the dependency that every protected route stands on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from location_router.runtime.problems import Problem
from server.connection import address_of, same_origin, services_of
from server.staff import service
from server.staff.model import LEADERS, STAFF, Role, Viewer
from server.staff.permissions import Permission

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
COOKIE = "ansim_session"

__all__ = [
    "COOKIE",
    "Agent",
    "AnyViewer",
    "Leader",
    "Operator",
    "me",
    "permitted",
    "require_staff",
    "router",
    "services_of",
    "viewer_of",
]


class Login(BaseModel):
    login: str = Field(max_length=80)
    password: str = Field(max_length=200)


async def viewer_of(connection: HTTPConnection) -> Viewer | None:
    """The signed-in viewer of a request or a socket."""
    return await service.viewer_of(services_of(connection), connection.cookies.get(COOKIE, ""), address_of(connection))


def require_staff(*roles: Role) -> Callable[[Request], Awaitable[Viewer]]:
    """A dependency: the viewer, who has one of `roles` (none given: any center staff). 401, 403 otherwise."""

    async def dependency(request: Request) -> Viewer:
        if request.method != "GET" and not same_origin(request):
            raise foreign_page()
        viewer = await viewer_of(request)
        if viewer is None:
            raise Problem(401, "not_signed_in", "다시 로그인해 주세요.", "Sign in again.")
        if viewer.role not in (roles or STAFF):
            raise Problem(403, "wrong_role", "이 계정에는 권한이 없습니다.", "Your account may not do this.")
        return viewer

    dependency.__dict__["roles"] = roles or STAFF  # read by the role matrix (tests/server/test_role_matrix.py)
    return dependency


def permitted(permission: Permission) -> Callable[[Request], Awaitable[Viewer]]:
    """A dependency: the viewer, whose role has `permission` (`server/staff/permissions.py`). 401, 403 otherwise."""

    async def dependency(request: Request) -> Viewer:
        viewer = await require_staff(*get_args(Role))(request)
        if not viewer.may(permission):
            raise Problem(
                403,
                "wrong_role",
                "이 계정에는 권한이 없습니다.",
                "Your account may not do this.",
                permission=permission,
            )
        return viewer

    dependency.__dict__["permission"] = permission
    return dependency


def foreign_page() -> Problem:
    """SameSite=Strict keeps strangers' pages away, but not those of another port or of the city's other hosts."""
    return Problem(403, "foreign_page", "이 화면에서는 할 수 없습니다.", "Not from this page.")


AnyViewer = Annotated[Viewer, Depends(require_staff(*STAFF, "agent"))]
Operator = Annotated[Viewer, Depends(require_staff())]
Leader = Annotated[Viewer, Depends(require_staff(*LEADERS))]
Agent = Annotated[Viewer, Depends(require_staff("agent"))]


@router.post("/api/login")
async def login(request: Request, body: Login, response: Response) -> dict[str, Any]:
    if not same_origin(request):
        raise foreign_page()
    services = services_of(request)
    token, viewer = await service.sign_in(
        services, login=body.login, password=body.password, address=address_of(request)
    )
    secure = services.settings.origin.startswith("https://")
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(service.SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/",
    )
    return me(services, viewer)


@router.post("/api/logout")
async def logout(request: Request, response: Response, viewer: AnyViewer) -> dict[str, Any]:
    services = services_of(request)
    ended = await service.sign_out(services, viewer)
    for hub in (services.shared.get("feed"), services.shared.get("agency_feed")):
        for session in ended if hub is not None else ():
            hub.end_session(session)
    response.delete_cookie(COOKIE, path="/")
    return {"ok": True}


@router.get("/api/me")
async def get_me(request: Request, viewer: AnyViewer) -> dict[str, Any]:
    return me(services_of(request), viewer)


def me(services: Services, viewer: Viewer) -> dict[str, Any]:
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
        "centers": "all" if viewer.centers == "all" else len(viewer.centers),
        "installation": services.settings.installation,
        "video_public_url": services.settings.video_public_url,
        "map": services.shared.get("map", {}).get(viewer.desk, {"lat": 36.35, "lon": 127.8, "zoom": 7.0}),
    }
