"""Who floods waits for herself."""

from __future__ import annotations

import asyncio

from location_router.turns import Turns


async def test_one_key_is_one_at_a_time_and_nobody_else_waits() -> None:
    turns, running, most, order = Turns(), 0, 0, []

    async def one(number: int, *keys: str) -> None:
        nonlocal running, most
        async with turns.of(keys):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            order.append(number)
            running -= 1

    await asyncio.gather(*(one(n, "her", "number") for n in range(20)), *(one(100 + n, "number") for n in range(5)))
    assert most == 1 and sorted(order) == [*range(20), *range(100, 105)] and len(turns) == 0
    blocked = asyncio.Event()

    async def holds() -> None:
        async with turns.of(["her"]):
            await blocked.wait()

    holding = asyncio.create_task(holds())
    await asyncio.sleep(0)
    await asyncio.wait_for(one(200, "somebody else"), 1)
    blocked.set()
    await holding


async def test_a_caller_who_gives_up_leaves_no_key_behind() -> None:
    turns = Turns()
    async with turns.of(["a"]):
        waiting = asyncio.create_task(turns.of(["a"]).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert len(turns) == 0
