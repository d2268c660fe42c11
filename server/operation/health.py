"""Is this process alive, may it be sent requests, and how does it fare: `/healthz`, `/readyz`, `/metrics`.

Alive is not ready: a supervisor restarts what is not alive, a proxy only stops sending to what is not ready. Nothing
here names a person or an incident; routes are counted by their template, never by the path that was asked for.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from location_router.bus import METRICS
from location_router.runtime.db import Unavailable
from server.connection import services_of
from server.live import Hub
from server.operation.reads import read_essential, reads_well
from server.retention.findings import overdue_days

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
LOOK_S = 1.0
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_STANDING = """
SELECT count(*) AS open, coalesce(extract(epoch FROM max(now() - active_at)
         FILTER (WHERE owner_id IS NULL AND NOT is_drill)), 0) AS oldest,
       (SELECT count(*) FROM outbox) AS waiting, (SELECT count(*) FROM quarantine) AS quarantined
FROM incident WHERE state NOT IN ('closed','cancelled','transferred')
"""


class Instruments:
    """What `/metrics` shows of one app: gauges read at the moment of asking, and requests as they were answered."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.open_incidents = Gauge("ansim_open_incidents", "Incidents that are open", registry=registry)
        self.oldest_s = Gauge(
            "ansim_unacknowledged_oldest_seconds", "Age of the oldest unacknowledged active incident", registry=registry
        )
        self.waiting = Gauge("ansim_outbox_waiting", "Messages that the bus does not hold yet", registry=registry)
        self.quarantined = Gauge("ansim_quarantine_size", "Messages that could not be read", registry=registry)
        self.seats = Gauge("ansim_seats", "Operators' sockets of this process", registry=registry)
        self.slow = Gauge("ansim_seats_cut_off", "Sockets cut off because they stalled", registry=registry)
        self.retention_overdue = Gauge(
            "ansim_retention_overdue_days", "Days the purge is behind; 0 when it is in time", registry=registry
        )
        self.ready = Gauge("ansim_ready", "1 while this process wants requests", registry=registry)
        self.answered = Counter("ansim_http_requests", "Answers", ["method", "route", "status"], registry=registry)
        self.took_s = Histogram(
            "ansim_http_request_seconds",
            "Time to the answer's first byte",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )


class Counted:
    """ASGI middleware: how many answers of which kind, how fast."""

    def __init__(self, app: ASGIApp, instruments: Instruments) -> None:
        self._app, self._instruments = app, instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                kind = f"{message['status'] // 100}xx"
                self._instruments.answered.labels(scope["method"], route, kind).inc()
                self._instruments.took_s.labels(route).observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, noted)


async def not_ready(services: Services) -> list[str]:
    """Why no request should come here now; empty when they may."""
    if services.shared.get("is_stopping"):
        return ["stopping"]
    why = [] if services.shared.get("is_up") else ["starting"]
    try:
        async with asyncio.timeout(LOOK_S), services.db.begin() as unit:
            await read_essential(unit)
    except (Unavailable, TimeoutError, psycopg.Error):
        why.append("database")
    return why


@router.get("/healthz")
async def healthz(request: Request) -> dict[str, object]:
    """200 says that the process lives, whatever it can do; `ok`, that it reads what an alert is worked at with: a
    restart mends no database."""
    services = services_of(request)
    is_well = await reads_well(services)
    told = {"ok": is_well, "role": "server", "installation": services.settings.installation}
    return told if is_well else told | {"why": ["database"]}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    why = await not_ready(services_of(request))
    return JSONResponse({"ready": not why, "why": why}, 503 if why else 200)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    services = services_of(request)
    shown: Instruments = request.app.state.instruments
    async with services.db.begin() as unit:
        row: dict[str, Any] = await unit.one(_STANDING) or {}
        shown.retention_overdue.set(await overdue_days(unit, services.clock()))
    shown.open_incidents.set(row["open"])
    shown.oldest_s.set(float(row["oldest"]))
    shown.waiting.set(row["waiting"])
    shown.quarantined.set(row["quarantined"])
    shown.ready.set(bool(services.shared.get("is_up") and not services.shared.get("is_stopping")))
    hub = services.shared.get("feed")
    if isinstance(hub, Hub):
        shown.seats.set(len(hub.seats))
        shown.slow.set(hub.slow)
    body = b"".join(generate_latest(registry) for registry in (shown.registry, METRICS, REGISTRY))
    return Response(body, media_type="text/plain; version=0.0.4")
