"""`PUT /v1/alerts/{id}/captures/{capture}/{piece}`: a piece of a photo or of sound from the person's own phone; and
what of it is here, so that a phone that was switched off goes on where it stopped."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from location_router.app import Router
from location_router.bodies import read_body
from location_router.captures import HEADER_BYTES, PIECE_BYTES, Full, Piece, TooFast
from location_router.routes import bearer, check_sender
from location_router.runtime.problems import Problem

capture_routes = APIRouter()
HEADER = "x-ansim-capture"


@capture_routes.put("/v1/alerts/{alert_id}/captures/{capture_id}/{piece_no}", status_code=202)
async def put_piece(alert_id: UUID, capture_id: UUID, piece_no: int, request: Request) -> JSONResponse:
    """The piece is on disk; the same answer whatever became of the alert."""
    router: Router = request.app.state.router
    check_sender(router, alert_id, await router.live.standing(alert_id), bearer(request.headers))
    body = await read_body(request, limit=PIECE_BYTES)
    header = request.headers.get(HEADER, "")
    _check(header, body, alert_id, capture_id, piece_no)
    try:
        await router.captures.take(Piece(alert_id, capture_id, piece_no, header, body))
    except Full:
        raise Problem(
            413, "captures_full", "이 신고의 사진·소리가 한도에 이르렀습니다.", "This alert has sent all that it may."
        ) from None
    except TooFast:
        said = "너무 많이 한꺼번에 왔습니다. 2초 뒤 다시 보내 주세요.", "Too many at once: send again in 2 s."
        raise Problem(429, "too_fast", *said, headers={"Retry-After": "2"}) from None
    return JSONResponse({"capture_id": str(capture_id), "piece_no": piece_no}, 202)


@capture_routes.get("/v1/alerts/{alert_id}/captures")
async def list_pieces(alert_id: UUID, request: Request) -> dict[str, Any]:
    """`{"pieces": [[capture_id, piece_no, is_confirmed]]}`, confirmed: the center has it on disk."""
    router: Router = request.app.state.router
    check_sender(router, alert_id, await router.live.standing(alert_id), bearer(request.headers))
    return {"pieces": [list(one) for one in await router.captures.held(alert_id)]}


def _check(header: str, body: bytes, alert_id: UUID, capture_id: UUID, piece_no: int) -> None:
    """What the way needs; the rest of the header is the center's to judge. Raises Problem 413, 422."""
    if len(body) > PIECE_BYTES:
        raise Problem(413, "too_long", "조각은 48 KB까지입니다.", "A piece is 48 KB at most.", field="body")
    try:
        told = orjson.loads(header) if len(header) <= HEADER_BYTES else None
    except orjson.JSONDecodeError:
        told = None
    wanted = {"alert_id": str(alert_id), "capture_id": str(capture_id), "piece_no": piece_no, "size": len(body)}
    for name, value in wanted.items():
        if not isinstance(told, dict) or told.get(name) != value:
            raise Problem(
                422,
                "odd_piece",
                f"X-Ansim-Capture의 {name}을(를) 조각에 맞게 적어 주세요.",
                f"X-Ansim-Capture must name the {name} of this piece.",
                field=name,
            )
