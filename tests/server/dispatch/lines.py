"""A center and an agency's own dispatch system beside it, over real sockets; jobs are done by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from location_router.runtime.jobs import Again
from server.actor import SYSTEM
from server.demo import agency_line
from server.demo.agency_line import Ledger
from server.dispatch import jobs, line_routes, responder_routes, routes, service
from server.dispatch.lines import Line, set_line
from tests.server.scene import CENTER, LAT, LON, Scene, app_of, client, installation, listening

KEY = "a key that only this test and its agency know"


@dataclass
class Town:
    """`http` speaks to the center, `ledger` is what the agency's system has."""

    scene: Scene
    ledger: Ledger
    line_url: str
    http: httpx.AsyncClient

    def forward(self, seconds: float) -> None:
        before = self.scene.services.clock
        self.scene.services.clock = lambda: before() + timedelta(seconds=seconds)

    async def line(self, agency: str = "112-demo", **options: Any) -> Line:
        options = {"kind": "webhook", "url": self.line_url, "key": KEY, "center_id": None} | options
        async with self.scene.services.db.begin() as unit:
            return await set_line(unit, self.scene.services, agency_id=agency, actor=SYSTEM, **options)

    async def ask(self, incident_id: UUID, agency: str = "112", **options: Any) -> dict[str, Any]:
        async with self.scene.services.db.begin() as unit:
            return await service.request(
                unit,
                self.scene.services,
                incident_id=incident_id,
                agency=agency,
                actor=self.scene.staff["operator"].actor,
                **options,
            )

    async def deliver(self, card: dict[str, Any]) -> bool:
        """One try of the durable job; False when it wants to try again."""
        try:
            await jobs.deliver(self.scene.services, UUID(card["dispatch_id"]), card["request_no"])
        except Again:
            return False
        return True

    async def update(self, card: dict[str, Any], number: int) -> None:
        await jobs.update(self.scene.services, UUID(card["dispatch_id"]), card["request_no"], number)

    async def say(self, card: dict[str, Any], state: str, *, key: str = KEY, **more: Any) -> httpx.Response:
        signing = {name: more.pop(name) for name in ("message_id", "at") if name in more}
        return await agency_line.say(self.http, path_of(card), key, {"state": state, **more}, **signing)

    async def card(self, card: dict[str, Any]) -> dict[str, Any]:
        (row,) = await self.scene.sql("SELECT * FROM dispatch WHERE dispatch_id = :id", id=UUID(card["dispatch_id"]))
        return row

    async def walk(self, incident_id: UUID, *, north_m: float, ago_s: float = 0) -> None:
        await self.scene.sql(
            "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m, received_at)"
            " SELECT alert_id, :at, center_id, incident_id, :lat, :lon, 8, :at FROM alert WHERE incident_id = :id",
            id=incident_id,
            at=datetime.now(UTC) - timedelta(seconds=ago_s),
            lat=LAT + north_m / 111_000,
            lon=LON,
        )

    async def jobs_of(self, name: str) -> int:
        return int(await self.scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name", name=name))


def path_of(card: dict[str, Any]) -> str:
    return f"/api/lines/{card['agency']['agency_id']}/dispatches/{card['dispatch_id']}/state"


@asynccontextmanager
async def town(url: str, **settings: Any) -> AsyncIterator[Town]:
    """The installation with its API, and an agency's system that nobody has a line to yet."""
    ledger = Ledger(KEY)
    async with installation(url, line_networks="127.0.0.0/8", **settings) as scene:
        app = app_of(scene.services, responder_routes.router, line_routes.router, routes.router)
        async with (
            listening(app) as address,
            agency_line.listening(ledger) as line_url,
            client(address) as http,
        ):
            yield Town(scene, ledger, line_url, http)


__all__ = ["CENTER", "KEY", "Town", "path_of", "town"]
