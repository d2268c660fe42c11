"""Making packages, and ending them, in the worker."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Backoff
from server.evidence import making, service
from server.jobs import jobs, services_of


@jobs.task(name="make_evidence", retry=Backoff(), pass_context=True)
async def make_evidence(context: JobContext, package_id: str) -> None:
    await making.make(services_of(context), UUID(package_id))


@jobs.periodic(cron="* * * * *", periodic_id="evidence")
@jobs.task(name="end_evidence", queueing_lock="end_evidence", pass_context=True)
async def end_evidence(context: JobContext, timestamp: int) -> None:
    """Each minute; the release itself ended at its moment, this deletes the file."""
    await service.sweep(services_of(context))
