"""The router as an ASGI application: its parts, wired once, started and stopped together."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from location_router.alerts import Alerts
from location_router.bus import Bus, bus_from_url
from location_router.delivery import STATUS_CHANNEL, Courier
from location_router.index import Index
from location_router.live import Live
from location_router.ready import ready_index
from location_router.registry import Registry
from location_router.runtime.notify import Notifier
from location_router.runtime.pool import Pool
from location_router.runtime.problems import install_problems
from location_router.runtime.seal import Sealer
from location_router.settings import Settings
from location_router.statuses import Statuses
from location_router.worker import Worker


@dataclass
class Router:
    """Everything of one router process: `request.app.state.router`."""

    settings: Settings
    pool: Pool
    bus: Bus
    notifier: Notifier
    registry: Registry
    courier: Courier
    alerts: Alerts
    statuses: Statuses
    live: Live
    worker: Worker
    live_key: bytes
    metrics: CollectorRegistry
    accepted: Counter
    refused: Counter

    async def start(self, *, with_lines: bool, with_worker: bool) -> None:
        """Returns also while PostgreSQL is away; everything connects as soon as it is there."""
        await self.pool.open()
        self.notifier.start()
        await self.registry.start()
        if with_lines:
            self.live.start()
        if with_worker:
            await self.worker.start()

    async def stop(self) -> None:
        await self.worker.stop()
        await self.live.stop()
        await self.courier.close()
        await self.registry.stop()
        await self.bus.close()
        await self.notifier.stop()
        await self.pool.close()


def make_router(settings: Settings, *, index: Index | None = None) -> Router:
    """All parts constructed and nothing started: no connection is open yet. Raises SnapshotError."""
    pool = Pool(settings.database_url, size=8, name="router")
    sealer = Sealer(settings.data_key)
    live_key = hmac.new(base64.b64decode(settings.data_key), b"ansim live key", hashlib.sha256).digest()
    bus = bus_from_url(settings.bus_url)
    notifier = Notifier(settings.database_url, STATUS_CHANNEL)
    registry = Registry(
        pool, index or ready_index(settings.boundary_snapshot), offline_after_s=settings.offline_after_s
    )
    courier = Courier(settings, pool, sealer, registry, bus, notifier)
    alerts = Alerts(pool, sealer, registry, courier, live_key)
    statuses = Statuses(pool, courier)
    live = Live(settings.database_url, pool, sealer, bus, alerts)
    worker = Worker(pool, bus, courier, statuses, sweep_s=settings.sweep_s)
    metrics = CollectorRegistry()
    accepted = Counter("ansim_alerts_accepted", "Answers 202, by phase", ["phase"], registry=metrics)
    refused = Counter("ansim_alerts_refused", "Messages that were no alert, by code", ["code"], registry=metrics)
    return Router(
        settings,
        pool,
        bus,
        notifier,
        registry,
        courier,
        alerts,
        statuses,
        live,
        worker,
        live_key,
        metrics,
        accepted,
        refused,
    )


def make_app(settings: Settings, *, index: Index | None = None) -> FastAPI:
    from location_router.routes import routes

    router = make_router(settings, index=index)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await router.start(with_lines=True, with_worker=settings.router_inline_worker)
        yield
        await router.stop()

    app = FastAPI(title="Ansim location router", version="1", lifespan=life, docs_url=None, redoc_url=None)
    app.state.router = router
    install_problems(app)
    app.include_router(routes)
    return app
