"""The ledger of consents: who agreed to which words, when and how; each act is a line, none is ever changed.

What the lines come to for the paths that share (`consents.stopped_until`) stands in `person.sharing_stopped_until`,
written in the transaction of the act: a follow page goes dark with the commit.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import Actor, record_admin
from server.people import consents
from server.people.ages import who_must_agree
from server.people.consents import Kind, Line, Standing
from server.people.follow import end_follows_of_person
from server.people.leaving import Destroyed, destroy_for
from server.people.service import DeviceUser
from server.people.store import consent_line

if TYPE_CHECKING:
    from server.services import Services


async def append(
    unit: Unit,
    services: Services,
    *,
    center: str,
    person_id: UUID,
    kind: str,
    act: str,
    how: str = "app",
    guardian_id: UUID | None = None,
    until: datetime | None = None,
    more: dict[str, Any] | None = None,
) -> None:
    """One line, and its event `consent:<act>` without a personal value."""
    now = services.clock()
    await unit.execute(
        consent_line.insert().values(
            line_id=uuid4(),
            center_id=center,
            person_id=person_id,
            guardian_id=guardian_id,
            kind=kind,
            act=act,
            how=how,
            text_version=consents.VERSION,
            at=now,
            until=until,
        )
    )
    who = Actor("guardian", str(guardian_id)) if guardian_id else Actor("person", str(person_id))
    payload = {"person_id": str(person_id), "kind": kind, "how": how, "text_version": consents.VERSION}
    if until is not None:
        payload["until"] = until.isoformat()
    record_admin(unit, tag=f"consent:{act}", actor=who, center_id=center, at=now, payload=payload | (more or {}))


async def lines_of(unit: Unit, person_id: UUID) -> list[Line]:
    """The person's own lines, oldest first."""
    rows = await unit.all(
        "SELECT kind, act, at, until, how, text_version FROM consent_line WHERE person_id = :id"
        " AND guardian_id IS NULL ORDER BY number",
        {"id": person_id},
    )
    return [Line(row["kind"], row["act"], row["at"], row["until"], row["how"], row["text_version"]) for row in rows]


async def refresh_sharing(unit: Unit, services: Services, person_id: UUID) -> datetime | None:
    """Write down what the lines come to; ends what guardians see when it is nothing. The person's row is locked."""
    row = await unit.one(
        "SELECT born_year, represented_by FROM person WHERE person_id = :id FOR UPDATE", {"id": person_id}
    )
    assert row is not None
    until = consents.stopped_until(
        await lines_of(unit, person_id),
        born_year=row["born_year"],
        is_represented=row["represented_by"] is not None,
        now=services.clock(),
    )
    await unit.execute(
        "UPDATE person SET sharing_stopped_until = :until WHERE person_id = :id", {"until": until, "id": person_id}
    )
    if until is not None:
        await end_follows_of_person(unit, services, person_id, "consent_withdrawn")
    return until


async def forget_representative(unit: Unit, services: Services, person_id: UUID, guardian_id: UUID) -> None:
    """The guardian who agreed for a minor is one no more: somebody else has to agree before anything is shared."""
    was = await unit.scalar(
        "UPDATE person SET represented_by = NULL WHERE person_id = :id AND represented_by = :guardian"
        " RETURNING person_id",
        {"id": person_id, "guardian": guardian_id},
    )
    if was is not None:
        await refresh_sharing(unit, services, person_id)


async def named_guardian(unit: Unit, services: Services, center: str, person_id: UUID) -> None:
    """To name a guardian is to agree to sharing (사전 지정), unless she has withdrawn that. Problem 409."""
    found = consents.standing(await lines_of(unit, person_id), "guardian_sharing", services.clock())
    if found.state == "withdrawn":
        raise Problem(
            409,
            "sharing_withdrawn",
            "보호자 제공 동의를 거두었습니다. 먼저 다시 동의해 주세요.",
            "You have withdrawn sharing with guardians; agree to it again first.",
        )
    if found.state == "not_asked":
        await append(
            unit, services, center=center, person_id=person_id, kind="guardian_sharing", act="granted",
            how="designation",
        )  # fmt: skip


async def listed(services: Services, user: DeviceUser) -> dict[str, Any]:
    """What she agreed to, in which version, and who still has to agree."""
    now = services.clock()
    async with services.db.begin(center=user.center_id) as unit:
        lines = await lines_of(unit, user.person_id)
        row = await unit.one(
            "SELECT born_year, represented_by, sharing_stopped_until FROM person WHERE person_id = :id",
            {"id": user.person_id},
        )
    assert row is not None
    must = who_must_agree(row["born_year"], now) if row["represented_by"] is None else None
    stopped = row["sharing_stopped_until"]
    return {
        "consents": [{"kind": kind, **_told(consents.standing(lines, kind, now))} for kind in consents.KINDS],
        "text_version": consents.VERSION,
        "needs": must,
        "is_shared": stopped is None or stopped <= now,
    }


def _told(found: Standing) -> dict[str, Any]:
    times = ("granted_at", "withdrawn_at", "suspended_from", "suspended_until")
    dates = {name: value.isoformat() if (value := getattr(found, name)) else None for name in times}
    return {"state": found.state, "version": found.version, "how": found.how, **dates}


async def act(
    services: Services, user: DeviceUser, kind: Kind, what: str, *, until: datetime | None = None, version: str = ""
) -> dict[str, Any]:
    """Grant, withdraw, suspend or resume. A withdrawal destroys what rests on it and says what, in the answer and in
    the event. Problem 409 `not_allowed` with `allowed`, `old_text`, 422 `bad_until`."""
    now = services.clock()
    if version and version != consents.VERSION:
        raise Problem(
            409,
            "old_text",
            "동의문이 바뀌었습니다. 새 동의문을 읽고 다시 해 주세요.",
            "The words have changed; read the new ones and try again.",
            version=consents.VERSION,
        )
    if until is not None and not now < until <= now + consents.LONGEST_SUSPENSION:
        raise Problem(
            422,
            "bad_until",
            "until: 지금부터 1년 안의 때를 적어 주세요.",
            "until: a moment between now and a year from now.",
            field="until",
        )
    async with services.db.begin() as unit:
        await unit.execute("SELECT 1 FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
        allowed = consents.allowed_acts(consents.standing(await lines_of(unit, user.person_id), kind, now))
        if what not in allowed:
            raise Problem(
                409,
                "not_allowed",
                "지금 상태에서는 할 수 없습니다.",
                f"Not from this state; what can be done: {', '.join(allowed)}.",
                allowed=allowed,
            )
        gone = await destroy_for(unit, services, user, kind) if what == "withdrawn" else Destroyed()
        await append(
            unit,
            services,
            center=user.center_id,
            person_id=user.person_id,
            kind=kind,
            act=what,
            how="app" if user.browser_proved_at is None else "page",
            until=until,
            more=gone.counts() if what == "withdrawn" else None,
        )
        await refresh_sharing(unit, services, user.person_id)
    answer = await listed(services, user)
    return answer | gone.counts() if what == "withdrawn" else answer
