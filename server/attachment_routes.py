"""What an agency's own system adds over its line: a photo or a reading to its request, a telco's place to an SOS.

Signed as every message of the line (docs/agencies.md section 3).
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from location_router.request_content.attachments import MOST_BYTES, read_attachment
from location_router.request_content.values import Refused
from location_router.runtime.one_by_one import one_by_one
from server import attaching, request_line, telco_places
from server.connection import services_of
from server.line_letters import letter_of
from server.line_turns import turns_of

router = APIRouter()
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
    async with turns_of(services).work(letter.agency_id, letter.address):
        kept = await attaching.keep(services, read, row)
    return {"attachment_id": str(read.attachment_id), "kind": read.kind, "bytes": len(read.body), "is_kept": kept}


@router.post("/api/lines/{agency_id}/sources", status_code=202)
async def tell_place(request: Request, agency_id: str) -> dict[str, Any]:
    """Where a telco sees a phone: beside the open SOS of whoever calls by this number, if there is one; the answer is
    the same."""
    return await telco_places.take(services_of(request), await letter_of(request, agency_id))
