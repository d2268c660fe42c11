"""Durable jobs of walks; arguments are ids only."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Backoff
from server.jobs import jobs, services_of
from server.walks import asking, raising


@jobs.task(name="raise_walk", retry=Backoff(limit_s=5.0), pass_context=True)
async def raise_walk(context: JobContext, walk_id: str) -> None:
    await raising.send_alert(services_of(context), UUID(walk_id))


@jobs.task(name="ask_walker", retry=Backoff(limit_s=10.0), pass_context=True)
async def ask_walker(context: JobContext, walk_id: str, rung: str) -> None:
    await asking.ask(services_of(context), UUID(walk_id), rung)
