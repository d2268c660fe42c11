"""Durable jobs (procrastinate): deferred in the caller's transaction, done at least once, also after a kill -9.

`defer_in` writes the job on the unit's own connection: it exists exactly when the row it belongs to does. The
worker does what procrastinate leaves to us: it comes back after the database was away, and it takes up again what
a killed worker was doing. Tasks must be idempotent; retries happen at the polling interval (no NOTIFY for those).
"""

from __future__ import annotations

import asyncio
from copy import copy
from datetime import datetime
from typing import Any

import psycopg
import structlog
from procrastinate import App, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.periodic import PeriodicRegistry, PeriodicTask
from procrastinate.retry import BaseRetryStrategy

from location_router.runtime.db import Unit, conninfo
from location_router.runtime.ending import end

POLL_S = 0.2
HEARTBEAT_S = 2.0
STALLED_AFTER_S = 10.0
log = structlog.get_logger("jobs")

# Never opened: it only knows how to write a job on somebody else's connection.
_writer = App(connector=PsycopgConnector())


class Again(Exception):
    """Raise in a task to have it again; `after_s` is what the other side asked for (Retry-After), if it did."""

    def __init__(self, why: str, *, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class Backoff(BaseRetryStrategy):
    """0.5, 1, 2, 4 … `limit_s` seconds, for ever: a job that an alert caused is never given up by counting.

    A task that has a natural end (a push nobody needs any more) ends by returning.
    """

    def __init__(self, *, first_s: float = 0.5, limit_s: float = 30.0) -> None:
        self.first_s, self.limit_s = first_s, limit_s

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        wait_s = min(self.limit_s, self.first_s * 2 ** min(job.attempts, 16))
        asked_s = exception.after_s if isinstance(exception, Again) else None
        wait_ms = int(1000 * min(self.limit_s, max(wait_s, asked_s or 0.0)))
        log.warning(
            "job_again", task=job.task_name, attempt=job.attempts + 1, wait_ms=wait_ms, error=repr(exception)[:200]
        )
        return RetryDecision(retry_in={"milliseconds": wait_ms})


async def defer_in(
    unit: Unit,
    task: str,
    *,
    schedule_at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    **args: Any,
) -> int:
    """Write the job `task(**args)` in the unit's transaction and return its id. `args` must be JSON.

    Arguments are stored in clear text: pass ids, never a name, a number or a place.
    """
    deferrer = _writer.configure_task(
        task, connection=unit.driver, schedule_at=schedule_at, lock=lock, queueing_lock=queueing_lock
    )
    return await deferrer.defer_async(**args)


async def work(url: str, tasks: App, context: dict[str, Any], *, concurrency: int = 10) -> None:
    """Do the jobs of the database `url` (SQLAlchemy form) until cancelled; back by itself after the database was away.

    `tasks` knows the tasks and is never opened; tasks find `context` in `JobContext.additional_context`.
    """
    while True:
        try:
            known = {"conninfo": conninfo(url), "configure": _one_by_one}
            app = tasks.with_connector(PsycopgConnector(**known, min_size=1, max_size=6, timeout=5.0))
            app.periodic_registry = _periodic_of(tasks, app)
            async with app.open_async():
                await _work_while_connected(app, context, concurrency)
            log.warning("job_worker_ended")
        except (ConnectorException, psycopg.Error, OSError, TimeoutError) as error:
            log.warning("job_database_away", error=str(error)[:200])
        await asyncio.sleep(1.0)


async def _one_by_one(connection: psycopg.AsyncConnection[Any]) -> None:
    """Each question of the worker is one statement, asked five times a second: no BEGIN and no COMMIT around it."""
    await connection.set_autocommit(True)


def _periodic_of(tasks: App, app: App) -> PeriodicRegistry:
    """The periodic tasks of `tasks`, deferred by `app`: a task writes by the app it was declared with, which is never
    opened."""
    registry = PeriodicRegistry()
    for key, declared in tasks.periodic_registry.periodic_tasks.items():
        task = copy(declared.task)
        task.blueprint = app
        registry.periodic_tasks[key] = PeriodicTask(
            task=task,
            cron=declared.cron,
            periodic_id=declared.periodic_id,
            configure_kwargs=declared.configure_kwargs.copy(),
        )
    return registry


async def _work_while_connected(app: App, context: dict[str, Any], concurrency: int) -> None:
    rescuer = asyncio.create_task(_rescue_forever(app))
    worker = asyncio.create_task(
        app.run_worker_async(
            concurrency=concurrency,
            fetch_job_polling_interval=POLL_S,
            abort_job_polling_interval=5.0,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=STALLED_AFTER_S,
            delete_jobs="successful",
            shutdown_graceful_timeout=1.0,
            install_signal_handlers=False,
            additional_context=context,
        )
    )
    try:
        done, _ = await asyncio.wait({rescuer, worker}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(rescuer, worker)


async def _rescue_forever(app: App) -> None:
    while True:
        await rescue(app)
        await asyncio.sleep(STALLED_AFTER_S / 5)


async def rescue(app: App, *, silent_s: float = STALLED_AFTER_S) -> int:
    """Give jobs back whose worker has been silent for `silent_s`; returns how many."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s))
    for job in stalled:
        log.warning("job_rescued", task=job.task_name, job_id=job.id)
        await app.job_manager.retry_job(job)
    return len(stalled)
