"""What an agency asks for beside its request, a photo, the way of escape, evidence: asked, answered, refused.

One of a kind at a time. What the center does for it answers it by itself: a still the photo, a sighting the route, a
package the evidence. An operator says so where it was answered by telephone or in the thread, or refuses it with a
reason of the list. Each is a line of the incident, which also tells the agency's desk to read again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.events import record
from server.incidents.cards import iso

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

Asks = Literal["photo", "route", "evidence"]
ANSWERS: dict[Asks, str] = {"photo": "still", "route": "sighting", "evidence": "package"}
"""What answers each by itself."""
BY_WORDS = "words"
REFUSALS: dict[str, tuple[str, str]] = {
    "no_picture": ("해당하는 영상이 없음", "There is no such picture"),
    "not_agreed": ("협약에서 허용하지 않음", "The agreement does not allow it"),
    "by_letter": ("공문이나 영장이 필요함", "Needs an official letter or a warrant"),
    "busy": ("지금은 할 수 없음", "Not possible now"),
    "by_telephone": ("전화로 설명함", "Explained by telephone"),
}
_ASK = """
INSERT INTO request_ask (ask_id, center_id, request_id, kind, state, asked_at)
VALUES (:id, :center, :request, :kind, 'asked', :now)
ON CONFLICT (request_id, center_id, kind) WHERE state = 'asked' DO NOTHING
"""
_OPEN = """
SELECT k.* FROM request_ask k JOIN agency_request r USING (request_id, center_id)
LEFT JOIN agreed g ON g.agreement_id = r.agreement_id AND g.agency_id = r.agency_id
WHERE r.incident_id = :incident AND r.state = 'accepted' AND k.state = 'asked'
  AND (k.kind <> 'photo' OR g.may_view_still)
"""
"""A still is no answer to an agency that may see none: it waits for an operator's word."""
_ONE = """
SELECT k.*, r.agency_id, r.state AS request_state FROM request_ask k JOIN agency_request r USING (request_id, center_id)
WHERE k.ask_id = :ask AND k.request_id = :request AND r.incident_id = :incident FOR UPDATE OF k
"""
_END = """
UPDATE request_ask SET state = :state, answered_at = :now, answered_by = :by, answer = :answer, answer_id = :of,
  reason = :reason WHERE ask_id = :id
"""
_LISTED = """
SELECT k.*, r.state AS request_state FROM request_ask k JOIN agency_request r USING (request_id, center_id)
WHERE k.request_id = ANY(:ids) ORDER BY k.asked_at, k.ask_id
"""


async def ask(unit: Unit, row: dict[str, Any], kind: Asks, now: datetime) -> None:
    """By the desk of the request `row`; what waits still is not asked for twice."""
    said = {"id": uuid4(), "center": row["center_id"], "request": row["request_id"], "kind": kind, "now": now}
    await unit.execute(_ASK, said)


async def answer(
    unit: Unit, incident_id: UUID, kind: Asks, actor: Actor, *, of: UUID, by: UUID | None, now: datetime
) -> None:
    """The center has done what open requests of this incident asked for: `of` is the still, sighting or package."""
    rows = await unit.all(f"{_OPEN} AND k.kind = :kind FOR UPDATE OF k", {"incident": incident_id, "kind": kind})
    for row in rows:
        said = {"answer": ANSWERS[kind], "of": of, "by": by}
        await _end(unit, incident_id, row, actor, "answered", said, now)


async def decide(
    services: Services, viewer: Viewer, incident_id: UUID, request_id: UUID, ask_id: UUID, *, reason: str | None = None
) -> dict[str, Any]:
    """An operator's word: answered otherwise, or refused for `reason`. Problems 404 `no_ask`, 409 `not_allowed`, 422
    `unknown_reason`."""
    if reason is not None and reason not in REFUSALS:
        codes = [{"code": code, "name_ko": ko, "name_en": en} for code, (ko, en) in REFUSALS.items()]
        ko, en = "거절 사유를 골라 주세요.", "Choose a reason of the list."
        raise Problem(422, "unknown_reason", ko, en, field="reason", codes=codes)
    async with services.db.begin(center=viewer.scope) as unit:
        row = await unit.one(_ONE, {"ask": ask_id, "request": request_id, "incident": incident_id})
        if row is None:
            raise Problem(404, "no_ask", "그런 추가 요청이 없습니다.", "There is nothing like that asked for here.")
        if row["state"] != "asked" or row["request_state"] != "accepted":
            ko, en = "이미 답했거나 요청이 끝났습니다.", "Answered already, or the request is over."
            raise Problem(409, "not_allowed", ko, en, state=card(row)["state"])
        state = "answered" if reason is None else "refused"
        said = {"answer": BY_WORDS if reason is None else "", "reason": reason or "", "by": viewer.account_id}
        now = services.clock()
        after = await _end(unit, incident_id, row, viewer.actor, state, said, now)
    return card(after)


async def _end(
    unit: Unit, incident_id: UUID, row: dict[str, Any], actor: Actor, state: str, said: dict[str, Any], now: datetime
) -> dict[str, Any]:
    values = {"answer": "", "of": None, "reason": "", "by": None} | said
    await unit.execute(_END, values | {"id": row["ask_id"], "state": state, "now": now})
    payload = {"request_id": str(row["request_id"]), "ask_id": str(row["ask_id"]), "asks": row["kind"]}
    told = {"answer": values["answer"]} if state == "answered" else {"reason": values["reason"]}
    tag = "request:ask_answered" if state == "answered" else "request:ask_refused"
    center = row["center_id"]
    record(unit, center_id=center, incident_id=incident_id, tag=tag, actor=actor, payload=payload | told, at=now)
    ended = {"state": state, "answered_at": now, "answer_id": values["of"]}
    return row | ended | {name: values[name] for name in ("answer", "reason")}


async def of_requests(unit: Unit, ids: Collection[UUID]) -> dict[tuple[UUID, str], list[dict[str, Any]]]:
    """Cards by request and center, oldest first."""
    found: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
    for row in await unit.all(_LISTED, {"ids": list(ids)}) if ids else ():
        found.setdefault((row["request_id"], row["center_id"]), []).append(card(row))
    return found


def card(row: dict[str, Any]) -> dict[str, Any]:
    """`state`: asked, answered, refused, or lapsed, when the request ended before."""
    is_lapsed = row["state"] == "asked" and row["request_state"] != "accepted"
    return {
        "ask_id": str(row["ask_id"]),
        "kind": row["kind"],
        "state": "lapsed" if is_lapsed else row["state"],
        "asked_at": iso(row["asked_at"]),
        "answered_at": iso(row["answered_at"]),
        "answer": row["answer"],
        "answer_id": str(row["answer_id"]) if row["answer_id"] else None,
        "reason": row["reason"],
    }
