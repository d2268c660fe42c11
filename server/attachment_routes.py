"""What an agency's own system adds over its line: a photo or a reading to its request, a telco's place to an SOS.

Signed as every message of the line (docs/agencies.md section 3).
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request

from location_router.request_content.attachments import MOST_BYTES, Attachment, pieces_of, read_attachment
from location_router.request_content.values import Refused
from location_router.runtime.one_by_one import one_by_one
from location_router.runtime.problems import Problem
from server import request_line, telco_places
from server.captures import model as captures
from server.captures import service as keeping
from server.connection import services_of
from server.line_letters import letter_of
from server.services import Services

router = APIRouter()
MOST_ATTACHED = 20
ATTACHED = "/api/lines/*/attachments"
"""Where a body may be longer than others (`BodyLimit`)."""


@router.post("/api/lines/{agency_id}/requests/{request_id}/attachments", status_code=202)
async def attach(request: Request, agency_id: str, request_id: UUID) -> dict[str, Any]:
    """A photo (JPEG, PNG) or `{"kind": "sensor", "name", "value", "unit", "at"}`; the same again is the same one."""
    services, letter = services_of(request), await letter_of(request, agency_id, MOST_BYTES)
    row = await request_line.held(services, letter, request_id)
    form = request.headers.get("content-type", "")
    try:
        work = partial(
            read_attachment, letter.body, form,
            request_id=request_id, trigger=row["trigger"], raised_at=row["raised_at"],
        )  # fmt: skip
        read = await one_by_one(work)
    except Refused as wrong:
        known = {"trigger": row["trigger"], "request_id": request_id}
        raise await request_line.not_taken(services, letter, wrong, **known) from None
    request_line.still_open(row)
    kept = await _keep(services, read, row)
    return {"attachment_id": str(read.attachment_id), "kind": read.kind, "bytes": len(read.body), "is_kept": kept}


async def _keep(services: Services, read: Attachment, row: dict[str, Any]) -> bool:
    """On this center's disk. False: it is an exercise, of which nothing is kept."""
    async with services.db.begin() as unit:
        query = "SELECT count(*) FROM capture WHERE alert_id = :id AND lens = 'agency' AND capture_id <> :own"
        before = await unit.scalar(query, {"id": row["request_id"], "own": read.attachment_id})
    if before >= MOST_ATTACHED:
        raise Problem(409, "too_many", "이 요청에 더 붙일 수 없습니다.", "This request takes no more attachments.")
    kept = False
    for header, body in pieces_of(read, row["request_id"]):
        about = {"alert_id": row["request_id"], "assignment_no": 0, "received_at": services.clock(), "header": header}
        piece = captures.read(orjson.dumps(about) + b"\n" + body)
        try:
            kept = await keeping.receive(services, piece)
        except keeping.NotHereYet:
            ko, en = "이 센터를 떠난 요청입니다.", "The request has gone to another center: send it to the router."
            raise Problem(409, "not_here", ko, en) from None
    return kept


@router.post("/api/lines/{agency_id}/sources", status_code=202)
async def tell_place(request: Request, agency_id: str) -> dict[str, Any]:
    """Where a telco sees a phone: beside the open SOS of whoever calls by this number, if there is one; the answer is
    the same."""
    return await telco_places.take(services_of(request), await letter_of(request, agency_id))
