"""Telling the router that this desk is there: registration once, then a signed heartbeat every two seconds.

A heartbeat says how much waits (incidents nobody has acknowledged), who is there, what the desk can do and what ails
it. Should one of these not be known in time, the beat goes out without: silence would cost the desk its alerts.
The router may be away for as long as it likes: we go on, quietly. It hears of us within two seconds of its return.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import structlog

from location_router.runtime.db import ALL_CENTERS, Unavailable
from location_router.runtime.ending import end
from location_router.runtime.signing import sign
from location_router.wire import CenterHealth
from server.boundaries import boundaries_of
from server.console.jurisdictions import enter_centers
from server.live import Hub
from server.nodes import node_of
from server.people.service import public_key_pem

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("heartbeat")
BEAT_S = 2.0
REGISTER_AGAIN_S = 60.0
LOOK_S = 1.0
VIDEO_LOOK_S = 10.0
DISK_LOW_BYTES = 1_000_000_000

_STANDING = """
SELECT (SELECT count(*) FROM incident WHERE state = 'received' AND active_at IS NOT NULL),
  ARRAY(SELECT DISTINCT a.kind FROM agency a JOIN agreement g USING (agency_id)
        WHERE g.starts_at <= now() AND (g.ends_at IS NULL OR g.ends_at > now()) AND g.suspended_at IS NULL),
  EXISTS (SELECT FROM camera)"""


class Heartbeat:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None
        self.is_heard = False
        self._capabilities: list[str] = []
        self._video_at, self._has_video = -VIDEO_LOOK_S, True

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="heartbeat")

    async def stop(self) -> None:
        await end(self._task)
        await boundaries_of(self._services).stop()

    async def _run(self) -> None:
        registered_at = -REGISTER_AGAIN_S
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                if not self.is_heard or started - registered_at >= REGISTER_AGAIN_S:
                    self._check_node(await self._call("/v1/installations/register", await self._registration()))
                    registered_at = started
                answer = await self._call("/v1/centers/heartbeat", await self._health())
                self._heard(True)
                boundaries_of(self._services).heard(answer)
            except (httpx.HTTPError, Unavailable, OSError) as error:
                self._heard(False, repr(error)[:200])
            except Exception:
                log.exception("heartbeat_failed")
            await self._go_by_borders()
            await asyncio.sleep(max(0.1, BEAT_S - (loop.time() - started)))

    async def _go_by_borders(self) -> None:
        """Also while the router is away: a scheduled version comes into force at its midnight."""
        try:
            async with asyncio.timeout(LOOK_S):
                await enter_centers(self._services)
        except (Unavailable, TimeoutError):
            pass
        except Exception:
            log.exception("centers_not_entered")

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
            **(node.announcement() if (node := node_of(self._services)) else {}),
        }

    def _check_node(self, answer: dict[str, Any]) -> None:
        """The router takes us for registered, but what we send on the bus may be refused: that must be loud."""
        code = (answer.get("node") or {}).get("code", "")
        if code in ("not_vouched", "revoked"):
            log.error("node_key_not_accepted", code=code, installation=self._services.settings.installation)

    def _serves(self) -> Any:
        settings = self._services.settings
        return "all" if settings.serves_all else settings.served_codes

    async def _health(self) -> dict[str, Any]:
        settings, feed = self._services.settings, self._services.shared.get("feed")
        seats = len(feed.seats) if isinstance(feed, Hub) else 0
        queue_length, capabilities, troubles = await self._standing()
        health = CenterHealth(
            installation=settings.installation,
            centers=self._serves(),
            https_url=settings.origin,
            operators_online=seats,
            sent_at=self._services.clock(),
            queue_length=queue_length,
            capabilities=capabilities,
            troubles=troubles,
        )
        return health.model_dump(mode="json")

    async def _standing(self) -> tuple[int, list[str], list[str]]:
        """What waits, what the desk can do, what ails it."""
        queue_length, capabilities, troubles = 0, self._capabilities, []
        try:
            async with asyncio.timeout(LOOK_S), self._services.db.begin(center=ALL_CENTERS) as unit:
                row = await (await unit.driver.execute(_STANDING)).fetchone()
            assert row is not None
            queue_length = int(row[0])
            kinds = {kind for kind in row[1] if kind in ("112", "119")} | ({"cctv"} if row[2] else set())
            capabilities = self._capabilities = sorted(kinds)
        except Exception as error:
            log.warning("standing_unknown", error=repr(error)[:200])
            troubles.append("database_silent")
        if "cctv" in capabilities and not await self._video_answers():
            troubles.append("video_silent")
        if shutil.disk_usage(tempfile.gettempdir()).free < DISK_LOW_BYTES:
            troubles.append("disk_low")
        return queue_length, capabilities, troubles

    async def _video_answers(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._video_at >= VIDEO_LOOK_S:
            self._has_video = bool((await self._services.gateway.health()).get("ok"))
            self._video_at = now
        return self._has_video

    async def _call(self, path: str, message: dict[str, Any]) -> dict[str, Any]:
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
        said: Any = answer.json()
        return said if isinstance(said, dict) else {}
