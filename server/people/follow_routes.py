"""The follow page's API: open with four digits, then a cookie that is good for this link only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from location_router.runtime.problems import Problem
from server.connection import address_of, same_origin, services_of
from server.live import View, run_page, send_views
from server.people import follow_page
from server.people.hub import follow_hub
from server.people.precision import Precision
from server.people.routes import User, fresh_user

router = APIRouter()
COOKIE = "ansim_follow"
COOKIE_LIFE_S = 24 * 3600
LOOK_S = 1.0
NOT_BOUND = 4401


class Answer(BaseModel):
    last4: str = Field(max_length=20)


class Choice(BaseModel):
    precision: Precision | None


def cookie_of(connection: HTTPConnection) -> str:
    return connection.cookies.get(COOKIE, "")


@router.post("/api/follow/{link}/open")
async def open_page(request: Request, link: str, body: Answer, response: Response) -> dict[str, Any]:
    services = services_of(request)
    opened = await follow_page.open_page(
        services, link, last4=body.last4, cookie=cookie_of(request), address=address_of(request)
    )
    if opened.cookie is not None:
        # One cookie per link: a mother of two can follow both from one browser.
        response.set_cookie(
            COOKIE,
            opened.cookie,
            max_age=COOKIE_LIFE_S,
            httponly=True,
            samesite="strict",
            secure=services.settings.origin.startswith("https://"),
            path=f"/api/follow/{link}",
        )
    response.headers["Cache-Control"] = "no-store"
    return opened.view


@router.get("/api/follow/{link}")
async def see(request: Request, link: str, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return (await follow_page.see(services_of(request), link, cookie=cookie_of(request)))[1]


@router.put("/api/people/me/precision")
async def choose_precision(request: Request, user: User, body: Choice) -> dict[str, str | None]:
    """How exactly her guardians see where she is; null: as her home center says. Only about where needs no code."""
    if body.precision != "coarse":
        await fresh_user(request, user)
    chosen = await follow_page.choose_precision(services_of(request), user.person_id, body.precision)
    return {"precision": body.precision, "in_force": chosen}


@router.websocket("/api/follow/{link}/live")
async def live(socket: WebSocket, link: str) -> None:
    """`view` at once and on each change, `position`, `beat`; `ended` and close 1000 at the end."""
    await socket.accept()
    services = services_of(socket)
    try:
        if not same_origin(socket):
            return await socket.close(NOT_BOUND)
        alert_id, view = await follow_page.see(services, link, cookie=cookie_of(socket))
    except Problem:
        return await socket.close(NOT_BOUND)

    async def look(_: View) -> View:
        return (await follow_page.see(services, link, cookie=cookie_of(socket)))[1]

    with follow_hub(services).page(alert_id) as wake:
        sending = send_views(
            socket, view, wake, look=look, send_changes=_send_changes, every_s=LOOK_S, clock=services.clock
        )
        await run_page(socket, sending)


async def _send_changes(socket: WebSocket, before: dict[str, Any], view: dict[str, Any]) -> None:
    volatile = ("now", "position")
    if any(before[name] != view[name] for name in view if name not in volatile):
        await socket.send_json({"type": "view", "view": view})
    elif view["position"] is not None and view["position"] != before["position"]:
        await socket.send_json({"type": "position", "position": view["position"]})
