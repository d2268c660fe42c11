"""A pair's deadline, as its row says it: set anew whenever something was heard of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.actor import Actor
from server.scouts import model, offers, reading, way_back
from server.scouts.store import scout_pair
from server.scouts.way_back import WayBack

if TYPE_CHECKING:
    from server.services import Services

RETURN_MIN = 30
"""Where a center has written down no offer for the night."""
ON_THE_WAY = ("accompanying", "home")


def way_of(row: dict[str, Any]) -> WayBack:
    return WayBack(row["safe_by"], row["late_level"], row["seen_by"] is not None)


async def locked(unit: Unit, pair_id: UUID, *, skip: bool = False) -> dict[str, Any] | None:
    text = "SELECT * FROM scout_pair WHERE pair_id = :id FOR UPDATE" + (" SKIP LOCKED" if skip else "")
    return await unit.one(text, {"id": pair_id})


async def keep(unit: Unit, row: dict[str, Any], way: WayBack, **more: Any) -> dict[str, Any]:
    """Write the deadline; who took care of the last one has done so."""
    values: dict[str, Any] = {"safe_by": way.safe_by, "late_level": way.level, "due_at": way_back.due_at(way)}
    values |= ({} if way.is_seen else {"seen_by": None}) | more
    await unit.execute(scout_pair.update().where(scout_pair.c.pair_id == row["pair_id"]).values(**values))
    return {**row, **values}


async def renew(unit: Unit, services: Services, pair_id: UUID | None) -> None:
    """After a step of one of its bookings: when it has to be heard of next. Booking before pair, always."""
    row = await locked(unit, pair_id) if pair_id is not None else None
    if row is None or row["ended_at"] is not None:
        return
    await keep(unit, row, way_back.heard(way_of(row), await next_deadline(unit, row, services.clock())))


async def next_deadline(unit: Unit, row: dict[str, Any], now: datetime) -> datetime:
    found = await unit.all(
        "SELECT * FROM scout_booking WHERE pair_id = :id AND state = ANY(:states)",
        {"id": row["pair_id"], "states": list(ON_THE_WAY)},
    )
    offer = await offers.offer_at(unit, row["center_id"], row["begins_at"])
    return way_back.deadline(
        [reading.booking_of(one) for one in found],
        ends_at=row["ends_at"],
        return_min=offer.return_min if offer else RETURN_MIN,
        now=now,
    )


async def close_trips(unit: Unit, pair_id: UUID, actor: Actor, now: datetime) -> None:
    """Whoever was brought home by this pair: that is closed now."""
    found = await unit.all(
        "SELECT * FROM scout_booking WHERE pair_id = :id AND state = 'home' FOR UPDATE", {"id": pair_id}
    )
    for one in found:
        after = await reading.save(unit, one, model.close(reading.booking_of(one), now))
        reading.say(unit, after, "closed", actor, now)
