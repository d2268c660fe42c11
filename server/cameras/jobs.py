"""Choosing and warming as a durable job, so that a killed process does not leave an incident without eyes."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Backoff
from server.cameras.service import choose_for_incident
from server.jobs import jobs, services_of


@jobs.task(name="choose_cameras", retry=Backoff(), pass_context=True)
async def choose_cameras(context: JobContext, incident_id: str) -> None:
    await choose_for_incident(services_of(context), UUID(incident_id))
