"""Deadlines of walks, as `server/sweepers.py` looks at those of incidents: in any number of processes, by the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable
from server.walks.beat import look_at
from server.walks.forgetting import forget_old
from server.walks.visits import forget_visits

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("walks")
_DUE = "SELECT walk_id FROM walk WHERE look_at <= %(now)s ORDER BY look_at LIMIT 300"


async def advance_walks(services: Services) -> int:
    """Look at every walk whose time has come; returns how many. One that fails keeps no other waiting."""
    due: list[UUID] = [row[0] for row in await services.db.look(_DUE, now=services.clock())]
    if not due:
        return 0
    try:
        await look_at(services, due)
    except Unavailable:
        raise
    except Exception:
        log.exception("walks_failed", walks=len(due))
        for walk_id in due:
            await _alone(services, walk_id)
    return len(due)


async def forget_walks(services: Services) -> None:
    """What nobody keeps any more; does something once in a while only."""
    await forget_old(services)
    await forget_visits(services)


async def _alone(services: Services, walk_id: UUID) -> None:
    try:
        await look_at(services, [walk_id])
    except Unavailable:
        raise
    except Exception:
        log.exception("walk_failed", walk_id=str(walk_id))
