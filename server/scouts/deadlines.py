"""What the clock does to bookings and pairs: rows with a deadline, looked at by the sweeper of every process, each
taken with SKIP LOCKED and decided anew. One that fails never keeps another waiting."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable
from server.actor import SYSTEM
from server.scouts import duty, model, reading, way_back
from server.scouts.telling import tell_her

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("scouts.deadlines")
_DUE = """
SELECT 'booking', booking_id FROM scout_booking WHERE due_at <= %(now)s
UNION ALL SELECT 'pair', pair_id FROM scout_pair WHERE due_at <= %(now)s LIMIT 200
"""


async def advance_scouts(services: Services) -> int:
    """Do what is due; returns how many rows were looked at."""
    now = services.clock()
    due = await services.db.look(_DUE, now=now)
    for kind, key in due:
        try:
            await (_booking if kind == "booking" else _pair)(services, key, now)
        except Unavailable:
            raise
        except Exception:
            log.exception("scout_deadline_failed", kind=kind, id=str(key))
    return len(due)


async def _booking(services: Services, booking_id: UUID, now: datetime) -> None:
    async with services.db.begin() as unit:
        row = await reading.locked(unit, booking_id, skip=True)
        if row is None:
            return
        after, happened = model.advance(reading.booking_of(row), now)
        row = await reading.save(unit, row, after)
        if happened:
            reading.say(unit, row, happened, SYSTEM, now)
            await tell_her(unit, services, row, happened)


async def _pair(services: Services, pair_id: UUID, now: datetime) -> None:
    async with services.db.begin() as unit:
        row = await duty.locked(unit, pair_id, skip=True)
        if row is None:
            return
        way, happened = way_back.advance(duty.way_of(row), now)
        row = await duty.keep(unit, row, way)
        if happened:
            reading.say(unit, row, happened, SYSTEM, now, name=row["name"])
