"""The person's side: which appointments there are, booking one, seeing the pair come, the codes, done, cancel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import Actor
from server.features.model import is_on
from server.features.service import flags_named
from server.incidents.cards import iso
from server.people.service import DeviceUser
from server.scouts import appointment, duty, meeting, model, offers, reading
from server.scouts.appointment import Caller, Wish
from server.scouts.model import HELD, NotAllowed
from server.scouts.offer import Offer, covers
from server.scouts.reading import Line

if TYPE_CHECKING:
    from server.services import Services

MOST_LISTED = 50


def _actor(user: DeviceUser) -> Actor:
    return Actor("person", str(user.person_id))


async def offered(services: Services, *, lat: float, lon: float) -> dict[str, Any]:
    """Who walks with her from there, where one can meet, and when: `{"center", "why", "hubs", "slots"}`. `why`: empty,
    or `not_here` (another municipality's own installation), `feature_off`, `no_offer`, `outside_area`."""
    center, now = await appointment.center_at(services, lat=lat, lon=lon), services.clock()
    nothing: dict[str, Any] = {"center": None, "why": "not_here", "hubs": [], "slots": [], "lead_min": None}
    if center is None:
        return nothing
    async with services.db.begin() as unit:
        known = {"center": {name: center[name] for name in ("code", "name_ko", "name_en", "callback")}}
        if not is_on(await flags_named(unit, "scouts"), "scouts", center["code"], now):
            return nothing | known | {"why": "feature_off"}
        offer = await offers.offer_at(unit, center["code"], now)
        if offer is None:
            return nothing | known | {"why": "no_offer"}
        if not covers(offer, lat=lat, lon=lon):
            return (
                nothing | known | {"why": "outside_area", "hubs": offers.hub_lines(offer), "lead_min": offer.lead_min}
            )
        free = await offers.free_slots(unit, center["code"], now)
    return known | {
        "why": "",
        "hubs": offers.hub_lines(offer),
        "lead_min": offer.lead_min,
        "slots": [{"at": iso(slot.at), "left": slot.left} for slot in free if slot.left > 0],
    }


async def book(services: Services, user: DeviceUser, booking_id: UUID, wish: Wish) -> dict[str, Any]:
    """Take an appointment; the same id again is the same booking. Problems: 404 `no_booking` (somebody else's id), 409
    `already_booked`, `no_slot` (with the next ones), 422 `not_here`, `no_offer`, `outside_area`, 403 `feature_off`."""
    center, now = await appointment.center_at(services, lat=wish.lat, lon=wish.lon), services.clock()
    async with services.db.begin() as unit:
        known = await unit.one("SELECT person_id FROM scout_booking WHERE booking_id = :id", {"id": booking_id})
        if known is None:
            if center is None:
                raise appointment.refused("not_here")
            offer = await appointment.offer_for(unit, center["code"], wish, now)
            await _put(unit, services, user, booking_id, center["code"], offer, wish)
        elif known["person_id"] != user.person_id:
            raise reading.unknown()
    return await seen(services, user, booking_id)


async def _put(
    unit: Unit,
    services: Services,
    user: DeviceUser,
    booking_id: UUID,
    center: str,
    offer: Offer,
    wish: Wish,
) -> None:
    running = await unit.scalar(
        "SELECT booking_id FROM scout_booking WHERE person_id = :id AND state = ANY(:held)",
        {"id": user.person_id, "held": sorted(HELD)},
    )
    if running is not None:
        raise Problem(
            409,
            "already_booked",
            "이미 예약이 있습니다. 먼저 그 예약을 취소해 주세요.",
            "You have a booking already; cancel it first.",
            booking_id=str(running),
        )
    who = await unit.one(
        "SELECT nickname_sealed, phone_sealed FROM person WHERE person_id = :id", {"id": user.person_id}
    )
    assert who is not None
    sealer = services.sealer
    caller = Caller(
        sealer.open(who["nickname_sealed"], context=f"person.nickname:{user.person_id}"),
        sealer.open(who["phone_sealed"], context=f"person.phone:{user.person_id}"),
        user.person_id,
    )
    await appointment.write(unit, services, booking_id, center, offer, wish, caller, _actor(user))


async def mine(services: Services, user: DeviceUser) -> list[dict[str, Any]]:
    """Her bookings, the newest first."""
    async with services.db.begin() as unit:
        rows = await unit.all(
            "SELECT * FROM scout_booking WHERE person_id = :id ORDER BY at DESC, booking_id LIMIT :most",
            {"id": user.person_id, "most": MOST_LISTED},
        )
        return [await _view(unit, services, row) for row in rows]


async def seen(services: Services, user: DeviceUser, booking_id: UUID) -> dict[str, Any]:
    """One booking as she sees it; Problem 404."""
    async with services.db.begin() as unit:
        return await _view(unit, services, await _hers(unit, user, booking_id, lock=False))


async def _hers(unit: Unit, user: DeviceUser, booking_id: UUID, *, lock: bool = True) -> dict[str, Any]:
    row = await unit.one(
        "SELECT * FROM scout_booking WHERE booking_id = :id AND person_id = :person" + (" FOR UPDATE" if lock else ""),
        {"id": booking_id, "person": user.person_id},
    )
    if row is None:
        raise reading.unknown()
    return row


async def _view(unit: Unit, services: Services, row: dict[str, Any]) -> dict[str, Any]:
    now, booking = services.clock(), reading.booking_of(row)
    center = await unit.one(
        "SELECT code, name_ko, name_en, callback FROM center WHERE code = :c", {"c": row["center_id"]}
    )
    pair = await unit.one("SELECT * FROM scout_pair WHERE pair_id = :id", {"id": row["pair_id"]})
    shown = await unit.all(
        "SELECT viewer_kind, at FROM scout_shown WHERE booking_id = :id ORDER BY at", {"id": row["booking_id"]}
    )
    words = reading.words_of(services, row)
    may_read = booking.state in model.MEETING and not booking.is_locked
    return {
        "booking_id": str(row["booking_id"]),
        "state": row["state"],
        "at": iso(row["at"]),
        "center": dict(center) if center else None,
        "meet": words["meet"],
        "destination": words["destination"],
        "note": words["note"],
        "pair": _pair(services, pair, booking, now) if pair is not None else None,
        "code": meeting.code_line(services, row, "person", now) if may_read else None,
        "their_code_read": row["their_code_read"],
        "her_code_read": row["her_code_read"],
        "wrong_codes": row["wrong_codes"],
        "is_locked": booking.is_locked,
        "waiting_since": iso(row["waiting_since"]),
        "no_show_at": iso(model.no_show_at(booking)),
        "pair_is_late": row["late_told"] and booking.state in ("booked", "assigned"),
        "reason": reading.reason_of(services, row),
        "allowed": [one for one in ("cancel", "read_code", "reach_home") if one in model.allowed_in(booking.state)],
        "shown": [{"to": one["viewer_kind"], "at": iso(one["at"])} for one in shown],
        "now": iso(now),
    }


def _pair(services: Services, pair: dict[str, Any], booking: model.Booking, now: datetime) -> dict[str, Any]:
    place = reading.position_of(services, pair) if model.shows_pair(booking, now) else None
    return {"name": pair["name"], "position": place}


async def read_code(services: Services, user: DeviceUser, booking_id: UUID, given: str) -> dict[str, Any]:
    """She has read the scouts' code. Problems: 404, 409 `not_allowed`, 403 `wrong_code` (`wrong_codes`), `locked`."""
    async with services.db.begin() as unit:
        row = await _hers(unit, user, booking_id)
        refused = await meeting.check_code(unit, services, row, reader="person", given=given, actor=_actor(user))
    if refused is not None:  # after the commit: the wrong code is counted
        raise refused
    return await seen(services, user, booking_id)


async def cancel(services: Services, user: DeviceUser, booking_id: UUID) -> dict[str, Any]:
    """She does not need it; again is the same. Problems 404, 409 `not_allowed`."""
    async with services.db.begin() as unit:
        row, now = await _hers(unit, user, booking_id), services.clock()
        if row["state"] != "cancelled":
            await _change(unit, row, "cancelled", model.cancel, user, now)
    return await seen(services, user, booking_id)


async def reach_home(services: Services, user: DeviceUser, booking_id: UUID) -> dict[str, Any]:
    """She is home; the pair's way back begins. Problems 404, 409 `not_allowed`."""
    async with services.db.begin() as unit:
        row, now = await _hers(unit, user, booking_id), services.clock()
        if row["state"] not in ("home", "closed"):
            await _change(unit, row, "home", lambda booking, _: model.reach_home(booking), user, now)
            await duty.renew(unit, services, row["pair_id"])
    return await seen(services, user, booking_id)


async def _change(unit: Unit, row: dict[str, Any], what: Line, rule: Any, user: DeviceUser, now: datetime) -> None:
    try:
        after = rule(reading.booking_of(row), now)
    except NotAllowed as problem:
        raise reading.not_allowed(problem) from None
    reading.say(unit, await reading.save(unit, row, after), what, _actor(user), now)
