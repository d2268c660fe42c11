"""The pair's page on its work phone: tonight's bookings, the codes, the next step, being safe, calling for help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.incidents.cards import iso
from server.scouts import duty, meeting, model, pairs, reading, sos, way_back
from server.scouts.model import Booking, NotAllowed
from server.scouts.store import scout_pair
from server.scouts.telling import tell_her

if TYPE_CHECKING:
    from server.services import Services

Step = Literal["arrive", "reach_home", "come_back"]
SHOWN_BEFORE = timedelta(hours=2)
"""A pair learns who she is and where no earlier than this, and no longer than an hour after it is over."""
SHOWN_AFTER = timedelta(hours=1)
_TONIGHT = """
SELECT * FROM scout_booking WHERE pair_id = :id AND at < :until AND (ended_at IS NULL OR ended_at > :since)
ORDER BY at, booking_id
"""


async def view(services: Services, link: str, *, cookie: str) -> dict[str, Any]:
    """Everything the page shows; each booking on it has been released to the pair before. Problems as `pairs.bound`."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await pairs.bound(unit, services, link, cookie=cookie)
        center = await unit.one(
            "SELECT code, name_ko, name_en, callback FROM center WHERE code = :c", {"c": row["center_id"]}
        )
        found = await unit.all(
            _TONIGHT, {"id": row["pair_id"], "until": now + SHOWN_BEFORE, "since": now - SHOWN_AFTER}
        )
        later = await unit.all(
            "SELECT at FROM scout_booking WHERE pair_id = :id AND at >= :until AND ended_at IS NULL ORDER BY at",
            {"id": row["pair_id"], "until": now + SHOWN_BEFORE},
        )
        await reading.show(unit, found, kind="pair", viewer_id=row["pair_id"], actor=pairs.actor_of(row), at=now)
        row["sos_at"] = (called := await sos.last(unit, row["pair_id"])) and called["raised_at"]
    return {
        "pair": reading.pair_line(services, row, now),
        "center": dict(center) if center else None,
        "bookings": [_line(services, one) for one in found],
        "later": [iso(one["at"]) for one in later],
        "sos": sos.line(called),
        "now": iso(now),
    }


def _line(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    booking, now = reading.booking_of(row), services.clock()
    shown = reading.booking_line(services, row)
    if booking.state in model.OVER:  # it is over: who she was and where are nobody's business any more
        shown |= {"name": "", "phone": "", "meet": None, "destination": "", "note": ""}
        may_return = booking.state == "no_show" and now - (booking.ended_at or now) <= model.COMES_BACK
        return shown | {"code": None, "allowed": ["come_back"] if may_return else []}
    may_read = booking.state in model.MEETING and not booking.is_locked
    allowed = [one for one in ("arrive", "read_code", "reach_home") if one in model.allowed_in(booking.state)]
    code = meeting.code_line(services, row, "pair", now) if may_read else None
    return shown | {"code": code, "allowed": allowed, "no_show_at": iso(model.no_show_at(booking))}


async def _own(unit: Unit, services: Services, link: str, cookie: str, booking_id: UUID) -> tuple[Any, dict[str, Any]]:
    """(pair, booking locked); Problem 404 for a booking that is not theirs, or not yet."""
    pair = await pairs.bound(unit, services, link, cookie=cookie)
    row = await reading.locked(unit, booking_id)
    if row is None or row["pair_id"] != pair["pair_id"] or row["at"] >= services.clock() + SHOWN_BEFORE:
        raise reading.unknown()
    return pair, row


async def step(services: Services, link: str, booking_id: UUID, what: Step, *, cookie: str) -> None:
    """The next thing that happened. Problems 404, 409 `not_allowed`, and those of `pairs.bound`."""
    now = services.clock()
    rules: dict[str, Callable[[Booking], Booking]] = {
        "arrive": lambda booking: model.arrive(booking, now),
        "reach_home": model.reach_home,
        "come_back": lambda booking: model.come_back(booking, now),
    }
    async with services.db.begin() as unit:
        pair, row = await _own(unit, services, link, cookie, booking_id)
        try:
            after = rules[what](reading.booking_of(row))
        except NotAllowed as problem:
            raise reading.not_allowed(problem) from None
        if what == "come_back" and await _has_another(unit, row):
            raise Problem(409, "already_booked", "그분에게 다른 예약이 있습니다.", "She has another booking now.")
        row = await reading.save(unit, row, after)
        reading.say(unit, row, after.state, pairs.actor_of(pair), now)
        if what == "arrive":
            await tell_her(unit, services, row, "waiting", pair=pair["name"])
        await duty.renew(unit, services, pair["pair_id"])


async def _has_another(unit: Unit, row: dict[str, Any]) -> bool:
    found = await unit.scalar(
        "SELECT 1 FROM scout_booking WHERE person_id = :id AND state = ANY(:held)",
        {"id": row["person_id"], "held": sorted(model.HELD)},
    )
    return found is not None


async def read_code(services: Services, link: str, booking_id: UUID, given: str, *, cookie: str) -> None:
    """They have read her code. Problems 404, 409 `not_allowed`, 403 `wrong_code`, `locked`."""
    async with services.db.begin() as unit:
        pair, row = await _own(unit, services, link, cookie, booking_id)
        refused = await meeting.check_code(unit, services, row, reader="pair", given=given, actor=pairs.actor_of(pair))
    if refused is not None:
        raise refused


async def move(services: Services, link: str, position: dict[str, Any], *, cookie: str) -> None:
    """Where they are, the newest only; during a call for help also to the router."""
    async with services.db.begin() as unit:
        row = await pairs.bound(unit, services, link, cookie=cookie, lock=True)
        now = services.clock()
        fixed_at = min(position["fixed_at"], now)
        if row["position_at"] is not None and fixed_at <= row["position_at"]:
            return
        kept = {**position, "fixed_at": iso(fixed_at)}
        sealed = services.sealer.seal(kept, context=f"scout_pair.position:{row['pair_id']}", center=row["center_id"])
        await unit.execute(
            scout_pair.update()
            .where(scout_pair.c.pair_id == row["pair_id"])
            .values(position_sealed=sealed, position_at=fixed_at)
        )
        called = await sos.last(unit, row["pair_id"])
    if sos.is_running(called, now):
        assert called is not None
        services.soon(lambda: sos.follow(services, row, called, kept), name="scout_position")


async def safe(services: Services, link: str, *, cookie: str) -> None:
    """They are well: trips that reached home are closed, and the next deadline counts."""
    async with services.db.begin() as unit:
        row = await pairs.bound(unit, services, link, cookie=cookie)
        now = services.clock()
        await duty.close_trips(unit, row["pair_id"], pairs.actor_of(row), now)
        await duty.renew(unit, services, row["pair_id"])
        reading.say(unit, row, "safe", pairs.actor_of(row), now)


async def longer(services: Services, link: str, minutes: int, *, cookie: str) -> None:
    """They need longer; at most an hour from now."""
    async with services.db.begin() as unit:
        row = await pairs.bound(unit, services, link, cookie=cookie, lock=True)
        now = services.clock()
        await duty.keep(unit, row, way_back.extended(duty.way_of(row), now, minutes))
        reading.say(unit, row, "longer", pairs.actor_of(row), now, minutes=minutes)


async def off_duty(services: Services, link: str, *, cookie: str) -> None:
    """They are home, and the link is dark from now on. Problem 409 `has_bookings`."""
    async with services.db.begin() as unit:
        row = await pairs.bound(unit, services, link, cookie=cookie)
        await pairs.end_duty(unit, row["pair_id"], pairs.actor_of(row), services.clock())
