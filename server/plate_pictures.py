"""A reader's own picture of a hit, beside its request as a photo of the agency's would be; of a near miss, beside it.

Drawn anew, sealed, shown by the gate alone, gone with the incident, or with the near miss when somebody decides or
nobody does. The picture of a read that is neither is never decoded.
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
from server.gate import Refused as NotShown
from server.gate import Wish, ask
from server.plates import candidates
from server.plates.service import TRIGGER
from server.releases import end_releases, note_first_byte
from server.requests.model import OPEN_STATES

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

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
    """Beside those of them that wait and have none yet; one that can't be read is left out."""
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


async def show(services: Services, viewer: Viewer, candidate_id: UUID) -> bytes:
    """The JPEG of a near miss that waits: the gate's yes and its committed row come first. Problems 404 `no_candidate`,
    `no_picture`; Refused."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await candidates.standing(unit, candidate_id, now)
        if row is None:
            raise candidates.gone()
        jpeg = await candidates.picture_of(unit, services, candidate_id)
        if jpeg is None:
            raise Problem(404, "no_picture", "판독기가 사진을 보내지 않았습니다.", "The reader sent no picture.")
        about = {"candidate_id": str(candidate_id), "entry_id": str(row["entry_id"])}
        wish = Wish("plate", center_id=row["center_id"], camera_ids=(row["camera_id"],), detail=about)
        answer = await ask(unit, viewer, wish, now=now)
        if not isinstance(answer, NotShown):
            await note_first_byte(unit, answer[0])
            await end_releases(unit, {answer[0]: "delivered"}, at=now)
    if isinstance(answer, NotShown):
        raise answer
    return base64.b64decode(jpeg)
