"""The router as an ASGI application: its parts, wired once, started and stopped together."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from location_router.alarms import Alarms
from location_router.alerts import Alerts
from location_router.boundaries.following import Following
from location_router.bus import Bus, bus_from_url
from location_router.cap_warnings import CapWarnings
from location_router.captures import Captures
from location_router.delivery import STATUS_CHANNEL, Courier
from location_router.desk_112 import Desk112
from location_router.discrepancies import Discrepancies
from location_router.index import Index, snapshot_path
from location_router.ladder import Ladder
from location_router.leaves import Leaves
from location_router.links import Crowds
from location_router.live import Live
from location_router.lost_routes import Lost
from location_router.node_guard import make_guard
from location_router.nodes import Nodes
from location_router.ready import ready_index
from location_router.registry import Registry
from location_router.requests import Requests
from location_router.runtime.notify import Notifier
from location_router.runtime.pool import Pool
from location_router.runtime.problems import install_problems
from location_router.runtime.request_ids import install_request_ids
from location_router.runtime.seal import Sealer, data_keys
from location_router.settings import Settings
from location_router.statuses import Statuses
from location_router.talk import Talk
from location_router.thinning import Thinning
from location_router.transfer import Transfers
from location_router.walk_dots import Dots
from location_router.webhook import teller
from location_router.worker import Worker


@dataclass
class Router:
    """Everything of one router process: `request.app.state.router`."""

    settings: Settings
    pool: Pool
    sealer: Sealer
    positions: Pool
    thinning: Thinning
    bus: Bus
    notifier: Notifier
    registry: Registry
    courier: Courier
    alerts: Alerts
    requests: Requests
    cap_warnings: CapWarnings
    statuses: Statuses
    live: Live
    talk: Talk
    captures: Captures
    dots: Dots
    alarms: Alarms
    desk_112: Desk112
    worker: Worker
    nodes: Nodes
    leaves: Leaves
    live_key: bytes
    metrics: CollectorRegistry
    accepted: Counter
    refused: Counter

    async def start(self, *, with_lines: bool, with_worker: bool) -> None:
        """Returns also while PostgreSQL is away; everything connects as soon as it is there."""
        await self.pool.open()
        await self.positions.open()
        await self.captures.pool.open()
        self.notifier.start()
        await self.nodes.start()
        await self.registry.start()
        if with_lines:
            self.thinning.start()
            self.live.start()
        if with_worker:
            self.leaves.start()
            await self.worker.start()

    async def stop(self) -> None:
        await self.leaves.stop()
        await self.worker.stop()
        await self.live.stop()
        await self.thinning.stop()
        await self.talk.close()
        await self.captures.close()
        await self.dots.close()
        await self.courier.close()
        await self.desk_112.close()
        await self.alarms.close()
        await self.registry.stop()
        await self.nodes.stop()
        await self.bus.close()
        await self.notifier.stop()
        await self.captures.pool.close()
        await self.positions.close()
        await self.pool.close()


def make_router(settings: Settings, *, index: Index | None = None) -> Router:
    """All parts constructed and nothing started: no connection is open yet. Raises SnapshotError."""
    pool = Pool(settings.database_url, size=8, name="router", by_index=True)
    sealer = Sealer(settings.data_key)
    # the oldest: a line that is open while a new DATA_KEY comes in front stays good
    live_key = hmac.new(data_keys(settings.data_key)[-1], b"ansim live key", hashlib.sha256).digest()
    nodes, guard = make_guard(settings, pool, sealer)
    bus = bus_from_url(settings.bus_url, guard=guard)
    notifier = Notifier(settings.database_url, STATUS_CHANNEL)
    following = Following(
        index or ready_index(settings.boundary_snapshot),
        url=settings.database_url,
        snapshot=None if index and not settings.boundary_snapshot else settings.boundary_snapshot or snapshot_path(),
    )
    registry = Registry(pool, following, offline_after_s=settings.offline_after_s)
    courier = Courier(settings, pool, sealer, registry, bus, notifier)
    alerts = Alerts(pool, sealer, registry, courier, live_key)
    requests, warnings = Requests(pool, sealer, registry, alerts, notifier), CapWarnings(pool, registry, bus)
    transfers = Transfers(pool, sealer, registry, courier)
    statuses = Statuses(pool, courier, transfers)
    metrics = CollectorRegistry()
    positions, thinning = Pool(settings.database_url, size=3, name="positions"), Thinning(metrics)
    talk, captures = Talk(pool, sealer, bus, notifier), captures_of(settings, sealer, registry)
    live = Live(settings.database_url, positions, sealer, bus, registry, transfers, thinning, talk)
    ladder = Ladder(settings, pool, sealer, registry, courier.send_soon)
    desk_112 = Desk112(pool, sealer, teller("desk_112", settings.desk_112_url, settings.desk_112_key))
    alarm_line = teller("alarm_webhook", settings.alarm_webhook_url, settings.alarm_webhook_key)
    alarms = Alarms(pool, bus, registry, alarm_line, undelivered_s=settings.undelivered_s)
    parts = pool, bus, courier, statuses, ladder, desk_112, alarms, Crowds(pool, sealer)
    worker = Worker(*parts, talk, captures, requests, warnings, sweep_s=settings.sweep_s)
    accepted = Counter("ansim_alerts_accepted", "Answers 202, by phase", ["phase"], registry=metrics)
    refused = Counter("ansim_alerts_refused", "Messages that were no alert, by code", ["code"], registry=metrics)
    return Router(
        settings,
        pool,
        sealer,
        positions,
        thinning,
        bus,
        notifier,
        registry,
        courier,
        alerts,
        requests,
        warnings,
        statuses,
        live,
        talk,
        captures,
        Dots(registry, settings.router_installation_keys, metrics),
        alarms,
        desk_112,
        worker,
        nodes,
        Leaves(pool, bus, nodes),
        live_key,
        metrics,
        accepted,
        refused,
    )


def captures_of(settings: Settings, sealer: Sealer, registry: Registry) -> Captures:
    """With connections of their own: no alert waits for a picture."""
    pool = Pool(settings.database_url, size=2, name="captures")
    return Captures(pool, sealer, registry, settings.router_installation_keys)


def make_app(settings: Settings, *, index: Index | None = None) -> FastAPI:
    from location_router.admin.boundary_routes import boundary_routes
    from location_router.admin.map_routes import map_routes
    from location_router.admin.routes import admin_routes
    from location_router.admin.sessions import Sessions
    from location_router.alarm_page import alarm_routes
    from location_router.boundary_answers import version_routes
    from location_router.cap_warning_routes import cap_warning_routes
    from location_router.capture_routes import capture_routes
    from location_router.front import AlertsFirst
    from location_router.node_routes import node_routes
    from location_router.pages import mount_pages
    from location_router.request_routes import request_routes
    from location_router.routes import accept_alert, routes
    from location_router.senders.intakes import install_intakes
    from location_router.talk_routes import talk_routes
    from location_router.walk_dot_routes import walk_dot_routes

    router = make_router(settings, index=index)
    lost = Lost(
        router.registry,
        Discrepancies(router.pool),
        router.metrics,
        source=settings.lost_source,
        peers=tuple(settings.lost_peers),
        lifetime_s=settings.lost_expires_s,
        peer_timeout_s=settings.lost_peer_timeout_s,
    )

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await router.start(with_lines=True, with_worker=settings.router_inline_worker)
        lost.start()
        intakes.start()
        yield
        await intakes.stop()
        await lost.stop()
        await router.stop()

    app = AlertsFirst(title="Ansim location router", version="1", lifespan=life, docs_url=None, redoc_url=None)
    app.state.router = router
    app.state.admin_sessions = Sessions(router.pool)
    install_problems(app)
    install_request_ids(app)
    app.include_router(routes)
    intakes = install_intakes(app, router)
    for more in (request_routes, cap_warning_routes, talk_routes, capture_routes, walk_dot_routes, node_routes):
        app.include_router(more)
    app.router.routes.append(lost.route)
    app.include_router(alarm_routes)
    app.include_router(admin_routes)
    app.include_router(map_routes)
    app.include_router(boundary_routes)
    app.include_router(version_routes)
    mount_pages(app)
    app.take = accept_alert
    return app
