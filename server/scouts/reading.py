"""Bookings and pairs between rows and rules: read, lock, write back, and what is said of them. Words about a person are
opened here and nowhere else; who is shown them has a row in `scout_shown` first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import Actor, record_admin
from server.incidents.cards import iso
from server.scouts.model import Booking, NotAllowed, State, due_at
from server.scouts.store import scout_booking

if TYPE_CHECKING:
    from server.services import Services

_RULED = tuple(field.name for field in fields(Booking))


def booking_of(row: dict[str, Any]) -> Booking:
    return Booking(**{name: row[name] for name in _RULED})


async def locked(unit: Unit, booking_id: UUID, *, skip: bool = False) -> dict[str, Any] | None:
    """The row, in the order pair before booking nowhere held: only this one is locked."""
    text = "SELECT * FROM scout_booking WHERE booking_id = :id FOR UPDATE" + (" SKIP LOCKED" if skip else "")
    return await unit.one(text, {"id": booking_id})


async def save(unit: Unit, row: dict[str, Any], booking: Booking, **more: Any) -> dict[str, Any]:
    """Write what the rules decided; returns the row as it is now."""
    values = {name: getattr(booking, name) for name in _RULED} | {"due_at": due_at(booking)} | more
    await unit.execute(scout_booking.update().where(scout_booking.c.booking_id == row["booking_id"]).values(**values))
    return {**row, **values}


_OfBooking = Literal["unassigned", "shown", "code_read", "wrong_code", "pair_late"]
_OfPair = Literal[
    "on_duty", "opened", "new_link", "link_locked", "safe", "longer", "overdue", "overdue_leader", "cared"
]
Line = State | _OfBooking | _OfPair | Literal["off_duty", "sos"]
LINES: frozenset[str] = frozenset(one for part in get_args(Line) for one in get_args(part))
"""What a line of scouts can say; each has words in the event log (texts/records.ts)."""


def say(unit: Unit, row: dict[str, Any], what: Line, actor: Actor, at: datetime, **payload: Any) -> None:
    """A line `scout:<what>` in the center's log: ids and codes only."""
    about = {"booking_id": str(row["booking_id"])} if "booking_id" in row else {}
    pair = {"pair_id": str(row["pair_id"])} if row.get("pair_id") else {}
    record_admin(
        unit, tag=f"scout:{what}", actor=actor, center_id=row["center_id"], at=at, payload=about | pair | payload
    )


def words_of(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """`{"name","phone","meet":{"lat","lon","text","hub_id"},"destination","note"}`."""
    opened: dict[str, Any] | None = services.sealer.open(
        row["words_sealed"], context=f"scout_booking.words:{row['booking_id']}"
    )
    return opened or {"name": "", "phone": "", "meet": None, "destination": "", "note": ""}


def key_of(services: Services, row: dict[str, Any]) -> bytes:
    """The secret of the booking's codes."""
    text = services.sealer.open(row["code_key_sealed"], context=f"scout_booking.code_key:{row['booking_id']}")
    return bytes.fromhex(str(text))


def reason_of(services: Services, row: dict[str, Any]) -> str:
    if row["reason_sealed"] is None:
        return ""
    return str(services.sealer.open(row["reason_sealed"], context=f"scout_booking.reason:{row['booking_id']}") or "")


async def show(
    unit: Unit, rows: Iterable[dict[str, Any]], *, kind: str, viewer_id: UUID, actor: Actor, at: datetime
) -> None:
    """One disclosure for each booking and viewer, with its line in the log; the answer leaves after the commit."""
    by_id = {row["booking_id"]: row for row in rows}
    new = await unit.all(
        "INSERT INTO scout_shown (booking_id, viewer_id, center_id, viewer_kind, at)"
        " SELECT b.booking_id, :viewer, b.center_id, :kind, :at FROM scout_booking b WHERE b.booking_id = ANY(:ids)"
        " ON CONFLICT DO NOTHING RETURNING booking_id",
        {"viewer": viewer_id, "kind": kind, "at": at, "ids": list(by_id)},
    )
    for one in new:
        say(unit, by_id[one["booking_id"]], "shown", actor, at, to=kind, viewer_id=str(viewer_id))


def members_of(services: Services, row: dict[str, Any]) -> list[dict[str, str]]:
    """The two who walk: `{"name","phone"}` each."""
    found: list[dict[str, str]] | None = services.sealer.open(
        row["members_sealed"], context=f"scout_pair.members:{row['pair_id']}"
    )
    return found or []


def position_of(services: Services, row: dict[str, Any]) -> dict[str, Any] | None:
    """Where the pair was last: `{"lat","lon","accuracy_m","fixed_at"}`."""
    if row["position_sealed"] is None:
        return None
    found: dict[str, Any] | None = services.sealer.open(
        row["position_sealed"], context=f"scout_pair.position:{row['pair_id']}"
    )
    return found


def pair_line(services: Services, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A pair on the board; without the link, which was told once."""
    return {
        "pair_id": str(row["pair_id"]),
        "center": row["center_id"],
        "name": row["name"],
        "members": members_of(services, row),
        "begins_at": iso(row["begins_at"]),
        "ends_at": iso(row["ends_at"]),
        "is_on_duty": row["ended_at"] is None and row["begins_at"] <= now < row["ends_at"],
        "is_opened": row["bound_digest"] is not None,
        "ended_at": iso(row["ended_at"]),
        "position": position_of(services, row),
        "safe_by": iso(row["safe_by"]),
        "late_level": row["late_level"],
        "is_seen": row["seen_by"] is not None,
        "sos_at": iso(row.get("sos_at")),
    }


def booking_line(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """A booking for the center and for the pair that has it."""
    booking = booking_of(row)
    return {
        "booking_id": str(row["booking_id"]),
        "center": row["center_id"],
        "state": row["state"],
        "at": iso(row["at"]),
        "trip_min": row["trip_min"],
        "by_phone": row["by_phone"],
        "pair_id": str(row["pair_id"]) if row["pair_id"] else None,
        "waiting_since": iso(row["waiting_since"]),
        "due_at": iso(row["due_at"]),
        "her_code_read": row["her_code_read"],
        "their_code_read": row["their_code_read"],
        "wrong_codes": row["wrong_codes"],
        "is_locked": booking.is_locked,
        "pair_is_late": row["late_told"] and row["state"] in ("booked", "assigned"),
        "ended_at": iso(row["ended_at"]),
        "reason": reason_of(services, row),
        **words_of(services, row),
    }


def unknown() -> Problem:
    return Problem(404, "no_booking", "그런 예약이 없습니다.", "There is no such booking for you.")


def not_allowed(problem: NotAllowed) -> Problem:
    return Problem(
        409,
        "not_allowed",
        "지금 상태에서는 할 수 없습니다. 화면을 새로 고쳐 주세요.",
        "This can't be done in the booking's present state; reload the page.",
        state=problem.state,
        allowed=list(problem.allowed),
    )
