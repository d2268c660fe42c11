"""`GET /alarms`: one page an administrator leaves open on a wall. Loud when something is wrong, else still.

The page itself (`alarm_page.html`) says nothing; the facts come from `GET /admin/alarms` with the administrator's
token, which stays in this browser tab (sessionStorage). It is loud also when it can't ask: no answer is never shown as
"all is well".
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from location_router.admin.access import Admin, admin_of
from location_router.app import Router
from location_router.runtime.problems import Problem
from location_router.steps import timeline

alarm_routes = APIRouter()

PAGE = Path(__file__).with_name("alarm_page.html").read_text(encoding="utf-8")


def _digest(element: str) -> str:
    """Of the page's only script or style, so that the browser runs no other."""
    inner = PAGE.partition(f"<{element}>")[2].partition(f"</{element}>")[0]
    return base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()


HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_digest('style')}'; "
    f"script-src 'sha256-{_digest('script')}'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
Administrator = Annotated[Admin, Depends(admin_of)]


@alarm_routes.get("/alarms")
async def alarm_page() -> Response:
    return Response(PAGE, media_type="text/html; charset=utf-8", headers=HEADERS)


@alarm_routes.get("/admin/alarms")
async def list_alarms(request: Request, _: Administrator) -> dict[str, Any]:
    """What is wrong right now; answers 200 also while the database or the bus is away, and says so."""
    router: Router = request.app.state.router
    return await router.alarms.overview()


@alarm_routes.get("/v1/alerts/{alert_id}/timeline")
async def read_timeline(alert_id: UUID, request: Request, _: Administrator) -> dict[str, Any]:
    """Every step of one alert's ladder, in order of time."""
    router: Router = request.app.state.router
    lines = await timeline(router.pool, alert_id)
    if not lines:
        raise Problem(404, "no_alert", "그런 신고가 없습니다.", "There is no such alert.")
    return {"alert_id": str(alert_id), "timeline": lines}
