"""What any Bus must do. A test module binds it: a class that inherits `BusConformance` and gives the fixture `buses`,
a function that opens another bus object on the same engine (as another process would), closed by the fixture.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

from location_router.bus import Bus

Buses = Callable[[], Bus]


async def eventually(check: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Returns once `check()` holds; AssertionError after `within_s`."""
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.005)


class Inbox:
    """A handler that remembers, and fails the first `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.failures = failures

    async def __call__(self, message_id: str, body: bytes) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not yet")
        self.got.append((message_id, body))

    @property
    def ids(self) -> list[str]:
        return [message_id for message_id, _ in self.got]


class BusConformance:
    async def test_a_message_arrives_whole_and_once(self, buses: Buses) -> None:
        sender, receiver, inbox = buses(), buses(), Inbox()
        await receiver.subscribe("alert.a", "intake", inbox)
        body = '{"이름": "안심", "n": 1}'.encode()
        await sender.publish("alert.a", "m1", body)
        await sender.publish("alert.a", "m1", b"{}")
        await sender.publish("alert.b", "m1", b"{}")
        await eventually(lambda: bool(inbox.got))
        await asyncio.sleep(0.5)
        assert inbox.got == [("m1", body)]

    async def test_what_was_published_before_the_first_subscribe_arrives_too(self, buses: Buses) -> None:
        bus, inbox = buses(), Inbox()
        for number in range(50):
            await bus.publish("receipt", f"m{number}", b"{}")
        await bus.subscribe("receipt", "late", inbox)
        await eventually(lambda: len(inbox.got) == 50)
        assert inbox.ids == [f"m{number}" for number in range(50)], "in order of publication"

    async def test_no_message_is_lost_while_a_name_subscribes_for_the_first_time(self, buses: Buses) -> None:
        sender, receiver, inbox = buses(), buses(), Inbox()
        publishing = asyncio.gather(*(sender.publish("status", f"m{number}", b"{}") for number in range(200)))
        await asyncio.sleep(0.01)
        await receiver.subscribe("status", "router", inbox)
        await publishing
        await eventually(lambda: len(set(inbox.ids)) == 200)

    async def test_each_name_gets_everything_and_those_of_one_name_share(self, buses: Buses) -> None:
        first, second, third, sender = Inbox(), Inbox(), Inbox(), buses()
        await buses().subscribe("status", "one", first)
        await buses().subscribe("status", "one", second)
        await buses().subscribe("status", "two", third)
        names = [f"m{number}" for number in range(40)]
        for name in names:
            await sender.publish("status", name, b"{}")
        await eventually(lambda: len(third.got) == 40 and len(first.got) + len(second.got) >= 40)
        assert sorted(first.ids + second.ids) == sorted(names)

    async def test_a_failing_handler_gets_it_again_and_does_not_hold_up_the_next(self, buses: Buses) -> None:
        bus, inbox = buses(), Inbox(failures=1)
        await bus.publish("alert.a", "stumbles", b"{}")
        await bus.publish("alert.a", "runs", b"{}")
        await bus.subscribe("alert.a", "intake", inbox)
        await eventually(lambda: len(inbox.got) == 2)
        assert inbox.ids == ["runs", "stumbles"]

    async def test_a_consumer_that_stops_in_the_middle_leaves_it_to_the_next(self, buses: Buses) -> None:
        bus, inbox, started = buses(), Inbox(), asyncio.Event()

        async def hang(_: str, __: bytes) -> None:
            started.set()
            await asyncio.sleep(60)

        await bus.publish("alert.a", "m1", b"{}")
        hanging = await buses().subscribe("alert.a", "intake", hang)
        await asyncio.wait_for(started.wait(), 5)
        await hanging.stop()
        await buses().subscribe("alert.a", "intake", inbox)
        await eventually(lambda: inbox.ids == ["m1"])

    async def test_what_waited_while_nobody_listened_arrives_on_return(self, buses: Buses) -> None:
        sender, inbox = buses(), Inbox()
        first = await buses().subscribe("home.h", "home", Inbox())
        await first.stop()
        await sender.publish("home.h", "m1", b"{}")
        await buses().subscribe("home.h", "home", inbox)
        await eventually(lambda: inbox.ids == ["m1"])

    async def test_the_newest_value_of_each_key_arrives(self, buses: Buses) -> None:
        sender, receiver, values = buses(), buses(), dict[str, bytes]()
        calls = 0

        async def keep(key: str, body: bytes) -> None:
            nonlocal calls
            calls += 1
            values[key] = body

        await receiver.subscribe_latest("position.s", keep)
        for number in range(500):
            await sender.latest("position.s", f"k{number % 5}", str(number).encode())
            await sender.latest("position.other", "k0", b"-1")
        await eventually(lambda: set(values.values()) == {b"495", b"496", b"497", b"498", b"499"})
        assert calls < 500, "a burst is coalesced"

    async def test_a_broken_latest_handler_does_not_end_the_subscription(self, buses: Buses) -> None:
        sender, receiver, inbox = buses(), buses(), Inbox(failures=1)
        await receiver.subscribe_latest("position.s", inbox)
        key = str(uuid4())
        await sender.latest("position.s", key, b"1")
        await eventually(lambda: inbox.failures == 0)
        await sender.latest("position.s", key, b"2")
        await eventually(lambda: inbox.got == [(key, b"2")])

    async def test_with_two_at_once_a_slow_message_does_not_hold_up_the_next(self, buses: Buses) -> None:
        bus, let_go, inbox = buses(), asyncio.Event(), Inbox()

        async def handle(message_id: str, body: bytes) -> None:
            if message_id == "slow":
                await let_go.wait()
            await inbox(message_id, body)

        for name in ("slow", "quick"):
            await bus.publish("alert.two", name, b"{}")
        await bus.subscribe("alert.two", "intake", handle, at_once=2)
        await eventually(lambda: inbox.ids == ["quick"])
        let_go.set()
        await eventually(lambda: inbox.ids == ["quick", "slow"])
