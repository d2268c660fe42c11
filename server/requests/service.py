"""Requests of linked agencies in the database: taken or refused, moved on, told to who asked.

Everything works in the caller's unit and with the incident's row locked first. What a step means is decided in
`model.py`; here it is written, recorded, told (a durable job to the agency's line, a note to the router), and what
the agency was shown by it ends with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.request_content.subjects import SUBJECTS, read_subject
from location_router.request_content.values import TOO_OLD_AFTER, Refused
from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.wire import DRILL, CenterRef, Delivery, Reason
from location_router.wire_requests import RequestState
from server.agencies.model import Agreement, agreement_from_row
from server.dispatch import responders
from server.events import NO_INCIDENT, SYSTEM, Actor, record
from server.incidents.cards import iso, mask_name
from server.incidents.model import Incident
from server.protection import watching
from server.releases import end_releases
from server.requests import lending, model, moving, rescue
from server.requests.store import agency_request, request_refusal

if TYPE_CHECKING:
    from server.services import Services

DIRECT = "line:"
"""How the sender of an alert begins that came by a line to the center itself."""
SELECT = """
SELECT r.*, a.kind, a.name_ko, a.name_en, o.name_ko AS center_ko, o.name_en AS center_en, o.callback
FROM agency_request r LEFT JOIN agency a USING (agency_id) LEFT JOIN center o ON o.code = r.center_id
"""
_SHOWN = """
SELECT r.release_id, r.kind FROM release r
WHERE r.incident_id = :incident AND r.ended_at IS NULL AND r.viewer_id IN (
    SELECT account_id FROM account WHERE agency_id = :agency
    UNION ALL SELECT line_id FROM agency_line WHERE agency_id = :agency)
  AND NOT EXISTS (SELECT 1 FROM party p WHERE p.incident_id = r.incident_id AND p.agency_id = :agency
    AND p.agreement_id = r.agreement_id AND (p.kind = 'dispatch' OR (p.is_working AND p.until_at > :now)))
ORDER BY r.release_id
"""


async def find(unit: Unit, request_id: UUID, *, center_id: str, lock: bool = False) -> dict[str, Any] | None:
    query = f"{SELECT} WHERE r.request_id = :id AND r.center_id = :center" + (" FOR UPDATE OF r" if lock else "")
    return await unit.one(query, {"id": request_id, "center": center_id})


async def of_incident(unit: Unit, incident_id: UUID, *, lock: bool = False) -> list[dict[str, Any]]:
    query = f"{SELECT} WHERE r.incident_id = :id ORDER BY r.received_at, r.request_id"
    return await unit.all(query + (" FOR UPDATE OF r" if lock else ""), {"id": incident_id})


async def admit(unit: Unit, services: Services, delivery: Delivery) -> Agreement | None:
    """The agreement by which this center takes the request of a delivery. None: refused, now or before; then the
    refusal is written with the unit, and nothing opens."""
    alert, center = delivery.alert, delivery.assignment.center.code
    assert alert.request is not None
    request, now = alert.request, services.clock()
    held = await find(unit, alert.alert_id, center_id=center)
    if held is not None and held["state"] == "refused":
        return None
    rows = await unit.all(
        "SELECT * FROM agreed WHERE center_id = :center AND agency_id = :agency",
        {"center": center, "agency": request.agency_id},
    )
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
            return found
    else:
        code, detail = found, {}
    await _refuse(unit, services, delivery, code, detail)
    return None


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


async def _refuse(unit: Unit, services: Services, delivery: Delivery, code: str, detail: dict[str, Any]) -> None:
    alert, now = delivery.alert, services.clock()
    assert alert.request is not None
    row = _fresh(services, delivery, now) | {"body_sealed": None}
    await note_refusal(
        unit,
        code=code,
        at=now,
        center_id=row["center_id"],
        agency_id=row["agency_id"],
        trigger=row["trigger"],
        request_id=alert.alert_id,
        detail=detail,
    )
    await unit.execute(agency_request.insert().values(**row))
    refused = model.Happened("request:refused", {"code": code}, {"state": "refused", "reason": code, "ended_at": now})
    await write(unit, services, await _read(unit, row), [refused], SYSTEM, assignment_no=_number(delivery))


async def note_refusal(
    unit: Unit,
    *,
    code: str,
    at: datetime,
    center_id: str = "",
    agency_id: str = "",
    trigger: str = "",
    address: str = "",
    request_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """A row of its own: what was refused by whom, and why."""
    values = {
        "refusal_id": uuid4(),
        "center_id": center_id,
        "agency_id": agency_id[:80],
        "at": at,
        "code": code,
        "trigger": trigger[:80],
        "address": address,
        "request_id": request_id,
        "detail": detail or {},
    }
    await unit.execute(request_refusal.insert().values(**values))


async def enter(unit: Unit, services: Services, delivery: Delivery, incident: Incident, agreement: Agreement) -> None:
    """The incident of a request stands: so does the request, decided at once where a rule says so."""
    now, request_id = services.clock(), delivery.alert.alert_id
    held = await find(unit, request_id, center_id=incident.center_id, lock=True)
    row = _fresh(services, delivery, now) | {
        "agreement_id": agreement.agreement_id,
        "incident_id": incident.incident_id,
        "verify_due_at": now + timedelta(seconds=agreement.verify_s),
        "ends_at": now + timedelta(minutes=agreement.max_minutes),
    }
    if held is None:
        await unit.execute(agency_request.insert().values(**row))
    else:  # it had gone to another center, and comes back
        own = {"seq": held["seq"], "history": held["history"], "is_overdue": False, "is_auto": False}
        fresh = {"decided_at": None, "decided_by": None, "reason": "", "ended_at": None}
        key = agency_request.c.request_id == request_id, agency_request.c.center_id == row["center_id"]
        await unit.execute(agency_request.update().where(*key).values(**row | own | fresh))
    number = _number(delivery)
    stands = await _read(unit, row)
    received = [model.Happened("request:received", {"via": row["via"], "type": incident.type}, {"state": "received"})]
    stands = await write(unit, services, stands, received, agency_actor(stands), assignment_no=number)
    rule = await _rule(unit, delivery, agreement, row)
    if rule is not None:
        await apply(unit, services, stands, rule, SYSTEM)


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
        "via": "center" if alert.sender.startswith(DIRECT) else "router",
        "body_sealed": services.sealer.seal(body, context=f"agency_request.body:{alert.alert_id}", center=center),
        "raised_at": alert.raised_at,
        "received_at": now,
        "is_drill": alert.service == DRILL,
    }


async def _read(unit: Unit, row: dict[str, Any]) -> dict[str, Any]:
    found = await find(unit, row["request_id"], center_id=row["center_id"])
    assert found is not None
    return found


def agency_actor(row: dict[str, Any]) -> Actor:
    """The agency itself, as the timeline names it."""
    return Actor("agent", row["agency_id"], row["name_ko"] or row["agency_id"])


def asked_of(row: dict[str, Any]) -> model.Asked:
    return model.Asked(**{name: row[name] for name in model.Asked.__dataclass_fields__})


async def apply(
    unit: Unit, services: Services, row: dict[str, Any], command: model.Command, actor: Actor, **more: Any
) -> dict[str, Any]:
    """Decide and write; the row afterwards. `more`: further columns that change with it. Raises as `model.decide`."""
    happened = model.decide(asked_of(row), command, services.clock())
    return await write(unit, services, row, happened, actor, more=more) if happened else row


async def write(
    unit: Unit,
    services: Services,
    row: dict[str, Any],
    happened: list[model.Happened],
    actor: Actor,
    *,
    assignment_no: int | None = None,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Columns, lines, what the agency and the router are told; what it was shown ends with its rights."""
    now = services.clock()
    changes: dict[str, Any] = dict(more or {})
    seq, history = row["seq"], list(row["history"])
    for one in happened:
        changes |= one.changes
        known = {name: row[name] for name in ("agency_id", "trigger")}
        record(
            unit,
            center_id=row["center_id"],
            incident_id=row["incident_id"] or NO_INCIDENT,
            tag=one.tag,
            actor=actor,
            payload={"request_id": str(row["request_id"]), **known, **one.payload},
            at=now,
        )
        if one.is_told:
            seq += 1
            history.append(_told(row | changes, seq, now))
    changes |= {"seq": seq, "history": history}
    key = agency_request.c.request_id == row["request_id"], agency_request.c.center_id == row["center_id"]
    await unit.execute(agency_request.update().where(*key).values(**changes))
    after = row | changes
    for told in history[len(row["history"]) :]:
        await _tell(unit, services, after, told, assignment_no)
    await watching.changed(unit, services, row, after)
    if row["state"] == "accepted" and after["state"] != "accepted":
        await end_shown(unit, services, after)
    if row["trigger"] == "wanted_vehicle" and after["state"] == "accepted" and row["state"] != "accepted":
        known = {"request_id": str(row["request_id"]), "center_id": row["center_id"]}
        await defer_in(unit, "tell_plate_hits", **known)
    if (step := rescue.step_of(row["state"], after)) is not None:
        subject = body_of(services, after)["subject"]
        name = mask_name(str(subject.get("name", "")))
        await rescue.tell_guardian(unit, services, after, subject, step, name=name)
    if after["state"] in ("cancelled", "rejected") and row["state"] != after["state"]:
        await rescue.forget_attached(unit, services, after)
    if row["state"] in model.OPEN_STATES and after["state"] not in model.OPEN_STATES:
        await lending.end_lent(unit, services, after, SYSTEM, f"request_{after['state']}")
    return after


def body_of(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """`{"case_no", "callback", "subject"}` in full; empty where it was refused or can't be opened any more."""
    sealed, context = row["body_sealed"], f"agency_request.body:{row['request_id']}"
    opened = services.sealer.open(sealed, context=context) if sealed is not None else None
    return opened or {"case_no": "", "callback": "", "subject": {}}


def center_of(row: dict[str, Any]) -> dict[str, str]:
    """The request's center as a person sees it (the fields of `wire.CenterRef`)."""
    return {
        "code": row["center_id"],
        "name_ko": row["center_ko"] or row["center_id"],
        "name_en": row["center_en"] or row["center_id"],
        "callback": row["callback"] or "",
    }


def _told(row: dict[str, Any], seq: int, now: datetime) -> dict[str, Any]:
    state = {"seq": seq, "state": row["state"], "reason": row["reason"]}
    return state | {"at": iso(now), "ends_at": iso(row["ends_at"])}


async def _tell(
    unit: Unit, services: Services, row: dict[str, Any], told: dict[str, Any], assignment_no: int | None
) -> None:
    await defer_in(
        unit, "tell_request_state", request_id=str(row["request_id"]), center_id=row["center_id"], seq=told["seq"]
    )
    if row["via"] != "router":
        return
    if assignment_no is None:
        query = "SELECT assignment_no FROM alert WHERE alert_id = :id"
        assignment_no = await unit.scalar(query, {"id": row["request_id"]}) or 0
    note = RequestState(
        note_id=uuid4(),
        installation=services.settings.installation,
        request_id=row["request_id"],
        assignment_no=assignment_no,
        center=CenterRef(**center_of(row)),
        **told,
    )
    await services.outbox.send(unit, "status", note.note_id, note)


async def end_shown(unit: Unit, services: Services, row: dict[str, Any]) -> None:
    """What the agency's desks were shown of the incident ends, unless something else of theirs still carries it."""
    asked = {"incident": row["incident_id"], "agency": row["agency_id"], "now": services.clock()}
    rows = await unit.all(_SHOWN, asked)
    reason = f"request_{row['state']}"
    ended = set(await end_releases(unit, {one["release_id"]: reason for one in rows}))
    await responders.end_of_request(unit, row, reason=reason, at=asked["now"])
    streams = [
        str(one["release_id"]) for one in rows if one["kind"] in ("live", "recorded") and one["release_id"] in ended
    ]
    if streams:
        unit.after_commit(
            lambda: services.soon(lambda: services.gateway.kick(streams, "no_dispatch"), name="kick:request")
        )


async def cancel(unit: Unit, services: Services, request_id: UUID, center_id: str) -> None:
    """The agency needs it no more."""
    row = await find(unit, request_id, center_id=center_id, lock=True)
    if row is not None:
        await apply(unit, services, row, model.Cancel("agency"), agency_actor(row))


async def decide_anew(unit: Unit, services: Services, incident_id: UUID, other_id: UUID, actor: Actor) -> None:
    """`other_id` becomes one incident with this one (both locked, nothing has moved yet): what was accepted here was
    so without its people. Requests of who asks for all of the other one's alerts stay as they are."""
    for row in await of_incident(unit, incident_id, lock=True):
        if await unit.scalar(moving.STRANGERS, {"other": other_id, "agency": row["agency_id"]}):
            verify_s = await unit.scalar(
                "SELECT verify_s FROM agreement WHERE agreement_id = :id", {"id": row["agreement_id"]}
            )
            due_at = services.clock() + timedelta(seconds=verify_s or 60)
            await apply(unit, services, row, model.Reopen(due_at), actor)


async def end_with(unit: Unit, services: Services, incident: Incident, actor: Actor) -> None:
    """The incident has ended here (its row is locked): so have its requests."""
    reason = "handed_over" if incident.state == "transferred" else "incident_closed"
    for row in await of_incident(unit, incident.incident_id, lock=True):
        after = await apply(unit, services, row, model.End(reason), actor)
        await rescue.forget_attached(unit, services, after)
