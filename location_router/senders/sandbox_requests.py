"""An agency's requests in the sandbox: read, checked and assigned like real ones, and no desk hears of them.

The center's part is played by a clock: received at once, accepted after a second, until the agency takes it back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import JSONResponse

from location_router.bodies import MOST_READ
from location_router.request_content.values import Draft
from location_router.request_routes import Call, draft_of, reason_of, signed_call
from location_router.requests import check_agency, check_new, id_used, place_of, unknown_request
from location_router.runtime.problems import Problem
from location_router.senders.intakes import Intakes
from location_router.senders.routes import read_batch
from location_router.senders.sandbox import steps_of
from location_router.wire import AgencyRequest, Phase, utc_now

sandbox_request_routes = APIRouter(prefix="/v1/sandbox/requests")
SCOPE = "sandbox"
LASTS = timedelta(hours=2)


@sandbox_request_routes.post("", status_code=202)
async def try_request(request: Request) -> JSONResponse:
    """As `POST /v1/requests`, for trying: same reading, same answers, no desk hears of it."""
    async with signed_call(request, scope=SCOPE) as call:
        draft = draft_of(call, request)
        if draft.kind == "raise":
            shown, is_new = await _ask(call, draft)
            return JSONResponse(shown, 202 if is_new else 200, call.headers)
        if draft.kind == "cancel":
            return JSONResponse(await _cancel(call, draft.request_id, draft.reason), 200, call.headers)
        assert draft.position is not None
        await _moved(call, draft.request_id, [draft.position.model_dump(mode="json", exclude_none=True)])
        return JSONResponse(await _show(call, draft.request_id), 202, call.headers)


@sandbox_request_routes.get("/{request_id}")
async def show_tried(request_id: UUID, request: Request) -> JSONResponse:
    """How it would stand, and in `understood` what the router made of it."""
    async with signed_call(request, limit=0, scope=SCOPE) as call:
        return JSONResponse(await _show(call, request_id), 200, call.headers)


@sandbox_request_routes.post("/{request_id}/positions", status_code=202)
async def try_moving(request_id: UUID, request: Request) -> JSONResponse:
    async with signed_call(request, limit=MOST_READ, scope=SCOPE) as call:
        stored = await _moved(call, request_id, read_batch(call.body))
        return JSONResponse({"stored": stored}, 202, call.headers)


@sandbox_request_routes.post("/{request_id}/cancel")
async def try_cancelling(request_id: UUID, request: Request) -> JSONResponse:
    async with signed_call(request, scope=SCOPE) as call:
        return JSONResponse(await _cancel(call, request_id, reason_of(call.body)), 200, call.headers)


@sandbox_request_routes.websocket("/{request_id}/live")
async def try_line(socket: WebSocket, request_id: UUID, token: str = "") -> None:
    intakes: Intakes = socket.app.state.intakes
    if not intakes.sandbox.opens(request_id, token):
        await socket.close(4403)
        return
    await socket.accept()
    await intakes.sandbox.line(socket, request_id)


async def _ask(call: Call, draft: Draft) -> tuple[dict[str, Any], bool]:
    check_agency(draft, call.sender)
    sandbox, registry = call.intakes.sandbox, call.router.registry
    async with sandbox.held(call.sender.sender_id, draft.request_id) as state:
        if is_new := not state:
            check_new(draft, utc_now())
            place = place_of(draft, registry, utc_now())
            message = draft.alert(sender=call.sender.sender_id, position=place)
            sandbox.take(state, message, set(), original={})
            state["digest"] = draft.digest().hex()
        elif state.get("digest") != draft.digest().hex():
            raise id_used()
    return _shown(call, draft.request_id, state), is_new


async def _cancel(call: Call, request_id: UUID, reason: str) -> dict[str, Any]:
    sandbox = call.intakes.sandbox
    async with sandbox.held(call.sender.sender_id, request_id) as state:
        if not state or "digest" not in state:
            raise unknown_request()
        if state["phase"] != Phase.ENDED:
            asked = AgencyRequest(
                agency_id=call.sender.agency_id, trigger="agency", legal_basis="", cancel_reason=reason
            )
            is_drill = state["message"]["service"].endswith("test.sos")
            over = Draft("cancel", request_id, utc_now(), asked, is_drill=is_drill)
            sandbox.take(state, over.alert(sender=call.sender.sender_id), set(), original={})
    return _shown(call, request_id, state)


async def _moved(call: Call, request_id: UUID, given: list[Any]) -> int:
    try:
        return await call.intakes.sandbox.moved(call.sender.sender_id, request_id, given)
    except Problem as problem:
        raise unknown_request() if problem.status == 404 else problem from None


async def _show(call: Call, request_id: UUID) -> dict[str, Any]:
    async with call.intakes.sandbox.held(call.sender.sender_id, request_id) as state:
        if not state or "digest" not in state:
            raise unknown_request()
    return _shown(call, request_id, state)


def _shown(call: Call, request_id: UUID, state: dict[str, Any]) -> dict[str, Any]:
    message, steps = state["message"], steps_of(state)
    last, path = steps[-1], f"/v1/sandbox/requests/{request_id}"
    received_at = datetime.fromisoformat(state["received_at"])
    return {
        "request_id": str(request_id),
        "agency_id": message["request"]["agency_id"],
        "trigger": message["request"]["trigger"],
        "is_drill": message["service"].endswith("test.sos"),
        "state": last["state"],
        "reason": last["reason"],
        "at": last["at"],
        "ends_at": (received_at + LASTS).isoformat() if last["state"] == "accepted" else None,
        "is_at_center": True,
        "center": state["assignment"]["center"],
        "assignment_no": state["assignment"]["assignment_no"],
        "assigned_because": state["assignment"]["reason"],
        "flags": state["flags"],
        "history": steps,
        "received_at": state["received_at"],
        "status_path": path,
        "positions_path": f"{path}/positions",
        "live_path": f"{path}/live",
        "live_token": call.intakes.sandbox.live_token(request_id),
        "understood": message,
        "positions": state["positions"],
    }
