"""The officer in the field (a phone's browser, no account), the desk that invites, and the operator's side.

The page itself is another issue; docs/center.md section 2 is the contract it is built on.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from location_router.runtime.db import Unavailable
from location_router.runtime.problems import Problem
from server.connection import address_of, same_origin, services_of
from server.dispatch import field_view, operating, responders
from server.dispatch.parts import Part
from server.dispatch.responder_hub import responder_hub
from server.features.routes import needs_feature
from server.incidents.cards import iso
from server.live import run_page
from server.qr import qr_path
from server.staff.model import Viewer
from server.staff.routes import foreign_page, permitted

router = APIRouter()
COOKIE = "ansim_respond"
COOKIE_LIFE_S = 12 * 3600
LOOK_S, BEAT_S = 0.5, 5.0
NOT_BOUND = 4401

Agent = Annotated[Viewer, Depends(permitted("dispatch.answer"))]
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]
Asker = Annotated[Viewer, Depends(permitted("dispatch.request"))]
Inviter = Annotated[Viewer, Depends(needs_feature("responder_links", permitted("dispatch.answer")))]
StillSender = Annotated[Viewer, Depends(needs_feature("still", permitted("video.view")))]


class Invite(BaseModel):
    name: str = Field(min_length=1, max_length=responders.LONGEST_NAME)
    minutes: int = Field(default=60, ge=5, le=480)


class Answer(BaseModel):
    code: str = Field(max_length=20)


class Said(BaseModel):
    text: str = Field(max_length=4000)


class OperatorSaid(BaseModel):
    text: str = Field(max_length=4000)
    dispatch_id: UUID | None = None
    request_id: UUID | None = None

    def part(self) -> Part | None:
        """Whom it is for; None: everybody in the field."""
        if self.request_id is not None:
            return Part("request", self.request_id)
        return Part("dispatch", self.dispatch_id) if self.dispatch_id is not None else None


class ExerciseBody(BaseModel):
    agency: str = Field(min_length=1, max_length=40)
    note: str = Field(default="", max_length=1000)


class StillBody(BaseModel):
    camera_id: str = Field(min_length=1, max_length=200)


@router.post("/api/agency/dispatches/{dispatch_id}/responders", status_code=201)
async def invite(request: Request, viewer: Inviter, dispatch_id: UUID, body: Invite) -> dict[str, Any]:
    """The link goes to the officer's phone, the code over the radio; both are shown once."""
    return await _invite(request, viewer, Part("dispatch", dispatch_id), body)


@router.post("/api/agency/requests/{request_id}/responders", status_code=201)
async def invite_for_request(request: Request, viewer: Inviter, request_id: UUID, body: Invite) -> dict[str, Any]:
    """The same for the agency's own request, once it is accepted: a detective, a probation officer."""
    return await _invite(request, viewer, Part("request", request_id), body)


async def _invite(request: Request, viewer: Viewer, part: Part, body: Invite) -> dict[str, Any]:
    services = services_of(request)
    made = await responders.invite(services, viewer, part, name=body.name, minutes=body.minutes)
    url = f"{services.settings.origin}/respond/{made.link}"
    return {
        "responder_id": str(made.responder_id),
        "link": made.link,
        "url": url,
        "qr": qr_path(url),
        "code": made.code,
        "ends_at": iso(made.ends_at),
    }


@router.get("/api/agency/dispatches/{dispatch_id}/responders")
async def invited(request: Request, viewer: Agent, dispatch_id: UUID) -> dict[str, Any]:
    return {"responders": await responders.of_part(services_of(request), viewer, Part("dispatch", dispatch_id))}


@router.get("/api/agency/requests/{request_id}/responders")
async def invited_for_request(request: Request, viewer: Agent, request_id: UUID) -> dict[str, Any]:
    return {"responders": await responders.of_part(services_of(request), viewer, Part("request", request_id))}


@router.delete("/api/agency/dispatches/{dispatch_id}/responders/{responder_id}")
async def withdraw(request: Request, viewer: Agent, dispatch_id: UUID, responder_id: UUID) -> dict[str, Any]:
    await responders.withdraw(services_of(request), viewer, Part("dispatch", dispatch_id), responder_id)
    return {"ok": True}


@router.delete("/api/agency/requests/{request_id}/responders/{responder_id}")
async def withdraw_for_request(request: Request, viewer: Agent, request_id: UUID, responder_id: UUID) -> dict[str, Any]:
    await responders.withdraw(services_of(request), viewer, Part("request", request_id), responder_id)
    return {"ok": True}


@router.post("/api/incidents/{incident_id}/exercise_dispatch", status_code=201)
async def exercise(request: Request, viewer: Asker, incident_id: UUID, body: ExerciseBody) -> dict[str, Any]:
    """In a center's exercise: to the agency's desk, marked, or to the console where its own system would be called."""
    services = services_of(request)
    return await operating.exercise(services, viewer, incident_id, agency=body.agency, note=body.note)


@router.post("/api/incidents/{incident_id}/responder_message", status_code=201)
async def operator_message(request: Request, viewer: Worker, incident_id: UUID, body: OperatorSaid) -> dict[str, Any]:
    services = services_of(request)
    return await operating.message(services, viewer, incident_id, text=body.text, part=body.part())


@router.post("/api/incidents/{incident_id}/stills", status_code=201)
async def send_still(request: Request, viewer: StillSender, incident_id: UUID, body: StillBody) -> dict[str, Any]:
    return await operating.send_still(services_of(request), viewer, incident_id, body.camera_id)


def _cookie(connection: HTTPConnection) -> str:
    return connection.cookies.get(COOKIE, "")


def _own_page(request: Request) -> None:
    if not same_origin(request):
        raise foreign_page()


@router.post("/api/respond/{link}/open")
async def open_link(request: Request, link: str, body: Answer, response: Response) -> dict[str, Any]:
    _own_page(request)
    services = services_of(request)
    cookie = await responders.open_link(services, link, code=body.code, cookie=_cookie(request))
    if cookie is not None:
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=COOKIE_LIFE_S,
            httponly=True,
            samesite="strict",
            secure=services.settings.origin.startswith("https://"),
            path=f"/api/respond/{link}",
        )
    response.headers["Cache-Control"] = "no-store"
    return await field_view.view(services, link, cookie=cookie or _cookie(request), address=address_of(request))


@router.get("/api/respond/{link}")
async def see(request: Request, link: str, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return await field_view.view(services_of(request), link, cookie=_cookie(request), address=address_of(request))


@router.get("/api/respond/{link}/stills/{still_id}")
async def still(request: Request, link: str, still_id: UUID) -> Response:
    jpeg = await field_view.still(
        services_of(request), link, still_id, cookie=_cookie(request), address=address_of(request)
    )
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/api/respond/{link}/messages", status_code=201)
async def say(request: Request, link: str, body: Said) -> dict[str, Any]:
    _own_page(request)
    return await field_view.say(services_of(request), link, body.text, cookie=_cookie(request))


@router.websocket("/api/respond/{link}/live")
async def live(socket: WebSocket, link: str) -> None:
    """`view` at once and on each change, `position` (with directions), `beat`; `ended` and close 1000 at the end."""
    await socket.accept()
    services = services_of(socket)
    try:
        if not same_origin(socket):
            return await socket.close(NOT_BOUND)
        view = await field_view.view(services, link, cookie=_cookie(socket), address=address_of(socket))
        async with services.db.begin() as unit:
            row = await responders.by_link(unit, services, link)
    except Problem as problem:
        if problem.code == "ended":
            await socket.send_json({"type": "ended", **_why(problem)})
            return await socket.close(1000)
        return await socket.close(NOT_BOUND)
    with responder_hub(services).page(row["incident_id"]) as wake:
        await run_page(socket, _send(socket, link, view, wake))


async def _send(socket: WebSocket, link: str, view: dict[str, Any], wake: asyncio.Event) -> None:
    services, loop = services_of(socket), asyncio.get_running_loop()
    await socket.send_json({"type": "view", "view": view})
    next_beat = loop.time() + BEAT_S
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await wake.wait()
        is_news = wake.is_set()
        wake.clear()
        try:
            # nobody tells when an agreement ends: it is asked twice a second whether the officer may look
            if is_news or await field_view.is_over(services, link, cookie=_cookie(socket)):
                before, view = (
                    view,
                    await field_view.view(services, link, cookie=_cookie(socket), address=address_of(socket)),
                )
                await _send_changes(socket, before, view)
        except Unavailable:
            continue
        except Problem as problem:
            return await socket.send_json({"type": "ended", **_why(problem)})
        if loop.time() >= next_beat:
            next_beat = loop.time() + BEAT_S
            await socket.send_json({"type": "beat", "now": iso(services.clock())})


def _why(problem: Problem) -> dict[str, str]:
    return {
        "reason": str(problem.extra.get("reason", problem.code)),
        "message_ko": problem.ko,
        "message_en": problem.en,
    }


async def _send_changes(socket: WebSocket, before: dict[str, Any], view: dict[str, Any]) -> None:
    moving = ("now", "position", "track", "directions")
    if any(before[name] != view[name] for name in view if name not in moving):
        await socket.send_json({"type": "view", "view": view})
    elif view["position"] is not None and view["position"] != before["position"]:
        await socket.send_json({"type": "position", **{name: view[name] for name in ("position", "directions")}})
