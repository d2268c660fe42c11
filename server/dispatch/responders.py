"""An officer in the field: a link and a code for one phone's browser, good for one part of his agency (a dispatch, or
its own request) and as long as that runs.

The agency's desk invites; the link goes one way (to the officer's phone), the six digits another (the radio). The first
browser that knows both is bound by a cookie. Five wrong codes lock the link. Whether it still holds is asked anew at
every look, by facts: the dispatch is being worked on (and is the same request), or the agency's request is accepted and
its time not over; the incident is open, the agreement in force. What is shown is a release of the officer's own.
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
from server.dispatch import parts
from server.dispatch.disclosing import end_for
from server.dispatch.parts import Part
from server.dispatch.store import responder
from server.events import Actor, record
from server.incidents.cards import iso
from server.incidents.model import OPEN

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

MOST_WRONG_ANSWERS = 5
MOST_LINKS = 20
LONGEST_NAME = 80

_SELECT = f"""
SELECT {parts.COLUMNS}, r.responder_id, r.request_no AS invited_for, r.name_sealed, r.code_digest, r.wrong_answers,
       r.bound_digest, r.ends_at AS link_ends_at, r.ended_at AS link_ended_at,
       coalesce(r.unit_position, d.unit_position) AS unit_position
FROM responder r JOIN party p ON p.center_id = r.center_id AND p.id = coalesce(r.dispatch_id, r.request_id)
  AND p.kind = CASE WHEN r.dispatch_id IS NULL THEN 'request' ELSE 'dispatch' END
{parts.JOINED}
"""

SENTENCES = {
    "incident_closed": ("상황이 종료되었습니다.", "The incident has ended."),
    "dispatch_over": ("이 출동이 끝났습니다.", "This dispatch is over."),
    "request_over": ("기관의 요청이 끝났습니다.", "Your agency's request is over."),
    "no_agreement": ("제공 협약의 효력이 끝났습니다.", "The agreement is no longer in force."),
    "expired": (
        "열람 시간이 끝났습니다. 상황실에 새 링크를 요청하세요.",
        "The time is over; ask your desk for a new link.",
    ),
    "withdrawn": ("상황실이 이 링크를 거두었습니다.", "Your desk has withdrawn this link."),
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """`link` and `code` are told once and kept as digests."""

    responder_id: UUID
    link: str
    code: str
    ends_at: datetime


async def invite(services: Services, viewer: Viewer, part: Part, *, name: str, minutes: int) -> Invitation:
    """A link for an officer, for so long at most. Problems: 404, 409 `not_allowed` (not accepted, or over), 409
    `too_many_links`, 403 `no_agreement`."""
    assert viewer.agency is not None
    invitation = Invitation(
        uuid4(),
        secrets.token_urlsafe(16),
        f"{secrets.randbelow(10**6):06d}",
        services.clock() + timedelta(minutes=minutes),
    )
    async with services.db.begin() as unit:
        now = services.clock()
        row = await parts.find(unit, part, agency_id=viewer.agency.agency_id, now=now, lock=True)
        _require_working(row)
        agreement = await parts.agreement_of(unit, row)
        if agreement is None or not agreement.in_force(now):
            raise Problem(403, "no_agreement", *SENTENCES["no_agreement"])
        await _put(unit, services, row, invitation, name.strip()[:LONGEST_NAME], viewer)
    return invitation


def _require_working(row: dict[str, Any]) -> None:
    if not parts.is_on(row):
        raise Problem(
            409,
            "not_allowed",
            "접수한 출동이나 승인된 요청이 진행 중일 때만 현장 대원을 초대할 수 있습니다.",
            "Officers are invited while an accepted dispatch or request of your agency goes on.",
            state=row["state"],
            allowed=["accept"] if row["state"] in ("requested", "delivered") else [],
        )


async def _put(
    unit: Unit, services: Services, row: dict[str, Any], invitation: Invitation, name: str, viewer: Viewer
) -> None:
    running = await unit.scalar(
        "SELECT count(*) FROM responder WHERE coalesce(dispatch_id, request_id) = :id AND ended_at IS NULL"
        " AND ends_at > :now",
        {"id": row["part_id"], "now": services.clock()},
    )
    if running >= MOST_LINKS:
        raise Problem(
            409,
            "too_many_links",
            f"현장 링크가 이미 {MOST_LINKS}개입니다. 쓰지 않는 링크를 거두세요.",
            f"There are {MOST_LINKS} links already; withdraw those that nobody uses.",
        )
    responder_id = invitation.responder_id
    await unit.execute(
        responder.insert().values(
            responder_id=responder_id,
            center_id=row["center_id"],
            dispatch_id=row["dispatch_id"],
            request_id=row["request_id"],
            request_no=row["request_no"],
            name_sealed=services.sealer.seal(name, context=f"responder.name:{responder_id}", center=row["center_id"]),
            link_digest=services.sealer.digest(invitation.link, context="responder.link"),
            code_digest=services.sealer.digest(invitation.code, context=f"responder.code:{responder_id}"),
            invited_by=str(viewer.account_id),
            created_at=services.clock(),
            ends_at=invitation.ends_at,
        )
    )
    _record(unit, services, row | {"responder_id": responder_id}, "responder:invited", viewer.actor)


def _record(unit: Unit, services: Services, row: dict[str, Any], tag: str, actor: Actor, **payload: Any) -> None:
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag=tag,
        actor=actor,
        payload={**parts.named(row), "responder_id": str(row["responder_id"]), **payload},
        at=services.clock(),
    )


async def withdraw(services: Services, viewer: Viewer, part: Part, responder_id: UUID) -> None:
    """The desk takes the link back; Problem 404 when it is not one of this agency's. Again is the same."""
    assert viewer.agency is not None
    async with services.db.begin() as unit:
        row = await unit.one(
            f"{_SELECT} WHERE r.responder_id = :id AND p.kind = :kind AND p.id = :part AND p.agency_id = :agency"
            " FOR UPDATE OF r",
            {
                "id": responder_id,
                "kind": part.kind,
                "part": part.id,
                "agency": viewer.agency.agency_id,
                "now": services.clock(),
            },
        )
        if row is None:
            raise no_link()
        if row["link_ended_at"] is not None:
            return
        await unit.execute(
            "UPDATE responder SET ended_at = :now, unit_position = NULL WHERE responder_id = :id",
            {"now": services.clock(), "id": responder_id},
        )
        await end_for(unit, row["incident_id"], [responder_id], reason="withdrawn", at=services.clock())
        _record(unit, services, row, "responder:withdrawn", viewer.actor)


async def end_of_request(unit: Unit, row: dict[str, Any], *, reason: str, at: datetime) -> None:
    """The request is over at this center: so are the links that stood on it, and where their officers are."""
    ended = await unit.all(
        "UPDATE responder SET ended_at = coalesce(ended_at, :at), unit_position = NULL"
        " WHERE request_id = :id AND center_id = :center RETURNING responder_id",
        {"id": row["request_id"], "center": row["center_id"], "at": at},
    )
    await end_for(unit, row["incident_id"], [one["responder_id"] for one in ended], reason=reason, at=at)


async def of_part(services: Services, viewer: Viewer, part: Part) -> list[dict[str, Any]]:
    """The part's officers for its agency's desk, oldest first, each with the place that he shares; Problem 404."""
    assert viewer.agency is not None
    now = services.clock()
    async with services.db.begin() as unit:
        await parts.find(unit, part, agency_id=viewer.agency.agency_id, now=now)
        asked = {"id": part.id, "kind": part.kind, "agency": viewer.agency.agency_id, "now": now}
        rows = await unit.all(
            f"{_SELECT} WHERE p.kind = :kind AND p.id = :id AND p.agency_id = :agency ORDER BY r.created_at", asked
        )
        over = [await why_over(unit, row, now) for row in rows]
    return [
        {
            "responder_id": str(row["responder_id"]),
            "name": name_of(services, row),
            "opened": row["bound_digest"] is not None,
            "locked": row["wrong_answers"] >= MOST_WRONG_ANSWERS,
            "ends_at": iso(row["link_ends_at"]),
            "over": reason,
            "unit_position": row["unit_position"] if reason is None and part.kind == "request" else None,
        }
        for row, reason in zip(rows, over, strict=True)
    ]


def name_of(services: Services, row: dict[str, Any]) -> str:
    return str(services.sealer.open(row["name_sealed"], context=f"responder.name:{row['responder_id']}"))


def actor_of(services: Services, row: dict[str, Any]) -> Actor:
    return Actor("agent", str(row["responder_id"]), name_of(services, row))


async def why_over(unit: Unit, row: dict[str, Any], now: datetime) -> str | None:
    """None while the officer may look; else the code of `SENTENCES`."""
    if row["incident_state"] not in OPEN:
        return "incident_closed"
    if not row["is_working"] or row["request_no"] != row["invited_for"]:
        return f"{row['part']}_over"
    if row["link_ended_at"] is not None:
        return "withdrawn"
    if now >= row["link_ends_at"]:
        return "expired"
    agreement = await parts.agreement_of(unit, row)
    return None if agreement is not None and agreement.in_force(now) else "no_agreement"


def no_link() -> Problem:
    return Problem(
        404,
        "no_link",
        "없는 주소입니다. 받은 링크를 다시 확인해 주세요.",
        "There is no such page; check the link you were sent.",
    )


def over(reason: str) -> Problem:
    return Problem(410, "ended", *SENTENCES[reason], reason=reason)


async def by_link(unit: Unit, services: Services, link: str, *, lock: bool = False) -> dict[str, Any]:
    """The officer's row; Problem 404 `no_link`."""
    row = await unit.one(
        f"{_SELECT} WHERE r.link_digest = :digest" + (" FOR UPDATE OF r" if lock else ""),
        {"digest": services.sealer.digest(link, context="responder.link"), "now": services.clock()},
    )
    if row is None:
        raise no_link()
    return row


async def open_link(services: Services, link: str, *, code: str, cookie: str) -> str | None:
    """Answer with the code: the new cookie, or None when this browser is bound already.

    Problems: 404 `no_link`, 410 `ended`, 403 `bound_elsewhere`, `locked`, `wrong_code` (`attempts_left`). Wrong codes
    are counted under a lock, so that parallel guesses count too.
    """
    async with services.db.begin() as unit:
        row = await by_link(unit, services, link, lock=True)
        if (reason := await why_over(unit, row, services.clock())) is not None:
            raise over(reason)
        if row["bound_digest"] is not None:
            if is_bound(services, row, cookie):
                return None
            raise Problem(
                403,
                "bound_elsewhere",
                "이미 다른 기기에서 연 주소입니다. 상황실에 새 링크를 요청하세요.",
                "This page was opened on another device; ask your desk for a new link.",
            )
        if row["wrong_answers"] >= MOST_WRONG_ANSWERS:
            raise _locked()
        wrong = await _count_if_wrong(unit, services, row, code)
        bound = await _bind(unit, services, row) if wrong is None else None
    if wrong is not None:  # after the commit: the count must stay
        raise wrong
    return bound


async def _count_if_wrong(unit: Unit, services: Services, row: dict[str, Any], code: str) -> Problem | None:
    given = services.sealer.digest(code.strip(), context=f"responder.code:{row['responder_id']}")
    if hmac.compare_digest(bytes(row["code_digest"]), given):
        return None
    count = row["wrong_answers"] + 1
    await unit.execute(
        "UPDATE responder SET wrong_answers = :count WHERE responder_id = :id",
        {"count": count, "id": row["responder_id"]},
    )
    if count >= MOST_WRONG_ANSWERS:
        _record(unit, services, row, "responder:locked", Actor("system", "", ""))
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
        "Locked after too many wrong codes; ask your desk for a new link.",
        attempts_left=0,
    )


async def _bind(unit: Unit, services: Services, row: dict[str, Any]) -> str:
    cookie = secrets.token_urlsafe(32)
    await unit.execute(
        "UPDATE responder SET bound_digest = :digest, bound_at = :now WHERE responder_id = :id",
        {"digest": _cookie_digest(services, row, cookie), "now": services.clock(), "id": row["responder_id"]},
    )
    _record(unit, services, row, "responder:opened", actor_of(services, row))
    return cookie


def _cookie_digest(services: Services, row: dict[str, Any], cookie: str) -> bytes:
    return services.sealer.digest(cookie, context=f"responder.cookie:{row['responder_id']}")


def is_bound(services: Services, row: dict[str, Any], cookie: str) -> bool:
    """Whether this cookie is the bound browser's."""
    return (
        row["bound_digest"] is not None
        and bool(cookie)
        and hmac.compare_digest(bytes(row["bound_digest"]), _cookie_digest(services, row, cookie))
    )


async def bound(unit: Unit, services: Services, link: str, *, cookie: str) -> dict[str, Any]:
    """The row for the bound browser while it may look. Problems: 404, 401 `not_bound`, 410 `ended`."""
    row = await by_link(unit, services, link)
    if not is_bound(services, row, cookie):
        raise Problem(401, "not_bound", "무전으로 받은 여섯 자리 코드를 입력해 주세요.", "First answer with the code.")
    if (reason := await why_over(unit, row, services.clock())) is not None:
        raise over(reason)
    return row
