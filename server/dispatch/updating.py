"""The chain of position updates to an agency's own system: one job after the other, exactly one at a time.

Each update plans the next in the transaction that notes it, and only where it is the newest itself: a job that runs
twice (its worker was killed after the commit) plans nothing the second time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in

if TYPE_CHECKING:
    from server.services import Services

UPDATE_EVERY_S = 5.0


async def note_told(unit: Unit, row: dict[str, Any], fixed_at: datetime) -> None:
    """The agency's system has this fix; an older one says nothing new."""
    await unit.execute(
        "UPDATE dispatch SET update_fixed_at = greatest(update_fixed_at, :fixed) WHERE dispatch_id = :id"
        " AND request_no = :request",
        {"fixed": fixed_at, "id": row["dispatch_id"], "request": row["request_no"]},
    )


async def plan_update(unit: Unit, services: Services, row: dict[str, Any], *, number: int) -> None:
    """Update `number` of this request, in five seconds; nothing when it was planned already."""
    moved = await unit.scalar(
        "UPDATE dispatch SET update_no = :number WHERE dispatch_id = :id AND request_no = :request"
        " AND update_no = :number - 1 RETURNING update_no",
        {"number": number, "id": row["dispatch_id"], "request": row["request_no"]},
    )
    if moved is not None:
        await defer_in(
            unit,
            "update_dispatch",
            schedule_at=services.clock() + timedelta(seconds=UPDATE_EVERY_S),
            dispatch_id=str(row["dispatch_id"]),
            request_no=row["request_no"],
            number=number,
        )
