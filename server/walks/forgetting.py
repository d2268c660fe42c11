"""What she does not keep (any more) goes: after the days that she chose for a walk. The policy `walks` of the center is
the limit above it (`server/retention/kinds.py`). What a legal hold keeps of an alert, it keeps of its walk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from server.people.leaving import HELD_ALERTS, HOLD_LOCK

if TYPE_CHECKING:
    from server.services import Services

EVERY = timedelta(minutes=5)
KEEPS_NOTHING = timedelta(days=1)
"""The row of a walk that she keeps nothing of: ids only, for requests that come late."""
_GONE = f"""
DELETE FROM walk WHERE walk_id IN (
  SELECT walk_id FROM walk
  WHERE ended_at < CAST(:now AS timestamptz) - greatest(make_interval(days => keep_days), :least)
  AND alert_id NOT IN {HELD_ALERTS}
  LIMIT 500 FOR UPDATE SKIP LOCKED)
RETURNING 1
"""


async def forget_old(services: Services) -> int:
    """Once in a while, whoever asks; returns how many walks went."""
    now, last = services.clock(), services.shared.get("walks_forgotten_at")
    if isinstance(last, datetime) and timedelta() <= now - last < EVERY:
        return 0
    services.shared["walks_forgotten_at"] = now
    async with services.db.begin() as unit:
        await unit.execute(HOLD_LOCK)
        return len(await unit.all(_GONE, {"now": now, "least": KEEPS_NOTHING}))
