"""A reader's own picture of a hit: beside its request, as a photo of the agency's would be.

It goes the same way, drawn anew, sealed, shown by the gate alone, gone with the incident. The picture of a read that is
no hit is never decoded.
"""

from __future__ import annotations

import base64
import binascii
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from location_router.request_content.attachments import read_attachment
from location_router.request_content.values import Refused
from location_router.runtime.one_by_one import one_by_one
from location_router.runtime.problems import Problem
from server import attaching
from server.plates.service import TRIGGER
from server.requests.model import OPEN_STATES

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("plates")
_PNG = b"\x89PNG"
_OF_HIT = """
SELECT r.*, h.read_at FROM plate_hit h
JOIN agency_request r ON r.request_id = h.request_id AND r.center_id = h.center_id WHERE h.hit_id = :hit
"""


async def keep(services: Services, hit_id: UUID, text: str) -> None:
    """`text`: base64 of a JPEG or PNG. One that can't be read, or for which there is no room or no open request, is
    left out: the hit stands without it."""
    async with services.db.begin() as unit:
        row = await unit.one(_OF_HIT, {"hit": hit_id})
    if row is None or row["incident_id"] is None or row["state"] not in OPEN_STATES:
        return
    try:
        body = base64.b64decode(text, validate=True)
        form = "image/png" if body.startswith(_PNG) else "image/jpeg"
        about = {"request_id": row["request_id"], "trigger": TRIGGER, "raised_at": row["read_at"]}
        read = await one_by_one(partial(read_attachment, body, form, **about))
        await attaching.keep(services, read, row)
    except (binascii.Error, Refused, Problem) as wrong:
        log.warning("plate_picture_left_out", hit_id=str(hit_id), code=getattr(wrong, "code", "base64"))
