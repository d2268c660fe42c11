"""Alerts that belong together, at the center: a second press joins the first one's incident; operators merge, link and
split.

Who is the same person the router has found out; here it only counts whether the other alert's incident is open at the
same center. An alert never waits for its partner: whichever comes first opens the incident, the other joins it, also
when the bus swaps them. A cancel ends an incident only when no other alert of it is live.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import structlog
from psycopg.rows import dict_row

from location_router.runtime.db import Unit
from location_router.wire import Delivery, Linked, LinkedPair
from server.actor import SYSTEM, Actor
from server.events import record
from server.incidents import joining
from server.incidents import service as incidents
from server.incidents.model import OPEN, Happened, Incident

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("linking")

_INCIDENT = ", ".join(f"i.{field.name}" for field in fields(Incident))
_PARTNER = f"""
SELECT {_INCIDENT} FROM alert a JOIN incident i USING (incident_id)
WHERE a.alert_id = ANY(%s) AND a.alert_id <> %s AND a.superseded_at IS NULL AND i.center_id = %s AND i.state = ANY(%s)
  AND i.role = 'owner'
ORDER BY i.opened_at, i.incident_id LIMIT 1 FOR UPDATE OF i
"""
KNOWN_LINKS = "links of the same person"  # in the unit's state, read together with the alert's standing
SAME_PERSON = "SELECT other_id FROM alert_link WHERE alert_id = %s AND kind = 'same_person'"
_OTHERS = """
SELECT CASE WHEN phase = 'pre' THEN pre_deadline_at END FROM alert
WHERE incident_id = %s AND alert_id <> %s AND superseded_at IS NULL AND phase <> 'ended'
"""
_PUT_LINK = """
INSERT INTO alert_link (alert_id, other_id, kind, center_id, other_center, at)
SELECT %(alert_id)s, %(other_id)s, %(kind)s, coalesce(a.center_id, %(center)s), %(other_center)s, %(at)s
FROM (SELECT 1) one LEFT JOIN alert a ON a.alert_id = %(alert_id)s
ON CONFLICT (alert_id, other_id, kind) DO UPDATE
SET center_id = excluded.center_id, other_center = excluded.other_center
WHERE (alert_link.center_id, alert_link.other_center) <> (excluded.center_id, excluded.other_center)
RETURNING xmax = 0
"""
_DROP_LINK = "DELETE FROM alert_link WHERE alert_id = %s AND other_id = %s AND kind = %s RETURNING true"


def lock_keys(delivery: Delivery) -> list[int]:
    """The advisory locks of a delivery: its alert and those of the same person, sorted."""
    same = [link.alert_id for link in delivery.links if link.kind == "same_person"]
    return sorted({_key(alert_id) for alert_id in [delivery.alert.alert_id, *same]})


def _key(alert_id: UUID) -> int:
    return int.from_bytes(alert_id.bytes[:8], "big", signed=True)


async def partner(unit: Unit, delivery: Delivery) -> Incident | None:
    """The open incident, locked, that already holds an alert of the same person at the delivery's center."""
    alert_id = delivery.alert.alert_id
    same = unit.state.get(KNOWN_LINKS, set()) | {one.alert_id for one in delivery.links if one.kind == "same_person"}
    if not same:
        return None
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_PARTNER, [list(same), alert_id, delivery.assignment.center.code, list(OPEN)])
        row = await cursor.fetchone()
    return Incident(**row) if row else None


async def join(
    unit: Unit, services: Services, delivery: Delivery, before: Incident, alert: joining.Joining, received: Happened
) -> Incident:
    """The delivery's alert becomes an update of `before`; its row is the caller's to write."""
    count = await incidents.count_alerts(unit, before.incident_id)
    payload = received.payload | {"again": count + 1}
    events = joining.join(before, alert, Happened(received.tag, payload), services.clock())
    person = Actor("person", delivery.alert.caller.person_id or str(delivery.alert.alert_id))
    if alert.alert_phase == "pre":  # each countdown is its own from here on
        await unit.driver.execute(
            "UPDATE alert SET pre_deadline_at = %s"
            " WHERE incident_id = %s AND phase = 'pre' AND pre_deadline_at IS NULL",
            [before.pre_deadline_at, before.incident_id],
        )
    await incidents.write(unit, services, before, events, person)
    return incidents.model.evolve(before, events)


async def joined(
    unit: Unit, services: Services, delivery: Delivery, before: Incident, after: Incident, alert: joining.Joining
) -> None:
    """After the alert's row is written: its own countdown, and what its phone is told."""
    if alert.alert_phase == "pre":
        await unit.driver.execute(
            "UPDATE alert SET pre_deadline_at = %s WHERE alert_id = %s",
            [alert.pre_deadline_at, delivery.alert.alert_id],
        )
    changed = (after.phase, after.is_drill) != (before.phase, before.is_drill)
    only = None if changed else {delivery.alert.alert_id}
    await incidents.announce(unit, services, after, incidents.told_state(after), only=only)


async def live_others(unit: Unit, incident_id: UUID, alert_id: UUID) -> list[datetime | None]:
    """The deadlines of the incident's other live alerts, one for each."""
    return [row[0] for row in await (await unit.driver.execute(_OTHERS, [incident_id, alert_id])).fetchall()]


async def remember(unit: Unit, delivery: Delivery, state: Incident) -> None:
    """The links of a delivery, in both directions. A link that is not an update of the incident is a line of it."""
    for link in delivery.links:
        pair = LinkedPair(
            alert_id=delivery.alert.alert_id,
            other_id=link.alert_id,
            kind=link.kind,
            center_code=state.center_id,
            other_center_code=link.center_code,
            at=link.at,
        )
        await put_pair(unit, pair)


async def receive_links(services: Services, note: Linked) -> None:
    """News of the router: who is at the same place, which alert of hers is elsewhere. The same again does nothing."""
    async with services.db.begin() as unit:
        for pair in note.links:
            await put_pair(unit, pair)


async def put_pair(unit: Unit, pair: LinkedPair, actor: Actor = SYSTEM) -> bool:
    """Both rows of a link, and a line in the incidents that it concerns; False when it is known."""
    there = pair.model_copy(
        update={
            "alert_id": pair.other_id,
            "other_id": pair.alert_id,
            "center_code": pair.other_center_code,
            "other_center_code": pair.center_code,
        }
    )
    news = False
    for one in (pair, there):
        news |= await _undo_row(unit, one) if pair.is_undone else await _put_row(unit, one)
    if news:
        await _note_link(unit, pair, actor)
    return news


async def _put_row(unit: Unit, pair: LinkedPair) -> bool:
    values = {
        "alert_id": pair.alert_id,
        "other_id": pair.other_id,
        "kind": pair.kind,
        "center": pair.center_code,
        "other_center": pair.other_center_code,
        "at": pair.at,
    }
    row = await (await unit.driver.execute(_PUT_LINK, values)).fetchone()
    return bool(row and row[0])


async def _undo_row(unit: Unit, pair: LinkedPair) -> bool:
    row = await (await unit.driver.execute(_DROP_LINK, [pair.alert_id, pair.other_id, pair.kind])).fetchone()
    return row is not None


async def _note_link(unit: Unit, pair: LinkedPair, actor: Actor) -> None:
    """One line where both alerts are seen by the same people, in the later incident: a hundred alerts at one place must
    not make the first one's timeline a hundred lines longer. Two centers each get theirs."""
    rows = await unit.all(
        "SELECT a.alert_id, a.incident_id, i.center_id, i.opened_at FROM alert a JOIN incident i USING (incident_id)"
        " WHERE a.alert_id = :one OR a.alert_id = :other ORDER BY i.opened_at DESC",
        {"one": pair.alert_id, "other": pair.other_id},
    )
    if len({row["incident_id"] for row in rows}) == 1 and len(rows) == 2:
        return
    told: set[str] = set()
    for row in rows:
        if row["center_id"] in told:
            continue
        told.add(row["center_id"])
        is_first = row["alert_id"] == pair.alert_id
        record(
            unit,
            center_id=row["center_id"],
            incident_id=row["incident_id"],
            tag="incident:unlinked" if pair.is_undone else "incident:linked",
            actor=actor,
            payload={
                "kind": pair.kind,
                "alert_id": str(row["alert_id"]),
                "other_id": str(pair.other_id if is_first else pair.alert_id),
                "other_center": pair.other_center_code if is_first else pair.center_code,
            },
        )


async def tell_router(unit: Unit, services: Services, pairs: list[LinkedPair]) -> None:
    """What people linked here is on the national record, and reaches the other alert's center."""
    if pairs:
        note = Linked(note_id=uuid4(), links=pairs, installation=services.settings.installation)
        await services.outbox.send(unit, "status", note.note_id, note)
