"""The router's processes as the demo starts them: ready line, shared work, a clean stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from location_router.bus import PgBus
from location_router.runtime.seal import new_key
from location_router.runtime.signing import sign
from tests.location_router.routers import KEYS, Desk, an_alert, until

pytestmark = pytest.mark.database


@asynccontextmanager
async def a_process(command: str, environment: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "location_router",
        command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), 40))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_serve_and_worker_come_up_deliver_and_stop_within_three_seconds(
    router_database: str, bus_database: str
) -> None:
    environment = {
        "DATABASE_URL": router_database,
        "BUS_URL": bus_database,
        "DATA_KEY": new_key(),
        "PORT": "0",
        "ROUTER_INSTALLATION_KEYS": json.dumps(KEYS),
    }
    bus = PgBus(bus_database)
    async with a_process("serve", environment) as (serve, ready), a_process("worker", environment) as (worker, beside):
        assert (ready["ready"], ready["role"], ready["pid"]) == (True, "router", serve.pid)
        assert (beside["role"], beside["pid"]) == ("router-worker", worker.pid)
        async with httpx.AsyncClient(base_url=ready["url"], trust_env=False) as client:
            body = json.dumps({"installation": "serving-1", "serves": "all"}).encode()
            path = "/v1/installations/register"
            headers = sign(
                KEYS["serving-1"], installation="serving-1", method="POST", path=path, body=body, now=time.time()
            )
            assert (await client.post(path, content=body, headers=headers)).json()["serves"] > 200
            desk = await Desk("serving-1", bus).listen()
            assert (await client.post("/v1/alerts", json=an_alert())).status_code == 202
            await until(lambda: desk.deliveries)
            for _ in range(100):
                if "ansim_delivery_p50_seconds 0.0\n" not in (metrics := (await client.get("/metrics")).text):
                    break
                await asyncio.sleep(0.05)
            assert "ansim_alerts_undelivered_15s 0" in metrics and "ansim_database_up 1.0" in metrics
        for process in (serve, worker):
            process.send_signal(signal.SIGTERM)
        assert [await asyncio.wait_for(process.wait(), 20) for process in (serve, worker)] == [0, 0]
    await bus.close()


async def test_missing_settings_are_named() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BUS_URL")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "location_router",
        "serve",
        env=environment | {"DATA_KEY": new_key()},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 2 and b"Traceback" not in said
    assert b"DATABASE_URL: Field required" in said and b"BUS_URL: Field required" in said
