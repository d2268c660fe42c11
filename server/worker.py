"""`ansim worker`: durable jobs (push, delivery to agencies), and a second pair of eyes on deadlines and the outbox."""

from __future__ import annotations

import asyncio

from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.jobs import work
from server.jobs import load_tasks
from server.keys import KeyKeeper
from server.nodes import services_on_bus
from server.running import run_until_stopped, say_ready
from server.settings import Settings
from server.sweepers import Sweeper

AT_ONCE = 32
"""Jobs beside each other: most of their time they wait for somebody else's service, and a family must not wait behind
another family's slow push."""


def run_worker(settings: Settings) -> None:
    """Until SIGTERM. What a killed worker was doing is taken up by the next one."""
    run_until_stopped(lambda stop: _work(settings, stop))


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    services = services_on_bus(settings)
    while not stop.is_set():
        try:
            await services.broadcast.start(hears=False)
            break
        except Unavailable:
            await services.broadcast.stop()
            await asyncio.sleep(0.5)
    keys = KeyKeeper(services)
    await keys.start()
    sweeper = Sweeper(services)
    sweeper.start()
    services.outbox.start()
    waiting = work(settings.database_url, load_tasks(), {"services": services}, concurrency=AT_ONCE)
    jobs = asyncio.create_task(waiting, name="jobs")
    say_ready("worker", installation=settings.installation)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({jobs, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(jobs, stopping)
        await sweeper.stop()
        await keys.stop()
        await services.close()
