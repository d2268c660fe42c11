"""What is added to a request at this center, a photo or a reading, on its way to the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from location_router.request_content.attachments import Attachment, pieces_of
from location_router.runtime.problems import Problem
from server.captures import model as captures
from server.captures import service as keeping

if TYPE_CHECKING:
    from server.services import Services

MOST_ATTACHED = 20


async def keep(services: Services, read: Attachment, row: dict[str, Any]) -> bool:
    """On this center's disk, beside the request of this row. False: it is an exercise, of which nothing is kept.
    Problem 409 `too_many`, `not_here`."""
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
