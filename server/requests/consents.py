"""A lent camera whose consent has run out is forgotten at once, also while its request goes on.

The gate shows nothing of it from the consent's last second (`server/gate_facts.py`); here its address is deleted, and
the agency and the operators are told by a line.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from location_router.runtime.db import Unavailable
from server.actor import SYSTEM
from server.requests.deciding import PUT_OFF
from server.requests.lending import end_lent

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("lent")
OVER = "consent_over"
DUE = "SELECT 'lent' AS what, request_id FROM lent_camera WHERE ended_at IS NULL AND until_at <= %(now)s"
_OVER = """
SELECT camera_id FROM lent_camera WHERE ended_at IS NULL AND until_at <= :now AND camera_id <> ALL(:failed)
ORDER BY until_at LIMIT 200
"""
_ROW = """
SELECT r.request_id, r.center_id, r.agency_id, r.incident_id
FROM lent_camera l JOIN agency_request r USING (request_id, center_id)
WHERE l.camera_id = :id AND l.ended_at IS NULL AND l.until_at <= :now FOR UPDATE OF r
"""
_OVER_STILL = "SELECT 1 FROM lent_camera WHERE camera_id = :id AND ended_at IS NULL AND until_at <= :now"
"""Asked again once the request is ours: whoever lent it anew a moment ago had it until then."""
_ALONE = "UPDATE lent_camera SET url_sealed = NULL, ended_at = :now, end_reason = :reason WHERE camera_id = :id"


async def advance_lent(services: Services) -> int:
    """How many were due."""
    now = services.clock()
    failed: dict[str, datetime] = services.shared.setdefault("failed_lent", {})
    for camera_id in [one for one, until in failed.items() if until <= now]:
        del failed[camera_id]
    async with services.db.begin() as unit:
        rows = await unit.all(_OVER, {"now": now, "failed": list(failed)})
    for due in rows:
        camera_id = due["camera_id"]
        try:
            await _forget(services, camera_id, now)
        except Unavailable:
            raise
        except Exception:  # one that fails never keeps another waiting
            failed[camera_id] = now + PUT_OFF
            log.exception("lent_camera_not_forgotten", camera_id=camera_id)
    return len(rows)


async def _forget(services: Services, camera_id: str, now: datetime) -> None:
    """Decided anew, for it may have been lent again meanwhile; without its request there is nobody to tell."""
    async with services.db.begin() as unit:
        row = await unit.one(_ROW, {"id": camera_id, "now": now})
        if row is not None:
            if await unit.scalar(_OVER_STILL, {"id": camera_id, "now": now}):
                await end_lent(unit, services, row, SYSTEM, OVER, camera_id=camera_id)
            return
        alone = f"{_ALONE} AND ended_at IS NULL AND until_at <= :now"
        await unit.execute(alone, {"id": camera_id, "now": now, "reason": OVER})
