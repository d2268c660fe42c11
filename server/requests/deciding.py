"""What an operator says to an agency's request, and what time does to it.

Who decides has looked: the decision takes the incident where nobody has it. A rejection closes the incident that the
request opened where its reason says that nothing is left to do, unless something else hangs on it. A wrong address, or
what was accepted and is taken back, leaves the incident with its operator.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.problems import Problem
from server.actor import SYSTEM
from server.agencies.model import agreement_from_row
from server.dispatch.model import OPEN_STATES as OPEN_DISPATCHES
from server.endings import end_with_incident
from server.incidents import service as incidents
from server.incidents.model import Acknowledge, Close, Happened, Incident, Who
from server.incidents.queue import FALSE_REASONS
from server.requests import model, moving, service

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

log = structlog.get_logger("requests")
CLOSES = {"duplicate": "duplicate", "cannot_verify": "no_contact"} | dict.fromkeys(FALSE_REASONS, "false_alarm")
"""Reason of a rejection → how the incident closes. Of any other somebody may still be in danger: it stays open."""
_ELSE_ON_IT = """
SELECT EXISTS (SELECT 1 FROM alert WHERE incident_id = :id AND alert_id <> :request)
    OR EXISTS (SELECT 1 FROM incident WHERE merged_into = :id)
    OR EXISTS (SELECT 1 FROM dispatch WHERE incident_id = :id AND state = ANY(:states))
"""
DUE = """
SELECT 'request' AS what, request_id FROM agency_request WHERE verify_due_at <= %(now)s
UNION ALL SELECT 'request', request_id FROM agency_request
  WHERE ends_at <= %(now)s AND state IN ('received', 'accepted')
"""
PUT_OFF = timedelta(minutes=1)
"""How long a row that failed waits for its next try, in this process; its rights end by `ends_at` all the same."""
_DUE_ROWS = """
SELECT request_id, center_id, incident_id FROM agency_request r
WHERE (verify_due_at <= :now OR (ends_at <= :now AND state IN ('received', 'accepted')))
  AND NOT EXISTS (SELECT FROM unnest(CAST(:ids AS uuid[]), CAST(:centers AS text[])) AS f(request_id, center_id)
                  WHERE f.request_id = r.request_id AND f.center_id = r.center_id)
ORDER BY coalesce(verify_due_at, ends_at) LIMIT 200
"""


async def accept(services: Services, viewer: Viewer, incident_id: UUID, request_id: UUID) -> dict[str, Any]:
    """The row, accepted. Problems 404, 409 `not_allowed`, 409 `already_taken`, 403 with the agreement's refusal."""
    async with services.db.begin(center=viewer.scope) as unit:
        state, row = await _held(unit, services, viewer, incident_id, request_id)
        minutes = await _minutes(unit, services, row) if row["state"] == "received" else 0
        command = model.Accept(services.clock() + timedelta(minutes=minutes))
        after = await _decide(unit, services, viewer, row, command)
        await _take(unit, services, viewer, state)
        return after


async def _minutes(unit: Unit, services: Services, row: dict[str, Any]) -> int:
    """How long it may last by the agreement, which has to allow it still."""
    query = "SELECT * FROM agreed WHERE agreement_id = :id AND agency_id = :agency"
    held = await unit.one(query, {"id": row["agreement_id"], "agency": row["agency_id"]})
    # a firm whose umbrella no longer stands for it has none
    agreements = [agreement_from_row(held)] if held is not None else []
    place = await moving.place_of(unit, row["request_id"], row["incident_id"])
    found = model.fitting(
        agreements,
        trigger=row["trigger"],
        basis=row["legal_basis"],
        place=(place["lat"], place["lon"]) if place else None,
        now=services.clock(),
    )
    if isinstance(found, str):
        ko, en = "요청한 뒤에 협약이 바뀌었습니다. 거절해 주세요.", "The agreement does not allow it now: reject it."
        raise Problem(403, found, ko, en)
    return found.max_minutes


async def reject(
    services: Services, viewer: Viewer, incident_id: UUID, request_id: UUID, *, reason: str, note: str
) -> dict[str, Any]:
    """The row, rejected; its incident closed where nobody had accepted it, the reason is of CLOSES and nothing else
    hangs on it. Problem 422 `unknown_reason`."""
    async with services.db.begin(center=viewer.scope) as unit:
        state, row = await _held(unit, services, viewer, incident_id, request_id)
        before = row["state"]
        after = await _decide(unit, services, viewer, row, model.Reject(reason))
        if before != "rejected":
            taken = await _take(unit, services, viewer, state)
            if before == "received":
                await _close(unit, services, viewer, taken, after, note)
        return after


async def extend(
    services: Services, viewer: Viewer, incident_id: UUID, request_id: UUID, *, minutes: int
) -> dict[str, Any]:
    """The row, with more time."""
    async with services.db.begin(center=viewer.scope) as unit:
        _, row = await _held(unit, services, viewer, incident_id, request_id)
        return await _decide(unit, services, viewer, row, model.Extend(minutes))


async def _held(
    unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, request_id: UUID
) -> tuple[Incident, dict[str, Any]]:
    """Incident and request, both locked; what a colleague has is hers, or a leader's."""
    state = await incidents.locked(unit, incident_id)
    row = await service.find(unit, request_id, center_id=state.center_id, lock=True)
    if row is None or row["incident_id"] != incident_id:
        raise unknown()
    is_mine = state.owner_id in (None, viewer.account_id)
    if state.owner_id is not None and not is_mine and not viewer.may("incidents.supervise"):
        raise await incidents.already_taken(unit, services, incident_id, state.owner_id)
    return state, row


async def _decide(
    unit: Unit, services: Services, viewer: Viewer, row: dict[str, Any], command: model.Command
) -> dict[str, Any]:
    try:
        return await service.apply(unit, services, row, command, viewer.actor, **_by(viewer, command))
    except model.NotAllowed as refused:
        raise incidents.not_allowed(refused.allowed, refused.state) from None
    except model.UnknownReason:
        reasons = [{"code": code, "name_ko": ko, "name_en": en} for code, (ko, en) in model.REJECT_REASONS.items()]
        ko, en = "거절 사유를 골라 주세요.", "Choose a reason of the list."
        raise Problem(422, "unknown_reason", ko, en, field="reason", codes=reasons) from None


def _by(viewer: Viewer, command: model.Command) -> dict[str, Any]:
    return {} if isinstance(command, model.Extend) else {"decided_by": viewer.account_id}


async def _take(unit: Unit, services: Services, viewer: Viewer, state: Incident) -> Incident:
    """Whoever decides has it, where nobody had."""
    if state.owner_id is not None or not state.is_open:
        return state
    command = Acknowledge(viewer.account_id, incidents.targets_of(services.settings))
    return await incidents.perform(unit, services, state.incident_id, command, viewer.actor, state=state)


async def _close(
    unit: Unit, services: Services, viewer: Viewer, state: Incident, row: dict[str, Any], note: str
) -> None:
    disposition = CLOSES.get(row["reason"])
    if disposition is None or not state.is_open or state.role != "owner":
        return
    asked = {"id": state.incident_id, "request": row["request_id"], "states": [one.value for one in OPEN_DISPATCHES]}
    if await unit.scalar(_ELSE_ON_IT, asked):
        return
    who = Who(viewer.account_id, viewer.may("incidents.supervise"))
    close = Close(disposition, note, who)
    after = await incidents.perform(unit, services, state.incident_id, close, viewer.actor, state=state)
    await end_with_incident(unit, services, state, after, viewer.actor)


def unknown() -> Problem:
    return Problem(404, "no_request", "그런 기관 요청이 없습니다.", "There is no such request for you.")


async def advance_requests(services: Services) -> int:
    """What time does: an undecided one is told to the shift leader, one whose time is over ends. How many were due."""
    now = services.clock()
    failed: dict[tuple[UUID, str], datetime] = services.shared.setdefault("failed_requests", {})
    for key in [key for key, until in failed.items() if until <= now]:
        del failed[key]
    waiting = {"ids": [one for one, _ in failed], "centers": [center for _, center in failed]}
    async with services.db.begin() as unit:
        rows = await unit.all(_DUE_ROWS, {"now": now, **waiting})
    for row in rows:
        try:
            async with services.db.begin() as unit:
                await _advance(unit, services, row)
        except Unavailable:
            raise
        except Exception:  # one that fails never keeps another waiting, however many there are
            failed[row["request_id"], row["center_id"]] = now + PUT_OFF
            log.exception("request_deadline_failed", request_id=str(row["request_id"]))
    return len(rows)


async def _advance(unit: Unit, services: Services, due: dict[str, Any]) -> None:
    state = await incidents.find(unit, due["incident_id"], lock=True)
    row = await service.find(unit, due["request_id"], center_id=due["center_id"], lock=True)
    if row is None or state is None:
        return
    was_overdue = row["is_overdue"]
    after = await service.apply(unit, services, row, model.Tick(), SYSTEM)
    if after["is_overdue"] and not was_overdue and state.is_open:
        # the ladder of a person's alert that nobody has yet goes on by itself, so its level stays
        is_own = state.owner_id is not None or state.origin == "agency"
        level = max(state.escalation_level, 1) if is_own else state.escalation_level
        payload = {"level": level, "to": "supervisor", "why": "request:overdue"}
        happened = Happened("incident:escalated", payload, {"escalation_level": level})
        await incidents.write(unit, services, state, [happened], SYSTEM)
