"""Positions give way under load, alerts don't."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from location_router.thinning import THIN_GAP_S, Thinning
from tests.location_router.routers import Desk, a_world, an_alert, until


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_dropped_without_load_and_every_alert_keeps_some_under_it() -> None:
    clock, metrics = Clock(), CollectorRegistry()
    thinning, phones = Thinning(metrics, per_s=10, clock=clock), [uuid4() for _ in range(20)]
    assert sum(thinning.keeps(phones[0]) for _ in range(10)) == 10
    kept = dict.fromkeys(phones, 0)
    for _ in range(100):  # ten seconds, two hundred positions a second
        clock.now += 0.1
        for phone in phones:
            kept[phone] += thinning.keeps(phone)
    assert all(5 <= count <= 5 + 10 * 10 for count in kept.values()), "one each two seconds at least"
    assert sum(kept.values()) < 250
    assert metrics.get_sample_value("ansim_router_positions_shed_total") == 2000 - sum(kept.values())


def test_a_late_loop_thins_too_and_recovers() -> None:
    clock = Clock()
    thinning, phone = Thinning(CollectorRegistry(), clock=clock), uuid4()
    assert thinning.keeps(phone)
    thinning.came_late(0.2)
    assert not thinning.keeps(phone)
    clock.now += THIN_GAP_S
    assert thinning.keeps(phone) and thinning.keeps(phone)


@pytest.mark.database
async def test_an_alert_does_not_wait_while_positions_hold_all_their_connections(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()

        async def hold() -> None:
            async with world.router.positions.connection() as conn:
                await conn.execute("SELECT pg_sleep(60)")

        busy = [asyncio.create_task(hold()) for _ in range(6)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(15):
            assert (await world.post(an_alert())).status_code == 202
            await until(lambda: desk.deliveries)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
