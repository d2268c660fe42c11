"""Shifts: begin, end with every open incident handed to somebody, and who has how much.

A shift is of a desk, since the same people answer for all of its centers. Work does not need one (an operator at
1 a.m. must be able to take an alert before anything else); what it gives is the list of who is there.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import record_admin
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.incidents.presence import Colleague, colleague
from server.incidents.state import OPEN, Incident, Who
from server.incidents.work import Assign
from server.shifts import checking
from server.shifts.model import NORM_CAMERAS, Held, is_over_norm, load

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

_RUNNING = "SELECT * FROM shift WHERE account_id = :id AND ended_at IS NULL FOR UPDATE"
_MINE = "SELECT incident_id FROM incident WHERE owner_id = :id AND state = ANY(:open) ORDER BY incident_id"
# Whoever is on shift at the desk, or has an open incident of its centers without one.
_PEOPLE = """
SELECT a.account_id, a.name_sealed, a.role, s.started_at,
       EXISTS (SELECT 1 FROM session x WHERE x.account_id = a.account_id AND x.ended_at IS NULL
               AND x.expires_at > :now) AND a.active AS signed_in,
       (SELECT count(*) FROM release r WHERE r.viewer_id = a.account_id AND r.kind = 'live' AND r.ended_at IS NULL)
           AS cameras,
       (SELECT jsonb_build_object('at', c.at, 'failed', c.failed) FROM shift_check c WHERE c.shift_id = s.shift_id
        ORDER BY c.at DESC LIMIT 1) AS checked
FROM account a LEFT JOIN shift s ON s.account_id = a.account_id AND s.ended_at IS NULL
WHERE (s.shift_id IS NOT NULL AND s.desk = :desk) OR a.account_id = ANY(:owners)
ORDER BY s.started_at NULLS LAST, a.account_id
"""
_OPEN_WORK = """
SELECT incident_id, center_id, owner_id, state, phase, classification, is_drill, origin, active_at, opened_at,
       reminders, remind_at, attention_at, escalation_level, type
FROM incident WHERE state = ANY(:open) AND role = 'owner' AND phase <> 'pre' ORDER BY opened_at, incident_id
"""
_MISSED = """
SELECT count(*) FROM event WHERE tag = 'incident:target_missed' AND at > CAST(:since AS timestamptz)
"""

_UNANSWERED = "SELECT count(*) FROM video_request WHERE state = 'asked' AND escalated_at IS NOT NULL"


async def start(services: Services, viewer: Viewer, check: checking.Check | None = None) -> dict[str, Any]:
    """The viewer is on shift from now on; again: the same shift, with this check beside those before it."""
    now = services.clock()
    async with services.db.begin() as unit:
        found = await unit.one(_RUNNING, {"id": viewer.account_id})
        if found is None:
            found = {"shift_id": uuid4(), "started_at": now}
            await unit.execute(
                "INSERT INTO shift (shift_id, account_id, desk, started_at) VALUES (:shift, :id, :desk, :now)"
                " ON CONFLICT DO NOTHING",
                {"shift": found["shift_id"], "id": viewer.account_id, "desk": viewer.desk, "now": now},
            )
            record_admin(unit, tag="shift:started", actor=viewer.actor, payload={"desk": viewer.desk})
        bad = await checking.keep(unit, viewer, found["shift_id"], check, now=now) if check is not None else None
        return {
            "shift_id": str(found["shift_id"]),
            "started_at": iso(found["started_at"]),
            "note": await _last_note(unit, services, viewer.desk),
            "failed": bad,
        }


async def _last_note(unit: Unit, services: Services, desk: str) -> str:
    """What the shift before left to say."""
    row = await unit.one(
        "SELECT shift_id, note_sealed FROM shift WHERE desk = :desk AND ended_at IS NOT NULL"
        " AND note_sealed IS NOT NULL ORDER BY ended_at DESC LIMIT 1",
        {"desk": desk},
    )
    return services.sealer.open(row["note_sealed"], context=f"shift.note:{row['shift_id']}") or "" if row else ""


async def end(services: Services, viewer: Viewer, *, hand_to: UUID | None, note: str) -> dict[str, Any]:
    """The shift is over. Every open incident of the viewer goes to `hand_to`; without one, 409 `open_incidents` with
    the list. Problem 409 `no_shift` when there is none and nothing to hand over."""
    now = services.clock()
    async with services.db.begin() as unit:
        shift = await unit.one(_RUNNING, {"id": viewer.account_id})
        held = await unit.all(_MINE, {"id": viewer.account_id, "open": list(OPEN)})
        if shift is None and not held:
            raise Problem(409, "no_shift", "시작한 근무가 없습니다.", "You have no shift that could end.")
        moved = await _hand_all(unit, services, viewer, [row["incident_id"] for row in held], hand_to)
        if shift is not None:
            sealed = services.sealer.seal(note, context=f"shift.note:{shift['shift_id']}") if note else None
            await unit.execute(
                "UPDATE shift SET ended_at = :now, note_sealed = :note WHERE shift_id = :id",
                {"now": now, "note": sealed, "id": shift["shift_id"]},
            )
        payload = {"desk": viewer.desk, "handed": moved, "to": str(hand_to) if moved else None}
        record_admin(unit, tag="shift:ended", actor=viewer.actor, payload=payload)
    return {"ended_at": iso(now), "handed": moved}


async def _hand_all(
    unit: Unit, services: Services, viewer: Viewer, incident_ids: list[UUID], hand_to: UUID | None
) -> list[str]:
    moved = []
    for incident_id in incident_ids:
        state = await incidents.locked(unit, incident_id)
        if not state.is_open or state.owner_id != viewer.account_id:
            continue
        await _hand(unit, services, viewer, state, hand_to, incident_ids)
        moved.append(str(incident_id))
    return moved


async def _hand(
    unit: Unit, services: Services, viewer: Viewer, state: Incident, hand_to: UUID | None, all_ids: list[UUID]
) -> None:
    if hand_to is None or hand_to == viewer.account_id:
        raise Problem(
            409,
            "open_incidents",
            f"맡은 사건이 {len(all_ids)}건 있습니다. 인계할 근무자를 고르세요.",
            f"You have {len(all_ids)} open incident(s): choose who takes them.",
            incidents=[str(one) for one in all_ids],
        )
    if state.role != "owner":  # another center has it already: nobody here has to
        return
    to: Colleague = await colleague(unit, services, hand_to, center_id=state.center_id)
    command = Assign(Who(viewer.account_id), to.account_id, "shift_end")
    await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)


async def loads(unit: Unit, services: Services, desk: str) -> list[dict[str, Any]]:
    """Who is there at `desk`, and with how much, in the unit's centers."""
    return await _operators(unit, services, desk, await _open_work(unit))


async def on_shift(services: Services, viewer: Viewer) -> list[dict[str, Any]]:
    """Who is there, and with how much: those on shift at the desk and everybody who has an open incident of it."""
    async with services.db.begin(center=viewer.scope) as unit:
        return await loads(unit, services, viewer.desk)


async def supervision(services: Services, viewer: Viewer) -> dict[str, Any]:
    """The shift leader's view."""
    settings, now = services.settings, services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await _open_work(unit)
        people = await _operators(unit, services, viewer.desk, rows)
        unanswered = await unit.scalar(_UNANSWERED)
        missed = await unit.scalar(_MISSED, {"since": now.replace(minute=0, second=0, microsecond=0)})
    away = {one["account_id"] for one in people if not one["signed_in"]}
    return {
        "operators": people,
        "unowned": [_line(row) for row in rows if row["owner_id"] is None],
        "idle": [_line(row) for row in rows if row["reminders"] > 0 or str(row["owner_id"]) in away],
        "targets": {
            "contact_s": settings.target_contact_s,
            "view_s": settings.target_view_s,
            "classify_s": settings.target_classify_s,
            "idle_s": settings.remind_idle_s,
            "cameras": NORM_CAMERAS,
            "missed_this_hour": missed or 0,
        },
        "video_requests_unanswered": unanswered or 0,
        "now": iso(now),
    }


async def _open_work(unit: Unit) -> list[dict[str, Any]]:
    return [dict(row) for row in await unit.all(_OPEN_WORK, {"open": list(OPEN)})]


async def _operators(unit: Unit, services: Services, desk: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    owners = {row["owner_id"] for row in rows if row["owner_id"] is not None}
    found = await unit.all(_PEOPLE, {"desk": desk, "owners": list(owners), "now": services.clock()})
    people = []
    for row in found:
        mine = [one for one in rows if one["owner_id"] == row["account_id"]]
        share = load([_held(one) for one in mine], row["cameras"])
        people.append(
            {
                "account_id": str(row["account_id"]),
                "name": services.sealer.open(row["name_sealed"], context=f"account.name:{row['account_id']}") or "",
                "role": row["role"],
                "on_shift_since": iso(row["started_at"]),
                "signed_in": bool(row["signed_in"]),
                "incidents": [str(one["incident_id"]) for one in mine],
                "cameras": row["cameras"],
                "load": share,
                "over_norm": is_over_norm(share, row["cameras"]),
                "check": row["checked"],
            }
        )
    return people


def _held(row: dict[str, Any]) -> Held:
    return Held(row["state"], row["phase"], row["classification"] == "grave", row["is_drill"])


def _line(row: dict[str, Any]) -> dict[str, Any]:
    since: datetime = row["active_at"] or row["opened_at"]
    return {
        "incident_id": str(row["incident_id"]),
        "center": row["center_id"],
        "type": row["type"],
        "state": row["state"],
        "owner": str(row["owner_id"]) if row["owner_id"] else None,
        "since": iso(since),
        "reminders": row["reminders"],
        "escalation_level": row["escalation_level"],
        "is_drill": row["is_drill"],
    }
