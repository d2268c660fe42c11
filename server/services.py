"""What every request, consumer, sweeper and job of one installation shares: `request.app.state.services`."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import structlog

from location_router.runtime.db import Database, Unavailable
from location_router.runtime.ending import end
from location_router.runtime.seal import Sealer
from location_router.wire import utc_now
from server.broadcast import Broadcast
from server.events import EventDatabase
from server.incidents.cards import load_cards
from server.key_ring import ring_sealer
from server.outbox import Outbox
from server.settings import Settings
from server.video.gateway import VideoGateway, create_gateway
from server.video.zones import ZonedGateway

log = structlog.get_logger("services")

Clock = Callable[[], datetime]
FINISH_S = 1.0


@dataclass
class Services:
    """`bus` is None only in tests and tools that send nothing; the outbox then keeps what waits."""

    settings: Settings
    db: Database
    sealer: Sealer
    broadcast: Broadcast
    outbox: Outbox
    gateway: VideoGateway
    router_client: httpx.AsyncClient
    bus: Any = None
    clock: Clock = utc_now
    shared: dict[str, Any] = field(default_factory=dict)
    """Per-process objects of the slices (the feed's hub, the follow page's hub), by name."""
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def soon(self, work: Callable[[], Awaitable[Any]], *, name: str) -> None:
        """Run what may be lost with the process (its loss must be harmless), and end it with the services."""
        task = asyncio.create_task(_logged(work, name), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """What runs in the background may finish its question: one that is cut off in the middle is cancelled at the
        database, and PostGIS has been seen to bring a whole PostgreSQL down by a cancellation."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=FINISH_S)
        await end(*self._running)
        await self.outbox.stop()
        await self.broadcast.stop()
        if self.bus is not None:
            await self.bus.close()
        await self.router_client.aclose()
        closing = getattr(self.gateway, "close", None)
        if closing is not None:
            await closing()
        await self.db.close()


async def _logged(work: Callable[[], Awaitable[Any]], name: str) -> None:
    try:
        await work()
    except Unavailable as error:  # an outage, and no fault of ours: a stack for each of them holds up everybody
        log.warning("background_left", work=name, error=str(error)[:200])
    except Exception:
        log.exception("background_failed", work=name)


def make_services(settings: Settings, *, bus: Any = None, clock: Clock = utc_now) -> Services:
    """Everything constructed and nothing started: no connection is open yet."""
    sealer = ring_sealer(settings.database_url, settings.data_key)
    broadcast = Broadcast(origin=secrets.token_hex(6))
    db = EventDatabase(settings.database_url, sealer=sealer, broadcast=broadcast, load_cards=load_cards)
    broadcast.read_from(db)
    gateway = create_gateway(
        settings.video_gateway,
        url=settings.video_url,
        public_url=settings.video_public_url,
        key=settings.video_key,
        whep_url=settings.mediamtx_public_url,
    )
    if settings.video_relay_url:
        networks, key = settings.video_relay_networks, settings.video_key
        gateway = ZonedGateway(gateway, url=settings.video_relay_url, networks=networks, key=key)
    client = httpx.AsyncClient(base_url=settings.router_url, timeout=2.0, trust_env=False)
    return Services(settings, db, sealer, broadcast, Outbox(db, sealer, bus), gateway, client, bus, clock)
