"""Whoever calls much on a line waits behind itself; everybody comes to their turn."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from location_router.runtime.db import Database, Unavailable
from location_router.wire import utc_now
from server.line_calls import Letter, after_call, not_taken, on_line
from server.line_turns import FREE, MOST, MOST_OF_LINE, MOST_OF_STRANGER, MOST_UNSIGNED, Turns


class Bank:
    """Calls that stay where they are until they may go on; what is inside at once is counted."""

    def __init__(self) -> None:
        self.turns, self.may_sign, self.may_end = Turns(), asyncio.Event(), asyncio.Event()
        self.inside, self.most, self.unsigned = Counter[str](), Counter[str](), Counter[str]()
        self.done = 0

    async def call(self, agency: str, address: str, *, signs: bool = True) -> None:
        async with self.turns.call(agency, address) as is_signed:
            names = (agency, f"from {address}", "all")
            self._count(self.inside, names, 1)
            self._count(self.unsigned, (f"unsigned from {address}", "unsigned"), 1)
            await (self.may_sign if signs else self.may_end).wait()
            self._count(self.unsigned, (f"unsigned from {address}", "unsigned"), -1)
            if signs:
                await is_signed()
                await self.may_end.wait()
            self._count(self.inside, names, -1)
        self.done += 1

    def _count(self, counted: Counter[str], names: tuple[str, ...], by: int) -> None:
        for name in names:
            counted[name] += by
            self.most[name] = max(self.most[name], counted[name])


async def settle() -> None:
    for _ in range(300):
        await asyncio.sleep(0)


async def test_a_stranger_holds_up_nobody_else_and_one_line_does_not_take_all() -> None:
    bank = Bank()
    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        for number in range(60):  # from one address, in everybody's name
            calls.create_task(bank.call(("firm", "police", f"a-{number}")[number % 3], "10.0.0.9", signs=False))
        await settle()
        assert bank.inside["all"] == MOST_OF_STRANGER
        bank.may_sign.set()
        for _ in range(20):
            calls.create_task(bank.call("firm", "10.1.0.1"))
        await settle()
        assert bank.inside["from 10.1.0.1"] == MOST_OF_LINE, "none of them waits for a stranger"
        calls.create_task(bank.call("police", "10.2.0.1"))
        await settle()
        assert bank.inside["from 10.2.0.1"] == 1, "nor for another line"
        bank.may_end.set()
    assert bank.done == 81, "nobody was refused"
    assert bank.most["all"] <= MOST and bank.most["unsigned"] <= MOST_UNSIGNED
    assert bank.most["unsigned from 10.0.0.9"] <= MOST_OF_STRANGER


async def test_many_addresses_together_leave_connections_for_others_and_no_turn_is_lost() -> None:
    bank = Bank()
    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        strangers = [calls.create_task(bank.call("firm", f"10.0.0.{one}", signs=False)) for one in range(40)]
        signing = [calls.create_task(bank.call("firm", f"10.1.0.{one}")) for one in range(40)]
        await settle()
        assert bank.inside["all"] == MOST_UNSIGNED
        for leaving in (*strangers[::2], *signing[::2]):  # some leave in the middle of it
            leaving.cancel()
        bank.may_sign.set()
        bank.may_end.set()
    assert bank.done == 40 and bank.most["all"] <= MOST and bank.most["unsigned"] <= MOST_UNSIGNED
    after = Bank()
    after.turns = bank.turns
    after.may_sign.set()
    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        for one in range(20):
            calls.create_task(after.call("firm", f"10.1.0.{one}"))
        await settle()
        assert after.inside["all"] == MOST, "every place is free again"
        after.may_end.set()


async def test_no_call_of_a_line_is_at_the_database_before_its_turn() -> None:
    """Neither one whose signature is still to be looked at, nor the row of a body that was too long for that, nor what
    a signed one goes on to do, nor the row of what it is refused then."""
    inside, may_end = Counter[str](), asyncio.Event()

    @asynccontextmanager
    async def begin() -> AsyncIterator[None]:
        inside["all"] += 1
        await may_end.wait()
        raise Unavailable("the end of this test")
        yield

    settings = SimpleNamespace(line_per_minute=100_000)
    services: Any = SimpleNamespace(settings=settings, shared={}, db=SimpleNamespace(begin=begin), clock=utc_now)
    letter = Letter("firm", {}, "10.0.0.9", b"")

    async def call() -> None:
        async with on_line(services, letter):
            raise AssertionError("nobody has signed")

    async def note() -> None:
        await not_taken(services, letter, "id_used", is_counted=True)

    async def goes_on() -> None:
        async with after_call(services, letter):
            raise AssertionError("there is no database")

    async def is_refused() -> None:
        await not_taken(services, letter, "id_used")

    most = {call: MOST_OF_STRANGER, note: MOST_OF_STRANGER, goes_on: MOST_OF_LINE, is_refused: MOST_OF_LINE}
    for act in most:
        inside.clear()
        may_end.clear()
        async with asyncio.timeout(20):
            calls = [asyncio.create_task(act()) for _ in range(20)]
            await settle()
            assert inside["all"] == most[act]
            may_end.set()
            ends = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(one) for one in ends} == {Unavailable} and inside["all"] == len(calls), "each came to its turn"


async def test_who_has_a_whole_network_of_addresses_counts_as_one() -> None:
    bank = Bank()
    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        for number in range(60):
            calls.create_task(bank.call("firm", f"2001:db8:0:7::{number + 1:x}", signs=False))
        calls.create_task(bank.call("police", "2001:db8:0:8::1", signs=False))
        await settle()
        assert bank.inside["police"] == 1 and bank.inside["firm"] == MOST_OF_STRANGER
        bank.may_end.set()
    assert bank.done == 61, "nobody was refused"


async def test_who_has_signed_before_waits_for_no_stranger() -> None:
    """However many addresses the strangers have."""
    bank = Bank()
    bank.may_sign.set()
    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        before = calls.create_task(bank.call("police", "10.2.0.1"))
        await settle()
        for number in range(80):
            calls.create_task(bank.call(("firm", "police")[number % 2], f"10.0.0.{number}", signs=False))
        await settle()
        assert bank.inside["all"] == 1 + MOST_UNSIGNED, "the first of them goes on, too"
        calls.create_task(bank.call("police", "10.2.0.1"))
        calls.create_task(bank.call("other", "10.3.0.1"))
        await settle()
        assert bank.inside["from 10.2.0.1"] == 2, "its own turn, as it signed from there"
        assert bank.inside["other"] == 0, "from there nobody did: behind the strangers"
        assert not before.done()
        bank.may_end.set()
    assert bank.done == 83 and bank.most["all"] <= MOST


async def test_what_a_signed_call_goes_on_to_do_has_its_turn_too() -> None:
    bank = Bank()
    bank.may_sign.set()

    async def work(agency: str, address: str) -> None:
        async with bank.turns.work(agency, address):
            bank._count(bank.inside, (agency, "all"), 1)
            await bank.may_end.wait()
            bank._count(bank.inside, (agency, "all"), -1)
        bank.done += 1

    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        for number in range(40):
            calls.create_task(work("firm", "10.1.0.1"))
            calls.create_task(work(f"a-{number}", f"10.1.1.{number}"))
        for _ in range(10):
            calls.create_task(bank.call("firm", "10.1.0.1"))
        await settle()
        assert bank.inside["all"] == MOST and bank.inside["firm"] <= MOST_OF_LINE
        bank.may_end.set()
    assert bank.done == 90 and bank.most["all"] <= MOST and bank.most["firm"] <= MOST_OF_LINE


async def test_all_turns_together_leave_connections_for_an_sos() -> None:
    """Whatever lines do at once: sign, be nobody, go on, look, read."""
    turns, may_end, inside = Turns(), asyncio.Event(), Counter[str]()
    turns.signed_from("10.9.0.1")

    async def holds(kind: str, turn: Any) -> None:
        async with turn:
            inside[kind] += 1
            await may_end.wait()

    kinds: dict[str, Any] = {
        "look": lambda _: turns.look(),
        "read": lambda number: turns.read(f"reader-{number}"),
        "stranger": lambda number: turns.unsigned(f"10.0.0.{number}"),
        "known": lambda _: turns.unsigned("10.9.0.1"),
        "work": lambda number: turns.work("firm", f"10.1.0.{number}"),
        "call": lambda number: turns.call("police", f"10.2.0.{number}"),
    }
    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        for kind, turn in kinds.items():  # who comes first must not matter: each kind takes all that it can get
            for number in range(10):
                calls.create_task(holds(kind, turn(number)))
            await settle()
        pool: Any = Database("postgresql+psycopg://nobody@127.0.0.1/none").engine.pool
        assert inside.total() <= pool.size() + pool._max_overflow - FREE, inside
        assert FREE >= 3 and {"look", "read", "stranger", "known", "work"} <= set(inside)
        may_end.set()
    assert inside.total() == 10 * len(kinds), "each came to its turn"
