"""An installation on a fresh database, nothing running beside it: tests start what their story needs."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from location_router.runtime.seal import new_key
from server.app import create_app
from server.console.feed import feed_hub
from server.services import Services, make_services
from server.serving import config_for
from server.settings import Settings
from server.staff.service import add_account
from tests.server.deliveries import Clock


def settings_for(url: str, **more: object) -> Settings:
    values: dict[str, object] = {
        "database_url": url,
        "data_key": new_key(),
        "installation": "serving-1",
        "installation_key": "secret",
        "serves": "all",
        "home_center": "41170",
        "video_gateway": "console",
        "second_factor": "off",
        **more,
    }
    return Settings(**values)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(installation_database: str, clock: Clock) -> AsyncIterator[Services]:
    held = make_services(settings_for(installation_database), clock=clock)
    yield held
    await held.close()


PASSWORD = "correct horse"


@dataclass
class Desk:
    """A center server that listens, and its accounts."""

    url: str
    services: Services

    @asynccontextmanager
    async def browser(self, login: str = "operator", password: str = PASSWORD) -> AsyncIterator[httpx.AsyncClient]:
        """A signed-in client."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=10) as client:
            answer = await client.post("/api/login", json={"login": login, "password": password})
            assert answer.status_code == 200, answer.text
            yield client

    @asynccontextmanager
    async def feed(
        self, browser: httpx.AsyncClient, cursor: dict[str, int] | None = None, **options: Any
    ) -> AsyncIterator[ClientConnection]:
        cookie = f"ansim_session={browser.cookies['ansim_session']}"
        async with connect(
            self.url.replace("http", "ws") + "/api/feed", additional_headers={"Cookie": cookie}, proxy=None, **options
        ) as seat:
            with suppress(ConnectionClosed):  # refused before it could say anything
                await seat.send(json.dumps({"type": "hello", "seat": "s", "cursor": cursor}))
            yield seat


async def add_staff(services: Services) -> None:
    async with services.db.begin() as unit:
        for login, role in (("operator", "operator"), ("colleague", "operator"), ("leader", "supervisor")):
            await add_account(
                unit,
                services,
                login=login,
                password=PASSWORD,
                name=f"{login} 김",
                role=role,
                desk="main",
                networks=["127.0.0.0/8"],
            )
        await add_account(
            unit,
            services,
            login="elsewhere",
            password=PASSWORD,
            name="E",
            role="operator",
            desk="main",
            networks=["10.0.0.0/8"],
        )
        await unit.execute(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES ('112-demo', '112', '112', '112')"
        )
        await add_account(
            unit,
            services,
            login="police",
            password=PASSWORD,
            name="P",
            role="agent",
            agency_id="112-demo",
            networks=["127.0.0.1/32"],
        )


@asynccontextmanager
async def listening(services: Services) -> AsyncIterator[str]:
    """The whole app with everything that runs beside it, on a free port of the loopback."""
    app = create_app(services.settings, services=services)
    server = uvicorn.Server(config_for(app))
    listener = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if task.done():
            task.result()
            raise AssertionError("the server did not start")
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        feed_hub(services).end_all()
        server.should_exit = True
        await task
        listener.close()


@pytest.fixture
async def desk(installation_database: str, clock: Clock) -> AsyncIterator[Desk]:
    """A running center server with five accounts; nothing is connected to it."""
    # nobody listens on port 9: the router is away, and the center goes on without it
    settings = settings_for(installation_database, router_url="http://127.0.0.1:9", serves="41170,11110")
    services = make_services(settings, clock=clock)
    await add_staff(services)
    async with listening(services) as url:
        yield Desk(url, services)
