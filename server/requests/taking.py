"""A request is taken, or refused: by the agreement with this center, in the transaction that opens its incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from location_router.request_content.subjects import SUBJECTS, read_subject
from location_router.request_content.values import TOO_OLD_AFTER, Refused
from location_router.runtime.db import Unit
from location_router.wire import DRILL, Delivery, Reason
from server.agencies.model import Agreement, agreement_from_row
from server.events import SYSTEM
from server.incidents.model import Incident
from server.request_body import sealed_body
from server.requests import model, moving, service
from server.requests.store import COLUMNS, KEY, NEW, note_refusal

if TYPE_CHECKING:
    from server.services import Services

CONTENT = "digest of what the agency sent"
"""In a unit's state, of what came by a line: another content under the same id is told apart by it."""
TAKEN = "row of the request that was taken or refused"
"""In a unit's state, afterwards; for the answer."""
_HELD = f"{service.SELECT} WHERE r.request_id = %s AND r.center_id = %s FOR UPDATE OF r"
_AGREED = "SELECT * FROM agreed WHERE center_id = %s AND agency_id = %s"
_NAMES = """
SELECT a.kind, a.name_ko, a.name_en, o.name_ko AS center_ko, o.name_en AS center_en, o.callback
FROM (SELECT 1) one LEFT JOIN agency a ON a.agency_id = %s LEFT JOIN center o ON o.code = %s
"""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The agreement by which a center takes a request. `held`: the request's row here, where it has gone to another
    center and comes back; `names`: of the agency and the center, as in `service.SELECT`."""

    agreement: Agreement
    held: dict[str, Any] | None
    names: dict[str, Any]


async def admit(unit: Unit, services: Services, delivery: Delivery) -> Admitted | None:
    """None: refused, now or before; then the refusal is written with the unit, and nothing opens."""
    alert = delivery.alert
    assert alert.request is not None
    request, now = alert.request, services.clock()
    held, rows, names = await _standing(unit, delivery)
    if held is not None and held["state"] == "refused":
        return None
    place = (alert.position.lat, alert.position.lon) if alert.position else None
    found = model.fitting(
        [agreement_from_row(row) for row in rows],
        trigger=request.trigger,
        basis=request.legal_basis,
        place=place,
        now=now,
    )
    if isinstance(found, Agreement):
        code, detail = _flaw(delivery)
        if not code:
            return Admitted(found, held, names)
    else:
        code, detail = found, {}
    await _refuse(unit, services, delivery, names, code, detail)
    return None


async def _standing(
    unit: Unit, delivery: Delivery
) -> tuple[dict[str, Any] | None, list[dict[str, Any]], dict[str, Any]]:
    """One packet: the request's row here, locked, what the agency has agreed with this center, and their names."""
    request, center = delivery.alert.request, delivery.assignment.center.code
    assert request is not None
    held, agreed, names = (unit.driver.cursor(row_factory=dict_row) for _ in range(3))
    async with unit.driver.pipeline():
        await held.execute(_HELD, [delivery.alert.alert_id, center])
        await agreed.execute(_AGREED, [center, request.agency_id])
        await names.execute(_NAMES, [request.agency_id, center])
    return await held.fetchone(), await agreed.fetchall(), await names.fetchone() or {}


def _flaw(delivery: Delivery) -> tuple[str, dict[str, Any]]:
    """What is wrong with the request itself; the same reader as at the door, for what came by another one."""
    alert = delivery.alert
    assert alert.request is not None
    is_passed_on = delivery.assignment.reason is Reason.HANDOVER
    if not is_passed_on and delivery.received_at - alert.raised_at > TOO_OLD_AFTER:
        return "too_old", {"field": "raised_at"}
    if alert.request.trigger not in SUBJECTS:
        return "invalid", {"field": "trigger"}
    try:
        read_subject(alert.request.trigger, alert.request.subject)
    except Refused as refused:
        return refused.code, {"field": refused.field}
    return "", {}


async def _refuse(
    unit: Unit, services: Services, delivery: Delivery, names: dict[str, Any], code: str, detail: dict[str, Any]
) -> None:
    now = services.clock()
    row = NEW | names | _fresh(services, delivery, now) | {"body_sealed": None}
    known = {name: row[name] for name in ("center_id", "agency_id", "trigger", "request_id")}
    await note_refusal(unit, code=code, at=now, detail=detail, **known)
    refused = model.Happened("request:refused", {"code": code}, {"state": "refused", "reason": code, "ended_at": now})
    row["body_digest"] = unit.state.get(CONTENT)
    number = _number(delivery)
    unit.state[TAKEN] = await service.write(unit, services, row, [refused], SYSTEM, assignment_no=number, is_new=True)


async def enter(unit: Unit, services: Services, delivery: Delivery, incident: Incident, admitted: Admitted) -> None:
    """The incident of a request stands: so does the request, decided at once where a rule says so."""
    now, agreement, held = services.clock(), admitted.agreement, admitted.held
    row = NEW | admitted.names | _fresh(services, delivery, now)
    row |= {
        "agreement_id": agreement.agreement_id,
        "incident_id": incident.incident_id,
        "verify_due_at": now + timedelta(seconds=agreement.verify_s),
        "ends_at": now + timedelta(minutes=agreement.max_minutes),
    }
    row["body_digest"] = unit.state.get(CONTENT)
    more: dict[str, Any] = {}
    if held is not None:
        row |= {name: held[name] for name in ("seq", "history", "trouble")}
        row["body_digest"] = row["body_digest"] or held["body_digest"]
        more = {name: row[name] for name in COLUMNS if name not in KEY}
    received = [model.Happened("request:received", {"via": row["via"], "type": incident.type}, {"state": "received"})]
    actor, number = service.agency_actor(row), _number(delivery)
    stands = await service.write(
        unit, services, row, received, actor, assignment_no=number, more=more, is_new=held is None
    )
    rule = await _rule(unit, delivery, agreement, row)
    if rule is not None:
        stands = await service.apply(unit, services, stands, rule, SYSTEM)
    unit.state[TAKEN] = stands


async def _rule(unit: Unit, delivery: Delivery, agreement: Agreement, row: dict[str, Any]) -> model.Accept | None:
    """Why nobody has to decide: it is an exercise, the agreement says so, or an operator of another center of this
    installation has decided already, before it crossed the border."""
    until_at: datetime = row["ends_at"]
    if row["is_drill"]:
        return model.Accept(until_at, "drill")
    if row["trigger"] in agreement.auto_triggers:
        return model.Accept(until_at, "rule")
    if delivery.assignment.reason is not Reason.HANDOVER:
        return None
    return await moving.inherited(unit, row, until_at)


def _number(delivery: Delivery) -> int:
    return delivery.assignment.assignment_no


def _fresh(services: Services, delivery: Delivery, now: datetime) -> dict[str, Any]:
    alert, center = delivery.alert, delivery.assignment.center.code
    assert alert.request is not None
    request = alert.request
    body = {"case_no": request.case_no, "callback": request.callback, "subject": request.subject}
    return {
        "request_id": alert.alert_id,
        "center_id": center,
        "agency_id": request.agency_id,
        "branch": request.branch,
        "trigger": request.trigger,
        "legal_basis": request.legal_basis,
        "state": "received",
        "via": "center" if service.is_direct(alert) else "router",
        "body_sealed": sealed_body(services, body, request_id=alert.alert_id, center_id=center),
        "raised_at": alert.raised_at,
        "received_at": now,
        "is_drill": alert.service == DRILL,
    }
