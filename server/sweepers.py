"""Deadlines that survive every crash: columns in the incident's row, looked at several times a second.

May run in any number of processes: each incident is taken with SKIP LOCKED and decided anew. One incident that fails
never keeps another waiting.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.ending import end
from server.dispatch.service import request
from server.endings import end_with_incident
from server.events import SYSTEM, chain_of, record
from server.incidents import model
from server.incidents import service as incidents
from server.incidents.model import Incident
from server.incidents.reminders import advance_work
from server.protection.watching import DUE as APPROACHES_DUE
from server.protection.watching import advance_approaches
from server.requests.consents import DUE as LENT_DUE
from server.requests.consents import advance_lent
from server.requests.deciding import DUE as REQUESTS_DUE
from server.requests.deciding import advance_requests
from server.scouts.deadlines import advance_scouts
from server.sightings.deadlines import DUE as VIDEO_REQUESTS_DUE
from server.sightings.deadlines import STATES, advance_due
from server.walks.due import advance_walks, forget_walks

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("sweepers")
SWEEP_S = 0.25
AGAIN_S = 10.0

_DUE = f"""
(SELECT 'incident' AS what, incident_id FROM (
  SELECT incident_id FROM incident WHERE pre_deadline_at <= %(now)s
  UNION ALL SELECT incident_id FROM incident WHERE escalate_at <= %(now)s
  UNION ALL SELECT incident_id FROM incident WHERE handover_until <= %(now)s
  UNION ALL SELECT incident_id FROM incident WHERE target_at <= %(now)s
  UNION ALL SELECT incident_id FROM incident WHERE remind_at <= %(now)s) AS due LIMIT 200)
UNION ALL (SELECT 'walk', walk_id FROM walk WHERE look_at <= %(now)s LIMIT 1)
UNION ALL (SELECT 'scout', booking_id FROM scout_booking WHERE due_at <= %(now)s LIMIT 1)
UNION ALL (SELECT 'scout', pair_id FROM scout_pair WHERE due_at <= %(now)s LIMIT 1)
UNION ALL ({REQUESTS_DUE} LIMIT 1)
UNION ALL ({LENT_DUE} LIMIT 1)
UNION ALL ({APPROACHES_DUE} LIMIT 1)
UNION ALL ({VIDEO_REQUESTS_DUE} LIMIT 1)
"""
"""One question for all whose deadlines are rows: asked four times a second by every process, whatever goes on."""


class Sweeper:
    """Calls `sweep` until stopped."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sweeper")

    async def stop(self) -> None:
        await end(self._task)

    async def _run(self) -> None:
        while True:
            try:
                await sweep(self._services)
            except Unavailable:
                pass
            except Exception:
                log.exception("sweep_failed")
            await asyncio.sleep(SWEEP_S)


async def sweep(services: Services) -> int:
    """Do what is due; returns how many incidents were looked at."""
    now = services.clock()
    due = await services.db.look(_DUE, now=now, **STATES)
    kinds = {what for what, _ in due}
    incidents_due = dict.fromkeys(row_id for what, row_id in due if what == "incident")
    for incident_id in incidents_due:
        try:
            await _advance(services, incident_id, now)
        except Unavailable:
            raise
        except Exception:
            log.exception("deadline_failed", incident_id=str(incident_id))
    looked_at = len(incidents_due)
    if "walk" in kinds:
        looked_at += await advance_walks(services)
    if "video_request" in kinds:
        looked_at += await advance_due(services)
    if "request" in kinds:
        looked_at += await advance_requests(services)
    if "lent" in kinds:
        looked_at += await advance_lent(services)
    if "approach" in kinds:
        looked_at += await advance_approaches(services)
    if "scout" in kinds:
        looked_at += await advance_scouts(services)
    await forget_walks(services)
    return looked_at


async def _advance(services: Services, incident_id: UUID, now: datetime) -> None:
    settings = services.settings
    async with services.db.begin() as unit:
        row = await (
            await unit.driver.execute(
                "SELECT 1 FROM incident WHERE incident_id = %s FOR UPDATE SKIP LOCKED", [incident_id]
            )
        ).fetchone()
        state = await incidents.find(unit, incident_id) if row else None
        if state is None:
            return
        if state.pre_deadline_at is not None and state.pre_deadline_at <= now:
            command = model.Activate("timer", settings.escalate_leader_s)
            await incidents.perform(unit, services, incident_id, command, SYSTEM, state=state)
        elif state.escalate_at is not None and state.escalate_at <= now:
            escalate = model.Escalate(settings.escalate_leader_s, settings.escalate_112_s)
            after = await incidents.perform(unit, services, incident_id, escalate, SYSTEM, state=state)
            await end_with_incident(unit, services, state, after)
            if after.escalation_level == 2 and after.is_open and not after.is_drill:
                await _call_112(unit, services, after)
        else:
            await advance_work(unit, services, state, now)


async def _call_112(unit: Unit, services: Services, state: Incident) -> None:
    """Nobody has taken it: ask 112 without an operator. A failure is a line in the timeline and is tried again."""
    mark = chain_of(unit).mark()
    try:
        async with unit.conn.begin_nested():
            await request(unit, services, incident_id=state.incident_id, agency="112", actor=SYSTEM, automatic=True)
    except Exception as error:
        chain_of(unit).rewind(mark)
        reason = getattr(error, "code", None) or type(error).__name__
        log.error("automatic_112_failed", incident_id=str(state.incident_id), error=repr(error)[:200])
        await unit.driver.execute(
            "UPDATE incident SET escalate_at = %s WHERE incident_id = %s",
            [services.clock() + timedelta(seconds=AGAIN_S), state.incident_id],
        )
        record(
            unit,
            center_id=state.center_id,
            incident_id=state.incident_id,
            tag="dispatch:failed",
            payload={"agency": "112", "automatic": True, "reason": str(reason)[:80]},
        )
