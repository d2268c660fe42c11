"""At the serving center: while a request of an approach is accepted, homes hear where the offender is, sealed for hers.

Nobody here learns whether she was found, or where. An exercise goes the same way and frightens nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import structlog

from location_router.runtime.db import Unavailable, Unit
from location_router.wire_requests import ApproachNote
from server.events import NO_INCIDENT, SYSTEM, record
from server.protection import letter
from server.protection.letter import Letter
from server.protection.model import tag_of
from server.request_body import body_of

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("protection")
TRIGGER = "anklet_approach"
LOOK_EVERY, SAY_EVERY = timedelta(seconds=5), timedelta(seconds=15)
DUE = "SELECT 'approach' AS what, request_id FROM approach_watch WHERE next_at <= %(now)s"
_BEGIN = """
INSERT INTO approach_watch (request_id, center_id, next_at) VALUES (:request, :center, :now) ON CONFLICT DO NOTHING
"""
_ROW = """
SELECT w.request_id, w.center_id, w.noted_at, w.noted_fix, r.body_sealed, r.is_drill, a.assignment_no,
       p.lat, p.lon, p.accuracy_m, p.fixed_at
FROM approach_watch w JOIN agency_request r USING (request_id, center_id)
LEFT JOIN alert a ON a.alert_id = w.request_id LEFT JOIN LATERAL (
  SELECT lat, lon, accuracy_m, fixed_at FROM position WHERE alert_id = w.request_id ORDER BY fixed_at DESC LIMIT 1
) p ON true
"""


async def changed(unit: Unit, services: Services, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A request's state has changed, in the transaction that changes it: homes hear from now on, or that it is over. At
    a border they hear from the next center."""
    if after["trigger"] != TRIGGER or (was := before["state"]) == (state := after["state"]):
        return
    key = {"request": after["request_id"], "center": after["center_id"]}
    if state == "accepted":
        await unit.execute(_BEGIN, key | {"now": services.clock()})
        _line(unit, services, after, "request:warning_begun")
    elif was == "accepted":
        if after["reason"] != "handed_over":
            found = await unit.one(f"{_ROW} WHERE w.request_id = :request AND w.center_id = :center", key)
            if found is not None:
                await _say(unit, services, found, "over")
        await unit.execute("DELETE FROM approach_watch WHERE request_id = :request AND center_id = :center", key)
        _line(unit, services, after, "request:warning_ended")


def _line(unit: Unit, services: Services, row: dict[str, Any], tag: str) -> None:
    payload = {"request_id": str(row["request_id"]), "agency_id": row["agency_id"], "trigger": row["trigger"]}
    incident_id = row["incident_id"] or NO_INCIDENT
    record(
        unit,
        center_id=row["center_id"],
        incident_id=incident_id,
        tag=tag,
        actor=SYSTEM,
        payload=payload,
        at=services.clock(),
    )


async def advance_approaches(services: Services) -> int:
    """Say what is new of those that are due; how many were."""
    async with services.db.begin() as unit:
        query = "SELECT request_id, center_id FROM approach_watch WHERE next_at <= :now ORDER BY next_at LIMIT 200"
        rows = await unit.all(query, {"now": services.clock()})
    for row in rows:
        try:
            async with services.db.begin() as unit:
                await _advance(unit, services, row["request_id"], row["center_id"])
        except Unavailable:
            raise
        except Exception:  # one that fails never keeps another waiting
            log.exception("approach_failed", request_id=str(row["request_id"]))
    return len(rows)


async def _advance(unit: Unit, services: Services, request_id: UUID, center_id: str) -> None:
    now, key = services.clock(), {"request": request_id, "center": center_id}
    where = "WHERE w.request_id = :request AND w.center_id = :center AND w.next_at <= :now"
    row = await unit.one(f"{_ROW} {where} FOR UPDATE OF w SKIP LOCKED", key | {"now": now})
    if row is None:
        return
    is_new = row["fixed_at"] is not None and row["fixed_at"] != row["noted_fix"]
    if is_new or row["noted_at"] is None or now - row["noted_at"] >= SAY_EVERY:
        await _say(unit, services, row, "near")
        row |= {"noted_at": now, "noted_fix": row["fixed_at"]}
    await unit.execute(
        "UPDATE approach_watch SET next_at = :next, noted_at = :noted, noted_fix = :fix"
        " WHERE request_id = :request AND center_id = :center",
        key | {"next": now + LOOK_EVERY, "noted": row["noted_at"], "fix": row["noted_fix"]},
    )


async def _say(unit: Unit, services: Services, row: dict[str, Any], what: Any) -> None:
    ref = body_of(services, row)["subject"].get("protected_ref")
    if ref is None:  # it can't be opened any more: nobody could tell for whom
        return
    now: datetime = services.clock()
    said = Letter(request_id=row["request_id"], what=what, at=now, is_drill=row["is_drill"])
    if what == "near" and row["fixed_at"] is not None:
        place = {name: row[name] for name in ("lat", "lon", "accuracy_m", "fixed_at")}
        said = said.model_copy(update=place)
    note = ApproachNote(
        note_id=uuid4(),
        installation=services.settings.installation,
        request_id=row["request_id"],
        assignment_no=row["assignment_no"] or 0,
        tag=tag_of(ref),
        sealed=letter.sealed(ref, said),
        at=now,
    )
    await services.outbox.send(unit, "status", note.note_id, note)
