"""Looked at by `ansim worker`: misuse each hour, the load of each desk's operators each minute."""

from __future__ import annotations

import structlog
from procrastinate import JobContext

from server.jobs import jobs, services_of
from server.oversight import load, misuse_service

log = structlog.get_logger("oversight")


@jobs.periodic(cron="17 * * * *", periodic_id="misuse")
@jobs.task(name="misuse", queueing_lock="misuse", pass_context=True)
async def misuse(context: JobContext, timestamp: int) -> None:
    """Idempotent: a finding is one row for its rule, account, subject and day."""
    if found := await misuse_service.detect(services_of(context)):
        log.info("misuse_found", count=found)


@jobs.periodic(cron="* * * * *", periodic_id="load")
@jobs.task(name="load", queueing_lock="load", pass_context=True)
async def watch_load(context: JobContext, timestamp: int) -> None:
    """Idempotent: an operator who stays over the norm is told of once in half an hour."""
    if warned := await load.warn(services_of(context)):
        log.warning("operators_over_norm", count=warned)
