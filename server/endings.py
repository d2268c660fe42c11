"""What ends with an incident, however it ends: closed, cancelled by the person, a drill's end, gone to another desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from location_router.runtime.db import Unit
from server.actor import SYSTEM, Actor
from server.cameras.ptz import end_hands
from server.dispatch.service import cancel_open
from server.incidents.model import Incident
from server.log.disclosures import tell_home
from server.positions import end_rescue_positions, end_second_sources
from server.recordings.pins import end_pins
from server.releases import end_incident_releases
from server.requests.service import end_with
from server.retention.proofs import prove_at_once

if TYPE_CHECKING:
    from server.services import Services


async def end_with_incident(
    unit: Unit, services: Services, before: Incident, after: Incident, actor: Actor = SYSTEM
) -> None:
    """In the transaction that ends the incident: nobody is shown anything any more, and help that is not there yet
    is called off, requests of agencies end, and what a telco or the police told of her place is gone. Nothing happens
    while it stays open."""
    if not before.is_open or after.is_open:
        return
    now = services.clock()
    await end_incident_releases(unit, after.incident_id, "incident_closed", gateway=services.gateway, at=now)
    await end_with(unit, services, after, actor)
    await end_pins(unit, services, after.incident_id, was_active=after.active_at is not None)
    await end_hands(unit, after.incident_id, now=now)
    await tell_home(unit, services, after.incident_id, after.center_id, now=now)
    for table, end in (("position", end_rescue_positions), ("second_source", end_second_sources)):
        if gone := await end(unit, incident_id=after.incident_id):
            await prove_at_once(
                unit,
                center_id=after.center_id,
                kind="positions_rescue",
                table=table,
                deleted=gone,
                now=services.clock(),
            )
    if after.state != "transferred":  # help that is rolling goes on: she needs it at the other side of the border too
        await cancel_open(unit, services, after.incident_id, actor)
