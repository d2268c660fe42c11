"""What the home center does with news of an alert of one of its people: guardians are told, and may follow.

News comes at least once and in any order (`home.<installation>`); the inbox row, the followed alert, the follow
links and one push job per guardian are one transaction. The position is kept sealed, one per alert, and removed at
once when it ends.

Showing the position is a disclosure: `disclose` writes a release row (kind position, viewer guardian, by alert,
since the incident lives elsewhere). People stand below releases in the import order, so the rows are written here
in SQL; `server/releases.py` declares the table.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.wire import Phase, PositionUpdate, State, Status
from server.events import SYSTEM, Actor, record
from server.people import guardian_push, model, notices, walk_place
from server.people.hub import follow_hub
from server.people.model import Followed
from server.people.store import IS_GUARDIAN, follow, followed_alert
from server.people.texts import drop_texts

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("follow")


async def receive_home_status(services: Services, status: Status) -> None:
    """One status of an alert of one of our people; the same `status_id` again has no effect."""
    async with services.db.begin() as unit:
        first_time = await unit.scalar(
            "INSERT INTO home_inbox (status_id, alert_id) VALUES (:status, :alert) ON CONFLICT DO NOTHING"
            " RETURNING status_id",
            {"status": status.status_id, "alert": status.alert_id},
        )
        if first_time is None:
            return
        await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:alert, 7))", {"alert": str(status.alert_id)})
        row = await unit.one("SELECT * FROM followed_alert WHERE alert_id = :id FOR UPDATE", {"id": status.alert_id})
        if row is None:
            await _begin(unit, services, status)
        else:
            await _advance(unit, services, row, status)
        unit.after_commit(lambda: follow_hub(services).changed(status.alert_id))
    if row is None and (early := _early(services).take(status.alert_id)) is not None:
        await receive_home_position(services, early)


async def _begin(unit: Unit, services: Services, status: Status) -> None:
    known = model.begin(status)
    owner = await _person(unit, status.person_id)
    if known is None or owner is None:
        return
    await unit.execute(
        followed_alert.insert().values(
            alert_id=status.alert_id,
            center_id=owner["center_id"],
            person_id=owner["person_id"],
            started_at=status.at,
            **_columns(known),
        )
    )
    if known.ended_at is None:
        await _tell_guardians(unit, services, status.alert_id, owner)


async def _person(unit: Unit, person_id: str) -> dict[str, Any] | None:
    try:
        wanted = UUID(person_id)
    except ValueError:
        return None
    found = await unit.one(
        "SELECT person_id, center_id, sharing_stopped_until FROM person WHERE person_id = :id AND ended_at IS NULL",
        {"id": wanted},
    )
    if found is None:
        log.warning("status_of_a_stranger", person_id=str(wanted))
    return found


async def _tell_guardians(unit: Unit, services: Services, alert_id: UUID, owner: dict[str, Any]) -> None:
    """A link and a push job for each guardian who agreed; 128 random bits, stored as digest and sealed. While sharing
    is suspended or withdrawn, or a minor waits for who agrees for her, nobody is told; the center is, all the same."""
    if is_stopped(owner, services.clock()):
        return
    rows = await unit.all(
        "SELECT guardian_id, push_token_sealed IS NOT NULL OR EXISTS (SELECT 1 FROM web_push w"
        f" WHERE w.guardian_id = g.guardian_id) AS has_push FROM guardian g WHERE person_id = :id AND {IS_GUARDIAN}"
        # who raised it on her behalf sees no more of her by that than before
        " AND NOT EXISTS (SELECT 1 FROM second_hand_alert s WHERE s.alert_id = :alert AND s.raised_by = g.guardian_id)"
        " ORDER BY guardian_id",
        {"id": owner["person_id"], "now": services.clock(), "alert": alert_id},
    )
    for row in rows:
        follow_id, link = uuid4(), secrets.token_urlsafe(16)
        new = await unit.scalar(
            insert(follow)
            .values(
                follow_id=follow_id,
                center_id=owner["center_id"],
                alert_id=alert_id,
                guardian_id=row["guardian_id"],
                link_digest=link_digest(services, link),
                link_sealed=services.sealer.seal(link, context=f"follow.link:{follow_id}", center=owner["center_id"]),
            )
            .on_conflict_do_nothing()
            .returning(follow.c.follow_id)
        )
        if new is not None:
            await defer_in(unit, "push_guardian", follow_id=str(follow_id))
            after_s = services.settings.notice_sos_text_after_s if row["has_push"] else 0
            later = services.clock() + timedelta(seconds=after_s) if after_s else None
            await defer_in(unit, "text_guardian", schedule_at=later, follow_id=str(follow_id))
            await notices.sos_told(
                unit,
                services,
                person_id=owner["person_id"],
                follow_id=follow_id,
                center=owner["center_id"],
                guardian_id=row["guardian_id"],
                alert_id=alert_id,
            )
    await guardian_push.tell(unit, services, alert_id, "raised")


def link_digest(services: Services, link: str) -> bytes:
    return services.sealer.digest(link, context="follow.link")


async def _advance(unit: Unit, services: Services, row: dict[str, Any], status: Status) -> None:
    known = model.followed_from_row(row)
    after = model.advance(known, status)
    if after == known:
        return
    values = _columns(after)
    if after.ended_at is not None:
        values |= {"position_sealed": None, "position_at": None}
    await unit.execute(followed_alert.update().where(followed_alert.c.alert_id == row["alert_id"]).values(**values))
    await _tell_browsers(unit, services, row["alert_id"], known, after)
    if after.ended_at is not None:
        await _end_disclosures(unit, "alert_id = :id", {"id": row["alert_id"]}, "incident_closed")
        await notices.sos_closed(unit, services, row["alert_id"])


async def _tell_browsers(unit: Unit, services: Services, alert_id: UUID, before: Followed, after: Followed) -> None:
    """What a guardian wants to know without looking: somebody has it, help is asked for, it is over."""
    if after.ended_at is not None:
        return await guardian_push.tell(unit, services, alert_id, "ended")
    had, has = ({state for state, _ in one.history} for one in (before, after))
    if State.DISPATCHED in has - had:
        await guardian_push.tell(unit, services, alert_id, "dispatched")
    elif State.ACKNOWLEDGED in has - had:
        await guardian_push.tell(unit, services, alert_id, "acknowledged")


def _columns(known: Followed) -> dict[str, Any]:
    return {
        "state": known.state.value,
        "phase": known.phase.value,
        "serving": known.serving_json(),
        "history": known.history_json(),
        "ended_at": known.ended_at,
        "outcome": known.outcome,
    }


async def receive_home_position(services: Services, update: PositionUpdate) -> None:
    """The newest position of a running alert; an older one, or one after the end, changes nothing."""
    position = update.position
    async with services.db.begin() as unit:
        changed = await unit.scalar(
            "UPDATE followed_alert SET position_sealed = :sealed, position_at = :at WHERE alert_id = :id"
            " AND ended_at IS NULL AND (position_at IS NULL OR position_at < :at) AND NOT EXISTS (SELECT 1"
            " FROM person p WHERE p.person_id = followed_alert.person_id AND p.sharing_stopped_until > :now)"
            " RETURNING alert_id",
            {
                "now": services.clock(),
                "id": update.alert_id,
                "at": position.fixed_at,
                "sealed": services.sealer.seal(
                    position.model_dump(mode="json"), context=f"followed_alert.position:{update.alert_id}"
                ),
            },
        )
        if changed is not None:
            unit.after_commit(lambda: follow_hub(services).moved(update.alert_id))
        is_known = changed is not None or await unit.scalar(
            "SELECT true FROM followed_alert WHERE alert_id = :id", {"id": update.alert_id}
        )
    if not is_known:
        _early(services).keep(update)


async def newest_place(unit: Unit, services: Services, person_id: UUID) -> dict[str, Any] | None:
    """`lat, lon, accuracy_m, fixed_at` of her running alert; None without one. For this installation's own use."""
    row = await unit.one(
        "SELECT alert_id, position_sealed FROM followed_alert WHERE person_id = :id AND ended_at IS NULL"
        " AND position_sealed IS NOT NULL ORDER BY position_at DESC LIMIT 1",
        {"id": person_id},
    )
    if row is None:
        return None
    context = f"followed_alert.position:{row['alert_id']}"
    place: dict[str, Any] | None = services.sealer.open(row["position_sealed"], context=context)
    return place


class EarlyPositions:
    """Positions overtake the status that tells whose alert it is: the last one of each alert waits here a moment.

    In memory only, at most a thousand.
    """

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._waiting: dict[UUID, PositionUpdate] = {}

    def keep(self, update: PositionUpdate) -> None:
        self._waiting.pop(update.alert_id, None)
        self._waiting[update.alert_id] = update
        while len(self._waiting) > self._limit:
            del self._waiting[next(iter(self._waiting))]

    def take(self, alert_id: UUID) -> PositionUpdate | None:
        return self._waiting.pop(alert_id, None)


def _early(services: Services) -> EarlyPositions:
    early: EarlyPositions = services.shared.setdefault("early_positions", EarlyPositions())
    return early


async def disclose(unit: Unit, services: Services, row: dict[str, Any], *, address: str) -> UUID:
    """The release row for showing this follow's guardian where the person is; committed before it is shown.

    `row` has follow_id, center_id, alert_id, guardian_id. Its line stands in the home center's chain, under the alert.
    """
    release_id, event_id, now = uuid4(), uuid4(), services.clock()
    await unit.execute(
        "INSERT INTO release (release_id, center_id, alert_id, kind, viewer_kind, viewer_id, address, legal_basis,"
        " granted_at, granted_event, first_byte_at)"
        " VALUES (:id, :center, :alert, 'position', 'guardian', :guardian, :address, :basis, :now, :event, :now)",
        {
            "id": release_id,
            "event": event_id,
            "now": now,
            "center": row["center_id"],
            "alert": row["alert_id"],
            "guardian": row["guardian_id"],
            "address": address,
            "basis": model.GUARDIAN_BASIS,
        },
    )
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["alert_id"],
        tag="release:granted",
        actor=Actor("guardian", str(row["guardian_id"])),
        payload={
            "release_id": str(release_id),
            "kind": "position",
            "address": address,
            "legal_basis": model.GUARDIAN_BASIS,
            "follow_id": str(row["follow_id"]),
        },
        at=now,
        event_id=event_id,
    )
    return release_id


async def end_follows_of(unit: Unit, services: Services, guardian_id: UUID, reason: str) -> None:
    """This guardian sees nothing any more, from this commit on, and none of her browsers is pushed to."""
    await guardian_push.forget(unit, guardian_id)
    await darken(unit, services, guardian_id, reason)


async def darken(unit: Unit, services: Services, guardian_id: UUID, reason: str) -> None:
    """Her open pages go dark with this commit, and no text message that waits for the gateway goes to her."""
    await drop_texts(unit, guardian_id=guardian_id)
    await walk_place.hide(unit, services, guardian_id)
    unit.after_commit(partial(follow_hub(services).changed, guardian_id))
    rows = await unit.all("SELECT alert_id FROM follow WHERE guardian_id = :id", {"id": guardian_id})
    await _end_disclosures(unit, "viewer_id = :id AND viewer_kind = 'guardian'", {"id": guardian_id}, reason)
    for row in rows:
        unit.after_commit(partial(follow_hub(services).changed, row["alert_id"]))


async def end_follows_of_person(unit: Unit, services: Services, person_id: UUID, reason: str) -> None:
    """No guardian of hers sees anything any more, from this commit on."""
    rows = await unit.all("SELECT alert_id FROM followed_alert WHERE person_id = :id", {"id": person_id})
    await walk_place.hide_from_all(unit, services, person_id)
    await drop_texts(unit, person_id=person_id)
    mine = "alert_id IN (SELECT alert_id FROM followed_alert WHERE person_id = :id)"
    await _end_disclosures(unit, mine, {"id": person_id}, reason)
    for row in rows:
        unit.after_commit(partial(follow_hub(services).changed, row["alert_id"]))


async def _end_disclosures(unit: Unit, where: str, parameters: dict[str, Any], reason: str) -> None:
    rows = await unit.all(
        f"UPDATE release SET ended_at = now(), end_reason = :reason, ended_event = gen_random_uuid() WHERE {where}"
        " AND kind = 'position' AND alert_id IS NOT NULL AND ended_at IS NULL"
        " RETURNING release_id, center_id, alert_id, ended_at, ended_event",
        {**parameters, "reason": reason},
    )
    for row in rows:
        record(
            unit,
            center_id=row["center_id"],
            incident_id=row["alert_id"],
            tag="release:ended",
            actor=SYSTEM,
            payload={"release_id": str(row["release_id"]), "kind": "position", "reason": reason},
            at=row["ended_at"],
            event_id=row["ended_event"],
        )


def is_running(row: dict[str, Any], now: datetime) -> bool:
    """The alert of this row still runs, the guardian still is one, and the person shares."""
    is_alive = row["ended_at"] is None and row["guardian_ended_at"] is None and row["phase"] != Phase.PRE
    return is_alive and not is_stopped(row, now)


def is_stopped(row: dict[str, Any], now: datetime) -> bool:
    """Whether the person of this row shares nothing with guardians at this moment."""
    until: datetime | None = row["sharing_stopped_until"]
    return until is not None and until > now
