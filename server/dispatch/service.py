"""Requests to agencies in the database: one row per (incident, agency), moved on by the agency, loud when late.

Everything works in the caller's unit; the incident's row is locked first, so a double click, the automatic call and
the close can't overtake one another.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from location_router.wire import State
from server.agencies.service import Partner, partner
from server.dispatch import model
from server.dispatch.model import DispatchState, Move
from server.dispatch.store import dispatch
from server.events import SYSTEM, Actor, record
from server.incidents import service as incidents
from server.incidents.cards import iso, position_json
from server.incidents.model import Arrived, Dispatched, Incident

if TYPE_CHECKING:
    from server.services import Services

KST = ZoneInfo("Asia/Seoul")
NOTE_LIMIT = 1000


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
) -> dict[str, Any]:
    """Ask the agency of kind `agency` ("112", "119") for help; returns the DispatchCard.

    The same request again, also at the same moment from another seat, returns the first one's card; one that the
    agency declined or finished, or that was called off, is asked anew. Raises Problem 409 `drill`, 409 `not_allowed`,
    403 `no_agreement` or `legal_basis`.
    """
    incident = await incidents.locked(unit, incident_id)
    if incident.is_drill:
        raise Problem(409, "drill", "훈련 사건은 실제 출동을 요청하지 않습니다.", "A drill never dispatches for real.")
    found = await _of_kind(unit, incident_id, agency)
    if found is not None and DispatchState(found["state"]) in model.OPEN_STATES:
        return card(found)
    now = services.clock()
    partnered = await _partner(unit, incident, agency, now)
    basis = _basis(partnered, legal_basis)
    await incidents.perform(unit, services, incident_id, Dispatched(automatic=automatic), actor, state=incident)
    row = await _put(unit, services, incident, partnered, actor, basis, note[:NOTE_LIMIT], now)
    record(
        unit,
        center_id=incident.center_id,
        incident_id=incident_id,
        tag="dispatch:requested",
        actor=actor,
        payload=_payload(row, legal_basis=basis, automatic=automatic),
        at=now,
    )
    await defer_in(unit, "deliver_dispatch", dispatch_id=str(row["dispatch_id"]))
    await defer_in(unit, "dispatch_overdue", schedule_at=row["overdue_at"], dispatch_id=str(row["dispatch_id"]))
    return card(row)


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
) -> dict[str, Any]:
    """The row of this request; there is one per incident and agency, so asking anew starts the same one again."""
    held = await unit.one(
        "SELECT dispatch_id, case_no FROM dispatch WHERE incident_id = :id AND agency_id = :agency",
        {"id": incident.incident_id, "agency": partnered.agency_id},
    )
    dispatch_id = held["dispatch_id"] if held else uuid4()
    body = {"caller": await _caller(unit, services, incident.incident_id), "note": note}
    values = {
        "dispatch_id": dispatch_id,
        "center_id": incident.center_id,
        "incident_id": incident.incident_id,
        "agency_id": partnered.agency_id,
        "agreement_id": partnered.agreement.agreement_id,
        "state": DispatchState.REQUESTED.value,
        "case_no": held["case_no"] if held else await _case_no(unit, partnered.kind, now),
        "receipt_no": None,
        "is_overdue": False,
        "legal_basis": basis,
        "requested_by": actor.id,
        "times": {"requested": iso(now)},
        "body_sealed": services.sealer.seal(body, context=f"dispatch.body:{dispatch_id}"),
        "overdue_at": now + timedelta(seconds=model.OVERDUE_AFTER_S),
        "created_at": now,
    }
    again = dispatch.update().where(dispatch.c.dispatch_id == dispatch_id)
    await unit.execute((again if held else dispatch.insert()).values(**values))
    return {**values, "kind": partnered.kind, "name_ko": partnered.name_ko, "name_en": partnered.name_en}


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
        return {"name": "", "phone": ""}
    caller = services.sealer.open(row["caller_sealed"], context=f"alert.caller:{row['alert_id']}") or {}
    return {"name": caller.get("nickname", ""), "phone": caller.get("phone", "")}


_SELECT = "SELECT d.*, a.kind, a.name_ko, a.name_en FROM dispatch d JOIN agency a USING (agency_id)"


async def _of_kind(unit: Unit, incident_id: UUID, kind: str) -> dict[str, Any] | None:
    return await unit.one(
        f"{_SELECT} WHERE d.incident_id = :id AND a.kind = :kind ORDER BY d.created_at LIMIT 1",
        {"id": incident_id, "kind": kind},
    )


async def find(unit: Unit, dispatch_id: UUID, *, agency_id: str | None = None) -> dict[str, Any] | None:
    """The dispatch's row; with `agency_id` only when it is that agency's."""
    return await unit.one(
        f"{_SELECT} WHERE d.dispatch_id = :id AND (CAST(:agency AS text) IS NULL OR d.agency_id = :agency)",
        {"id": dispatch_id, "agency": agency_id},
    )


async def find_case(unit: Unit, case_no: str, *, agency_id: str) -> dict[str, Any] | None:
    return await unit.one(
        f"{_SELECT} WHERE d.case_no = :case_no AND d.agency_id = :agency", {"case_no": case_no, "agency": agency_id}
    )


def card(row: dict[str, Any]) -> dict[str, Any]:
    """The contract's DispatchCard."""
    agency = {name: row[name] for name in ("agency_id", "kind", "name_ko", "name_en")}
    return {
        "dispatch_id": str(row["dispatch_id"]),
        "agency": agency,
        "state": row["state"],
        "case_no": row["case_no"],
        "receipt_no": row["receipt_no"],
        "legal_basis": row["legal_basis"],
        "times": row["times"],
        "is_overdue": row["is_overdue"],
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
) -> None:
    """The agency moves its dispatch on. The same step again changes nothing. Raises Problem 404, 409 `not_allowed`."""
    row = await find(unit, dispatch_id, agency_id=agency_id)
    if row is None:
        raise unknown()
    incident = await incidents.locked(unit, row["incident_id"])
    row = await find(unit, dispatch_id, agency_id=agency_id) or row
    try:
        moved = model.decide(DispatchState(row["state"]), step)
    except model.NotAllowed as refused:
        raise _not_allowed(refused.allowed) from None
    if not moved.changed:
        return
    if not incident.is_open and step != "done":
        raise _not_allowed(["done"] if row["state"] in model.WORKING_STATES else [])
    await _set_state(unit, services, row, moved.state, actor, receipt_no=receipt_no, reason=reason)
    await _tell_incident(unit, services, incident, moved.state, actor)


def unknown() -> Problem:
    return Problem(404, "no_dispatch", "출동 요청을 찾을 수 없습니다.", "There is no such dispatch for your agency.")


def _not_allowed(allowed: list[str]) -> Problem:
    return Problem(
        409, "not_allowed", "지금 상태에서는 할 수 없습니다.", "Not possible in this state.", allowed=allowed
    )


async def _set_state(
    unit: Unit,
    services: Services,
    row: dict[str, Any],
    state: DispatchState,
    actor: Actor,
    *,
    receipt_no: str = "",
    reason: str = "",
) -> None:
    now = services.clock()
    times = {**row["times"], state.value: iso(now)}
    await unit.execute(
        dispatch.update()
        .where(dispatch.c.dispatch_id == row["dispatch_id"])
        .values(state=state.value, times=times, receipt_no=receipt_no[:80] or row["receipt_no"])
    )
    extra = {name: value for name, value in (("receipt_no", receipt_no[:80]), ("reason", reason[:NOTE_LIMIT])) if value}
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag=f"dispatch:{state.value}",
        actor=actor,
        payload=_payload(row, **extra),
        at=now,
    )


async def _tell_incident(
    unit: Unit, services: Services, incident: Incident, state: DispatchState, actor: Actor
) -> None:
    """Help on its way or there: the incident moves on, and the person and her guardians are told."""
    if not incident.is_open:
        return
    if state is DispatchState.ON_SCENE:
        await incidents.perform(unit, services, incident.incident_id, Arrived(), actor, state=incident)
    elif state is DispatchState.EN_ROUTE and incident.state != "on_scene":
        await incidents.announce(unit, services, incident, State.EN_ROUTE)


async def cancel_open(unit: Unit, services: Services, incident_id: UUID, actor: Actor) -> None:
    """The incident has ended (its row is locked): help that is not there yet is called off. A crew that is on the
    scene says itself when it is done."""
    rows = await unit.all(
        "SELECT * FROM dispatch WHERE incident_id = :id AND state = ANY(:states) ORDER BY dispatch_id FOR UPDATE",
        {"id": incident_id, "states": [state.value for state in model.OPEN_STATES - {DispatchState.ON_SCENE}]},
    )
    for row in rows:
        await _set_state(unit, services, row, DispatchState.CANCELLED, actor)


async def mark_delivered(
    unit: Unit, services: Services, dispatch_id: UUID, *, actor: Actor = SYSTEM, receipt_no: str = ""
) -> bool:
    """The agency has it: a seat has received it, or its system took it. True the first time."""
    # The incident before its dispatch, as everywhere: the release row that may follow needs the incident too.
    await unit.execute(
        "SELECT 1 FROM incident i JOIN dispatch d USING (incident_id) WHERE d.dispatch_id = :id FOR KEY SHARE OF i",
        {"id": dispatch_id},
    )
    row = await unit.one(
        "SELECT * FROM dispatch WHERE dispatch_id = :id AND state = 'requested' FOR UPDATE", {"id": dispatch_id}
    )
    if row is None:
        return False
    await _set_state(unit, services, row, DispatchState.DELIVERED, actor, receipt_no=receipt_no)
    return True


async def mark_overdue(unit: Unit, services: Services, dispatch_id: UUID) -> bool:
    """Nobody accepted in time: flag and event, once. Only of an open incident."""
    row = await unit.one(
        "SELECT d.* FROM dispatch d JOIN incident i USING (incident_id) WHERE d.dispatch_id = :id AND NOT d.is_overdue"
        " AND i.state NOT IN ('closed', 'cancelled', 'transferred') FOR UPDATE OF d",
        {"id": dispatch_id},
    )
    now = services.clock()
    if row is None or not model.is_overdue(DispatchState(row["state"]), overdue_at=row["overdue_at"], now=now):
        return False
    await unit.execute("UPDATE dispatch SET is_overdue = true WHERE dispatch_id = :id", {"id": dispatch_id})
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag="dispatch:overdue",
        payload=_payload(row, after_s=model.OVERDUE_AFTER_S),
        at=now,
    )
    return True


def _payload(row: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {"dispatch_id": str(row["dispatch_id"]), "agency_id": row["agency_id"], "case_no": row["case_no"], **extra}


async def body(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """What was sent: `{"caller": {"name", "phone"}, "note"}`."""
    opened: dict[str, Any] = services.sealer.open(row["body_sealed"], context=f"dispatch.body:{row['dispatch_id']}")
    return opened


async def track(unit: Unit, incident_id: UUID, *, since: datetime, limit: int = 600) -> list[dict[str, Any]]:
    """Positions from `since` on, oldest first, at most the newest `limit`."""
    rows = await unit.all(
        "SELECT * FROM (SELECT * FROM position WHERE incident_id = :id AND fixed_at >= :since"
        " ORDER BY fixed_at DESC LIMIT :limit) p ORDER BY fixed_at",
        {"id": incident_id, "since": since, "limit": limit},
    )
    return [position_json(row) for row in rows]
