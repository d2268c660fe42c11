"""A center behind its own leaf server: an alert goes through, the line is cut, both go on, and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psycopg
import pytest

from location_router.natsconfig import HubServer, Leaf, Plan, write
from location_router.runtime.db import conninfo
from location_router.runtime.seal import new_key
from server.app import create_app
from server.settings import Settings
from tests.databases import TestDatabase
from tests.location_router.routers import KEYS, World, a_world, an_alert, served, until
from tests.nats import NatsServer, free_ports, nats_server_binary


class Line:
    """The line between leaf and hub, as a relay that can be cut."""

    def __init__(self, listen: int, target: int) -> None:
        self._listen, self._target = listen, target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self._listen)

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            self._open |= {writer, back}
            await asyncio.gather(self._copy(reader, back), self._copy(there, writer))
            self._open -= {writer, back}

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()


@pytest.fixture
async def nation(tmp_path: Path) -> AsyncIterator[tuple[Plan, Line]]:
    """One hub server, one leaf, and the line between them; the leaf may only dial the line."""
    ports = free_ports(7)
    hub_place = HubServer("hub-1", "127.0.0.1", *ports[:4], leaf_address=f"127.0.0.1:{ports[6]}")
    plan = Plan([hub_place], [Leaf("serving-1", "c41170", *ports[4:6])], tmp_path, store=str(tmp_path / "store"))
    files, binary = write(plan), nats_server_binary()
    line = Line(ports[6], ports[2])
    await line.mend()
    servers = [NatsServer(files["hub-1"], ports[0], binary), NatsServer(files["leaf-serving-1"], ports[4], binary)]
    for one in servers:
        await asyncio.to_thread(one.start)
    yield plan, line
    await line.cut()
    for one in servers:
        one.stop()


def incidents(database: TestDatabase) -> dict[str, int]:
    """How many incidents of the center hold each alert."""
    with psycopg.connect(conninfo(database.admin)) as connection:
        rows = connection.execute("SELECT alert_id::text, count(DISTINCT incident_id) FROM alert GROUP BY 1").fetchall()
    return dict(rows)


def receipts(world: World) -> set[str]:
    return {str(row[0]) for row in world.rows("SELECT DISTINCT alert_id FROM delivery WHERE receipt_at IS NOT NULL")}


async def raise_alert(world: World) -> str:
    alert = an_alert()
    answer = await world.post(alert)
    assert answer.status_code == 202
    return str(alert["alert_id"])


async def test_a_cut_line_loses_and_doubles_nothing(
    nation: tuple[Plan, Line],
    router_database: str,
    installation_db: TestDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan, line = nation
    monkeypatch.setenv("NODE_LIST", str(tmp_path / "nodes.json"))
    patient = {"deliver_https_s": 60.0, "deliver_next_s": 90.0}  # the bus alone must do it
    async with a_world(router_database, plan.hub_url(), **patient) as world:
        center = create_app(
            Settings(
                database_url=installation_db.url,
                bus_url=plan.leaf_url(plan.leaves[0]),
                data_key=new_key(),
                router_url=world.url,
                installation="serving-1",
                installation_key=KEYS["serving-1"],
                serves="all",
                video_gateway="console",
            )
        )
        async with served(center) as url:
            await until(lambda: world.router.nodes.domains.get("serving-1") == "c41170", within_s=8)
            first = await raise_alert(world)
            await until(lambda: first in receipts(world), within_s=8)

            await line.cut()
            during = [await raise_alert(world) for _ in range(3)]
            await center.state.services.bus.publish("status", "local", b"{}")  # the leaf takes it without the hub
            async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
                assert (await http.get("/healthz")).status_code == 200
            assert not receipts(world) & set(during)

            await line.mend()
            await until(lambda: receipts(world) == {first, *during}, within_s=15)
            assert incidents(installation_db) == dict.fromkeys((first, *during), 1)
            await until(lambda: world.rows("SELECT 1 FROM quarantine WHERE code = 'bus_malformed'"), within_s=8)
