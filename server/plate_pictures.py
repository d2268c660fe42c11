"""A reader's own picture of a hit, beside its request as a photo of the agency's would be.

Drawn anew, sealed, shown by the gate alone, gone with the incident. That of a near miss is shown to nobody: it lies
sealed in its row, and goes to the request when a person confirms, else with the row. The picture of a read that is
neither is never decoded.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from location_router.request_content.attachments import Attachment, read_attachment
from location_router.request_content.values import Refused
from location_router.runtime.one_by_one import one_by_one
from location_router.runtime.problems import Problem
from server import attaching
from server.plates import candidates
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
_BARE = """
SELECT candidate_id, center_id, read_at FROM plate_candidate
WHERE candidate_id = ANY(:ids) AND dismissed_at IS NULL AND picture_sealed IS NULL ORDER BY candidate_id
"""
_KEEP_NEAR = """
UPDATE plate_candidate SET picture_sealed = :sealed
WHERE candidate_id = :id AND dismissed_at IS NULL AND picture_sealed IS NULL
"""


async def keep(services: Services, hit_id: UUID, text: str) -> None:
    """`text`: base64 of a JPEG or PNG. One that can't be read, or for which there is no room or no open request, is
    left out: the hit stands without it."""
    async with services.db.begin() as unit:
        row = await unit.one(_OF_HIT, {"hit": hit_id})
    if row is None or row["incident_id"] is None or row["state"] not in OPEN_STATES:
        return
    try:
        await attaching.keep(services, await _read(text, row["request_id"], row["read_at"]), row)
    except (binascii.Error, Refused, Problem) as wrong:
        log.warning("plate_picture_left_out", hit_id=str(hit_id), code=getattr(wrong, "code", "base64"))


async def _read(text: str, of: UUID, at: datetime) -> Attachment:
    """Raises binascii.Error, Refused."""
    body = base64.b64decode(text, validate=True)
    form = "image/png" if body.startswith(_PNG) else "image/jpeg"
    return await one_by_one(partial(read_attachment, body, form, request_id=of, trigger=TRIGGER, raised_at=at))


async def keep_near(services: Services, candidate_ids: list[UUID], text: str) -> None:
    """In the rows that wait and have none yet, until somebody decides; one that can't be read is left out."""
    async with services.db.begin() as unit:
        rows = await unit.all(_BARE, {"ids": candidate_ids})
    if not rows:
        return
    try:
        read = await _read(text, rows[0]["candidate_id"], rows[0]["read_at"])
    except (binascii.Error, Refused) as wrong:
        log.warning("plate_picture_left_out", code=getattr(wrong, "code", "base64"))
        return
    jpeg = base64.b64encode(read.body).decode()
    async with services.db.begin() as unit:
        for row in rows:
            candidate_id, center = row["candidate_id"], row["center_id"]
            sealed = services.sealer.seal(jpeg, context=candidates.picture_context(candidate_id), center=center)
            await unit.execute(_KEEP_NEAR, {"id": candidate_id, "sealed": sealed})
    for center in {row["center_id"] for row in rows}:
        services.broadcast.tell(f"{candidates.NEWS}{center}")
