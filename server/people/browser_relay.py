"""The web SOS page's second way to the router: through the home center that served the page.

A network that lets the home center through and not the router (a closed Wi-Fi, a broken name server) must not cost
anybody her help. The bytes pass as they came, unread: the router alone judges, and the alert's own id makes the two
ways one. An enrolled browser that has no token yet gets hers here; without one, and also when our own database is
away, the alert passes all the same (invariant 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
import structlog
from fastapi import APIRouter, Request, Response

from location_router.runtime.db import Unavailable
from location_router.runtime.problems import Problem
from server.connection import address_of, same_origin, services_of
from server.people import browser

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
log = structlog.get_logger("people.relay")
ROUTER_ANSWERS_IN_S = 5.0  # its own limit is 4
PASSED_BACK = ("content-type", "retry-after", "x-ansim-delayed")
MOST_AT_ONCE, MOST_OF_ONE = 48, 12
"""Of all and of one address. Anybody may ask, and the connections are also those of the heartbeat."""


@router.post("/api/sos/alerts", status_code=202)
async def pass_alert(request: Request) -> Response:
    return await _passed(request, "/v1/alerts")


@router.post("/api/sos/alerts/{alert_id}/positions", status_code=202)
async def pass_positions(request: Request, alert_id: UUID) -> Response:
    return await _passed(request, f"/v1/alerts/{alert_id}/positions")


@router.post("/api/sos/alerts/{alert_id}/say", status_code=202)
async def pass_talk(request: Request, alert_id: UUID) -> Response:
    return await _passed(request, f"/v1/alerts/{alert_id}/say")


async def _passed(request: Request, path: str) -> Response:
    """The router's own answer; Problem 503 `router_away`, to be tried again."""
    services = services_of(request)
    headers = {
        "content-type": request.headers.get("content-type", "application/json"),
        "origin": request.headers.get("origin") or services.settings.origin,  # it comes from a page
    }
    authorization = request.headers.get("authorization") or await _hers(request, services)
    if authorization:
        headers["authorization"] = authorization
    body = await request.body()
    try:
        with _place(services, address_of(request)):
            answer = await services.router_client.post(path, content=body, headers=headers, timeout=ROUTER_ANSWERS_IN_S)
    except httpx.HTTPError as error:
        log.warning("router_away", error=type(error).__name__)
        raise _away() from None
    kept = {name: answer.headers[name] for name in PASSED_BACK if name in answer.headers}
    return Response(answer.content, answer.status_code, kept)


@contextmanager
def _place(services: Services, address: str) -> Iterator[None]:
    """One of the places on the line, for as long as the router takes. Problem 503 when there is none: her page comes
    again in a moment, and has its own way to the router besides."""
    held: Counter[str] = services.shared.setdefault("sos_places", Counter())
    if held[address] >= MOST_OF_ONE or held.total() >= MOST_AT_ONCE:
        raise _away()
    held[address] += 1
    try:
        yield
    finally:
        held[address] -= 1
        if held[address] <= 0:
            del held[address]


def _away() -> Problem:
    return Problem(
        503,
        "router_away",
        "아직 전달하지 못했습니다. 계속 다시 보냅니다.",
        "Not delivered yet; it is tried again.",
        headers={"Retry-After": "1"},
    )


async def _hers(request: Request, services: Services) -> str:
    """The token of the enrolled browser that asks, made here; nothing when there is none, or no telling."""
    cookie = request.cookies.get(browser.COOKIE, "")
    if not cookie or not same_origin(request) or not request.url.path.endswith("/alerts"):
        return ""
    try:
        made = await browser.router_token(services, cookie)
    except Unavailable:
        return ""
    return f"Bearer {made['token']}" if made else ""
