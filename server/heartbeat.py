"""Telling the router that this desk is there: registration once, then a signed heartbeat every two seconds.

The router may be away for as long as it likes: we go on, quietly. It hears of us within two seconds of its return.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import structlog

from location_router.runtime.db import Unavailable
from location_router.runtime.signing import sign
from location_router.wire import CenterHealth
from server.live import Hub
from server.people.service import public_key_pem

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("heartbeat")
BEAT_S = 2.0
REGISTER_AGAIN_S = 60.0


class Heartbeat:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None
        self.is_heard = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="heartbeat")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        registered_at = -REGISTER_AGAIN_S
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                if not self.is_heard or started - registered_at >= REGISTER_AGAIN_S:
                    await self._call("/v1/installations/register", await self._registration())
                    registered_at = started
                await self._call("/v1/centers/heartbeat", self._health())
                self._heard(True)
            except (httpx.HTTPError, Unavailable, OSError) as error:
                self._heard(False, repr(error)[:200])
            except Exception:
                log.exception("heartbeat_failed")
            await asyncio.sleep(max(0.1, BEAT_S - (loop.time() - started)))

    def _heard(self, heard: bool, why: str = "") -> None:
        if heard != self.is_heard:
            log.info("router_hears_us") if heard else log.warning("router_away", error=why)
        self.is_heard = heard

    async def _registration(self) -> dict[str, Any]:
        settings = self._services.settings
        return {
            "installation": settings.installation,
            "https_url": settings.origin,
            "public_key_pem": await public_key_pem(self._services),
            "home_center": settings.home_center,
            "serves": self._serves(),
        }

    def _serves(self) -> Any:
        settings = self._services.settings
        return "all" if settings.serves_all else settings.served_codes

    def _health(self) -> dict[str, Any]:
        settings, feed = self._services.settings, self._services.shared.get("feed")
        seats = len(feed.seats) if isinstance(feed, Hub) else 0
        health = CenterHealth(
            installation=settings.installation,
            centers=self._serves(),
            https_url=settings.origin,
            operators_online=seats,
            sent_at=self._services.clock(),
        )
        return health.model_dump(mode="json")

    async def _call(self, path: str, message: dict[str, Any]) -> None:
        settings, body = self._services.settings, orjson.dumps(message)
        headers = sign(
            settings.installation_key,
            installation=settings.installation,
            method="POST",
            path=path,
            body=body,
            now=self._services.clock().timestamp(),
        )
        answer = await self._services.router_client.post(
            path, content=body, headers={**headers, "Content-Type": "application/json"}
        )
        answer.raise_for_status()
