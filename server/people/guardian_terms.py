"""On what terms a guardian is one: paused for a while, a guest for one evening, her quiet hours, her app's address.

A pause is silent: nothing is sent to her, her open page goes dark as if there were nothing to see, and no answer of
ours tells a pause from an end. It holds in an SOS too: whom she pauses may be whom she fears.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.problems import Problem
from server.people import guardian_side, ledger, service, walk_place
from server.people.follow import darken, end_follows_of
from server.people.notice_model import DAY_MIN
from server.people.service import DeviceUser

if TYPE_CHECKING:
    from server.services import Services

LONGEST_GUEST = timedelta(hours=24)
LEAP = timedelta(minutes=1)
"""So far the clocks of the database and of this process may be apart."""
LONGEST_PAUSE = timedelta(days=365)


def no_guardian() -> Problem:
    return Problem(404, "no_guardian", "등록된 보호자가 아닙니다.", "You have no such guardian.")


async def pause(services: Services, user: DeviceUser, guardian_id: UUID, until: datetime | None) -> dict[str, Any]:
    """From this commit on she is told and shown nothing; `until` None: until `resume`. Problem 404, 422 `bad_time`."""
    now = services.clock()
    if until is not None and not now < until <= now + LONGEST_PAUSE:
        raise _bad_time("일 년 안의 앞날이어야 합니다.", "A moment to come, at most a year ahead.")
    async with services.db.begin(center=user.center_id) as unit:
        await _changed(unit, user, guardian_id, "paused_at = :now, paused_until = :until", now=now, until=until)
        await darken(unit, services, guardian_id, "consent_withdrawn")
        await _in_ledger(unit, services, user, guardian_id, "suspended", until)
    return {"paused": True, "paused_until": until.isoformat() if until else None}


async def resume(services: Services, user: DeviceUser, guardian_id: UUID) -> dict[str, Any]:
    """She is told again, of what happens from now on. Problem 404."""
    async with services.db.begin(center=user.center_id) as unit:
        await _changed(unit, user, guardian_id, "paused_at = NULL, paused_until = NULL")
        await _in_ledger(unit, services, user, guardian_id, "resumed", None)
    return {"paused": False, "paused_until": None}


async def share_on_silence(services: Services, user: DeviceUser, guardian_id: UUID, allowed: bool) -> dict[str, bool]:
    """Whether this guardian is shown where she is when she leaves "are you OK?" unanswered. Problem 404."""
    async with services.db.begin(center=user.center_id) as unit:
        await _changed(unit, user, guardian_id, "shares_on_silence = :allowed", allowed=allowed)
        if not allowed:
            await unit.execute(
                "UPDATE care_question SET shown_until = NULL WHERE guardian_id = :id", {"id": guardian_id}
            )
            await walk_place.hide(unit, services, guardian_id)
    return {"shares_on_silence": allowed}


async def _changed(unit: Unit, user: DeviceUser, guardian_id: UUID, what: str, **values: Any) -> None:
    done = await unit.scalar(
        f"UPDATE guardian SET {what} WHERE guardian_id = :id AND person_id = :person AND ended_at IS NULL"
        " RETURNING true",
        {"id": guardian_id, "person": user.person_id, **values},
    )
    if not done:
        raise no_guardian()


async def _in_ledger(
    unit: Unit, services: Services, user: DeviceUser, guardian_id: UUID, act: str, until: datetime | None
) -> None:
    await ledger.append(
        unit, services, center=user.center_id, person_id=user.person_id, guardian_id=guardian_id, kind="contact",
        act=act, how="person", until=until,
    )  # fmt: skip


async def invite_guest(
    services: Services, user: DeviceUser, *, name: str, phone: str, until: datetime, by: str
) -> dict[str, Any]:
    """A guardian for at most a day, who needs no app: she accepts by the link, and ends by herself. A guardian who is
    one already stays what she is: 409 `is_guardian`. Problem 422 `bad_time` and those of `service.designate`."""
    now = services.clock()
    if not now < until <= now + LONGEST_GUEST:
        raise _bad_time("24시간 안의 앞날이어야 합니다.", "A moment to come, at most 24 hours ahead.")
    made = await service.designate(services, user, name=name, phone=phone, by=by, guest_until=until)
    return made | {"until": until.isoformat()}


def _bad_time(ko: str, en: str) -> Problem:
    return Problem(422, "bad_time", f"until: {ko}", f"until: {en}", field="until")


async def end_guest(services: Services, guardian_id: UUID) -> None:
    """Her evening is over: her page goes dark, her links lead nowhere. Repeated, it does nothing; early: Again."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await unit.one(
            "UPDATE guardian SET ended_at = :now, push_token_sealed = NULL WHERE guardian_id = :id"
            " AND ended_at IS NULL AND guest_until <= :now RETURNING center_id, person_id",
            {"now": now, "id": guardian_id},
        )
        if row is None:
            until = await unit.scalar(
                "SELECT guest_until FROM guardian WHERE guardian_id = :id AND ended_at IS NULL", {"id": guardian_id}
            )
            if until is not None and until - now < LEAP:  # named again meanwhile, she has a job of her own
                raise Again("not yet", after_s=(until - now).total_seconds())
            return
        await end_follows_of(unit, services, guardian_id, "consent_withdrawn")
        await ledger.append(
            unit, services, center=row["center_id"], person_id=row["person_id"], guardian_id=guardian_id,
            kind="contact", act="ended", how="guest",
        )  # fmt: skip


async def end_guest_at(unit: Unit, guardian_id: UUID, until: datetime) -> None:
    await defer_in(unit, "end_guest", schedule_at=until, guardian_id=str(guardian_id))


async def quiet_hours(services: Services, invitation: str, hours: tuple[int, int] | None) -> dict[str, Any]:
    """The guardian's own choice, minutes of Seoul's day from … to; None: none. Problem 404 `no_invitation`."""
    first, last = hours or (None, None)
    async with services.db.begin() as unit:
        row = await guardian_side.row_of(unit, services, invitation)
        await unit.execute(
            "UPDATE guardian SET quiet_from_min = :first, quiet_to_min = :last WHERE guardian_id = :id",
            {"first": first, "last": last, "id": row["guardian_id"]},
        )
    return {"quiet_hours": guardian_side.quiet_hours_of({"quiet_from_min": first, "quiet_to_min": last})}


def minute_of(text: str) -> int:
    """Of `23:00`; Problem 422 `bad_time`."""
    hour, colon, minute = text.strip().partition(":")
    if colon and hour.isascii() and minute.isascii() and hour.isdigit() and minute.isdigit() and len(minute) == 2:
        found = int(hour) * 60 + int(minute)
        if int(minute) < 60 and found < DAY_MIN:
            return found
    raise Problem(422, "bad_time", "시각은 23:00처럼 적어 주세요.", "Write a time of the day like 23:00.", field="from")


async def keep_guardians_token(services: Services, invitation: str, token: str) -> None:
    """The address of the guardian's app, new on each of its starts; empty: she has none any more. Problem 404, 409
    `not_accepted`."""
    async with services.db.begin() as unit:
        row = await guardian_side.row_of(unit, services, invitation)
        if row["accepted_at"] is None:
            raise Problem(409, "not_accepted", "먼저 수락해 주세요.", "Accept the invitation first.")
        context = f"guardian.push_token:{row['guardian_id']}"
        sealed = services.sealer.seal(token, context=context, center=row["center_id"]) if token else None
        await unit.execute(
            "UPDATE guardian SET push_token_sealed = :token WHERE guardian_id = :id",
            {"token": sealed, "id": row["guardian_id"]},
        )
