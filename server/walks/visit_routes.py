"""`POST /v1/walks/dots`: the router passes on the dots of other installations' people who walk in our centers."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from location_router.runtime.problems import Problem
from location_router.wire import MAX_BODY_BYTES
from location_router.wire_walks import WalkDots
from server.connection import services_of
from server.signed import signed_body
from server.walks import visits

router = APIRouter()


@router.post("/v1/walks/dots")
async def take_dots(request: Request) -> Response:
    """200 with what was taken and to whom these walks were shown, after the commit. 401 unsigned; 422, kept nowhere."""
    body = await signed_body(request, most_bytes=2 * MAX_BODY_BYTES)
    try:
        message = WalkDots.model_validate_json(body)
    except ValidationError as error:
        names = ", ".join(sorted({".".join(map(str, one["loc"])) for one in error.errors()})[:5])
        raise Problem(422, "invalid", f"입력을 확인해 주세요: {names}", f"Check these fields: {names}") from None
    taken = await visits.take(services_of(request), message)
    return Response(taken.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
