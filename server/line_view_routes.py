"""What an agency's system sees of its request over the line (docs/agencies.md sections 3 and 4): signed, no session."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from server import line_live, line_views
from server.connection import address_of, services_of
from server.line_letters import letter_of
from server.line_views import Asked, StillsAsked
from server.request_line import Letter

router = APIRouter()
PATH = "/api/lines/{agency_id}/requests/{request_id}"


def _body(kind: type[Asked], **example: Any) -> dict[str, Any]:
    """The body in the document: the route reads its bytes itself, since they are signed."""
    content = {"schema": kind.model_json_schema(), "example": {"viewer": "kim-07", **example}}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


@router.post(PATH + "/video", openapi_extra=_body(Asked))
async def video(request: Request, response: Response, agency_id: str, request_id: UUID) -> dict[str, Any]:
    """Tickets for the cameras that are released to the request now, for the address that asks."""
    response.headers["Cache-Control"] = "no-store"
    return await line_views.video(services_of(request), await letter_of(request, agency_id), request_id)


@router.post(PATH + "/stills", openapi_extra=_body(StillsAsked, count=3))
async def stills(request: Request, response: Response, agency_id: str, request_id: UUID) -> dict[str, Any]:
    """Stills of them, taken now."""
    response.headers["Cache-Control"] = "no-store"
    return await line_views.stills(services_of(request), await letter_of(request, agency_id), request_id)


@router.websocket(PATH + "/live")
async def live(socket: WebSocket, agency_id: str, request_id: UUID) -> None:
    """States, rights, cameras and places of one request while it runs; signed as a GET of this path."""
    await socket.accept()
    letter = Letter(agency_id[:80], socket.headers, address_of(socket), b"", ("GET", socket.url.path))
    with suppress(WebSocketDisconnect, RuntimeError):  # it left in the middle of a word
        await line_live.serve(socket, services_of(socket), letter, request_id)
