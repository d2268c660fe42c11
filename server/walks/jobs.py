"""Durable jobs of walks; arguments are ids only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Backoff
from server.jobs import jobs, services_of
from server.walks import asking, elsewhere, raising
from server.walks.seen import seen_id


@jobs.task(name="raise_walk", retry=Backoff(limit_s=5.0), pass_context=True)
async def raise_walk(context: JobContext, walk_id: str) -> None:
    await raising.send_alert(services_of(context), UUID(walk_id))


@jobs.task(name="end_walk_alarm", retry=Backoff(limit_s=5.0), pass_context=True)
async def end_walk_alarm(context: JobContext, walk_id: str, outcome: str) -> None:
    await raising.end_alert(services_of(context), UUID(walk_id), outcome)


@jobs.task(name="ask_walker", retry=Backoff(limit_s=10.0), pass_context=True)
async def ask_walker(context: JobContext, walk_id: str, rung: str) -> None:
    await asking.ask(services_of(context), UUID(walk_id), rung)


@jobs.task(name="leave_center", retry=Backoff(limit_s=300.0), pass_context=True)
async def leave_center(context: JobContext, walk_id: str, center: str, at: str) -> None:
    services, walk = services_of(context), UUID(walk_id)
    await elsewhere.leave(services, walk, seen_id(services, walk), center, datetime.fromisoformat(at))
