"""The cameras of a new incident, chosen beside the alert's way: never in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from server.cameras.service import choose_for_incident

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("warming")

# Choosing cameras must never starve an alert: few at once, no more than 20 a second, and in a storm none that would
# come too late anyway (a seat that opens an incident without cameras has them chosen then).
CAMERAS_AT_ONCE, CAMERAS_PAUSE_S, CAMERAS_WAITING = 2, 0.1, 40


def warm_cameras(services: Services, incident_id: UUID) -> None:
    """Choose and warm the five cameras beside the alert's way; without it they are chosen when a seat opens it."""
    gate: asyncio.Semaphore = services.shared.setdefault("camera_gate", asyncio.Semaphore(CAMERAS_AT_ONCE))
    waiting: set[UUID] = services.shared.setdefault("camera_queue", set())
    if len(waiting) >= CAMERAS_WAITING:
        log.warning("cameras_left_to_the_seat", incident_id=str(incident_id))
        return
    waiting.add(incident_id)

    async def choose() -> None:
        try:
            async with gate:
                await choose_for_incident(services, incident_id)
                if len(waiting) > CAMERAS_AT_ONCE:
                    await asyncio.sleep(CAMERAS_PAUSE_S)
        finally:
            waiting.discard(incident_id)

    services.soon(choose, name=f"cameras:{incident_id}")
