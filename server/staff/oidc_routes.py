"""The two ends of a sign-in at the identity provider. Where the browser goes afterwards is decided by the role alone:
nothing in the address can send it elsewhere."""

from __future__ import annotations

from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from location_router.runtime.problems import Problem
from server.connection import address_of, services_of
from server.staff import oidc
from server.staff.model import Viewer
from server.staff.routes import COOKIE, DEVICE_COOKIE, set_cookies
from server.staff.service import Arrival

log = structlog.get_logger("oidc")
router = APIRouter()
STATE_COOKIE = "ansim_oidc"


def _arrival(request: Request) -> Arrival:
    old, device = request.cookies.get(COOKIE, ""), request.cookies.get(DEVICE_COOKIE, "")
    return Arrival(address_of(request), old, device)


@router.get("/api/login/oidc")
async def begin(request: Request) -> RedirectResponse:
    services = services_of(request)
    try:
        where, state = await oidc.begin(services, _arrival(request))
    except oidc.OidcRefused as refused:
        return _back(refused.code, str(refused))
    answer = RedirectResponse(where, 303)
    answer.set_cookie(
        STATE_COOKIE,
        state,
        max_age=int(oidc.ATTEMPT_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",  # the provider's page sends the browser back
        secure=services.settings.origin.startswith("https://"),
        path=oidc.CALLBACK,
    )
    return answer


@router.get(oidc.CALLBACK)
async def callback(request: Request, state: str = "", code: str = "", error: str = "") -> RedirectResponse:
    services, arrival = services_of(request), _arrival(request)
    own_state = request.cookies.get(STATE_COOKIE, "")
    try:
        if error or not code:
            raise oidc.OidcRefused("oidc_refused", "the provider said no")
        token, viewer = await oidc.finish(services, arrival, state=state, own_state=own_state, code=code)
    except oidc.OidcRefused as refused:
        return _back(refused.code, str(refused))
    except Problem as problem:
        if "ticket" not in problem.extra:
            return _back(problem.code, problem.en)
        # behind `#`: no server and no log sees it
        return _done(f"/login#step={problem.code}&ticket={quote(problem.extra['ticket'])}")
    answer = _done(home_of(viewer))
    set_cookies(services, answer, arrival, token)
    return answer


def home_of(viewer: Viewer) -> str:
    """The page where this account works."""
    if viewer.may("dispatch.answer"):
        return "/agency"
    return "/console" if viewer.may("incidents.work") else "/admin"


def _done(where: str) -> RedirectResponse:
    answer = RedirectResponse(where, 303)
    answer.delete_cookie(STATE_COOKIE, path=oidc.CALLBACK)
    return answer


def _back(code: str, why: str) -> RedirectResponse:
    log.warning("oidc_refused", code=code, why=why[:200])
    return _done(f"/login#problem={quote(code)}")
