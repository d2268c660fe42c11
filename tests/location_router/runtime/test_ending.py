"""What is told to end does end, also in the very moment in which it was given something to do."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from location_router.pgbus import PgBus
from location_router.runtime import ending


async def test_a_task_whose_library_swallows_a_cancellation_ends_at_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "AGAIN_S", 0.01)
    swallowed = 0

    async def deaf() -> None:
        nonlocal swallowed
        while swallowed < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.sleep(60)

    async def broken() -> None:
        raise ValueError("broken")

    first, second = asyncio.create_task(deaf()), asyncio.create_task(broken())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        errors = await ending.end(first, None, second)
    assert (swallowed, first.cancelled(), [str(one) for one in errors]) == (3, True, ["broken"])


@pytest.mark.database
@pytest.mark.parametrize("ticks", range(6))
async def test_a_subscription_ends_though_a_message_wakes_it_just_then(bus_database: str, ticks: int) -> None:
    bus = PgBus(bus_database)

    async def ignore(_: str, __: bytes) -> None:
        return None

    try:
        loop = await bus.subscribe("alert.serving-1", "center", ignore)
        await asyncio.sleep(0.1)
        loop.wake.set()
        for _ in range(ticks):
            await asyncio.sleep(0)
        task = loop._task
        assert task is not None
        task.cancel()  # said once only, so that it is our own waiting that is tried
        done, _ = await asyncio.wait({task}, timeout=3)
        assert done == {task}
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        await bus.close()


async def test_nobody_waits_for_what_does_not_come_and_it_goes_on_by_itself() -> None:
    moves, done = asyncio.Event(), []

    async def hanging() -> str:
        await moves.wait()
        done.append("written")
        raise ValueError("nobody hears this")

    async def quick() -> int:
        return 7

    assert await ending.within(1, quick()) == 7
    with pytest.raises(TimeoutError):
        await ending.within(0.01, hanging())
    assert done == []
    moves.set()
    await asyncio.sleep(0.01)
    assert done == ["written"] and not ending._left
