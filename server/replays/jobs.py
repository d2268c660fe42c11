"""The fetch as a durable job of the worker, which shares VIDEO_DIR with the video process."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.jobs import Backoff
from server.jobs import jobs, services_of
from server.replays import fetching


@jobs.task(name="fetch_recordings", retry=Backoff(first_s=2.0), pass_context=True)
async def fetch_recordings(context: JobContext, fetch_id: str) -> None:
    await fetching.fetch(services_of(context), UUID(fetch_id))
