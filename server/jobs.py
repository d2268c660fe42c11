"""Durable jobs (procrastinate): deferred in the caller's transaction, run by `ansim worker`.

    @jobs.task(name="push_guardian", retry=Backoff(), pass_context=True)
    async def push_guardian(context, follow_id): services = services_of(context) …

    await defer_in(unit, "push_guardian", follow_id=…)       # location_router.runtime.jobs

A job runs at least once, so a task must be idempotent by the id it is given. Arguments are ids only: the table of
jobs is not sealed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from procrastinate import App, JobContext, PsycopgConnector

from location_router.runtime.jobs import work

if TYPE_CHECKING:
    from server.services import Services

# The connector has no address: deferring uses the unit's own connection, the worker brings its own connector.
jobs = App(connector=PsycopgConnector())

TASK_MODULES = ("server.people.jobs", "server.dispatch.jobs", "server.cameras.jobs")
"""Modules whose import registers tasks."""


def services_of(context: JobContext) -> Services:
    """What the worker runs the job with."""
    services: Services = context.additional_context["services"]
    return services


async def work_on_jobs(services: Services, *, concurrency: int = 10) -> None:
    """Do this installation's jobs until cancelled (it comes back by itself when the database was away)."""
    for name in TASK_MODULES:
        importlib.import_module(name)
    await work(services.settings.database_url, jobs, {"services": services}, concurrency=concurrency)
