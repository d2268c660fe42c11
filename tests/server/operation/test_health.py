"""Ready is not alive: a proxy is told to look away before the process goes, and while the database is away."""

from __future__ import annotations

import asyncio
import signal

import httpx
import psycopg
import pytest

from location_router.runtime.db import conninfo
from server.doctor import _reads
from server.operation import health
from server.operation.health import not_ready
from server.services import make_services
from tests.server.conftest import settings_for
from tests.server.scene import app_of, installation
from tests.server.test_serving import environment, start

pytestmark = pytest.mark.database


async def test_a_server_that_is_asked_to_go_serves_on_until_the_proxy_has_looked_away(
    installation_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAIN_S", "1.5")
    services = make_services(settings_for(installation_database))
    assert environment(services)["DRAIN_S"] == "1.5"
    process, told = await asyncio.to_thread(start, "serve", services)
    await services.close()
    try:
        async with httpx.AsyncClient(base_url=told["url"], trust_env=False) as client:
            assert (await client.get("/readyz")).json() == {"ready": True, "why": []}
            await client.get("/api/incidents/00000000-0000-0000-0000-000000000001")
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            answer = await client.get("/readyz")
            assert (answer.status_code, answer.json()["why"]) == (503, ["stopping"])
            assert (await client.get("/healthz")).status_code == 200, "it still serves who comes"
            metrics = (await client.get("/metrics")).text
        assert "ansim_ready 0.0" in metrics
        line = 'ansim_http_requests_total{method="GET",route="/api/incidents/{incident_id}",status="4xx"} 1.0'
        assert line in metrics, "counted by template, no id in it"
        assert await asyncio.to_thread(process.wait, 20) == 0
    finally:
        process.kill()
        assert process.stdout is not None
        process.stdout.close()


async def test_a_database_that_answers_and_gives_nothing_is_said_by_each_that_is_asked(
    installation_database: str, installation_database_admin: str
) -> None:
    """A table whose right was taken away, and one that a change holds."""
    async with installation(installation_database) as scene:
        services, app = scene.services, app_of(scene.services, health.router)
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://center")
        services.shared["is_up"] = True
        holder = await psycopg.AsyncConnection.connect(conninfo(installation_database_admin), autocommit=True)
        async with holder, http as asked:

            async def told() -> tuple[bool, list[str], list[str]]:
                services.shared.pop("reads", None)  # what was looked at a moment ago
                answer = await asked.get("/healthz")
                assert answer.status_code == 200, "it is alive"
                doctor = [said for name, ok, said in await _reads(services) if not ok]
                return answer.json()["ok"], await not_ready(services), doctor

            assert await told() == (True, [], [])
            await holder.execute("REVOKE SELECT ON incident FROM ansim_app")
            ok, why, (said,) = await told()
            assert not ok and why == ["database"] and "incident (InsufficientPrivilege)" in said
            await holder.execute("GRANT SELECT ON incident TO ansim_app")
            assert await told() == (True, [], [])
            async with holder.transaction():
                await holder.execute("LOCK TABLE camera IN ACCESS EXCLUSIVE MODE")
                ok, why, (said,) = await told()
                assert not ok and why == ["database"] and "camera (QueryCanceled)" in said
                services.shared.pop("reads", None)
                await asked.get("/healthz")  # whoever asks for it holds up none of those that look for what is due
                assert await asyncio.wait_for(services.db.look("SELECT 1"), 30) == [(1,)]


async def test_without_its_database_it_is_alive_and_not_ready() -> None:
    services = make_services(settings_for("postgresql+psycopg://ansim_app@127.0.0.1:9/nowhere?connect_timeout=1"))
    services.shared["is_up"] = True
    assert await not_ready(services) == ["database"]
    await services.close()
