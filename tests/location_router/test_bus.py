"""PgBus: the conformance suite, and what only an engine in PostgreSQL can promise."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from location_router.bus import PgBus, bus_from_url
from location_router.runtime.db import Unavailable, conninfo
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from location_router.runtime.seal import new_key
from tests.contract.bus_conformance import BusConformance, Buses, Inbox, Restart, eventually
from tests.databases import TestDatabase

pytestmark = pytest.mark.database


@pytest.fixture
def own_cluster(cluster_folder: Path) -> Iterator[PrivateCluster]:
    cluster = PrivateCluster(name="bus", durable=True, state=cluster_folder, on_progress=lambda line: None)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def own_bus(own_cluster: PrivateCluster) -> str:
    return provision(own_cluster.url("postgres"), "bus", "bus")


@pytest.fixture
def restart(own_cluster: PrivateCluster) -> Restart:
    async def kill_and_start() -> None:
        assert own_cluster.pid is not None
        os.kill(own_cluster.pid, signal.SIGKILL)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(own_cluster.restart)

    return kill_and_start


@pytest.fixture
async def buses(request: pytest.FixtureRequest) -> AsyncIterator[Buses]:
    """On the shared server; a test that restarts it gets a cluster of its own."""
    owned = "restart" in request.fixturenames
    url = request.getfixturevalue("own_bus" if owned else "bus_database")
    opened: list[PgBus] = []

    def another(**options: Any) -> PgBus:
        opened.append(PgBus(url, **options))
        return opened[-1]

    yield another
    for bus in opened:
        await bus.close()


class TestPgBus(BusConformance):
    pass


async def test_a_hint_carries_a_message_across_processes_without_waiting_for_the_poll(
    buses: Buses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("location_router.pgbus.POLL_S", 30.0)
    sender, receiver, inbox, values = buses(), buses(), Inbox(), Inbox()
    await receiver.subscribe("alert.a", "intake", inbox)
    await receiver.subscribe_latest("position.a", values)
    await eventually(receiver._listener.connected.is_set)
    for number in range(10):
        await sender.publish("alert.a", f"m{number}", b"{}")
    await sender.latest("position.a", "k", b"1")
    await eventually(lambda: len(inbox.got) == 10 and values.ids == ["k"])


async def test_a_message_nobody_can_handle_is_parked_with_its_error(bus_db: TestDatabase) -> None:
    bus = PgBus(bus_db.url, max_attempts=2)
    try:
        await bus.publish("alert.a", "poison", b"{}")
        await bus.subscribe("alert.a", "intake", Inbox(failures=99))
        await eventually(lambda: bool(_rows(bus_db, "SELECT 1 FROM bus_dead")))
        assert _rows(bus_db, "SELECT message_id, error, attempts FROM bus_dead") == [
            ("poison", "RuntimeError: not yet", 2)
        ]
        assert not _rows(bus_db, "SELECT 1 FROM bus_pending")
    finally:
        await bus.close()


async def test_a_handler_whose_database_is_away_never_costs_a_message(bus_db: TestDatabase) -> None:
    bus, calls = PgBus(bus_db.url, max_attempts=1), 0

    async def away_twice(_: str, __: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise Unavailable("restarting")

    try:
        await bus.publish("alert.a", "m1", b"{}")
        await bus.subscribe("alert.a", "intake", away_twice)
        await eventually(lambda: calls == 3)
        assert not _rows(bus_db, "SELECT 1 FROM bus_dead")
    finally:
        await bus.close()


CONSUMER = """
import asyncio, sys
from location_router.bus import PgBus
async def main():
    async def hold(message_id, body):
        print(message_id, flush=True)
        await asyncio.sleep(60)
    await PgBus(sys.argv[1]).subscribe("alert.a", "intake", hold)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_kill_9_of_a_consumer_frees_its_messages_at_once(bus_database: str) -> None:
    bus, inbox = PgBus(bus_database), Inbox()
    for number in range(5):
        await bus.publish("alert.a", f"m{number}", b"{}")
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CONSUMER, bus_database, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert victim.stdout is not None
        assert await asyncio.wait_for(victim.stdout.readline(), 20) == b"m0\n"
        await bus.subscribe("alert.a", "intake", inbox)
        await asyncio.sleep(0.3)
        assert inbox.got == [], "the victim holds them"
        os.kill(victim.pid, signal.SIGKILL)
        await eventually(lambda: inbox.ids == [f"m{number}" for number in range(5)], within_s=5)
    finally:
        if victim.returncode is None:
            victim.kill()
        await victim.wait()
        await bus.close()


async def test_with_a_key_nothing_readable_is_stored(bus_db: TestDatabase) -> None:
    key, inbox = new_key(), Inbox()
    bus = bus_from_url(bus_db.url, key=key)
    try:
        await bus.publish("alert.a", "m1", '{"nickname":"지영"}'.encode())
        stored = bytes(_rows(bus_db, "SELECT body FROM bus_message")[0][0])
        assert "지영".encode() not in stored
        await bus.subscribe("alert.a", "intake", inbox)
        await eventually(lambda: inbox.got == [("m1", '{"nickname":"지영"}'.encode())])
    finally:
        await bus.close()


async def test_old_messages_go_only_when_everyone_has_handled_them(bus_db: TestDatabase) -> None:
    bus = PgBus(bus_db.url)
    try:
        await bus.publish("alert.a", "handled", b"{}")
        await bus.publish("alert.b", "waiting", b"{}")
        inbox = Inbox()
        await bus.subscribe("alert.a", "intake", inbox)
        await eventually(lambda: bool(inbox.got) and not _rows(bus_db, "SELECT 1 FROM bus_pending"))
        assert await bus.purge() == 0, "not before a day has passed"
        _rows(bus_db, "UPDATE bus_message SET published_at = now() - interval '25 hours' RETURNING 1")
        assert await bus.purge() == 1
        assert _rows(bus_db, "SELECT message_id FROM bus_message") == [("waiting",)]
    finally:
        await bus.close()


def _rows(database: TestDatabase, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo(database.admin), autocommit=True) as connection:
        return connection.execute(statement).fetchall()
