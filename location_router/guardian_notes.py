"""What a home center says about guardians, on its way to the center that works on the alert: passed on, kept nowhere.

Only the alert's own home may speak of them (`node_guard`), and it goes to whoever owns the alert now."""

from __future__ import annotations

import structlog

from location_router.bus import Bus
from location_router.runtime.pool import Pool
from location_router.wire import GuardianNote

log = structlog.get_logger("guardian_notes")

HOME = "SELECT home_installation FROM alert WHERE alert_id = %s"
_OWNER = """
SELECT s.served_by FROM alert a JOIN assignment s ON s.alert_id = a.alert_id AND s.assignment_no = a.assignment_no
WHERE a.alert_id = %s AND a.home_installation = %s"""


async def pass_on(pool: Pool, bus: Bus, body: bytes) -> bool:
    """To the alert's owner, at least once, by the note's id. False for an alert that is not that home's."""
    note = GuardianNote.model_validate_json(body)
    rows = await pool.run(_OWNER, (note.alert_id, note.installation))
    if not rows or not rows[0][0]:
        log.info("guardian_note_without_owner", alert_id=str(note.alert_id))
        return False
    await bus.publish(f"alert.{rows[0][0]}", str(note.note_id), body)
    return True
