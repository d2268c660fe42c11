"""Knocking at a desk's own address: a few at a time, and ever more rarely while nobody answers."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI, Response

from location_router.inboxes import AT_ONCE
from tests.location_router.routers import Desk, a_world, an_alert, served, until

pytestmark = pytest.mark.database


async def test_a_slow_desk_is_not_knocked_at_harder(router_database: str, bus_database: str) -> None:
    slow, calls, inside, most = FastAPI(), 0, 0, 0

    @slow.post("/v1/inbox")
    async def inbox() -> Response:
        nonlocal calls, inside, most
        calls, inside = calls + 1, inside + 1
        most = max(most, inside)
        await asyncio.sleep(0.3)
        inside -= 1
        return Response(status_code=503)

    async with a_world(router_database, bus_database) as world, served(slow) as address:
        await world.register("serving-1", "all", https_url=address)
        await asyncio.gather(*(world.post(an_alert()) for _ in range(30)))
        await until(lambda: calls)
        await asyncio.sleep(2.5)
        assert most <= AT_ONCE
        assert calls <= 4 * AT_ONCE, "after 0.5 s, then 1 s, then 2 s"
        desk = await Desk("serving-1", world.bus).listen()
        await until(lambda: not world.rows("SELECT 1 FROM alert WHERE owner_receipt_at IS NULL"), within_s=15)
        assert len(desk.deliveries) == 30, "the bus held them all the while"
