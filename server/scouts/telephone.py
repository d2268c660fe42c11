"""Who has no app and telephones: the dispatcher books for her, and cancels when she calls again. Her name and number
live as long as the booking does (kind `scout_bookings`); she is told by text message."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from server.scouts import appointment, duty, model, reading
from server.scouts.appointment import Caller, Wish
from server.scouts.model import NotAllowed
from server.scouts.telling import tell_her

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer


async def book(services: Services, viewer: Viewer, booking_id: UUID, wish: Wish, caller: Caller) -> None:
    """Take an appointment for her; the same id again is the same booking. Problems: 404 `no_booking` (an id that is
    somebody else's), 422 `not_here` (also another center's area), `no_offer`, `outside_area`, 409 `no_slot`, 403
    `feature_off`."""
    async with services.db.begin() as unit:
        known = await unit.one("SELECT by_phone, center_id FROM scout_booking WHERE booking_id = :i", {"i": booking_id})
    if known is not None:
        if not known["by_phone"] or not viewer.sees(known["center_id"]):
            raise reading.unknown()
        return
    center, now = await appointment.center_at(services, lat=wish.lat, lon=wish.lon), services.clock()
    if center is None or not viewer.sees(center["code"]):
        raise appointment.refused("not_here")
    async with services.db.begin() as unit:
        offer = await appointment.offer_for(unit, center["code"], wish, now)
        row = await appointment.write(unit, services, booking_id, center["code"], offer, wish, caller, viewer.actor)
        # the board shows it to who wrote it: that is a disclosure from the beginning
        await reading.show(unit, [row], kind="operator", viewer_id=viewer.account_id, actor=viewer.actor, at=now)
        await tell_her(unit, services, row, "phone_booked")


async def cancel(services: Services, viewer: Viewer, booking_id: UUID) -> None:
    """She said by telephone that she does not need it; she is told by text that it was done. Again is the same.
    Problems 404, 409 `not_allowed`."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await reading.locked(unit, booking_id)
        if row is None:
            raise reading.unknown()
        if row["state"] == "cancelled":
            return
        try:
            after = model.cancel(reading.booking_of(row), now)
        except NotAllowed as problem:
            raise reading.not_allowed(problem) from None
        row = await reading.save(unit, row, after)
        reading.say(unit, row, "cancelled", viewer.actor, now, by_center=True)
        await tell_her(unit, services, row, "cancelled")
        await duty.renew(unit, services, row["pair_id"])
