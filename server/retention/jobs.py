"""The purge by the clock: positions every hour, everything once a day (04:23 in Korea); days ahead every hour.

procrastinate defers each once, however many workers there are, and catches up after all of them were down. A purge
that failed comes again; a kind that failed keeps the job alive until it goes through.
"""

from __future__ import annotations

from procrastinate import JobContext

from location_router.runtime.jobs import Again, Backoff
from server.jobs import jobs, services_of
from server.retention.kinds import KINDS
from server.retention.model import DAILY_AT_UTC, HOURLY_AT_MINUTE
from server.retention.partitions import keep_days_ahead
from server.retention.purge import Report, purge

HOURLY = tuple(kind for kind in KINDS if kind.hourly)


@jobs.periodic(cron=f"{HOURLY_AT_MINUTE} * * * *", periodic_id="hourly")
@jobs.task(
    name="purge_positions", retry=Backoff(first_s=5.0, limit_s=600.0), pass_context=True, queueing_lock="purge_h"
)
async def purge_positions(context: JobContext, timestamp: int) -> None:
    services = services_of(context)
    await keep_days_ahead(services)
    _again_if(await purge(services, kinds=HOURLY))


@jobs.periodic(cron=f"{DAILY_AT_UTC.minute} {DAILY_AT_UTC.hour} * * *", periodic_id="daily")
@jobs.task(name="purge", retry=Backoff(first_s=5.0, limit_s=600.0), pass_context=True, queueing_lock="purge")
async def purge_everything(context: JobContext, timestamp: int) -> None:
    _again_if(await purge(services_of(context)))


def _again_if(report: Report) -> None:
    if report.waited:
        raise Again("another purge is running", after_s=30.0)
    if report.failed:
        raise Again(f"failed: {', '.join(sorted(report.failed))}")
