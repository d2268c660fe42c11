"""NatsBus on a real nats-server: the conformance suite, and what only this engine has to prove."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from location_router.natsbus import NatsBus
from tests.contract.bus_conformance import BusConformance, Buses, Restart
from tests.nats import NatsServer, single_server

NAMES = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    one = single_server(tmp_path_factory.mktemp("nats")).start()
    yield one
    one.stop()


@pytest.fixture
async def buses(server: NatsServer) -> AsyncIterator[Buses]:
    """Each test has streams of its own on the one server."""
    opened: list[NatsBus] = []
    prefix = f"t{next(NAMES)}"

    def another(**options: object) -> NatsBus:
        opened.append(NatsBus(f"nats://127.0.0.1:{server.port}/?prefix={prefix}", **options))  # type: ignore[arg-type]
        return opened[-1]

    yield another
    for bus in opened:
        await bus.close()


@pytest.fixture
def restart(server: NatsServer) -> Restart:
    async def kill_and_start() -> None:
        server.kill()
        await asyncio.to_thread(server.start)

    return kill_and_start


class TestNatsBus(BusConformance):
    pass
