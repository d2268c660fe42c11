"""What comes due while somebody works: missed targets, forgotten incidents, hand-overs that nobody answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from location_router.runtime.db import Unit
from server.actor import SYSTEM
from server.incidents import service as incidents
from server.incidents.presence import is_signed_in, last_activity
from server.incidents.state import Incident
from server.incidents.work import HandoverPassed, Remind, TargetPassed

if TYPE_CHECKING:
    from server.services import Services


async def advance_work(unit: Unit, services: Services, state: Incident, now: datetime) -> Incident:
    """Do everything of `state` (locked) that is due; returns it afterwards."""
    if state.handover_until is not None and state.handover_until <= now:
        state = await incidents.perform(unit, services, state.incident_id, HandoverPassed(), SYSTEM, state=state)
    if state.target_at is not None and state.target_at <= now:
        state = await incidents.perform(unit, services, state.incident_id, TargetPassed(), SYSTEM, state=state)
    if state.remind_at is not None and state.remind_at <= now:
        is_away = state.owner_id is not None and not await is_signed_in(unit, state.owner_id, now)
        active_at = await last_activity(unit, state.incident_id)
        command = Remind(services.settings.remind_idle_s, active_at, owner_is_away=is_away)
        state = await incidents.perform(unit, services, state.incident_id, command, SYSTEM, state=state)
    return state
