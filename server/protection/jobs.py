"""The end of a warning that nobody speaks of any more."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Backoff
from server.jobs import jobs, services_of
from server.protection import hearing


@jobs.task(name="end_approach", retry=Backoff(limit_s=20.0), pass_context=True)
async def end_approach(context: JobContext, warning_id: str) -> None:
    await hearing.end_silent(services_of(context), UUID(warning_id))
