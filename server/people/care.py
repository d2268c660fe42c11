""" "Are you OK?": a guardian asks by her invitation, the person answers on her phone, or silence is the answer.

Silence shows the place of her running walk to that guardian for half an hour, if she has allowed it to this guardian
beforehand, and she is told so. Whom she has paused has no invitation meanwhile, like who has ended.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.problems import Problem
from server.people import guardian_side, model, walk_place
from server.people.follow import is_stopped
from server.people.own_push import push_person
from server.people.service import DeviceUser
from server.people.store import IS_GUARDIAN, care_question

if TYPE_CHECKING:
    from server.services import Services

Answer = Literal["ok", "call_me"]
MOST_AN_HOUR = 3
ANSWER_WITHIN = timedelta(minutes=5)
SHOWN_FOR = timedelta(minutes=30)
LISTED_FOR = timedelta(hours=24)


async def ask(services: Services, invitation: str) -> dict[str, Any]:
    """One question at a time: asked again, the open one is answered. Problem 404 `no_invitation`, 409 `not_accepted`,
    429 `too_often`."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await accepted(unit, services, invitation)
        asked = await unit.all(
            "SELECT * FROM care_question WHERE guardian_id = :id AND asked_at > :since ORDER BY asked_at DESC",
            {"id": row["guardian_id"], "since": now - timedelta(hours=1)},
        )
        if asked and asked[0]["state"] == "asked" and asked[0]["expires_at"] > now:
            return _for_guardian(asked[0])
        if len(asked) >= MOST_AN_HOUR:
            raise _too_often(int((asked[-1]["asked_at"] + timedelta(hours=1) - now).total_seconds()) + 1)
        question = {
            "question_id": uuid4(),
            "center_id": row["center_id"],
            "person_id": row["person_id"],
            "guardian_id": row["guardian_id"],
            "asked_at": now,
            "expires_at": now + ANSWER_WITHIN,
        }
        await unit.execute(care_question.insert().values(**question))
        question_id = question["question_id"]
        if not await is_unheard(unit, services, row):
            await push_person(unit, services, row["person_id"], "care_question", question_id, life=ANSWER_WITHIN)
        await defer_in(unit, "end_question", schedule_at=now + ANSWER_WITHIN, question_id=str(question_id))
    return _for_guardian(question | {"state": "asked", "shown_until": None})


async def accepted(unit: Unit, services: Services, invitation: str) -> dict[str, Any]:
    """The guardian of this invitation, locked; Problem 404 `no_invitation`, 409 `not_accepted`."""
    row = await guardian_side.row_of(unit, services, invitation)
    if row["accepted_at"] is None:
        raise Problem(409, "not_accepted", "먼저 수락해 주세요.", "Accept the invitation first.")
    return row


async def is_unheard(unit: Unit, services: Services, guardian: dict[str, Any]) -> bool:
    """Whether the person has this guardian paused, or shares nothing with any."""
    until = await unit.scalar(
        "SELECT sharing_stopped_until FROM person WHERE person_id = :id", {"id": guardian["person_id"]}
    )
    now = services.clock()
    return model.is_paused(guardian, now) or is_stopped({"sharing_stopped_until": until}, now)


def _too_often(after_s: int) -> Problem:
    return Problem(
        429,
        "too_often",
        f"한 시간에 {MOST_AN_HOUR}번까지 물을 수 있습니다.",
        f"At most {MOST_AN_HOUR} times an hour.",
        headers={"Retry-After": str(after_s)},
    )


def _for_guardian(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "question_id": str(row["question_id"]),
        "state": row["state"],
        "asked_at": row["asked_at"].isoformat(),
        "expires_at": row["expires_at"].isoformat(),
        "shown_until": row["shown_until"].isoformat() if row["shown_until"] else None,
    }


async def _question(unit: Unit, services: Services, invitation: str, question_id: UUID) -> tuple[Any, dict[str, Any]]:
    """(guardian, question); Problem 404."""
    guardian = await accepted(unit, services, invitation)
    row = await unit.one(
        "SELECT * FROM care_question WHERE question_id = :id AND guardian_id = :guardian FOR UPDATE",
        {"id": question_id, "guardian": guardian["guardian_id"]},
    )
    if row is None:
        raise no_question()
    return guardian, row


def no_question() -> Problem:
    return Problem(404, "no_question", "없는 질문입니다.", "There is no such question.")


async def answer_for(services: Services, invitation: str, question_id: UUID) -> dict[str, Any]:
    """What has come of the guardian's question. Problem 404."""
    async with services.db.begin() as unit:
        _, row = await _question(unit, services, invitation, question_id)
    return _for_guardian(row)


async def standing(services: Services, invitation: str) -> dict[str, Any]:
    """What her page shows: the last question of the hour or whose place is still shown, how many are left and when the
    next is, what she allowed, and the way to an SOS that runs. Problems of `accepted`."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await accepted(unit, services, invitation)
        asked = await unit.all(
            "SELECT * FROM care_question WHERE guardian_id = :id AND (asked_at > :since OR shown_until > :now)"
            " ORDER BY asked_at DESC",
            {"id": row["guardian_id"], "since": now - timedelta(hours=1), "now": now},
        )
        follow = await running_follow(unit, services, row["guardian_id"])
        rule = await walk_place.rule_of(unit, services, row["person_id"])
    counted = [one["asked_at"] for one in asked if one["asked_at"] > now - timedelta(hours=1)]
    left = max(0, MOST_AN_HOUR - len(counted))
    return {
        "question": _for_guardian(asked[0]) if asked else None,
        "left": left,
        "next_at": (counted[-1] + timedelta(hours=1)).isoformat() if not left else None,
        "shares_on_silence": row["shares_on_silence"],
        "precision": rule,
        "follow": follow,
        "now": now.isoformat(),
    }


async def running_follow(unit: Unit, services: Services, guardian_id: UUID) -> str | None:
    """The path of this guardian's page of an SOS that runs now; who opens it answers with her digits."""
    row = await unit.one(
        "SELECT f.follow_id, f.link_sealed FROM follow f JOIN followed_alert a USING (alert_id) JOIN guardian g"
        " USING (guardian_id) JOIN person p ON p.person_id = a.person_id WHERE f.guardian_id = :id"
        f" AND a.ended_at IS NULL AND a.phase <> 'pre' AND {IS_GUARDIAN}"
        " AND (p.sharing_stopped_until IS NULL OR p.sharing_stopped_until <= :now)"
        " ORDER BY f.created_at DESC LIMIT 1",
        {"id": guardian_id, "now": services.clock()},
    )
    if row is None:
        return None
    link = services.sealer.open(row["link_sealed"], context=f"follow.link:{row['follow_id']}")
    return f"/follow/{link}"


async def place_for(
    services: Services, invitation: str, question_id: UUID, *, last4: str, address: str
) -> dict[str, Any] | None:
    """Where her walk is, while it is shown: to who knows the last four digits of the guardian's number, behind a
    release row that is on disk before the answer. Problem 404 `no_question`, `no_place`; 403 `wrong_digits`,
    `locked`."""
    now, wrong = services.clock(), None
    place: dict[str, Any] | None = None
    async with services.db.begin() as unit:
        guardian, row = await _question(unit, services, invitation, question_id)
        is_shown = row["state"] == "silent" and row["shown_until"] is not None and row["shown_until"] > now
        if not is_shown or await is_unheard(unit, services, guardian):
            raise _no_place()
        number = services.sealer.open(guardian["phone_sealed"], context=f"guardian.phone:{guardian['guardian_id']}")
        is_right = hmac.compare_digest(model.clean_answer(last4).encode(), model.last_four(number).encode())
        if row["wrong_answers"] >= model.MAX_WRONG_ANSWERS:
            raise Problem(403, "locked", "번호를 여러 번 틀려 잠겼습니다.", "Locked after too many wrong answers.")
        if is_right:
            until = row["shown_until"]
            place = await walk_place.show(unit, services, guardian, until=until, address=address, is_chosen=True)
        else:
            wrong = Problem(403, "wrong_digits", "번호가 맞지 않습니다.", "These are not your last four digits.")
            await unit.execute(
                "UPDATE care_question SET wrong_answers = wrong_answers + 1 WHERE question_id = :id",
                {"id": question_id},
            )
    if wrong is not None:
        raise wrong  # after the commit: the wrong answer is counted
    if place is None:
        raise _no_place()
    return place


def _no_place() -> Problem:
    return Problem(404, "no_place", "보여 드릴 위치가 없습니다.", "There is no place to show.")


async def of_person(services: Services, user: DeviceUser) -> list[dict[str, Any]]:
    """Who asks her now, and what came of the last day's questions: `shown_until` says that her place is shown."""
    now = services.clock()
    async with services.db.begin(center=user.center_id) as unit:
        rows = await unit.all(
            "SELECT q.*, g.name_sealed, g.shares_on_silence FROM care_question q JOIN guardian g USING (guardian_id)"
            " WHERE q.person_id = :id AND q.asked_at > :since AND g.ended_at IS NULL"
            " AND (g.paused_at IS NULL OR g.paused_until <= :now) ORDER BY q.asked_at DESC LIMIT 50",
            {"id": user.person_id, "since": now - LISTED_FOR, "now": now},
        )
    return [
        _for_guardian(row)
        | {
            "guardian_id": str(row["guardian_id"]),
            "name": services.sealer.open(row["name_sealed"], context=f"guardian.name:{row['guardian_id']}") or "",
            "shares_on_silence": row["shares_on_silence"],
        }
        for row in rows
    ]


async def answer(services: Services, user: DeviceUser, question_id: UUID, said: Answer) -> dict[str, Any]:
    """Also late: then the place is shown no more. The same answer twice is one. Problem 404."""
    now = services.clock()
    async with services.db.begin(center=user.center_id) as unit:
        row = await unit.one(
            "UPDATE care_question SET state = :said, answered_at = coalesce(answered_at, :now), shown_until = NULL"
            " WHERE question_id = :id AND person_id = :person RETURNING *",
            {"said": said, "now": now, "id": question_id, "person": user.person_id},
        )
        if row is None:
            raise no_question()
        await walk_place.hide(unit, services, row["guardian_id"])
    return _for_guardian(row)


async def end_question(services: Services, question_id: UUID) -> None:
    """Nobody has answered in time; raises Again when it is early."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT q.*, g.shares_on_silence, g.paused_at, g.paused_until, g.ended_at FROM care_question q"
            " JOIN guardian g USING (guardian_id) WHERE q.question_id = :id AND q.state = 'asked' FOR UPDATE OF q",
            {"id": question_id},
        )
        if row is None or row["ended_at"] is not None:
            return
        if row["expires_at"] > now:
            raise Again("not yet", after_s=(row["expires_at"] - now).total_seconds())
        is_shown = row["shares_on_silence"] and not await is_unheard(unit, services, row)
        is_shown = is_shown and await walk_place.running(unit, row["person_id"]) is not None
        until = now + SHOWN_FOR if is_shown else None
        await unit.execute(
            "UPDATE care_question SET state = 'silent', shown_until = :until WHERE question_id = :id",
            {"until": until, "id": question_id},
        )
        if until is not None:
            await defer_in(unit, "hide_place", schedule_at=until, question_id=str(question_id))
            await push_person(unit, services, row["person_id"], "place_shown", question_id, life=SHOWN_FOR)


async def hide_place(services: Services, question_id: UUID) -> None:
    """The half hour is over: its release ends."""
    async with services.db.begin() as unit:
        guardian_id = await unit.scalar(
            "SELECT guardian_id FROM care_question WHERE question_id = :id", {"id": question_id}
        )
        if guardian_id is not None:
            await walk_place.hide(unit, services, guardian_id)
