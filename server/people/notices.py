"""What guardians are told, each once: a `notice` row per guardian and event, written with its cause in one transaction,
and the durable jobs that bring it to her (`server/people/notice_jobs.py`).

An SOS is told by its `follow` (the link to her place): its push and its text message stand there, and its notice adds
what a follow has no word for: the call, delivered, acknowledged. A walk's notices have a link of their own, without a
place behind it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from server.people import guardian_push, notice_model, told
from server.people.notice_model import Event, Way
from server.people.store import IS_GUARDIAN, notice

if TYPE_CHECKING:
    from server.services import Services

WalkEvent = Literal["walk_begun", "walk_arrived", "walk_late", "walk_raised"]
NoticeEvent = WalkEvent | Literal["approach", "approach_over"]
"""What has a page of its own; of an approach `about` is the warning."""
SHOWN_FOR = timedelta(days=30)
_WARNED = ("approach", "approach_over")
_WHOM = f"""
SELECT g.guardian_id, g.center_id, g.quiet_from_min, g.quiet_to_min, g.push_token_sealed IS NOT NULL OR EXISTS
       (SELECT 1 FROM web_push w WHERE w.guardian_id = g.guardian_id) AS has_push
FROM guardian g JOIN person p USING (person_id) WHERE g.person_id = :person
AND g.guardian_id = ANY(CAST(:ids AS uuid[])) AND (p.sharing_stopped_until IS NULL OR p.sharing_stopped_until <= :now)
AND {IS_GUARDIAN} ORDER BY g.guardian_id
"""
_CLOSED_WHOM = f"""
SELECT f.follow_id, f.center_id, f.guardian_id, f.texted_at, a.person_id,
       g.push_token_sealed IS NOT NULL AS has_app,
       EXISTS (SELECT 1 FROM web_push w WHERE w.guardian_id = g.guardian_id) AS has_browser
FROM follow f JOIN followed_alert a USING (alert_id) JOIN guardian g USING (guardian_id)
JOIN person p ON p.person_id = a.person_id WHERE f.alert_id = :alert
AND (f.push_state = 'sent' OR f.texted_at IS NOT NULL OR f.opened_at IS NOT NULL)
AND (p.sharing_stopped_until IS NULL OR p.sharing_stopped_until <= :now) AND {IS_GUARDIAN} ORDER BY f.follow_id
"""
_OF_PERSON = f"""
SELECT n.*, g.name_sealed, f.push_state AS follow_push_state, f.pushed_at AS follow_pushed_at,
       f.opened_at AS followed_at
FROM notice n JOIN guardian g USING (guardian_id)
LEFT JOIN followed_alert a ON a.alert_id = n.alert_id AND a.person_id = n.person_id
LEFT JOIN follow f ON f.follow_id = n.follow_id AND n.event = 'sos_active'
WHERE n.person_id = :person AND n.created_at > :since AND n.held_back <> 'superseded'
AND (n.follow_id IS NULL OR {told.IS_TOLD_HER}) ORDER BY n.created_at DESC, n.notice_id LIMIT 200
"""


def way_of(services: Services, event: Event) -> Way:
    """This installation's policy for one event."""
    settings = services.settings
    return notice_model.way_of(
        event,
        text_after_s=settings.notice_text_after_s,
        sos_text_after_s=settings.notice_sos_text_after_s,
        call_after_s=settings.notice_call_after_s,
    )


async def tell_guardians(
    unit: Unit,
    services: Services,
    person_id: UUID,
    guardian_ids: Collection[UUID],
    event: NoticeEvent,
    about: UUID,
    *,
    alert_id: UUID | None = None,
    occasion: int = 0,
) -> int:
    """Tell those of her guardians who agreed, are not paused and may be told, once the unit has committed.

    `about`: the walk, or the warning; `alert_id`: the alarm that it has or would raise; `occasion` counts when the same
    event comes again of one of them. The same call again does nothing. Returns how many are told now: 0 when nobody
    will be, so that a ladder need not wait for them (quiet hours, no guardian, sharing suspended)."""
    now, way, count = services.clock(), way_of(services, event), 0
    ids = [str(one) for one in guardian_ids]
    for row in await unit.all(_WHOM, {"person": person_id, "ids": ids, "now": now}):
        quiet = not way.pierces_quiet and notice_model.is_quiet(now, row["quiet_from_min"], row["quiet_to_min"])
        values = {
            "center_id": row["center_id"],
            "person_id": person_id,
            "guardian_id": row["guardian_id"],
            "event": event,
            "subject_id": about,
            "alert_id": alert_id,
            "occasion": occasion,
            "held_back": "quiet" if quiet else "",
        }
        notice_id = await _write(unit, services, values, with_link=True)
        if notice_id is not None and not quiet:
            await _send_out(unit, services, notice_id, way, has_push=row["has_push"])
            await guardian_push.tell_of_notice(
                unit, services, row["guardian_id"], notice_id, at=_at(services, way.first_after)
            )
        count += not quiet
    return count


async def _write(unit: Unit, services: Services, values: dict[str, Any], *, with_link: bool) -> UUID | None:
    """The new row's id; None when it is there already."""
    notice_id, link = uuid4(), secrets.token_urlsafe(16)
    if with_link:
        context = f"notice.link:{notice_id}"
        values = values | {
            "link_digest": link_digest(services, link),
            "link_sealed": services.sealer.seal(link, context=context, center=values["center_id"]),
        }
    new: UUID | None = await unit.scalar(
        insert(notice)
        .values(notice_id=notice_id, created_at=services.clock(), **values)
        .on_conflict_do_nothing()
        .returning(notice.c.notice_id)
    )
    return new


async def _send_out(unit: Unit, services: Services, notice_id: UUID, way: Way, *, has_push: bool) -> None:
    await defer_in(unit, "push_notice", schedule_at=_at(services, way.first_after), notice_id=str(notice_id))
    text_after = way.text_after if has_push else way.first_after
    await defer_in(unit, "text_notice", schedule_at=_at(services, text_after), notice_id=str(notice_id))
    await _call_later(unit, services, notice_id, way)


async def _call_later(unit: Unit, services: Services, notice_id: UUID, way: Way) -> None:
    if way.call_after is not None and services.settings.voice_call != "off":
        await defer_in(unit, "call_notice", schedule_at=_at(services, way.call_after), notice_id=str(notice_id))


def _at(services: Services, after: timedelta) -> datetime | None:
    return services.clock() + after if after else None


def link_digest(services: Services, link: str) -> bytes:
    return services.sealer.digest(link, context="notice.link")


async def call_off(unit: Unit, walk_id: UUID) -> None:
    """The walk's trouble is over: what has not gone out of `walk_late` yet stays here."""
    await unit.execute(
        "UPDATE notice SET held_back = 'over' WHERE subject_id = :id AND event = 'walk_late' AND held_back = ''"
        " AND delivered_at IS NULL AND opened_at IS NULL AND push_state <> 'sent' AND text_state = ''",
        {"id": walk_id},
    )


async def sos_told(
    unit: Unit, services: Services, *, person_id: UUID, follow_id: UUID, center: str, guardian_id: UUID, alert_id: UUID
) -> None:
    """Beside a new follow (whose jobs push and text): the row that also knows of the call and the answer."""
    values = {
        "center_id": center,
        "person_id": person_id,
        "guardian_id": guardian_id,
        "event": "sos_active",
        "subject_id": alert_id,
        "alert_id": alert_id,
        "follow_id": follow_id,
    }
    notice_id = await _write(unit, services, values, with_link=False)
    if notice_id is not None:
        await _call_later(unit, services, notice_id, way_of(services, "sos_active"))


async def sos_closed(unit: Unit, services: Services, alert_id: UUID) -> None:
    """Whoever was told of it is told that it is over, by the app or by text; browsers by `guardian_push`."""
    for row in await unit.all(_CLOSED_WHOM, {"alert": alert_id, "now": services.clock()}):
        if row["has_browser"] and not row["has_app"]:
            continue
        values = {name: row[name] for name in ("center_id", "person_id", "guardian_id", "follow_id")}
        values |= {"event": "sos_closed", "subject_id": alert_id, "alert_id": alert_id}
        notice_id = await _write(unit, services, values, with_link=False)
        if notice_id is not None:
            await _send_out(unit, services, notice_id, way_of(services, "sos_closed"), has_push=row["has_app"])


async def of_person(services: Services, person_id: UUID) -> list[dict[str, Any]]:
    """For the person: whom of hers was told what, and how far it came. An SOS only when her page may speak of it."""
    now = services.clock()
    async with services.db.begin() as unit:
        rows = await unit.all(_OF_PERSON, {"person": person_id, "now": now, "since": now - SHOWN_FOR})
    return [_shown(services, row) for row in rows]


def _shown(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    row = row | {
        "push_state": row["follow_push_state"] or row["push_state"],
        "pushed_at": row["follow_pushed_at"] or row["pushed_at"],
        "opened_at": row["opened_at"] or row["followed_at"],
    }
    times = ("pushed_at", "texted_at", "called_at", "delivered_at", "opened_at", "acknowledged_at")
    return {
        "guardian_id": str(row["guardian_id"]),
        "name": services.sealer.open(row["name_sealed"], context=f"guardian.name:{row['guardian_id']}") or "",
        "event": row["event"],
        "about": str(row["subject_id"]),
        "at": row["created_at"].isoformat(),
        "state": notice_model.state_of(row),
        **{name: row[name].isoformat() if row[name] else None for name in times},
    }


async def by_link(
    unit: Unit, services: Services, link: str, what: Literal["seen", "delivered", "opened", "acknowledged"]
) -> dict[str, Any]:
    """The guardian's phone, or she herself, says how far it came; what she may read of it. Problem 404 `no_link`: also
    for who is no guardian any more."""
    now = services.clock()
    row = await unit.one(
        "SELECT n.*, p.nickname_sealed FROM notice n JOIN guardian g USING (guardian_id)"
        " JOIN person p ON p.person_id = n.person_id WHERE n.link_digest = :digest"
        f" AND (p.sharing_stopped_until IS NULL OR p.sharing_stopped_until <= :now) AND {IS_GUARDIAN} FOR UPDATE OF n",
        {"digest": link_digest(services, link), "now": now},
    )
    if row is None:
        raise Problem(404, "no_link", "없는 주소입니다.", "There is no such page.")
    if what != "seen":
        row |= await _note(unit, row["notice_id"], what, now)
    return {
        "event": row["event"],
        "person_nickname": services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{row['person_id']}"),
        "at": row["created_at"].isoformat(),
        "acknowledged_at": row["acknowledged_at"].isoformat() if row["acknowledged_at"] else None,
        "events": await told_of(unit, row["guardian_id"], row["subject_id"]),
        **(await _of_warning(unit, services, row) if row["event"] in _WARNED else await _of_walk(unit, row)),
        "now": now.isoformat(),
    }


async def told_of(unit: Unit, guardian_id: UUID, walk_id: UUID) -> list[dict[str, str]]:
    """What this guardian was told of this walk, oldest first."""
    rows = await unit.all(
        "SELECT event, created_at FROM notice WHERE guardian_id = :guardian AND subject_id = :walk"
        " AND held_back NOT IN ('over', 'superseded') ORDER BY created_at, notice_id",
        {"guardian": guardian_id, "walk": walk_id},
    )
    return [{"event": one["event"], "at": one["created_at"].isoformat()} for one in rows]


async def _of_walk(unit: Unit, row: dict[str, Any]) -> dict[str, Any]:
    """Words without a place: whether the walk runs, whether she does not answer at this moment, whether its place may
    be asked for, and that an SOS runs."""
    walk = await unit.one(
        "SELECT ended_at, outcome, shows_place, rung IN ('guardians', 'raised') AS is_late FROM walk"
        " WHERE walk_id = :walk AND :guardian = ANY(guardians)",
        {"walk": row["subject_id"], "guardian": row["guardian_id"]},
    )
    has_sos = await unit.scalar(
        "SELECT true FROM follow f JOIN followed_alert a USING (alert_id) WHERE f.guardian_id = :guardian"
        " AND a.ended_at IS NULL AND a.phase <> 'pre' LIMIT 1",
        {"guardian": row["guardian_id"]},
    )
    said = {"has_sos": bool(has_sos), "is_late": False, "is_shown": False}
    if walk is None or walk["ended_at"] is not None:
        return said | {"is_over": True, "outcome": walk["outcome"] if walk else ""}
    is_late = bool(walk["is_late"])
    return said | {
        "is_over": False,
        "outcome": "",
        "is_late": is_late,
        "is_shown": is_late or bool(walk["shows_place"]),
    }


async def _of_warning(unit: Unit, services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """From where, as seen from her, and how near: what she was told last. Nothing of where that is, and nothing of it
    when it is over. (`server/protection/store.py` declares the table, which stands above this one.)"""
    warning = await unit.one(
        "SELECT told_sealed FROM approach_warning WHERE warning_id = :id AND ended_at IS NULL",
        {"id": row["subject_id"]},
    )
    walk = {"has_sos": False, "is_late": False, "is_shown": False, "outcome": ""}
    if warning is None or warning["told_sealed"] is None:
        return walk | {"is_over": True, "warning": None}
    said = services.sealer.open(warning["told_sealed"], context=f"approach_warning.told:{row['subject_id']}")
    return walk | {"is_over": False, "warning": said}


async def _note(unit: Unit, notice_id: UUID, what: str, now: datetime) -> dict[str, Any]:
    """Who has acknowledged has opened, who has opened was reached; the first time counts."""
    names = ("delivered_at", "opened_at", "acknowledged_at")
    reached = names[: names.index(f"{what}_at") + 1]
    changed = ", ".join(f"{name} = coalesce({name}, :now)" for name in reached)
    row = await unit.one(
        f"UPDATE notice SET {changed} WHERE notice_id = :id RETURNING {', '.join(names)}", {"now": now, "id": notice_id}
    )
    return row or {}


async def sos_noted(
    unit: Unit, services: Services, follow_id: UUID, what: Literal["delivered", "opened", "acknowledged"]
) -> None:
    """The same of an SOS, by its follow; the center that works on it hears of the acknowledgment, once."""
    row = await unit.one(
        "SELECT notice_id, acknowledged_at FROM notice WHERE follow_id = :id AND event = 'sos_active' FOR UPDATE",
        {"id": follow_id},
    )
    if row is None:
        return
    await _note(unit, row["notice_id"], what, services.clock())
    if what == "acknowledged" and row["acknowledged_at"] is None:
        await told.guardian(unit, services, follow_id, "acknowledged")
