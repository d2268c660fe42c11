"""`POST /v1/inbox`: the router's second way to this desk, signed with the key the two share."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from location_router.runtime.problems import Problem
from location_router.wire import MAX_BODY_BYTES
from server.connection import services_of
from server.intake import receipt_body, receive_body
from server.signed import signed_body

router = APIRouter()


@router.post("/v1/inbox")
async def inbox(request: Request) -> Response:
    """200 with the Receipt, after the commit. 401 unsigned; 422 when it can't be read (it is kept in quarantine)."""
    services = services_of(request)
    body = await signed_body(request, most_bytes=4 * MAX_BODY_BYTES)
    receipt = await receive_body(services, "https", body)
    if receipt is None:
        raise Problem(
            422,
            "unreadable",
            "전달된 신고를 읽을 수 없어 격리했습니다.",
            "The delivery could not be read; it is kept in quarantine.",
        )
    return Response(receipt_body(receipt), media_type="application/json")
