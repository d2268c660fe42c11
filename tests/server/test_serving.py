"""The programs as programs: a ready line, an end within three seconds, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Request
from websockets.asyncio.client import connect

from location_router.runtime.db import conninfo
from server.connection import address_of
from server.services import Services, make_services
from server.serving import config_for
from tests.server.conftest import PASSWORD, add_staff, settings_for
from tests.server.test_events import write

pytestmark = pytest.mark.database


def environment(services: Services) -> dict[str, str]:
    held = services.settings
    return {
        **os.environ,
        "DATABASE_URL": held.database_url,
        "DATA_KEY": held.data_key,
        "PORT": "0",
        "SERVES": "41170",
        "INSTALLATION_KEY": "secret",
        "ROUTER_URL": "http://127.0.0.1:9",
        "VIDEO_GATEWAY": "console",
    }


def start(role: str, services: Services) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "server", role],
        env=environment(services),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def end(process: subprocess.Popen[str]) -> None:
    """It must end by itself with 0."""
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        assert process.stdout is not None
        process.stdout.close()


async def test_the_server_stops_while_a_seat_looks_on(installation_database: str) -> None:
    services = make_services(settings_for(installation_database))
    await add_staff(services)
    process, ready = await asyncio.to_thread(start, "serve", services)
    await services.close()
    assert ready["ready"] and ready["role"] == "server" and ready["pid"] == process.pid
    async with httpx.AsyncClient(base_url=ready["url"], trust_env=False) as client:
        assert (await client.get("/healthz")).json()["ok"]
        assert "ansim_open_incidents 0.0" in (await client.get("/metrics")).text
        page = await client.get("/login")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        answer = await client.post("/api/login", json={"login": "operator", "password": PASSWORD})
        cookie = f"ansim_session={answer.cookies['ansim_session']}"
        async with connect(
            ready["url"].replace("http", "ws") + "/api/feed", proxy=None, additional_headers={"Cookie": cookie}
        ) as seat:
            await seat.send(json.dumps({"type": "hello", "seat": "s", "cursor": None}))
            assert json.loads(await seat.recv())["type"] == "snapshot"
            await asyncio.to_thread(end, process)


async def test_verify_log_names_the_first_bad_event(services: Services, installation_database_admin: str) -> None:
    await write(services, 5)

    def verify_log() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "server", "verify-log", "--json"],
            env=environment(services),
            capture_output=True,
            text=True,
            check=False,
        )

    whole = await asyncio.to_thread(verify_log)
    assert (whole.returncode, json.loads(whole.stdout)["ok"]) == (0, True), whole.stderr
    async with await psycopg.AsyncConnection.connect(conninfo(installation_database_admin)) as owner:
        await owner.execute("UPDATE event SET tag = 'incident:closed' WHERE seq = 3")
    bad = await asyncio.to_thread(verify_log)
    assert (bad.returncode, json.loads(bad.stdout)["first_bad"]["seq"]) == (1, 3)


def test_a_missing_setting_is_one_clear_line() -> None:
    bare = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATA_KEY")}
    said = subprocess.run(
        [sys.executable, "-m", "server", "serve"], env=bare, capture_output=True, text=True, check=False
    )
    assert said.returncode == 2 and "DATA_KEY: Field required" in said.stderr and "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("proxies", "sender", "address"),
    [("", "127.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.1", "10.0.0.5"), ("10.9.9.9", "127.0.0.1", "127.0.0.1")],
)
async def test_only_a_named_proxy_is_believed_about_the_address(proxies: str, sender: str, address: str) -> None:
    app = FastAPI()
    app.state.services = SimpleNamespace(settings=SimpleNamespace(trusted_proxies=proxies))

    @app.get("/")
    async def who(request: Request) -> str:
        return address_of(request)

    config = config_for(app)
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=(sender, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/", headers={"X-Forwarded-For": "10.0.0.5"})
    assert answer.json() == address
