"""The center's side: the board by time, assigning pairs, letting people go together, calling off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.incidents.cards import iso
from server.scouts import duty, meeting, model, offers, pairs, reading
from server.scouts.banner import LEADERS_ONLY, scout_banner
from server.scouts.model import Booking, NotAllowed
from server.scouts.telling import tell_her

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

BACK, AHEAD = timedelta(hours=12), timedelta(days=31)
REASONS: dict[str, tuple[str, str]] = {
    "no_pair": ("나갈 수 있는 조가 없음", "no pair is free"),
    "weather": ("기상 상황", "the weather"),
    "unsafe": ("안전하지 않은 상황", "it would not be safe"),
    "emergency": ("긴급 상황 대응", "an emergency elsewhere"),
    "other": ("상황실 사정", "the center's own reasons"),
}
Reason = Literal["no_pair", "weather", "unsafe", "emergency", "other"]


async def board(services: Services, viewer: Viewer) -> dict[str, Any]:
    """Bookings and pairs of the viewer's centers, from twelve hours ago on, in order of time. Every booking on it has
    been released to this viewer before the answer leaves."""
    now = services.clock()
    around = {"from": now - BACK, "until": now + AHEAD}
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(
            "SELECT * FROM scout_booking WHERE at > :from AND at < :until ORDER BY at, booking_id", around
        )
        walkers = await unit.all(
            "SELECT p.*, s.raised_at AS sos_at FROM scout_pair p LEFT JOIN LATERAL (SELECT raised_at FROM scout_sos"
            " WHERE pair_id = p.pair_id ORDER BY raised_at DESC LIMIT 1) s ON true"
            " WHERE p.ends_at > :from AND p.begins_at < :until ORDER BY p.begins_at, p.name, p.pair_id",
            around,
        )
        centers = await unit.all("SELECT code, name_ko, name_en FROM center ORDER BY code")
        in_force = {row["code"]: await offers.offer_at(unit, row["code"], now) for row in centers}
        await reading.show(unit, rows, kind="operator", viewer_id=viewer.account_id, actor=viewer.actor, at=now)
        return {
            "bookings": [_line(services, row) for row in rows],
            "pairs": [reading.pair_line(services, row, now) for row in walkers],
            "centers": [
                {**row, "has_offer": in_force[row["code"]] is not None} for row in centers if viewer.sees(row["code"])
            ],
            "reasons": {code: {"ko": ko, "en": en} for code, (ko, en) in REASONS.items()},
            "may_offer": viewer.may("scouts.offer"),
            "most_wrong_codes": model.MOST_WRONG_CODES,
            "now": iso(now),
        }


def _line(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """With both codes where she has no app, so that they can be said to her on the telephone."""
    is_spoken = row["by_phone"] and row["state"] in model.MEETING
    return reading.booking_line(services, row) | {"spoken": meeting.spoken(services, row) if is_spoken else None}


async def _booking(unit: Unit, booking_id: UUID) -> dict[str, Any]:
    row = await reading.locked(unit, booking_id)
    if row is None:
        raise reading.unknown()
    return row


def _decided(rule: Callable[[Booking], Booking], row: dict[str, Any]) -> Booking:
    try:
        return rule(reading.booking_of(row))
    except NotAllowed as problem:
        raise reading.not_allowed(problem) from None


async def assign(services: Services, viewer: Viewer, booking_id: UUID, pair_id: UUID | None) -> None:
    """To that pair, or (None) back to the list. Problems: 404 `no_booking`, `no_pair`, 409 `not_allowed`,
    `pair_busy`."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _booking(unit, booking_id)
        if pair_id is None:
            after = _decided(model.unassign, row)
            return reading.say(unit, await reading.save(unit, row, after), "unassigned", viewer.actor, now)
        if row["pair_id"] == pair_id and row["state"] == "assigned":
            return None
        pair = await pairs.of_desk(unit, pair_id)
        after = _decided(lambda booking: model.assign(booking, pair_id), row)
        await _must_be_free(unit, row, pair)
        row = await reading.save(unit, row, after)
        reading.say(unit, row, "assigned", viewer.actor, now)
        if row["by_phone"]:
            spoken = meeting.spoken(services, row)
            await tell_her(
                unit, services, row, "phone_assigned", pair=pair["name"], theirs=spoken["pair"], hers=spoken["person"]
            )
        else:
            await tell_her(unit, services, row, "assigned", pair=pair["name"])
    return None


async def _must_be_free(unit: Unit, row: dict[str, Any], pair: dict[str, Any]) -> None:
    if pair["center_id"] != row["center_id"]:
        raise pairs.no_pair()
    on_duty = pair["ended_at"] is None and pair["begins_at"] <= row["at"] < pair["ends_at"]
    other = await unit.scalar(
        "SELECT booking_id FROM scout_booking WHERE pair_id = :pair AND booking_id <> :id"
        " AND state IN ('assigned', 'waiting', 'accompanying')"
        " AND at < :ends AND at + trip_min * interval '1 minute' > :begins LIMIT 1",
        {
            "pair": pair["pair_id"],
            "id": row["booking_id"],
            "begins": row["at"],
            "ends": row["at"] + timedelta(minutes=row["trip_min"]),
        },
    )
    if not on_duty or other is not None:
        raise Problem(
            409,
            "pair_busy",
            "그 조는 그 시각에 근무하지 않거나 다른 예약을 맡고 있습니다.",
            "That pair is not on duty then, or has another booking.",
            is_on_duty=on_duty,
            booking_id=str(other) if other else None,
        )


async def begin(services: Services, viewer: Viewer, booking_id: UUID, reason: str) -> None:
    """They may go together although the codes were not read; why stands in the log. Problems 404, 409."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _booking(unit, booking_id)
        row = await reading.save(unit, row, _decided(model.begin, row))
        reading.say(unit, row, "accompanying", viewer.actor, now, by_center=True, reason=reason)
        await duty.renew(unit, services, row["pair_id"])


async def no_show(services: Services, viewer: Viewer, booking_id: UUID) -> None:
    """She did not come. Problems 404, 409 `not_allowed` before ten minutes of waiting."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _booking(unit, booking_id)
        row = await reading.save(unit, row, _decided(lambda booking: model.no_show(booking, now), row))
        reading.say(unit, row, "no_show", viewer.actor, now)
        await tell_her(unit, services, row, "no_show")


async def call_off(services: Services, viewer: Viewer, booking_id: UUID, reason: Reason, note: str) -> None:
    """It can't be done; she is told why. Problems 404, 409."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _booking(unit, booking_id)
        after = _decided(lambda booking: model.call_off(booking, now), row)
        words = REASONS[reason][0] + (f" ({note})" if note else "")
        sealed = services.sealer.seal(words, context=f"scout_booking.reason:{booking_id}", center=row["center_id"])
        row = await reading.save(unit, row, after, reason_sealed=sealed)
        reading.say(unit, row, "called_off", viewer.actor, now, reason=reason)
        await tell_her(unit, services, row, "called_off", reason=words)
        await duty.renew(unit, services, row["pair_id"])


async def worries(services: Services, viewer: Viewer) -> list[dict[str, Any]]:
    """What a page that comes later has missed: the banners that still stand, for this viewer; nobody's name."""
    async with services.db.begin(center=viewer.scope) as unit:
        late = await unit.all(
            "SELECT center_id, pair_id, name, late_level, safe_by AS at FROM scout_pair"
            " WHERE late_level > 0 AND seen_by IS NULL AND ended_at IS NULL ORDER BY safe_by"
        )
        missed = await unit.all(
            "SELECT center_id, booking_id, at FROM scout_booking"
            " WHERE late_told AND state IN ('booked', 'assigned') AND ended_at IS NULL ORDER BY at"
        )
    found = []
    for row in [*late, *missed]:
        what = ("overdue", "overdue_leader")[row["late_level"] - 1] if "pair_id" in row else "pair_late"
        if what in LEADERS_ONLY and not viewer.may("incidents.supervise"):
            what = "overdue"
        payload = {name: str(row[name]) for name in ("pair_id", "booking_id", "name") if name in row}
        line = {"tag": f"scout:{what}", "payload": payload, "at": iso(row["at"])}
        found.append(scout_banner(row["center_id"], line))
    return [one for one in found if one is not None]


async def calendar(services: Services, viewer: Viewer) -> tuple[list[dict[str, Any]], datetime]:
    """Whose duty is when, of the viewer's centers: for the calendar file; no names."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(
            "SELECT p.pair_id, p.name, p.begins_at, p.ends_at, p.ended_at, c.name_ko FROM scout_pair p"
            " LEFT JOIN center c ON c.code = p.center_id WHERE p.ends_at > :from ORDER BY p.begins_at, p.pair_id",
            {"from": now - timedelta(days=31)},
        )
    return [dict(row) for row in rows], now
