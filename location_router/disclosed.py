"""What a center says about its disclosures, on its way to the person's home center: passed on, and kept nowhere here.

The bus keeps it until the home center has it; the home is the alert's own, never what the note claims."""

from __future__ import annotations

import structlog

from location_router.bus import Bus
from location_router.runtime.pool import Pool
from location_router.wire import Disclosed

log = structlog.get_logger("disclosed")

_HOME = "SELECT home_installation FROM alert WHERE alert_id = %s"


async def pass_on(pool: Pool, bus: Bus, body: bytes) -> bool:
    """To the alert's home, at least once, by the note's id. False where there is none."""
    note = Disclosed.model_validate_json(body)
    rows = await pool.run(_HOME, (note.alert_id,))
    if not rows or not rows[0][0]:
        log.info("disclosed_without_home", alert_id=str(note.alert_id))
        return False
    await bus.publish(f"home.{rows[0][0]}", str(note.note_id), body)
    return True
