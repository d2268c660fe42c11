"""Offers as they are kept, and what of them is free: the questions that booking, the board and the slots have in
common."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import record_admin
from server.incidents.cards import iso
from server.scouts.model import HELD
from server.scouts.offer import Offer, Slot, Span, in_turn, night_of, of_day, slots
from server.scouts.offer_body import OfferBody, offer_of
from server.scouts.store import scout_offer

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer


_DELETE = "DELETE FROM scout_offer WHERE center_id = :c AND starts_on = :on"


async def offers_of(unit: Unit, center: str) -> list[Offer]:
    """All that the center has written down, whenever it is in force."""
    rows = await unit.all("SELECT starts_on, body FROM scout_offer WHERE center_id = :c", {"c": center})
    return [offer_of(row["body"], row["starts_on"]) for row in rows]


async def offer_at(unit: Unit, center: str, at: datetime) -> Offer | None:
    """The offer for the night that `at` is in."""
    return of_day(await offers_of(unit, center), night_of(at))


async def free_slots(unit: Unit, center: str, now: datetime) -> list[Slot]:
    """Every appointment that can be had, in order."""
    return await _free(unit, center, await offers_of(unit, center), now)


async def _free(unit: Unit, center: str, offers: list[Offer], now: datetime) -> list[Slot]:
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


async def listed(services: Services, viewer: Viewer) -> dict[str, Any]:
    """The offers of the viewer's centers, those that begin last first; whose there may be; the night it is now."""
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all("SELECT * FROM scout_offer ORDER BY center_id, starts_on DESC")
        centers = await unit.all("SELECT code, name_ko, name_en FROM center ORDER BY code")
    return {
        "offers": [
            {"center": row["center_id"], "starts_on": row["starts_on"].isoformat(), "offer": row["body"]}
            for row in rows
        ],
        "centers": [row for row in centers if viewer.sees(row["code"])],
        "tonight": night_of(services.clock()).isoformat(),
    }


async def hubs(services: Services, viewer: Viewer, center: str) -> list[dict[str, Any]]:
    """The meeting places of tonight's offer; none without one. Problem 404 `no_center`."""
    if not viewer.sees(center):
        raise no_center()
    async with services.db.begin(center=viewer.scope) as unit:
        offer = await offer_at(unit, center, services.clock())
    return hub_lines(offer) if offer else []


def hub_lines(offer: Offer) -> list[dict[str, Any]]:
    """As they leave for a page or a phone."""
    return [
        {"hub_id": hub.hub_id, "name_ko": hub.name_ko, "name_en": hub.name_en, "lat": hub.lat, "lon": hub.lon}
        for hub in offer.hubs
    ]


async def put(services: Services, viewer: Viewer, center: str, starts_on: date, body: OfferBody) -> None:
    """From the night of that day on; the same day again is written anew. Problem 404 `no_center`, 422 `order`."""
    _must_be_in_order(viewer, center, starts_on, body)
    now, kept = services.clock(), body.model_dump(mode="json")
    async with services.db.begin(center=viewer.scope) as unit:
        await _must_be_a_center(unit, center)
        await unit.execute(_DELETE, {"c": center, "on": starts_on})
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


async def preview(
    services: Services, viewer: Viewer, center: str, starts_on: date, body: OfferBody
) -> list[dict[str, Any]]:
    """Night by night what could be had if this offer stood, with the pairs and bookings that there are: `{"night",
    "slots": [{"at", "left"}]}`. Problems as `put`."""
    _must_be_in_order(viewer, center, starts_on, body)
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        await _must_be_a_center(unit, center)
        others = [one for one in await offers_of(unit, center) if one.starts_on != starts_on]
        free = await _free(unit, center, [*others, offer_of(body.model_dump(mode="json"), starts_on)], now)
    by_night: dict[date, list[Slot]] = {}
    for slot in free:
        by_night.setdefault(night_of(slot.at), []).append(slot)
    return [
        {"night": night.isoformat(), "slots": [{"at": iso(one.at), "left": one.left} for one in found]}
        for night, found in sorted(by_night.items())
        if night >= starts_on
    ]


async def drop(services: Services, viewer: Viewer, center: str, starts_on: date) -> None:
    """Taken back; again is the same. Problem 404 `no_center`."""
    if not viewer.sees(center):
        raise no_center()
    async with services.db.begin(center=viewer.scope) as unit:
        gone = await unit.all(_DELETE + " RETURNING offer_id", {"c": center, "on": starts_on})
        if gone:
            payload = {"starts_on": starts_on.isoformat()}
            record_admin(
                unit,
                tag="scout:not_offered",
                actor=viewer.actor,
                center_id=center,
                at=services.clock(),
                payload=payload,
            )


def _must_be_in_order(viewer: Viewer, center: str, starts_on: date, body: OfferBody) -> None:
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


async def _must_be_a_center(unit: Unit, center: str) -> None:
    if not await unit.scalar("SELECT 1 FROM center WHERE code = :c", {"c": center}):
        raise no_center()


def no_center() -> Problem:
    return Problem(404, "no_center", "그런 센터가 없습니다.", "There is no such center for you.")
