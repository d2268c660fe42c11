"""Offers as they are kept, and what of them is free: the questions that booking, the board and the slots have in
common."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import record_admin
from server.scouts.model import HELD
from server.scouts.offer import Offer, Slot, Span, in_turn, night_of, of_day, slots
from server.scouts.offer_body import OfferBody, offer_of
from server.scouts.store import scout_offer

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer


async def offers_of(unit: Unit, center: str) -> list[Offer]:
    """All that the center has written down, whenever it is in force."""
    rows = await unit.all("SELECT starts_on, body FROM scout_offer WHERE center_id = :c", {"c": center})
    return [offer_of(row["body"], row["starts_on"]) for row in rows]


async def offer_at(unit: Unit, center: str, at: datetime) -> Offer | None:
    """The offer for the night that `at` is in."""
    return of_day(await offers_of(unit, center), night_of(at))


async def free_slots(unit: Unit, center: str, now: datetime) -> list[Slot]:
    """Every appointment that can be had, in order."""
    offers = await offers_of(unit, center)
    around = {"c": center, "from": now - timedelta(days=1), "until": now + timedelta(days=32)}
    duty = await unit.all(
        "SELECT begins_at, ends_at FROM scout_pair WHERE center_id = :c AND ended_at IS NULL"
        " AND ends_at > :from AND begins_at < :until",
        around,
    )
    taken = await unit.all(
        "SELECT at, trip_min FROM scout_booking WHERE center_id = :c AND state = ANY(:held)"
        " AND at > :from AND at < :until",
        around | {"held": sorted(HELD)},
    )
    duties = [Span(row["begins_at"], row["ends_at"]) for row in duty]
    trips = [Span(row["at"], row["at"] + timedelta(minutes=row["trip_min"])) for row in taken]
    found = [slot for offer in in_turn(offers) for slot in slots(offer, now, duty=duties, taken=trips)]
    return sorted(found, key=lambda slot: slot.at)


async def listed(services: Services, viewer: Viewer) -> list[dict[str, Any]]:
    """The offers of the viewer's centers, those that begin last first."""
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all("SELECT * FROM scout_offer ORDER BY center_id, starts_on DESC")
    return [
        {"center": row["center_id"], "starts_on": row["starts_on"].isoformat(), "offer": row["body"]} for row in rows
    ]


async def put(services: Services, viewer: Viewer, center: str, starts_on: date, body: OfferBody) -> None:
    """From the night of that day on; the same day again is written anew. Problem 404 `no_center`, 422 `order`."""
    if not viewer.sees(center):
        raise no_center()
    if body.ends_on is not None and body.ends_on < starts_on:
        raise Problem(
            422,
            "order",
            "끝나는 날(ends_on)은 시작하는 날보다 뒤여야 합니다.",
            "ends_on has to be the day of the beginning or later.",
            field="ends_on",
            value=body.ends_on.isoformat(),
        )
    now, kept = services.clock(), body.model_dump(mode="json")
    async with services.db.begin(center=viewer.scope) as unit:
        if not await unit.scalar("SELECT 1 FROM center WHERE code = :c", {"c": center}):
            raise no_center()
        await unit.execute(
            "DELETE FROM scout_offer WHERE center_id = :c AND starts_on = :on", {"c": center, "on": starts_on}
        )
        await unit.execute(
            scout_offer.insert().values(
                offer_id=uuid4(),
                center_id=center,
                starts_on=starts_on,
                body=kept,
                set_by=str(viewer.account_id),
                set_at=now,
            )
        )
        payload = {"starts_on": starts_on.isoformat(), "offer": kept}
        record_admin(unit, tag="scout:offered", actor=viewer.actor, center_id=center, at=now, payload=payload)


def no_center() -> Problem:
    return Problem(404, "no_center", "그런 센터가 없습니다.", "There is no such center for you.")
