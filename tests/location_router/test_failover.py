"""PostGIS fails over under a router that takes alerts: nothing acknowledged is lost, and it goes on by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from location_router.runtime.db import Database, Unavailable
from location_router.runtime.pool import Pool
from location_router.runtime.provision import provision
from tests.location_router.lost.worlds import find, point
from tests.location_router.routers import ANYANG, Desk, World, a_world, an_alert, until
from tests.location_router.standby import Pair, a_pair

pytestmark = pytest.mark.database


@pytest.fixture
def pair(cluster_folder: Path) -> Iterator[Pair]:
    with a_pair(cluster_folder) as both:
        yield both


@dataclass
class Caller:
    """Phones that each send one alert again and again until it is acknowledged, as ours do."""

    world: World
    acknowledged: dict[str, float] = field(default_factory=dict)
    refusals: list[httpx.Response] = field(default_factory=list)

    async def call(self, alert: dict[str, Any]) -> None:
        while True:
            with suppress(httpx.HTTPError):
                answer = await self.world.post(alert)
                if answer.status_code == 202:
                    self.acknowledged[alert["alert_id"]] = time.monotonic()
                    return
                self.refusals.append(answer)
            await asyncio.sleep(0.1)


@asynccontextmanager
async def calling(world: World) -> AsyncIterator[Caller]:
    """Somebody new calls every 50 ms, until the block ends; then everybody gets through."""
    caller, tasks = Caller(world), []

    async def come() -> None:
        while True:
            number = f"010-{len(tasks):04d}-{uuid4().int % 10_000:04d}"
            alert = an_alert(caller={"nickname": "지영", "phone": number})
            tasks.append(asyncio.create_task(caller.call(alert)))
            await asyncio.sleep(0.05)

    coming = asyncio.create_task(come())
    try:
        yield caller
    finally:
        coming.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)


async def test_the_primary_dies_the_standby_takes_over_and_every_acknowledged_alert_arrives(pair: Pair) -> None:
    for kind in ("router", "bus"):
        await asyncio.to_thread(provision, pair.url("postgres"), kind, kind)
    async with a_world(pair.url("router"), pair.url("bus")) as world:
        desk = await Desk("serving-1", world.bus).listen()
        await world.register("serving-1", "all")
        async with calling(world) as caller:
            await until(lambda: len(caller.acknowledged) > 5)
            await asyncio.to_thread(pair.kill_first)
            await until(lambda: caller.refusals)
            while_away = await world.client.post("/lost", content=find(point(**ANYANG)), headers=LOST)
            assert while_away.status_code == 200 and b"findServiceResponse" in while_away.content
            assert (await world.client.get("/v1/centers")).status_code == 200
            await asyncio.to_thread(pair.promote_second)
            promoted_at = time.monotonic()
            await until(lambda: max(caller.acknowledged.values()) > promoted_at, within_s=20)
            assert {one.status_code for one in caller.refusals} == {503}
            assert all(one.headers["Retry-After"] for one in caller.refusals)
        kept = {str(row[0]) for row in world.rows("SELECT alert_id FROM alert")}
        assert set(caller.acknowledged) <= kept
        await until(lambda: {str(one.alert.alert_id) for one in desk.deliveries} >= kept)
        receipts = "SELECT count(*) FROM alert WHERE owner_receipt_at IS NULL"
        await until(lambda: world.rows(receipts) == [(0,)])


LOST = {"Content-Type": "application/lost+xml"}
DEMOTE = "SET default_transaction_read_only = on"  # as a server does that was made read-only beneath us


async def test_a_pool_leaves_a_server_that_was_demoted_and_finds_the_primary_again(router_database: str) -> None:
    pool = Pool(router_database, size=1, name="one")
    await pool.open()
    try:
        await pool.run(DEMOTE)
        with pytest.raises(Unavailable):  # also for those who only read: it would show yesterday for ever
            await pool.run("SELECT 1")
        assert await pool.run("UPDATE center SET name_en = name_en RETURNING 1") == []
    finally:
        await pool.close()


async def test_an_engine_leaves_a_server_that_was_demoted_also_in_the_middle_of_a_transaction(
    router_database: str,
) -> None:
    database = Database(router_database, pool_size=1)
    try:
        with pytest.raises(Unavailable):
            async with database.begin() as unit:
                await unit.execute("SET TRANSACTION READ ONLY")
                await unit.execute("UPDATE center SET name_en = name_en")
        async with database.begin() as unit:
            await unit.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        with pytest.raises(Unavailable):
            async with database.begin() as unit:
                pytest.fail("a demoted server must not be read")
        async with database.begin() as unit:
            await unit.execute("UPDATE center SET name_en = name_en")
    finally:
        await database.close()
