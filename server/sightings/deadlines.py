"""Requests that wait too long, and approved ones whose time or ground is over: rows with a deadline, looked at by the
sweeper of every process (`server/sweepers.py`), each taken with SKIP LOCKED and decided anew."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable, Unit
from server.actor import SYSTEM
from server.agencies.model import agreement_from_row
from server.dispatch.model import WORKING_STATES
from server.incidents.model import OPEN
from server.sightings import asking, deciding, requesting

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("video_requests")

_WORKING = [one.value for one in WORKING_STATES]
DUE = """
SELECT 'video_request' AS what, v.request_id FROM video_request v
LEFT JOIN incident i ON i.incident_id = v.incident_id
LEFT JOIN dispatch d ON d.dispatch_id = v.dispatch_id
LEFT JOIN agreement g ON g.agreement_id = d.agreement_id
WHERE v.due_at IS NOT NULL AND (v.due_at <= %(now)s OR (v.state = 'approved' AND (
    i.state IS NULL OR i.state <> ALL(%(open_states)s) OR d.state IS NULL OR d.state <> ALL(%(working_states)s) OR NOT (
        g.may_view_live AND g.starts_at <= %(now)s AND coalesce(g.ends_at > %(now)s, true)
        AND coalesce(g.suspended_at > %(now)s, true)))))
"""
"""With `STATES` for its parameters; without order or limit, for the one question of the sweeper."""
STATES = {"open_states": list(OPEN), "working_states": _WORKING}
_GROUND = """
SELECT i.state AS incident_state, d.state AS dispatch_state, d.legal_basis, g.* FROM video_request v
LEFT JOIN incident i ON i.incident_id = v.incident_id
LEFT JOIN dispatch d ON d.dispatch_id = v.dispatch_id
LEFT JOIN agreement g ON g.agreement_id = d.agreement_id WHERE v.request_id = :id
"""


async def advance_due(services: Services) -> int:
    """Do what is due; returns how many requests were looked at. One that fails never keeps another waiting."""
    now = services.clock()
    due = [row[1] for row in await services.db.look(f"{DUE} ORDER BY v.due_at LIMIT 100", now=now, **STATES)]
    for request_id in due:
        try:
            await _advance(services, request_id, now)
        except Unavailable:
            raise
        except Exception:
            log.exception("video_request_deadline_failed", request_id=str(request_id))
    return len(due)


async def _advance(services: Services, request_id: UUID, now: datetime) -> None:
    async with services.db.begin() as unit:
        row = await requesting.locked(unit, request_id, skip=True)
        if row is None:
            return
        happened = asking.decide(requesting.request_of(row), await _ground(unit, row, now), now)
        if happened is None:
            return
        if happened.what == "escalated":
            row = await requesting.change(unit, row, **happened.changes)
            requesting.say(unit, row, "escalated", SYSTEM, now, **happened.payload)
        else:
            await deciding.end(unit, services, row, happened, SYSTEM, now)


async def _ground(unit: Unit, row: dict[str, Any], now: datetime) -> asking.Ground:
    if row["state"] != "approved":
        return asking.Ground()
    found = await unit.one(_GROUND, {"id": row["request_id"]})
    assert found is not None, "its row is locked"
    allows = False
    if found["agreement_id"] is not None:
        agreement = agreement_from_row(dict(found))
        trigger = asking.TRIGGERS[row["kind"]]
        allows = agreement.in_force(now) and agreement.grants("live") and trigger in agreement.triggers
    return asking.Ground(found["incident_state"] in OPEN, found["dispatch_state"] in WORKING_STATES, allows)
