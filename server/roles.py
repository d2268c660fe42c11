"""An alert that this center does not own, or owns no more: which incidents here hold it, and what their letters mean.

`runner_up`: the place lies perhaps here; the incident only looks on. `leaving`: she crossed a border; the incident is
kept until the new owner has accepted. `former`: out of it. An incident whose alert went to another center of the same
installation keeps a copy of it (`handed_alert`), because the staff of its center may not see the other's rows.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from location_router.runtime.db import Unit
from location_router.wire import Delivery, Reason
from server.incidents import model
from server.incidents.model import OPEN, Incident
from server.settings import Settings

if TYPE_CHECKING:
    from server.services import Services

_INCIDENT = ", ".join(f"i.{field.name}" for field in fields(Incident))
_HOLDING = f"""
SELECT {_INCIDENT} FROM incident i
WHERE i.incident_id IN (SELECT incident_id FROM alert WHERE alert_id = %(alert)s
                        UNION SELECT incident_id FROM handed_alert WHERE alert_id = %(alert)s)
  AND i.state = ANY(%(open)s) ORDER BY i.opened_at, i.incident_id FOR UPDATE
"""
_COLUMNS = (
    "alert_id, incident_id, center_id, phase, trigger, assignment_no, assignment, flags, caller_sealed, home,"
    " battery_percent, received_at"
)
_KEEP = f"""
INSERT INTO handed_alert ({_COLUMNS}) SELECT {_COLUMNS} FROM alert WHERE alert_id = %s
ON CONFLICT (alert_id, incident_id) DO UPDATE SET phase = excluded.phase, assignment_no = excluded.assignment_no,
  assignment = excluded.assignment, superseded_at = now()
"""
_DISMISSED = "SELECT EXISTS (SELECT FROM inbox WHERE alert_id = %s AND role = 'former' AND assignment_no >= %s)"


async def ensure_center(unit: Unit, services: Services, delivery: Delivery) -> None:
    """An alert for a center that nobody has entered here is shown at this desk all the same (invariant 3)."""
    known: set[str] = services.shared.setdefault("known_centers", set())
    center = delivery.assignment.center
    if center.code in known:
        return
    await unit.driver.execute(
        "INSERT INTO center (code, name_ko, name_en, desk, callback) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [center.code, center.name_ko, center.name_en, services.settings.desk, center.callback],
    )
    unit.after_commit(lambda: known.add(center.code))


async def holding(unit: Unit, alert_id: UUID) -> list[Incident]:
    """The open incidents here that hold the alert or held it, locked; whichever center they are of."""
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_HOLDING, {"alert": alert_id, "open": list(OPEN)})
        return [Incident(**row) for row in await cursor.fetchall()]


async def keep_copy(unit: Unit, alert_id: UUID) -> None:
    """Before the alert's row moves to another incident, or is told of a new owner: what its incident shows of it."""
    await unit.driver.execute(_KEEP, [alert_id])


async def point_elsewhere(unit: Unit, delivery: Delivery, incident: Incident) -> bool:
    """The incident shows who has the alert now. False when it did already."""
    changed = 0
    said = [delivery.assignment.assignment_no, Jsonb(delivery.assignment.model_dump(mode="json"))]
    for table in ("alert", "handed_alert"):
        cursor = await unit.driver.execute(
            f"UPDATE {table} SET assignment_no = %s, assignment = %s, superseded_at = coalesce(superseded_at, now())"
            " WHERE alert_id = %s AND incident_id = %s AND (superseded_at IS NULL OR assignment_no <> %s)",
            [*said, delivery.alert.alert_id, incident.incident_id, said[0]],
        )
        changed += cursor.rowcount
    return changed > 0


async def was_dismissed(unit: Unit, delivery: Delivery) -> bool:
    """The letter that ends this role came first."""
    row = await (
        await unit.driver.execute(_DISMISSED, [delivery.alert.alert_id, delivery.assignment.assignment_no])
    ).fetchone()
    return bool(row and row[0])


def watching_center(delivery: Delivery, settings: Settings) -> str:
    """Which of our centers the runner-up is: the one the router names, else the likeliest that we answer for."""
    if delivery.assignment.runner_up:
        return delivery.assignment.runner_up
    ranked = sorted(delivery.assignment.candidates, key=lambda one: (-(one.probability or 0.0), one.distance_m))
    for one in ranked:
        if one.code != delivery.assignment.center.code and settings.serves_code(one.code):
            return one.code
    return delivery.assignment.center.code


def loses(delivery: Delivery, incident: Incident, installation: str) -> bool:
    """Whether the news is about this incident: not about the one that owns the alert by the same assignment."""
    assignment = delivery.assignment
    return assignment.served_by != installation or incident.center_id != assignment.center.code


def command_of(delivery: Delivery, incident: Incident) -> model.Supersede | model.Leave:
    """What an incident is told that another desk has its alert: after a border it is left warm, else it ends here
    unless somebody works on it."""
    assignment = delivery.assignment
    is_handover = assignment.reason is Reason.HANDOVER
    if incident.role == "owner" and is_handover and delivery.role != "former":
        center = assignment.center
        return model.Leave(center.code, center.name_ko, center.name_en, assignment.assignment_no)
    if incident.role == "leaving" and delivery.role != "former":
        center = assignment.center
        return model.Leave(center.code, center.name_ko, center.name_en, assignment.assignment_no)
    return model.Supersede(
        assignment.center.code,
        assignment.assignment_no,
        assignment.reason.value,
        is_final=is_handover or incident.role != "owner",
    )
