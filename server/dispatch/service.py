"""Requests to agencies in the database: one row per (incident, agency), moved on by the agency, loud when late.

Everything works in the caller's unit; the incident's row is locked first, so a double click, the automatic call and
the close can't overtake one another. What a step means is decided in `model.py`; here it is written, recorded, told
to the person, and handed to the agency's own system as a durable job.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from location_router.wire import State
from server.agencies.service import Partner, partner
from server.dispatch import model, priority, reading
from server.dispatch.disclosing import end_with_dispatch
from server.dispatch.lines import line_of
from server.dispatch.model import Command, DispatchState, Happened, Move
from server.dispatch.store import dispatch
from server.dispatch.updating import plan_update
from server.events import SYSTEM, Actor, record
from server.incidents import service as incidents
from server.incidents.model import WORKED, Arrived, Dispatched, Incident
from server.incidents.model import Happened as IncidentHappened

if TYPE_CHECKING:
    from server.services import Services

KST = ZoneInfo("Asia/Seoul")
NOTE_LIMIT = 1000
EXERCISE = "exercise"
WITHOUT_FORCE = frozenset(("security",))
"""Kinds of agencies that ask, and are never sent."""
_NOT_THERE_YET = (DispatchState.REQUESTED, DispatchState.FAILED)
_THERE = model.OPEN_STATES - {DispatchState.REQUESTED}


async def request(
    unit: Unit,
    services: Services,
    *,
    incident_id: UUID,
    agency: str,
    actor: Actor,
    legal_basis: str = "",
    note: str = "",
    automatic: bool = False,
    is_exercise: bool = False,
) -> dict[str, Any]:
    """Ask the agency of kind `agency` ("112", "119") for help; returns the DispatchCard.

    The same request again, also at the same moment from another seat, returns the first one's card; one that the
    agency declined or finished, that failed or was called off, is asked anew as the same case. `is_exercise` is for a
    center's exercise, and nothing else is: its dispatch is marked, leaves the incident as it is and never reaches
    anybody's system. Raises Problem 409 `drill`, 409 `no_force`, 409 `not_allowed`, 403 `no_agreement` or
    `legal_basis`.
    """
    incident = await incidents.locked(unit, incident_id)
    _check_drill(incident, is_exercise)
    _check_force(agency)
    found = await reading.of_kind(unit, incident_id, agency)
    if found is not None and not model.decide(reading.case_of(found), model.Request(), services.clock()):
        return reading.card(found)
    now = services.clock()
    partnered = await _partner(unit, incident, agency, now)
    basis = _basis(partnered, legal_basis)
    if not is_exercise:
        await incidents.perform(unit, services, incident_id, Dispatched(automatic=automatic), actor, state=incident)
    row = await _put(unit, services, incident, partnered, actor, basis, note[:NOTE_LIMIT], now)
    record(
        unit,
        center_id=incident.center_id,
        incident_id=incident_id,
        tag="dispatch:requested",
        actor=actor,
        payload=_payload(row, legal_basis=basis, automatic=automatic, request_no=row["request_no"]),
        at=now,
    )
    number = {"dispatch_id": str(row["dispatch_id"]), "request_no": row["request_no"]}
    await defer_in(unit, "deliver_dispatch", **number)
    await defer_in(unit, "dispatch_overdue", schedule_at=row["overdue_at"], **number)
    return reading.card(row)


async def take_in(
    unit: Unit,
    services: Services,
    *,
    incident: Incident,
    partnered: Partner,
    actor: Actor,
    agent: Actor,
    legal_basis: str,
    trigger: str,
    receipt_no: str,
    note: str,
) -> UUID:
    """The agency itself has asked, and the center has agreed (`actor`): its dispatch stands as accepted by `agent`,
    with the agency's own number as `receipt_no`. Nothing is sent to its system. Returns the dispatch's id."""
    now, incident_id = services.clock(), incident.incident_id
    await incidents.perform(unit, services, incident_id, Dispatched(), actor, state=incident)
    basis = _basis(partnered, legal_basis)
    said = (basis, note[:NOTE_LIMIT], now)
    row = await _put(unit, services, incident, partnered, actor, *said, gateway="desk", trigger=trigger)
    record(
        unit,
        center_id=incident.center_id,
        incident_id=incident_id,
        tag="dispatch:requested",
        actor=actor,
        payload=_payload(row, legal_basis=basis, automatic=False, request_no=row["request_no"]),
        at=now,
    )
    step = {"dispatch_id": row["dispatch_id"], "agency_id": partnered.agency_id, "actor": agent}
    await move(unit, services, **step, step="accept", receipt_no=receipt_no)
    dispatch_id: UUID = row["dispatch_id"]
    return dispatch_id


def _check_force(kind: str) -> None:
    """A private guard may not use force (경비업법 제15조의2): 112 is who is sent to apprehend."""
    if kind in WITHOUT_FORCE:
        ko = "민간 경비업체에는 출동을 요청할 수 없습니다. 112에 요청하세요."
        raise Problem(409, "no_force", ko, "A private firm is never dispatched: ask 112.")


def _check_drill(incident: Incident, is_exercise: bool) -> None:
    if incident.is_drill != is_exercise:
        if is_exercise:
            raise Problem(409, "not_exercise", "훈련 사건이 아닙니다.", "This incident is no exercise.")
        raise Problem(409, "drill", "훈련 사건은 실제 출동을 요청하지 않습니다.", "A drill never dispatches for real.")
    if is_exercise and incident.origin != EXERCISE:  # a person tries her phone: no agency is bothered
        raise Problem(409, "drill", "개인 훈련에는 출동이 없습니다.", "A person's own drill has no dispatch.")
    if is_exercise and incident.state not in WORKED:
        raise incidents.not_allowed(["acknowledge"] if incident.is_open else [], incident.state)


async def _partner(unit: Unit, incident: Incident, kind: str, now: datetime) -> Partner:
    found = await partner(unit, center_id=incident.center_id, kind=kind, trigger="dispatch", now=now)
    if found is None:
        raise Problem(
            403,
            "no_agreement",
            f"{kind}와(과) 맺은 유효한 협약이 없습니다. 전화로 요청하세요.",
            f"No agreement with {kind} is in force; call them.",
        )
    return found


def _basis(partnered: Partner, asked: str) -> str:
    bases = partnered.agreement.legal_bases
    if asked and asked not in bases:
        raise Problem(
            403,
            "legal_basis",
            "협약에 없는 법적 근거입니다.",
            "Not a legal basis of the agreement.",
            allowed=list(bases),
        )
    if not bases:
        raise Problem(403, "legal_basis", "협약에 법적 근거가 없습니다.", "The agreement names none.", allowed=[])
    return asked or bases[0]


async def _put(
    unit: Unit,
    services: Services,
    incident: Incident,
    partnered: Partner,
    actor: Actor,
    basis: str,
    note: str,
    now: datetime,
    *,
    gateway: str = "",
    trigger: str = "dispatch",
) -> dict[str, Any]:
    """The row of this request; there is one per incident and agency, so asking anew starts the same one again.
    `gateway`: this one, whatever line the agency has."""
    held = await unit.one(
        "SELECT dispatch_id, case_no, request_no FROM dispatch WHERE incident_id = :id AND agency_id = :agency",
        {"id": incident.incident_id, "agency": partnered.agency_id},
    )
    dispatch_id = held["dispatch_id"] if held else uuid4()
    line = await line_of(unit, services, agency_id=partnered.agency_id, center_id=incident.center_id)
    gateway = gateway or (line.kind if line else "desk")
    body = {"caller": await _caller(unit, services, incident.incident_id), "note": note}
    values = {
        "dispatch_id": dispatch_id,
        "center_id": incident.center_id,
        "incident_id": incident.incident_id,
        "agency_id": partnered.agency_id,
        "agreement_id": partnered.agreement.agreement_id,
        "case_no": held["case_no"] if held else await _case_no(unit, partnered.kind, now),
        "legal_basis": basis,
        "trigger": trigger,
        "requested_by": actor.id,
        "body_sealed": services.sealer.seal(body, context=f"dispatch.body:{dispatch_id}", center=incident.center_id),
        "is_drill": incident.is_drill,
        # invariant 10: an exercise never reaches anybody's system
        "gateway": "console" if incident.is_drill and gateway == "webhook" else gateway,
        **model.fresh(now),
        "request_no": held["request_no"] + 1 if held else 1,
    }
    if not held:
        values["created_at"] = now
    again = dispatch.update().where(dispatch.c.dispatch_id == dispatch_id)
    await unit.execute((again if held else dispatch.insert()).values(**_plain(values)))
    return {**values, "kind": partnered.kind, "name_ko": partnered.name_ko, "name_en": partnered.name_en}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.value if isinstance(value, DispatchState) else value for name, value in values.items()}


async def _case_no(unit: Unit, kind: str, now: datetime) -> str:
    day = now.astimezone(KST).date()
    number = await unit.scalar(
        "INSERT INTO case_counter VALUES (:kind, :day, 1) ON CONFLICT (kind, day)"
        " DO UPDATE SET last_number = case_counter.last_number + 1 RETURNING last_number",
        {"kind": kind, "day": day.isoformat()},
    )
    return model.case_number(kind, day, number)


async def _caller(unit: Unit, services: Services, incident_id: UUID) -> dict[str, str]:
    row = await unit.one(
        "SELECT alert_id, caller_sealed FROM alert WHERE incident_id = :id ORDER BY received_at, alert_id LIMIT 1",
        {"id": incident_id},
    )
    if row is None:
        return {"name": "", "phone": "", "language": ""}
    caller = services.sealer.open(row["caller_sealed"], context=f"alert.caller:{row['alert_id']}") or {}
    return {
        "name": caller.get("nickname", ""),
        "phone": caller.get("phone", ""),
        "language": caller.get("language", "ko"),
    }


async def move(
    unit: Unit,
    services: Services,
    *,
    dispatch_id: UUID,
    agency_id: str,
    step: Move,
    actor: Actor,
    receipt_no: str = "",
    reason: str = "",
    crew: str = "",
    eta_at: datetime | None = None,
) -> None:
    """The agency moves its dispatch on, and names its unit (`crew`) and when that will be there. The same step again
    changes these two only. Raises Problem 404, 409 `not_allowed`."""
    command = model.Step(step, receipt_no[:80], reason[:NOTE_LIMIT], crew[:80], eta_at)
    await _command(unit, services, dispatch_id, agency_id, command, actor, is_end=step == "done")


async def report(
    unit: Unit, services: Services, *, dispatch_id: UUID, agency_id: str, said: model.Report, actor: Actor
) -> None:
    """What the agency's own system says; older than what is known completes the record. Raises Problem 404, 409."""
    await _command(unit, services, dispatch_id, agency_id, said, actor, is_end=said.state is DispatchState.DONE)


async def _command(
    unit: Unit,
    services: Services,
    dispatch_id: UUID,
    agency_id: str,
    command: model.Step | model.Report,
    actor: Actor,
    *,
    is_end: bool,
) -> None:
    row = await reading.find(unit, dispatch_id, agency_id=agency_id)
    if row is None:
        raise reading.unknown()
    incident = await incidents.locked(unit, row["incident_id"])
    row = await reading.find(unit, dispatch_id, agency_id=agency_id) or row
    case = reading.case_of(row)
    try:
        happened = model.decide(case, command, services.clock())
    except model.NotAllowed as refused:
        raise _not_allowed(refused.allowed, refused.state.value) from None
    if not happened:
        return
    after = model.evolve(case, happened)
    if not incident.is_open and not is_end and after.state is not case.state:
        raise _not_allowed(["done"] if case.state in model.WORKING_STATES else [], case.state.value)
    await _write(unit, services, incident, row, happened, actor)
    if after.state is not case.state:
        await _tell_incident(unit, services, incident, after.state, actor)


def _not_allowed(allowed: list[str], state: str) -> Problem:
    return Problem(
        409,
        "not_allowed",
        "지금 상태에서는 할 수 없습니다.",
        "Not possible in this state.",
        allowed=allowed,
        state=state,
    )


async def apply(
    unit: Unit, services: Services, dispatch_id: UUID, command: Command, *, actor: Actor = SYSTEM, request_no: int = 0
) -> DispatchState | None:
    """A command of the center's own side (delivered, failed, late, called off); the state afterwards.

    `request_no` other than 0: only while that request is the newest; None when it is not, or there is no dispatch.
    """
    row = await reading.find(unit, dispatch_id)
    if row is None:
        return None
    incident = await incidents.find(unit, row["incident_id"], lock=True)
    row = await unit.one(
        "SELECT d.*, a.kind, a.name_ko, a.name_en FROM dispatch d JOIN agency a USING (agency_id)"
        " WHERE d.dispatch_id = :id FOR UPDATE OF d",
        {"id": dispatch_id},
    )
    if row is None or incident is None or request_no not in (0, row["request_no"]):
        return None
    if isinstance(command, model.Late) and not incident.is_open:
        return DispatchState(row["state"])
    case = reading.case_of(row)
    happened = model.decide(case, command, services.clock())
    await _write(unit, services, incident, row, happened, actor)
    return model.evolve(case, happened).state


async def _write(
    unit: Unit,
    services: Services,
    incident: Incident,
    row: dict[str, Any],
    happened: list[Happened],
    actor: Actor,
) -> None:
    """Columns, lines, the shift leader where it is loud, and what ends with the dispatch."""
    now = services.clock()
    changes: dict[str, Any] = {}
    for event in happened:
        changes |= event.changes
        if event.tag:
            record(
                unit,
                center_id=row["center_id"],
                incident_id=row["incident_id"],
                tag=event.tag,
                actor=actor,
                payload=_payload(row, **event.payload),
                at=now,
            )
        if event.is_loud:
            await _call_leader(unit, services, incident, row, event)
    if not changes:
        return
    state = DispatchState(changes.get("state", row["state"]))
    is_over = state not in model.OPEN_STATES and row["state"] in model.OPEN_STATES
    if is_over:
        changes["unit_position"] = None
    await unit.execute(dispatch.update().where(dispatch.c.dispatch_id == row["dispatch_id"]).values(**_plain(changes)))
    if row["state"] == DispatchState.EN_ROUTE and state is not DispatchState.EN_ROUTE:
        await priority.end_with(unit, services, row["dispatch_id"], reason=f"dispatch_{state.value}")
    if row["state"] in _NOT_THERE_YET and state in _THERE and row["gateway"] == "webhook":
        await plan_update(unit, services, row, number=1)
    if is_over:
        await end_with_dispatch(unit, row, reason=f"dispatch_{state.value}", at=now)
    if state is DispatchState.CANCELLED:
        await _tell_system(unit, row)


async def _call_leader(
    unit: Unit, services: Services, incident: Incident, row: dict[str, Any], event: Happened
) -> None:
    """Help is not coming as asked for: the shift leader is called, as for an alert that nobody answers.

    The ladder of an alert that nobody has yet goes on by itself, so its level stays.
    """
    if not incident.is_open:
        return
    payload = {"level": 1, "to": "supervisor", "why": event.tag or "dispatch:failed", "case_no": row["case_no"]}
    changes = {"escalation_level": max(incident.escalation_level, 1)} if incident.owner_id else {}
    happened = [IncidentHappened("incident:escalated", payload, changes)]
    await incidents.write(unit, services, incident, happened, SYSTEM)


async def _tell_system(unit: Unit, row: dict[str, Any]) -> None:
    """The agency's own system hears that it is over, however often it takes."""
    if row["gateway"] == "webhook":
        await defer_in(unit, "close_dispatch", dispatch_id=str(row["dispatch_id"]), request_no=row["request_no"])


async def _tell_incident(
    unit: Unit, services: Services, incident: Incident, state: DispatchState, actor: Actor
) -> None:
    """Help on its way or there: the incident moves on, and the person and her guardians are told."""
    if not incident.is_open or incident.is_drill:
        return
    if state is DispatchState.ON_SCENE:
        await incidents.perform(unit, services, incident.incident_id, Arrived(), actor, state=incident)
    elif state is DispatchState.EN_ROUTE and incident.state != "on_scene":
        await incidents.announce(unit, services, incident, State.EN_ROUTE)


async def cancel_open(unit: Unit, services: Services, incident_id: UUID, actor: Actor) -> None:
    """The incident has ended (its row is locked): help that is not there yet is called off. A crew that is on the
    scene says itself when it is done; its system is told that the incident is closed."""
    rows = await unit.all(
        "SELECT d.*, a.kind, a.name_ko, a.name_en FROM dispatch d JOIN agency a USING (agency_id)"
        " WHERE d.incident_id = :id AND d.state = ANY(:states) ORDER BY d.dispatch_id FOR UPDATE OF d",
        {"id": incident_id, "states": [state.value for state in model.OPEN_STATES | {DispatchState.FAILED}]},
    )
    for row in rows:
        if row["state"] == DispatchState.ON_SCENE:
            await end_with_dispatch(unit, row, reason="incident_closed", at=services.clock())
            await _tell_system(unit, row)
        else:
            incident = await incidents.locked(unit, incident_id)
            happened = model.decide(reading.case_of(row), model.Cancel("incident_closed"), services.clock())
            await _write(unit, services, incident, row, happened, actor)


async def mark_delivered(
    unit: Unit, services: Services, dispatch_id: UUID, *, actor: Actor = SYSTEM, receipt_no: str = ""
) -> bool:
    """The agency has it: a seat has received it, or its system took it. True the first time."""
    # The incident before its dispatch, as everywhere: the release row that may follow needs the incident too.
    before = await unit.scalar("SELECT state FROM dispatch WHERE dispatch_id = :id", {"id": dispatch_id})
    if before not in (DispatchState.REQUESTED, DispatchState.FAILED):
        return False
    after = await apply(unit, services, dispatch_id, model.Deliver(receipt_no[:80]), actor=actor)
    return after is DispatchState.DELIVERED


def _payload(row: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {"dispatch_id": str(row["dispatch_id"]), "agency_id": row["agency_id"], "case_no": row["case_no"], **extra}
