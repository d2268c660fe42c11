"""Requests of linked agencies over HTTP (docs/agencies.md): strict and signed, and every refusal leaves a row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import JSONResponse

from location_router.app import Router
from location_router.bodies import MOST_READ, read_body
from location_router.captures import PIECES_IN_10_S, Full, Piece, TooFast
from location_router.request_content.attachments import MOST_BYTES, pieces_of, read_attachment
from location_router.request_content.reading import read_request
from location_router.request_content.values import Draft, Refused
from location_router.requests import problem_of, unknown_request
from location_router.routes import keep_positions
from location_router.runtime.one_by_one import one_by_one
from location_router.runtime.problems import Problem
from location_router.runtime.tokens import is_live_token
from location_router.senders.intakes import Intakes, intakes_of
from location_router.senders.keys import Sender
from location_router.wire import MAX_BODY_BYTES

request_routes = APIRouter()
SCOPE = "requests"
LONGEST_REASON = 80


class Call:
    """One signed call: who it is of, what it carries; `headers` of the answer say how long it was made to wait."""

    def __init__(self, router: Router, intakes: Intakes, body: bytes) -> None:
        self.router, self.intakes, self.body = router, intakes, body
        self.sender: Sender = NOBODY
        self.headers: dict[str, str] = {}


NOBODY = Sender("", "", frozenset(), "", 0, "", (), frozenset())


@asynccontextmanager
async def signed_call(request: Request, *, limit: int = MAX_BODY_BYTES, scope: str = SCOPE) -> AsyncIterator[Call]:
    """A call whose sender may raise requests for its agency. What is refused, here or inside, stands in a row, but for
    the sandbox's."""
    call = Call(request.app.state.router, intakes_of(request), await read_body(request, limit=limit))
    try:
        try:
            if len(call.body) > limit:  # what is read of it is not all that was signed
                raise too_large(limit)
            call.sender, delayed = await call.intakes.gate.require(request, call.body, scope, is_strict=True)
            call.headers = delayed.headers()
            check_bound(call.sender)
            yield call
        except Refused as refused:
            raise problem_of(refused) from None
    except Problem as problem:
        if scope == "sandbox":
            raise
        await call.router.requests.keep(
            problem,
            sender=call.sender.sender_id or request.headers.get("X-Ansim-Sender", "")[:40],
            agency_id=call.sender.agency_id,
            address=request.client.host if request.client else "",
            size_bytes=len(call.body),
        )
        raise


def check_bound(sender: Sender) -> None:
    """Raises Problem 403 for a sender that speaks for no agency."""
    if not sender.agency_id:
        raise Problem(
            403,
            "no_agency",
            "어느 기관의 송신자인지 등록되어 있지 않습니다. 라우터 관리자에게 기관 등록을 요청하세요.",
            "This sender is registered for no agency; ask the router's administrator to name one.",
        )


def too_large(limit: int) -> Refused:
    most = f"{limit // 1024} KB"
    ko, en = f"본문이 너무 큽니다. {most}까지 보내 주세요.", f"The body is too large: send {most} at most."
    return Refused("too_large", "body", f"> {limit} bytes", ko, en)


def draft_of(call: Call, request: Request) -> Draft:
    """Raises Refused."""
    form, agency_id = request.headers.get("content-type", ""), call.sender.agency_id
    return read_request(call.body, form, agency_id=agency_id, keyed=call.router.requests.named)


def reason_of(body: bytes) -> str:
    """Of `{"reason"}`, or of nothing. Raises Problem 422."""
    try:
        said = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError:
        said = None
    reason = said.get("reason", "") if isinstance(said, dict) else None
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON or "\x00" in reason:
        raise Problem(
            422,
            "invalid",
            f'{{"reason": "…"}}로 보내 주세요({LONGEST_REASON}자까지).',
            f'Send {{"reason": "…"}}, {LONGEST_REASON} characters at most.',
            field="reason",
        )
    return reason


@request_routes.post("/v1/requests", status_code=202)
async def ask(request: Request) -> JSONResponse:
    """Raise a request; a CAP Update or Cancel (or a closed EIDO) is about the one that it refers to."""
    async with signed_call(request) as call:
        draft, requests = draft_of(call, request), call.router.requests
        if draft.kind == "raise":
            shown, is_new = await requests.ask(draft, call.sender)
            return JSONResponse(shown, 202 if is_new else 200, call.headers)
        if draft.kind == "cancel":
            return JSONResponse(await requests.cancel(draft.request_id, call.sender, draft.reason), 200, call.headers)
        assert draft.position is not None
        batch = orjson.dumps({"positions": [draft.position.model_dump(mode="json", exclude_none=True)]})
        await _move(call, draft.request_id, batch)
        return JSONResponse(await requests.show(draft.request_id, call.sender), 202, call.headers)


async def _move(call: Call, request_id: UUID, batch: bytes) -> int:
    await call.router.requests.show(request_id, call.sender)
    standing = await call.router.live.standing(request_id)
    if standing is None:
        raise unknown_request()
    return await keep_positions(call.router, request_id, standing, batch)


@request_routes.post("/v1/requests/{request_id}/positions", status_code=202)
async def move(request_id: UUID, request: Request) -> JSONResponse:
    """Where it is now: `{"positions": […]}`, the newest wins. Only the sender that raised it; the same answer whatever
    became of the request."""
    async with signed_call(request, limit=MOST_READ) as call:
        return JSONResponse({"stored": await _move(call, request_id, call.body)}, 202, call.headers)


@request_routes.post("/v1/requests/{request_id}/cancel")
async def cancel(request_id: UUID, request: Request) -> JSONResponse:
    """Take it back. One that is over stays as it ended."""
    async with signed_call(request) as call:
        shown = await call.router.requests.cancel(request_id, call.sender, reason_of(call.body))
        return JSONResponse(shown, 200, call.headers)


@request_routes.post("/v1/requests/{request_id}/attachments", status_code=202)
async def attach(request_id: UUID, request: Request) -> JSONResponse:
    """A photo (JPEG, PNG) or a sensor's reading for whoever has the request, as the photos of a phone go there."""
    async with signed_call(request, limit=MOST_BYTES) as call:
        shown = await call.router.requests.show(request_id, call.sender)
        raised_at = datetime.fromisoformat(shown["received_at"])
        form, trigger = request.headers.get("content-type", ""), str(shown["trigger"])
        read = await one_by_one(
            partial(read_attachment, call.body, form, request_id=request_id, trigger=trigger, raised_at=raised_at)
        )
        if shown["state"] not in ("received", "accepted"):
            raise Problem(409, "not_open", "끝난 요청입니다.", "The request is over.", state=shown["state"])
        for number, (header, body) in enumerate(pieces_of(read, request_id)):
            await _bring(call.router, Piece(request_id, read.attachment_id, number, header, body))
        told = {"attachment_id": str(read.attachment_id), "kind": read.kind, "bytes": len(read.body)}
        return JSONResponse(told, 202, call.headers)


async def _bring(router: Router, piece: Piece) -> None:
    """On this disk. Too many at once wait. Raises Problem 409."""
    for _ in range(PIECES_IN_10_S):
        try:
            return await router.captures.take(piece)
        except TooFast:
            await asyncio.sleep(0.5)
        except Full:
            break
    raise Problem(409, "too_many", "이 요청에 더 붙일 수 없습니다.", "This request takes no more attachments.")


@request_routes.get("/v1/requests/{request_id}")
async def show(request_id: UUID, request: Request) -> JSONResponse:
    """How it stands, as far as its center has said."""
    async with signed_call(request) as call:
        return JSONResponse(await call.router.requests.show(request_id, call.sender), 200, call.headers)


@request_routes.websocket("/v1/requests/{request_id}/live")
async def live(socket: WebSocket, request_id: UUID, token: str = "") -> None:
    """The alert's own line, on which the center's words about the request come too."""
    router: Router = socket.app.state.router
    if not is_live_token(router.live_key, request_id, token):
        await socket.close(4403)
        return
    await socket.accept()
    await router.live.hold(socket, request_id, steps=partial(router.requests.steps, request_id))
