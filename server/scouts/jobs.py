"""Durable jobs of the scouts."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Backoff
from server.jobs import jobs, services_of
from server.scouts import sos


@jobs.task(name="send_scout_sos", retry=Backoff(limit_s=5.0), pass_context=True)
async def send_scout_sos(context: JobContext, alert_id: str) -> None:
    await sos.send(services_of(context), UUID(alert_id))
