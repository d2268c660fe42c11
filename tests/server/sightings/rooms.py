"""Browsers of everybody at an installation whose clock the story moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from server.dispatch import routes as dispatch_routes
from server.dispatch.service import KST
from server.sightings import request_routes, routes
from server.sightings.deadlines import advance_due
from server.staff.routes import COOKIE
from tests.server.deliveries import Clock
from tests.server.scene import CENTER, LAT, LON, SEAT, Scene, app_of, installation

REASON = "역 앞 강도 용의자의 도주로를 확인해야 합니다."


@dataclass
class Room:
    """Browsers of everybody, and a clock that the story moves."""

    scene: Scene
    browsers: dict[str, httpx.AsyncClient]

    @property
    def clock(self) -> Clock:
        clock: Clock = self.scene.services.clock  # type: ignore[assignment]
        return clock

    async def says(self, login: str, path: str, method: str = "POST", **body: Any) -> httpx.Response:
        more = {} if method in ("GET", "DELETE") else {"json": body}
        return await self.browsers[login].request(method, f"/api{path}", **more)

    async def asks(self, number: int, login: str = "police", **changes: Any) -> httpx.Response:
        now = self.clock()
        kind = "119" if login == "fire" else "disaster" if login == "room" else "112"
        body = {
            "case_no": f"{kind}-{now.astimezone(KST):%Y%m%d}-{number:05d}",
            "basis": "pipa-18-2-7",
            "reason": REASON,
            "place": {"lat": LAT, "lon": LON},
            "until_at": (now + timedelta(hours=1)).isoformat(),
        }
        return await self.says(login, "/agency/video-requests", **(body | changes))

    async def forward(self, seconds: float) -> None:
        """Later; everybody has signed in anew, and the sweeper looks."""
        self.clock.forward(seconds)
        until = self.clock() + timedelta(hours=1)
        await self.scene.sql("UPDATE session SET seen_at = :now, expires_at = :until", now=self.clock(), until=until)
        await advance_due(self.scene.services)


@asynccontextmanager
async def a_room(database: str) -> AsyncIterator[Room]:
    """With a disaster room beside 112 and 119."""
    async with installation(database) as scene:
        scene.services.clock = Clock()
        await _disaster_room(scene)
        app, browsers = app_of(scene.services, dispatch_routes.router, request_routes.router, routes.router), {}
        for login, viewer in scene.staff.items():
            digest = scene.services.sealer.digest(f"token-of-{login}", context="session")
            await scene.sql(
                "UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id
            )
            transport = httpx.ASGITransport(app, client=(SEAT, 1))
            cookies = {COOKIE: f"token-of-{login}"}
            browsers[login] = httpx.AsyncClient(transport=transport, base_url="http://center", cookies=cookies)
        yield Room(scene, browsers)
        for one in browsers.values():
            await one.aclose()


async def _disaster_room(scene: Scene) -> None:
    """A city's room for disasters, with an agreement of its own."""
    await scene.sql(
        "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES ('room', 'disaster', '재난상황실', 'Room')"
    )
    await scene.sql(
        "INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, legal_bases, may_view_live, starts_at)"
        " VALUES (gen_random_uuid(), :center, 'room', '{disaster}', '{pipa-18-2-10}', true, '2024-01-01Z')",
        center=CENTER,
    )
    await scene.add("room", "agent")
    await scene.sql("UPDATE account SET agency_id = 'room' WHERE login = 'room'")
