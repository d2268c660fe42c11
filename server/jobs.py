"""Durable jobs of an installation, done by `ansim worker`.

    @jobs.task(name="push", retry=Backoff(), pass_context=True)
    async def push(context, follow_id): services = services_of(context) …

    await defer_in(unit, "push", follow_id=…)      # location_router.runtime.jobs, in the caller's transaction

A job runs at least once, so a task must be idempotent by the id it is given. Arguments are ids only: the table of
jobs is not sealed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from procrastinate import App, JobContext, PsycopgConnector

if TYPE_CHECKING:
    from server.services import Services

jobs = App(connector=PsycopgConnector())

TASK_MODULES = (
    "server.people.jobs",
    "server.walks.jobs",
    "server.people.notice_jobs",
    "server.people.own_push",
    "server.cameras.jobs",
    "server.cameras.discovery",
    "server.dispatch.jobs",
    "server.dispatch.priority_jobs",
    "server.requests.jobs",
    "server.plate_jobs",
    "server.telco_places",
    "server.protection.jobs",
    "server.cap_warnings.browsers",
    "server.cap_warnings.jobs",
    "server.sightings.moving_areas",
    "server.evidence.jobs",
    "server.replays.jobs",
    "server.retention.jobs",
    "server.log.jobs",
    "server.oversight.jobs",
    "server.scouts.jobs",
    "server.reseal",
)
"""Modules whose import registers tasks."""


def load_tasks() -> App:
    """The app with every task registered."""
    for name in TASK_MODULES:
        importlib.import_module(name)
    return jobs


def services_of(context: JobContext) -> Services:
    """What the worker runs the job with."""
    services: Services = context.additional_context["services"]
    return services
