"""Group commit: together, each its own answer, and no bad one takes another with it."""

from __future__ import annotations

import asyncio

import pytest

from location_router.runtime.db import Unavailable
from location_router.runtime.group import Group


class Ledger:
    """Takes a moment for each commit, and refuses a 13 as a database refuses a bad row."""

    def __init__(self) -> None:
        self.commits: list[list[int]] = []
        self.is_away = False

    async def __call__(self, items: list[int]) -> list[int]:
        await asyncio.sleep(0.005)
        if self.is_away:
            raise Unavailable("away")
        if 13 in items:
            raise ValueError("13")
        self.commits.append(items)
        return [item * 10 for item in items]


async def test_a_single_one_goes_at_once_and_a_wave_goes_together() -> None:
    ledger = Ledger()
    group: Group[int, int] = Group(ledger, most=50)
    assert await group.put(1) == 10
    assert ledger.commits == [[1]]
    assert await asyncio.gather(*(group.put(one) for one in range(100, 180))) == [one * 10 for one in range(100, 180)]
    assert len(ledger.commits) <= 4
    assert len(group) == 0


async def test_whoever_is_answered_may_come_again_at_once() -> None:
    group: Group[int, int] = Group(Ledger(), most=50)
    async with asyncio.timeout(5):
        for one in range(20, 30):
            assert await group.put(one) == one * 10


async def test_a_bad_row_fails_alone() -> None:
    ledger = Ledger()
    group: Group[int, int] = Group(ledger, most=50)
    answers = await asyncio.gather(*(group.put(one) for one in (1, 13, 3)), return_exceptions=True)
    assert [answers[0], answers[2]] == [10, 30]
    assert isinstance(answers[1], ValueError)


async def test_an_absent_server_is_told_to_all_and_the_next_ones_succeed() -> None:
    ledger = Ledger()
    group: Group[int, int] = Group(ledger, most=50)
    ledger.is_away = True
    answers = await asyncio.gather(*(group.put(one) for one in range(5)), return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in answers)
    ledger.is_away = False
    assert await group.put(2) == 20


async def test_two_that_share_a_key_are_never_in_one_statement_and_keep_their_order() -> None:
    ledger = Ledger()
    group: Group[int, int] = Group(ledger, most=50, keys=lambda item: (item % 10,))
    await asyncio.gather(*(group.put(one) for one in (1, 11, 2, 21, 31)))
    assert all(len({item % 10 for item in items}) == len(items) for items in ledger.commits)
    said = [item for items in ledger.commits for item in items if item % 10 == 1]
    assert said == [1, 11, 21, 31]


async def test_who_goes_away_takes_nobody_along() -> None:
    ledger = Ledger()
    group: Group[int, int] = Group(ledger, most=50)
    first = asyncio.create_task(group.put(1))
    await asyncio.sleep(0)
    gone, stays = asyncio.create_task(group.put(2)), asyncio.create_task(group.put(3))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 30
    assert await first == 10
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_statement_that_hangs_holds_nobody_else() -> None:
    never = asyncio.Event()

    async def work(items: list[int]) -> list[int]:
        if 1 in items:
            await never.wait()
        return items

    group: Group[int, int] = Group(work, most=50, at_once=2)
    hung = asyncio.create_task(group.put(1))
    await asyncio.sleep(0.15)
    async with asyncio.timeout(15):
        assert await group.put(2) == 2
    never.set()
    assert await hung == 1


async def test_while_the_server_is_away_nobody_waits_for_a_failure_of_its_own() -> None:
    began, found_out = [], asyncio.Event()

    async def work(items: list[int]) -> list[int]:
        began.append(items)
        await found_out.wait()
        raise Unavailable("away")

    group: Group[int, int] = Group(work, most=1)
    waiting = [asyncio.create_task(group.put(one)) for one in range(5)]
    await asyncio.sleep(1.1)
    found_out.set()
    assert all(isinstance(one, Unavailable) for one in await asyncio.gather(*waiting, return_exceptions=True))
    assert began == [[0]]
