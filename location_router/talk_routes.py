"""`POST /v1/alerts/{id}/say`: a line of talk without the WebSocket, for a phone whose network lets none through."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from location_router.app import Router
from location_router.bodies import read_body
from location_router.live import LONGEST_FRAME
from location_router.routes import bearer, check_sender
from location_router.runtime.problems import Problem
from location_router.talk import read_said
from location_router.wire import utc_now

talk_routes = APIRouter()


@talk_routes.post("/v1/alerts/{alert_id}/say", status_code=202)
async def say(alert_id: UUID, request: Request) -> JSONResponse:
    """The line is on disk; the same answer whatever became of the alert."""
    router: Router = request.app.state.router
    standing = await router.live.standing(alert_id)
    check_sender(router, alert_id, standing, bearer(request.headers))
    said = read_said(_read(await read_body(request, limit=LONGEST_FRAME)), alert_id=alert_id, now=utc_now())
    if said is None:
        raise Problem(
            422,
            "nothing_said",
            "said_id에 UUID를, code나 text에 말을 넣어 주세요.",
            "Put a UUID into said_id, and words into code or text.",
            field="said_id",
        )
    await router.talk.said(said)
    return JSONResponse({"said_id": str(said.said_id)}, 202)


def _read(body: bytes) -> Any:
    """The Said itself, or as it stands in a frame of the line; None for no JSON."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return data.get("said", data) if isinstance(data, dict) else None
