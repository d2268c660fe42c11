"""Durable jobs of green lights: ask until there is an answer, give back until it is heard, and never for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from procrastinate import JobContext

from location_router.runtime.jobs import Again, Backoff
from server.dispatch import priority
from server.jobs import jobs, services_of
from server.places import load_places
from server.traffic.gateway import Away, Point, Traffic, Way
from server.traffic.model import ANSWERED_WITHIN, OPEN_PRIORITY
from server.traffic.service import roads_of
from server.traffic.twin import ConsoleTraffic

if TYPE_CHECKING:
    from location_router.runtime.db import Unit
    from server.services import Services

END_MATTERS_FOR = timedelta(hours=1)
log = structlog.get_logger("dispatch.priority")
_ROW = """
SELECT p.*, d.unit, d.unit_position, a.kind FROM signal_priority p JOIN dispatch d USING (dispatch_id)
JOIN agency a USING (agency_id) WHERE p.priority_id = :id
"""


@jobs.task(name="ask_priority", retry=Backoff(limit_s=5.0), pass_context=True)
async def ask_priority(context: JobContext, priority_id: str) -> None:
    await ask(services_of(context), UUID(priority_id))


async def ask(services: Services, priority_id: UUID) -> None:
    """One try; raises Again while the answer is still to come. After two minutes it counts as refused."""
    async with services.db.begin() as unit:
        row = await unit.one(_ROW, {"id": priority_id})
        if row is None or row["state"] != "requested":
            return
        place = (await load_places(unit, [row["incident_id"]])).get(row["incident_id"])
        if place is None or services.clock() - row["requested_at"] > ANSWERED_WITHIN:
            return await _settle(unit, services, row, "refused", "no_answer", is_end_told=True)
        way = _way(row, place.position)
    try:
        verdict = await _signals(services, row).ask_priority(way)
    except Away as away:
        raise Again(str(away)) from None
    if verdict.state == "requested":
        raise Again("not decided yet", after_s=1.0)
    async with services.db.begin() as unit:
        await _settle(unit, services, row, verdict.state, verdict.reason, is_end_told=False)


async def _settle(
    unit: Unit, services: Services, row: dict[str, Any], state: str, reason: str, *, is_end_told: bool
) -> None:
    """In the order of locks of everything about an incident; what has ended meanwhile stays ended."""
    await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR UPDATE", {"id": row["incident_id"]})
    now = await unit.one("SELECT * FROM signal_priority WHERE priority_id = :id FOR UPDATE", {"id": row["priority_id"]})
    if now is not None and now["state"] == "requested":
        await priority.settle(unit, services, now, state, reason=reason)
        if is_end_told:  # it may have heard us although we did not hear it
            await priority.defer_in(unit, "end_priority", priority_id=str(row["priority_id"]))


def _way(row: dict[str, Any], to: dict[str, Any]) -> Way:
    start = row["unit_position"]
    return Way(
        str(row["priority_id"]),
        row["kind"],
        row["unit"],
        Point(to["lat"], to["lon"]),
        Point(start["lat"], start["lon"]) if start else None,
        row["until_at"],
    )


def _signals(services: Services, row: dict[str, Any]) -> Traffic:
    return ConsoleTraffic() if row["is_drill"] else roads_of(services).traffic


@jobs.task(name="expire_priority", retry=Backoff(), pass_context=True)
async def expire_priority(context: JobContext, priority_id: str) -> None:
    services = services_of(context)
    async with services.db.begin() as unit:
        row = await unit.one(_ROW, {"id": UUID(priority_id)})
        if row is not None and row["state"] in OPEN_PRIORITY:
            await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR UPDATE", {"id": row["incident_id"]})
            await priority.end_with(unit, services, row["dispatch_id"], reason="expired")


@jobs.task(name="end_priority", retry=Backoff(limit_s=10.0), pass_context=True)
async def end_priority(context: JobContext, priority_id: str) -> None:
    await give_back(services_of(context), UUID(priority_id))


async def give_back(services: Services, priority_id: UUID) -> None:
    """The signal system hears that it is over, for as long as an hour; it knows `until_at` anyway."""
    async with services.db.begin() as unit:
        row = await unit.one(_ROW, {"id": priority_id})
    if row is None:
        return
    try:
        await _signals(services, row).end_priority(str(priority_id))
    except Away as away:
        since = row["ended_at"] or row["answered_at"] or row["requested_at"]
        if services.clock() - since > END_MATTERS_FOR:
            log.error("priority_end_never_heard", priority_id=str(priority_id))
            return
        raise Again(str(away)) from None
