"""Two API processes behind one address, without a proxy: whichever one the kernel picks, it is one router."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from location_router.bus import PgBus
from location_router.runtime.seal import new_key
from location_router.wire import PositionUpdate, State
from tests.location_router.routers import ANYANG, KEYS, Desk, World, an_alert, until
from tests.location_router.test_live import Line
from tests.location_router.test_serving import a_process

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel shares a port by turns on Linux only"),
]


def a_free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Two:
    """Both processes' own doors, the address they share, and the desk that answers."""

    world: World
    own: list[str]
    processes: list[asyncio.subprocess.Process]
    desk: Desk
    positions: list[PositionUpdate] = field(default_factory=list)

    async def post_to(self, number: int, alert: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.own[number], trust_env=False) as client:
            return await client.post("/v1/alerts", json=alert)

    @asynccontextmanager
    async def line_to(self, number: int, accepted: dict[str, Any]) -> AsyncIterator[Line]:
        path = f"/v1/alerts/{accepted['alert_id']}/live?token={accepted['live_token']}"
        async with connect(self.own[number].replace("http", "ws") + path, proxy=None) as opened:
            yield Line(opened)


@asynccontextmanager
async def two_processes(router_database: str, bus_database: str) -> AsyncIterator[Two]:
    environment = {
        "DATABASE_URL": router_database,
        "BUS_URL": bus_database,
        "DATA_KEY": new_key(),
        "PORT": str(a_free_port()),
        "REUSE_PORT": "1",
        "OWN_PORT": "0",
        "ROUTER_INSTALLATION_KEYS": json.dumps(KEYS),
    }
    async with AsyncExitStack() as stack:
        commands = ("serve", "serve", "worker")
        started = await asyncio.gather(*(stack.enter_async_context(a_process(one, environment)) for one in commands))
        (first, ready), (second, other), _ = started
        assert ready["url"] == other["url"] and ready["own_url"] != other["own_url"]
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=ready["url"], trust_env=False))
        bus = PgBus(bus_database)
        stack.push_async_callback(bus.close)
        world = World(ready["url"], None, client, router_database, bus)  # type: ignore[arg-type]
        await world.register("serving-1", "all")
        for door in (ready["own_url"], other["own_url"]):  # each process reads the registry for itself, twice a second
            for _ in range(200):
                if '"serving-1"' in (await client.get(f"{door}/v1/centers")).text:
                    break
                await asyncio.sleep(0.05)
        both = Two(world, [ready["own_url"], other["own_url"]], [first, second], await Desk("serving-1", bus).listen())

        async def placed(_: str, body: bytes) -> None:
            both.positions.append(PositionUpdate.model_validate_json(body))

        await bus.subscribe_latest("position.serving-1", placed)
        yield both


async def test_two_processes_share_an_address_and_are_one_router(router_database: str, bus_database: str) -> None:
    async with two_processes(router_database, bus_database) as both:
        await _one_effect_of_one_alert_at_both(both)
        await _a_line_hears_what_came_through_the_other(both)
        await _a_killed_process_costs_one_more_try(both)


async def _one_effect_of_one_alert_at_both(both: Two) -> None:
    alert = an_alert()
    answers = await asyncio.gather(*(both.post_to(number % 2, alert) for number in range(8)))
    assert {one.status_code for one in answers} == {202}
    assert len({(one.json()["assignment_no"], one.json()["received_at"]) for one in answers}) == 1
    await until(lambda: both.desk.deliveries)
    counts = "SELECT (SELECT count(*) FROM alert), (SELECT count(*) FROM assignment), (SELECT count(*) FROM delivery)"
    assert both.world.rows(counts) == [(1, 1, 1)]


async def _a_line_hears_what_came_through_the_other(both: Two) -> None:
    accepted = (await both.post_to(0, an_alert(caller={"nickname": "민서", "phone": "010-2222-3333"}))).json()
    name = accepted["alert_id"]
    await until(lambda: name in {str(one.alert.alert_id) for one in both.desk.deliveries})
    index = [str(one.alert.alert_id) for one in both.desk.deliveries].index(name)
    async with both.line_to(0, accepted) as here, both.line_to(1, accepted) as there:
        await both.desk.say(State.ACKNOWLEDGED, index=index)
        for line in (here, there):
            while (await line.next("status"))["status"]["state"] != "acknowledged":
                pass
        await there.move(7, lat=37.41)
        await there.next("ack")
        await until(lambda: [one for one in both.positions if str(one.alert_id) == name and one.position.seq == 7])
        async with httpx.AsyncClient(base_url=both.own[0], trust_env=False) as client:
            batch = {"positions": [{**ANYANG, "accuracy_m": 9, "fixed_at": "2026-11-21T01:00:09Z", "seq": 9}]}
            token = {"Authorization": f"Bearer {accepted['live_token']}"}
            assert (await client.post(f"/v1/alerts/{name}/positions", json=batch, headers=token)).status_code == 202
        await until(lambda: [one for one in both.positions if str(one.alert_id) == name and one.position.seq == 9])


async def _a_killed_process_costs_one_more_try(both: Two) -> None:
    """Every phone has a connection of its own; those that the kernel had given to the dead one try again."""
    both.processes[0].kill()
    await both.processes[0].wait()
    tries: Counter[int] = Counter()

    async def call(number: int) -> None:
        alert = an_alert(caller={"nickname": "수아", "phone": f"010-4444-{number:04d}"})
        for attempt in range(1, 6):
            try:
                async with httpx.AsyncClient(base_url=both.world.url, trust_env=False) as client:
                    if (await client.post("/v1/alerts", json=alert)).status_code == 202:
                        tries[attempt] += 1
                        return
            except httpx.HTTPError:
                await asyncio.sleep(0.05)

    async with asyncio.timeout(30):
        await asyncio.gather(*(call(number) for number in range(10)))
    assert sum(tries.values()) == 10
    await until(lambda: both.world.rows("SELECT count(*) FROM alert WHERE owner_receipt_at IS NULL") == [(0,)])
