"""Requests of linked agencies in the database: moved on, told to who asked. How one is taken is `taking.py`.

Everything works in the caller's unit and with the incident's row locked first. What a step means is decided in
`model.py`; here it is written, recorded, told (a durable job to the agency's line, a note to the router), and what
the agency was shown by it ends with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.wire import AlertMessage, CenterRef
from location_router.wire_requests import RequestState
from server.dispatch import responders
from server.events import NO_INCIDENT, SYSTEM, Actor, record
from server.incidents.cards import iso, mask_name
from server.incidents.model import Incident
from server.protection import watching
from server.releases import end_releases
from server.request_body import body_of
from server.requests import lending, model, moving, rescue
from server.requests.store import change, put

if TYPE_CHECKING:
    from server.services import Services

DIRECT = "line:"
"""How the sender of an alert begins that came by a line to the center itself (`is_direct`)."""
SELECT = """
SELECT r.*, a.kind, a.name_ko, a.name_en, o.name_ko AS center_ko, o.name_en AS center_en, o.callback,
  (SELECT i.state FROM incident i WHERE i.incident_id = r.incident_id) AS incident_state,
  (SELECT f.branches FROM firm f WHERE f.agency_id = r.agency_id) AS branches
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


def is_direct(alert: AlertMessage) -> bool:
    """Whether it came by a line to the center itself: the router knows nothing of it, and hears nothing."""
    return alert.sender.startswith(DIRECT)


async def find(unit: Unit, request_id: UUID, *, center_id: str, lock: bool = False) -> dict[str, Any] | None:
    query = f"{SELECT} WHERE r.request_id = :id AND r.center_id = :center" + (" FOR UPDATE OF r" if lock else "")
    return await unit.one(query, {"id": request_id, "center": center_id})


async def of_incident(unit: Unit, incident_id: UUID, *, lock: bool = False) -> list[dict[str, Any]]:
    query = f"{SELECT} WHERE r.incident_id = :id ORDER BY r.received_at, r.request_id"
    return await unit.all(query + (" FOR UPDATE OF r" if lock else ""), {"id": incident_id})


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
    is_new: bool = False,
) -> dict[str, Any]:
    """Columns, lines, what the agency and the router are told; what it was shown ends with its rights. `is_new`: the
    row stands with this, and `assignment_no` is known."""
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
    after = row | changes
    news = history[len(row["history"]) :]
    if is_new:
        async with unit.driver.pipeline():  # with the first words about it, in one packet
            await put(unit, after)
            for told in news:
                await _tell(unit, services, after, told, assignment_no)
    else:
        await change(unit, row, changes)
        for told in news:
            await _tell(unit, services, after, told, assignment_no)
    await _follow(unit, services, row, after)
    return after


async def _follow(unit: Unit, services: Services, row: dict[str, Any], after: dict[str, Any]) -> None:
    """What comes of a state that has changed."""
    await watching.changed(unit, services, row, after)
    if row["state"] == "accepted" and after["state"] != "accepted":
        await end_shown(unit, services, after)
    if row["trigger"] == "wanted_vehicle" and after["state"] == "accepted" and row["state"] != "accepted":
        known = {"request_id": str(row["request_id"]), "center_id": row["center_id"]}
        await defer_in(unit, "tell_plate_hits", **known)
    if (step := rescue.step_of(row, after)) is not None:
        subject = body_of(services, after)["subject"]
        name = mask_name(str(subject.get("name", "")))
        await rescue.tell_guardian(unit, services, after, subject, step, name=name)
    if after["state"] in ("cancelled", "rejected") and row["state"] != after["state"]:
        await rescue.forget_attached(unit, services, after)
    if row["state"] in model.OPEN_STATES and after["state"] not in model.OPEN_STATES:
        await lending.end_lent(unit, services, after, SYSTEM, f"request_{after['state']}")


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
