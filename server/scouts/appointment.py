"""Taking an appointment, whoever takes it: the center of the meeting place, the offer of that night, the row."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.boundaries import boundaries_of
from server.events import Actor
from server.features.model import is_on
from server.features.service import feature_off, flags_named
from server.incidents.cards import iso
from server.scouts import model, offers, reading
from server.scouts.offer import Offer, covers
from server.scouts.store import scout_booking

if TYPE_CHECKING:
    from server.services import Services

FURTHEST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Wish:
    """What she asks for; the place is where she wants to be met."""

    at: datetime
    lat: float
    lon: float
    meet_text: str
    hub_id: str
    destination: str
    note: str


async def center_at(services: Services, *, lat: float, lon: float) -> dict[str, Any] | None:
    """The center that this place is in and that works here; None elsewhere. Problem 503 `no_boundaries`."""
    borders = await boundaries_of(services).current()
    if borders is None:
        raise Problem(
            503, "no_boundaries", "지금은 지역을 확인할 수 없습니다.", "The area can't be looked up now; try again."
        )
    code = borders.containing(lat=lat, lon=lon)
    async with services.db.begin() as unit:
        return await unit.one("SELECT code, name_ko, name_en, callback FROM center WHERE code = :c", {"c": code})


async def offer_for(unit: Unit, center: str, wish: Wish, now: datetime) -> Offer:
    """The offer that this wish is part of, with the center's appointments locked until the unit ends. Problems: 403
    `feature_off`, 409 `no_slot` (with the next ones), 422 `no_offer`, `outside_area`."""
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:c, 31))", {"c": center})
    if not is_on(await flags_named(unit, "scouts"), "scouts", center, now):
        raise feature_off("scouts")
    is_near = abs(wish.at - now) <= FURTHEST  # no calendar holds the night of the year 9999's last day
    offer = await offers.offer_at(unit, center, wish.at if is_near else now)
    if offer is None:
        raise refused("no_offer")
    if not covers(offer, lat=wish.lat, lon=wish.lon):
        raise refused("outside_area")
    free = [slot for slot in await offers.free_slots(unit, center, now) if slot.left > 0]
    if not is_near or not any(slot.at == wish.at for slot in free):
        raise Problem(
            409,
            "no_slot",
            "그 시각은 예약할 수 없습니다. 다른 시각을 골라 주세요.",
            "This time can't be had; choose another one.",
            at=wish.at.isoformat(),
            next=[iso(slot.at) for slot in free if slot.at >= wish.at][:5],
        )
    return offer


_REFUSALS = {
    "not_here": (
        "이 지역의 귀가 동행은 해당 시·군·구에 문의해 주세요.",
        "Ask that municipality: it is not served here.",
    ),
    "no_offer": ("이 지역은 귀가 동행을 운영하지 않습니다.", "No scouts are offered there for that night."),
    "outside_area": ("운영 지역 밖입니다. 만날 곳을 바꿔 주세요.", "Outside the area; choose another meeting place."),
}


def refused(code: str) -> Problem:
    return Problem(422, code, *_REFUSALS[code], field="meet")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is walked home; `person_id` None: she has no account and telephoned."""

    name: str
    phone: str
    person_id: UUID | None = None


async def write(
    unit: Unit,
    services: Services,
    booking_id: UUID,
    center: str,
    offer: Offer,
    wish: Wish,
    caller: Caller,
    actor: Actor,
) -> dict[str, Any]:
    """The row and its line; the center's appointments are locked by `offer_for`."""
    sealer, now = services.sealer, services.clock()
    hub = next((one for one in offer.hubs if one.hub_id == wish.hub_id), None)
    words = {
        "name": caller.name,
        "phone": caller.phone,
        "meet": {
            "lat": hub.lat if hub else wish.lat,
            "lon": hub.lon if hub else wish.lon,
            "text": wish.meet_text or (hub.name_ko if hub else ""),
            "hub_id": hub.hub_id if hub else "",
        },
        "destination": wish.destination,
        "note": wish.note,
    }
    key = sealer.seal(secrets.token_hex(32), context=f"scout_booking.code_key:{booking_id}", center=center)
    row = {
        "booking_id": booking_id,
        "center_id": center,
        "person_id": caller.person_id,
        "by_phone": caller.person_id is None,
        "state": "booked",
        "at": wish.at,
        "trip_min": offer.trip_min,
        "words_sealed": sealer.seal(words, context=f"scout_booking.words:{booking_id}", center=center),
        "code_key_sealed": key,
        "asked_at": now,
        "due_at": wish.at + model.WAIT,
    }
    await unit.execute(scout_booking.insert().values(**row))
    by = {"by_phone": True} if caller.person_id is None else {}
    reading.say(unit, row, "booked", actor, now, appointment=iso(wish.at), **by)
    return row
