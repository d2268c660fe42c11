"""Everything of the alert intake beside a phone's data, wired once per API process: `app.state.intakes`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import structlog
from fastapi import FastAPI, Request

from location_router import intake
from location_router.devices import Devices
from location_router.origin import Origin
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.seal import Sealer
from location_router.senders.gate import Gate
from location_router.senders.gateways import Gateways
from location_router.senders.sandbox import Sandbox
from location_router.senders.store import Senders
from location_router.wire import Accepted

if TYPE_CHECKING:
    from location_router.app import Router

log = structlog.get_logger("intakes")
LOOK_EVERY_S = 1.0
FORGET_EVERY = 60
FORGET = (
    "DELETE FROM sandbox_alert WHERE changed_at < now() - interval '7 days'",
    "DELETE FROM els_location e WHERE received_at < now() - interval '24 hours' "
    "OR alert_id IS NULL AND received_at < now() - interval '1 hour' "
    "OR EXISTS (SELECT FROM alert a WHERE a.alert_id = e.alert_id AND a.closed_at IS NOT NULL)",
    "DELETE FROM sender_pace WHERE due_at < now() - interval '1 hour'",
    "DELETE FROM sender_alert WHERE received_at < now() - interval '7 days'",
)


class Intakes:
    def __init__(self, router: Router) -> None:
        settings, keys = router.settings, router.settings.router_installation_keys
        self.pool, sealer = router.pool, Sealer(settings.data_key)
        self._alerts = router.alerts
        self.senders = Senders(router.pool, sealer)
        self.gate = Gate(self.senders, trusted_proxies=settings.trusted_proxies)
        self.devices = Devices(router.pool, router.alerts, keys)
        self.gateways = Gateways(router.pool, sealer, router.alerts, router.live, keys)
        self.sandbox = Sandbox(router.pool, sealer, router.registry, router.live_key)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Any number of processes may look: each change is one statement, and happens once."""
        self._task = asyncio.create_task(self._watch(), name="intakes")

    async def stop(self) -> None:
        await end(self._task)

    async def raised(self, accepted: Accepted, origin: Origin) -> None:
        """Remember the registered sender of an alert; if that fails, its line's token still lets it send positions. Who
        only knew the id of somebody else's alert got no token, and does not become its sender."""
        if origin.is_vouched and accepted.live_token:
            with contextlib.suppress(Unavailable, psycopg.Error):
                await self.senders.note_alert(accepted.alert_id, origin.sender)

    async def may_move(self, request: Request, body: bytes, alert_id: UUID) -> bool:
        """Whether the request comes from the registered sender that raised the alert."""
        claim = await self.gate.claim(request, body)
        if claim.sender is None or not claim.may("positions"):
            return False
        return await self.senders.raised(alert_id, claim.sender.sender_id)

    async def quarantine(self, body: bytes, *, code: str) -> None:
        """Keep what could not be read where people can see it."""
        await self._alerts.quarantine(intake.Refusal(422, code, "body", "", "읽을 수 없음", "Unreadable"), body)

    async def _watch(self) -> None:
        turn = 0
        while True:
            try:
                await self.gate.share(self.pool)
                await self.gateways.match_waiting()
                await self.devices.report_silent()
                if turn % FORGET_EVERY == 0:
                    for statement in FORGET:
                        await self.pool.run(statement)
            except (Unavailable, psycopg.Error) as error:
                log.warning("intakes_look_failed", error=str(error)[:200])
            except Exception:
                log.exception("intakes_look_failed")
            turn += 1
            await asyncio.sleep(LOOK_EVERY_S)


def intakes_of(request: Request) -> Intakes:
    intakes: Intakes = request.app.state.intakes
    return intakes


def install_intakes(app: FastAPI, router: Router) -> Intakes:
    """Routes, CORS and the parts behind them; the caller starts and stops what it gets."""
    from location_router.openapi import install_openapi
    from location_router.senders.routes import sender_routes
    from location_router.senders.sandbox_requests import sandbox_request_routes
    from location_router.senders.web_origins import WebOrigins

    app.state.intakes = Intakes(router)
    app.include_router(sender_routes)
    app.include_router(sandbox_request_routes)
    app.add_middleware(WebOrigins, router=router)
    install_openapi(app)
    return app.state.intakes  # type: ignore[no-any-return]
