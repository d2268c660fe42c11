"""Pairs on duty: a link and a code for one work phone's browser, good for one night.

The link goes one way (a text message to the work phone), the six digits another (by word of mouth at the roll call).
The first browser that knows both is bound by a cookie; five wrong codes lock the link. No account, no password that
two people share, nothing that is still good tomorrow.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import SYSTEM, Actor
from server.scouts import duty, reading, way_back
from server.scouts.store import scout_pair

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

MOST_WRONG_ANSWERS = 5
LONGEST_DUTY = timedelta(hours=14)
FURTHEST = timedelta(days=366)
ENDED = {
    "off_duty": ("근무가 끝났습니다. 수고하셨습니다.", "Your duty is over. Thank you."),
    "expired": ("이 링크의 시간이 끝났습니다. 상황실에 문의하세요.", "This link has run out; ask your center."),
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """`link` and `code` are told once and kept as digests."""

    pair_id: UUID
    link: str
    code: str


@dataclass(frozen=True, slots=True)
class NewPair:
    """Two people and their night; `members`: `{"name","phone"}` each."""

    center: str
    name: str
    members: list[dict[str, str]]
    begins_at: datetime
    ends_at: datetime


async def put_on_duty(services: Services, viewer: Viewer, new: NewPair) -> Invitation:
    """A pair for a night. Problems 404 `no_center`, 422 `order`."""
    if abs(new.begins_at - services.clock()) > FURTHEST:
        raise Problem(
            422,
            "order",
            "근무 시작(begins_at)은 오늘에서 1년 안이어야 합니다.",
            "begins_at has to be within a year of today.",
            field="begins_at",
            value=new.begins_at.isoformat(),
        )
    if not timedelta(0) < new.ends_at - new.begins_at <= LONGEST_DUTY:
        raise Problem(
            422,
            "order",
            "근무 끝(ends_at)은 시작보다 뒤이고 14시간 이내여야 합니다.",
            "ends_at has to be after begins_at, and within 14 hours of it.",
            field="ends_at",
            value=new.ends_at.isoformat(),
        )
    pair_id, now = uuid4(), services.clock()
    made = Invitation(pair_id, secrets.token_urlsafe(16), f"{secrets.randbelow(10**6):06d}")
    async with services.db.begin(center=viewer.scope) as unit:
        if not viewer.sees(new.center) or not await unit.scalar(
            "SELECT 1 FROM center WHERE code = :c", {"c": new.center}
        ):
            raise Problem(404, "no_center", "그런 센터가 없습니다.", "There is no such center for you.")
        sealed = services.sealer.seal(new.members, context=f"scout_pair.members:{pair_id}", center=new.center)
        row = {"pair_id": pair_id, "center_id": new.center}
        await unit.execute(
            scout_pair.insert().values(
                **row,
                name=new.name,
                members_sealed=sealed,
                begins_at=new.begins_at,
                ends_at=new.ends_at,
                made_by=str(viewer.account_id),
                **_digests(services, made),
            )
        )
        reading.say(unit, row, "on_duty", viewer.actor, now, members=len(new.members))
    return made


def _digests(services: Services, made: Invitation) -> dict[str, Any]:
    return {
        "link_digest": services.sealer.digest(made.link, context="scout_pair.link"),
        "code_digest": services.sealer.digest(made.code, context=f"scout_pair.code:{made.pair_id}"),
        "wrong_answers": 0,
        "bound_digest": None,
    }


async def of_desk(unit: Unit, pair_id: UUID) -> dict[str, Any]:
    """The pair's row, locked; the unit sees only the viewer's centers. Problem 404."""
    row = await duty.locked(unit, pair_id)
    if row is None:
        raise no_pair()
    return row


async def new_link(services: Services, viewer: Viewer, pair_id: UUID) -> Invitation:
    """For a phone that was lost: the old link opens nothing from now on. Problems 404, 410 `ended`."""
    made = Invitation(pair_id, secrets.token_urlsafe(16), f"{secrets.randbelow(10**6):06d}")
    async with services.db.begin(center=viewer.scope) as unit:
        row = await of_desk(unit, pair_id)
        if row["ended_at"] is not None:
            raise Problem(410, "ended", *ENDED["off_duty"], reason="off_duty")
        await unit.execute(
            scout_pair.update().where(scout_pair.c.pair_id == pair_id).values(**_digests(services, made))
        )
        reading.say(unit, row, "new_link", viewer.actor, services.clock())
    return made


async def end(services: Services, viewer: Viewer, pair_id: UUID) -> None:
    """The center takes them off duty; again is the same. Problems 404, 409 `has_bookings`."""
    async with services.db.begin(center=viewer.scope) as unit:
        await end_duty(unit, pair_id, viewer.actor, services.clock())


async def end_duty(unit: Unit, pair_id: UUID, actor: Actor, now: datetime) -> None:
    """Off duty and safe; where they were is forgotten at once. Bookings are locked before the pair, as everywhere.
    Problems 404, 409 `has_bookings`."""
    await duty.close_trips(unit, pair_id, actor, now)
    row = await of_desk(unit, pair_id)
    if row["ended_at"] is not None:
        return
    waiting = await unit.scalar(
        "SELECT count(*) FROM scout_booking WHERE pair_id = :id AND state IN ('assigned', 'waiting', 'accompanying')",
        {"id": pair_id},
    )
    if waiting:
        raise Problem(
            409,
            "has_bookings",
            f"아직 맡은 예약이 {waiting}건 있습니다. 마치거나 다른 조에 배정하세요.",
            f"They still have {waiting} booking(s): finish them or assign another pair.",
            bookings=waiting,
        )
    await duty.keep(unit, row, way_back.WayBack(), ended_at=now, position_sealed=None, position_at=None)
    reading.say(unit, row, "off_duty", actor, now)


async def take_care(services: Services, viewer: Viewer, pair_id: UUID) -> None:
    """Somebody of the center calls them: the shift leader needs no call. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        row = await of_desk(unit, pair_id)
        way = way_back.seen(duty.way_of(row))
        await duty.keep(unit, row, way, seen_by=str(viewer.account_id))
        reading.say(unit, row, "cared", viewer.actor, services.clock(), level=row["late_level"])


def no_pair() -> Problem:
    return Problem(404, "no_pair", "그런 조가 없습니다.", "There is no such pair for you.")


def no_link() -> Problem:
    return Problem(404, "no_link", "없는 주소입니다. 링크를 다시 확인하세요.", "There is no such page; check the link.")


async def by_link(unit: Unit, services: Services, link: str, *, lock: bool = False) -> dict[str, Any]:
    """The pair's row; Problem 404 `no_link`."""
    row = await unit.one(
        "SELECT * FROM scout_pair WHERE link_digest = :digest" + (" FOR UPDATE" if lock else ""),
        {"digest": services.sealer.digest(link, context="scout_pair.link")},
    )
    if row is None:
        raise no_link()
    return row


def must_run(row: dict[str, Any], now: datetime) -> None:
    """Problem 410 `ended` once the duty is over for good."""
    if row["ended_at"] is not None:
        raise Problem(410, "ended", *ENDED["off_duty"], reason="off_duty")
    if now >= row["ends_at"] + way_back.LINK_STAYS:
        raise Problem(410, "ended", *ENDED["expired"], reason="expired")


async def bound(unit: Unit, services: Services, link: str, *, cookie: str, lock: bool = False) -> dict[str, Any]:
    """The row for the bound browser. Problems 404 `no_link`, 401 `not_bound`, 410 `ended`."""
    row = await by_link(unit, services, link, lock=lock)
    if not _is_bound(services, row, cookie):
        raise Problem(401, "not_bound", "조회 때 받은 여섯 자리 코드를 입력하세요.", "First answer with the code.")
    must_run(row, services.clock())
    return row


def _is_bound(services: Services, row: dict[str, Any], cookie: str) -> bool:
    return (
        row["bound_digest"] is not None
        and bool(cookie)
        and hmac.compare_digest(bytes(row["bound_digest"]), _cookie_digest(services, row, cookie))
    )


def _cookie_digest(services: Services, row: dict[str, Any], cookie: str) -> bytes:
    return services.sealer.digest(cookie, context=f"scout_pair.cookie:{row['pair_id']}")


async def open_link(services: Services, link: str, *, code: str, cookie: str) -> str | None:
    """Answer with the code: the new cookie, or None when this browser is bound already. Wrong codes are counted under
    a lock. Problems: 404 `no_link`, 410 `ended`, 403 `bound_elsewhere`, `locked`, `wrong_code` (`attempts_left`)."""
    async with services.db.begin() as unit:
        row = await by_link(unit, services, link, lock=True)
        must_run(row, services.clock())
        if row["bound_digest"] is not None:
            if _is_bound(services, row, cookie):
                return None
            raise Problem(
                403,
                "bound_elsewhere",
                "이미 다른 기기에서 연 주소입니다. 상황실에 새 링크를 요청하세요.",
                "This page was opened on another device; ask your center for a new link.",
            )
        if row["wrong_answers"] >= MOST_WRONG_ANSWERS:
            raise _locked()
        given = services.sealer.digest(code.strip(), context=f"scout_pair.code:{row['pair_id']}")
        if hmac.compare_digest(bytes(row["code_digest"]), given):
            return await _bind(unit, services, row)
        refused = await _count(unit, row, services.clock())
    raise refused  # after the commit: the count must stay


async def _bind(unit: Unit, services: Services, row: dict[str, Any]) -> str:
    cookie, now = secrets.token_urlsafe(32), services.clock()
    safe_by = await duty.next_deadline(unit, row, now)
    await duty.keep(unit, row, way_back.WayBack(safe_by), bound_digest=_cookie_digest(services, row, cookie))
    reading.say(unit, row, "opened", actor_of(row), now)
    return cookie


async def _count(unit: Unit, row: dict[str, Any], now: datetime) -> Problem:
    count = row["wrong_answers"] + 1
    await unit.execute(scout_pair.update().where(scout_pair.c.pair_id == row["pair_id"]).values(wrong_answers=count))
    if count >= MOST_WRONG_ANSWERS:
        reading.say(unit, row, "link_locked", SYSTEM, now)
        return _locked()
    left = MOST_WRONG_ANSWERS - count
    return Problem(
        403,
        "wrong_code",
        f"코드가 맞지 않습니다. {left}번 남았습니다.",
        f"This is not the code; {left} attempts left.",
        attempts_left=left,
    )


def _locked() -> Problem:
    return Problem(
        403,
        "locked",
        "코드를 여러 번 틀려 잠긴 주소입니다. 상황실에 새 링크를 요청하세요.",
        "Locked after too many wrong codes; ask your center for a new link.",
        attempts_left=0,
    )


def actor_of(row: dict[str, Any]) -> Actor:
    """Who acts when a pair does; its name is a number, not a person's."""
    return Actor("agent", str(row["pair_id"]), row["name"])
