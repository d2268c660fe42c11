"""They meet: what each side shows, and what is done with the code that the other side has read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import Actor
from server.incidents.cards import iso
from server.qr import qr_path
from server.scouts import codes, duty, model, reading
from server.scouts.model import NotAllowed
from server.scouts.telling import tell_her

if TYPE_CHECKING:
    from server.services import Services


def code_line(services: Services, row: dict[str, Any], side: model.Side, now: datetime) -> dict[str, Any]:
    """What `side` shows to the other: `{"text", "until", "qr"}`; without the last two where she has no app."""
    if row["by_phone"]:
        return {
            "text": codes.fixed_code(reading.key_of(services, row), side, row["pair_id"]),
            "until": None,
            "qr": None,
        }
    text = codes.code_at(reading.key_of(services, row), side, now)
    return {
        "text": text,
        "until": iso(codes.next_step_at(now)),
        "qr": qr_path(codes.qr_text(row["booking_id"], side, text)),
    }


def spoken(services: Services, row: dict[str, Any]) -> dict[str, str]:
    """Both codes of who has no app, as they stand in her text: `{"pair", "person"}`."""
    key = reading.key_of(services, row)
    return {
        "pair": codes.fixed_code(key, "pair", row["pair_id"]),
        "person": codes.fixed_code(key, "person", row["pair_id"]),
    }


async def check_code(
    unit: Unit, services: Services, row: dict[str, Any], *, reader: model.Side, given: str, actor: Actor
) -> Problem | None:
    """Count it, or let them go together; the Problem is to be raised after the commit."""
    now, booking = services.clock(), reading.booking_of(row)
    if booking.is_locked:
        return _locked(booking)
    shower: model.Side = "pair" if reader == "person" else "person"
    digits = codes.read(given, row["booking_id"], shower)
    is_right = bool(digits) and _is_theirs(services, row, shower, digits, now)
    try:
        after = model.read_code(booking, reader, is_right, now)
    except NotAllowed as problem:
        raise reading.not_allowed(problem) from None
    row = await reading.save(unit, row, after)
    if not is_right:
        reading.say(unit, row, "wrong_code", actor, now, by=reader, wrong_codes=after.wrong_codes)
        if after.is_locked:
            await tell_her(unit, services, row, "wrong_codes")
            return _locked(after)
        return _wrong(after)
    reading.say(unit, row, "code_read", actor, now, by=reader)
    if after.state == "accompanying":
        reading.say(unit, row, "accompanying", actor, now)
        await duty.renew(unit, services, row["pair_id"])
    return None


def _is_theirs(services: Services, row: dict[str, Any], shower: model.Side, digits: str, now: datetime) -> bool:
    key = reading.key_of(services, row)
    if row["by_phone"]:
        return codes.is_fixed(key, shower, digits, row["pair_id"])
    return codes.is_right(key, shower, digits, now)


def _wrong(booking: model.Booking) -> Problem:
    left = model.MOST_WRONG_CODES - booking.wrong_codes
    return Problem(
        403,
        "wrong_code",
        f"코드가 맞지 않습니다. 상대방이 맞는지 다시 확인하세요. {left}번 남았습니다.",
        f"This is not their code. Make sure who it is; {left} attempts left.",
        wrong_codes=booking.wrong_codes,
        attempts_left=left,
    )


def _locked(booking: model.Booking) -> Problem:
    return Problem(
        403,
        "locked",
        "코드가 여러 번 틀렸습니다. 함께 가지 말고 상황실에 전화하세요.",
        "Too many wrong codes: don't go along, call the center.",
        wrong_codes=booking.wrong_codes,
        attempts_left=0,
    )
