"""What the home center of a caller says of her guardians: a line of the incident's timeline, once.

`guardian:told`, `guardian:opened`, `guardian:acknowledged`; the actor's name is what the person calls the guardian.
Nothing rests on it: it tells the operator whether the family knows, and who may turn up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from location_router.wire import GuardianNote
from server.events import Actor, record
from server.incidents import service as incidents
from server.intake import quarantine

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("guardian_notes")
WAITS_FOR_ALERT_S = 60.0


class NotHereYet(Exception):
    """The note has overtaken its alert: the bus brings it again."""


async def receive_guardian_note(services: Services, body: bytes) -> None:
    """The same note again does nothing; one of an alert that never came is dropped after a minute. Raises
    NotHereYet."""
    try:
        note = GuardianNote.model_validate_json(body)
    except ValidationError as error:
        names = sorted({".".join(map(str, one["loc"])) for one in error.errors()})
        await quarantine(services, source="guardian", reason=", ".join(names)[:400], body=body)
        return
    async with services.db.begin() as unit:
        row = await unit.one("SELECT incident_id FROM alert WHERE alert_id = :id", {"id": note.alert_id})
        if row is None:
            if (services.clock() - note.at).total_seconds() < WAITS_FOR_ALERT_S:
                raise NotHereYet(str(note.alert_id))
            log.warning("guardian_note_of_a_stranger", alert_id=str(note.alert_id))
            return
        state = await incidents.locked(unit, row["incident_id"])
        if await unit.scalar("SELECT true FROM event WHERE event_id = :id", {"id": note.note_id}):
            return
        record(
            unit,
            center_id=state.center_id,
            incident_id=state.incident_id,
            tag=f"guardian:{note.event}",
            actor=Actor("guardian", note.guardian_id, note.name),
            payload={"alert_id": str(note.alert_id)} | ({"how": note.how} if note.how else {}),
            at=services.clock(),
            event_id=note.note_id,
        )
