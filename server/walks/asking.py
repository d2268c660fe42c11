"""The push that wakes her own phone when her walk asks her something. Words without a place; the app asks for more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from location_router.runtime.jobs import Again
from server.people.jobs import push_of
from server.push import PushLater, PushMessage, PushRefused, TokenGone

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("walks.asking")
DEADLINE_S = 12.0
TOO_LATE = timedelta(minutes=2)
_WALK = """
SELECT w.walk_id, w.version, w.rung, w.ended_at, w.device_id, w.due_at, d.push_token_sealed
FROM walk w JOIN device d USING (device_id) WHERE w.walk_id = :id AND d.revoked_at IS NULL
"""


async def ask(services: Services, walk_id: UUID, rung: str) -> None:
    """One attempt; raises Again while the question still stands. A phone without a token has only the line."""
    async with services.db.begin() as unit:
        row = await unit.one(_WALK, {"id": walk_id})
    if row is None or row["ended_at"] or row["rung"] != rung or row["push_token_sealed"] is None:
        return
    if row["due_at"] and services.clock() - row["due_at"] > TOO_LATE:
        return
    token = services.sealer.open(row["push_token_sealed"], context=f"device.push_token:{row['device_id']}")
    data = {"kind": "walk", "walk_id": str(walk_id), "rung": rung, "version": str(row["version"])}
    try:
        async with asyncio.timeout(DEADLINE_S):
            await push_of(services).send(PushMessage(token, data, collapse_key=str(walk_id)))
    except TokenGone:
        async with services.db.begin() as unit:
            await unit.execute(
                "UPDATE device SET push_token_sealed = NULL WHERE device_id = :id AND push_token_sealed = :token",
                {"id": row["device_id"], "token": row["push_token_sealed"]},
            )
    except PushRefused as error:
        log.error("walker_not_asked", walk_id=str(walk_id), error=str(error)[:200])
    except PushLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    except TimeoutError as error:
        raise Again("the push service is silent") from error
