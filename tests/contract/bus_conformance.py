"""What any Bus must do. A test module binds it: a class that inherits `BusConformance` and gives the fixture `buses`,
a function that opens another bus object on the same engine (as another process would), closed by the fixture; it
passes `guard=` on. The fixture `restart` is an async function that kills the engine's server (-9) and starts it again.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from location_router.bus import Bus, Guard, Signer, Unavailable
from location_router.envelope import Keyring, NodeKey, Refused

Buses = Callable[..., Bus]
Restart = Callable[[], Awaitable[None]]


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


@dataclass
class Registry:
    """A `KeySource` of a test, and the quarantine of its guards."""

    signers: dict[str, Signer] = field(default_factory=dict)
    keyring: Keyring = field(default_factory=Keyring)
    is_binding: bool = True
    refused: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, **kinds: str) -> Registry:
        signers = {name: Signer(name, [os.urandom(32)]) for name in kinds}
        began = datetime.now(UTC)
        keys = [NodeKey(name, kinds[name], one.public_keys[0], began) for name, one in signers.items()]  # type: ignore[arg-type]
        return cls(signers, Keyring(keys))

    async def look_again(self) -> None:
        pass

    def revoke(self, node: str) -> None:
        self.keyring = Keyring(replace(one, is_revoked=one.is_revoked or one.node == node) for one in self.keyring)

    def guard(self, node: str) -> Guard:
        async def quarantine(_: str, message_id: str, __: bytes, refused: Refused) -> None:
            self.refused.append((message_id, refused.code))

        return Guard(self.signers[node], self, quarantine)


async def publish_until_durable(bus: Bus, subject: str, message_id: str) -> None:
    for _ in range(100):
        try:
            return await bus.publish(subject, message_id, b"{}")
        except Unavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the bus never came back")


class BusConformance:
    async def test_many_published_together_are_all_there_and_none_twice(self, buses: Buses) -> None:
        bus, inbox = buses(), Inbox()
        subject = f"receipt.{uuid4().hex[:8]}"
        wave = [(subject, f"m{number}", b"%d" % number) for number in range(250)]
        await bus.publish_many(wave)
        await asyncio.gather(*(bus.publish(*one) for one in wave[:60]), bus.publish_many(wave[40:90]))
        await bus.subscribe(subject, "reader", inbox, at_once=50)
        await eventually(lambda: len(inbox.got) >= 250)
        await asyncio.sleep(0.05)
        assert sorted(inbox.got) == sorted((name, body) for _, name, body in wave)

    async def test_a_revoked_node_an_unsigned_and_a_foreign_message_are_refused_and_the_rest_goes_on(
        self, buses: Buses
    ) -> None:
        nodes, inbox = Registry.of(router="router", center="installation"), Inbox()
        router, center, stranger = buses(guard=nodes.guard("router")), buses(guard=nodes.guard("center")), buses()
        await router.subscribe("receipt", "router", inbox)
        await center.publish("receipt", "good", b'{"n": 1}')
        await stranger.publish("receipt", "unsigned", b"{}")
        await buses(guard=nodes.guard("router")).publish("receipt", "not its subject", b"{}")
        recorded = nodes.signers["center"].wrap(b"{}", subject="status", message_id="moved", at=datetime.now(UTC))
        await stranger.publish("receipt", "moved", recorded)
        await eventually(lambda: len(nodes.refused) == 3)
        nodes.revoke("center")
        await center.publish("receipt", "revoked", b"{}")
        await eventually(lambda: len(nodes.refused) == 4)
        assert inbox.got == [("good", b'{"n": 1}')]
        assert dict(nodes.refused) == {
            "unsigned": "unsigned",
            "not its subject": "not_its_subject",
            "moved": "wrong_signature",
            "revoked": "revoked",
        }

    async def test_positions_are_signed_too(self, buses: Buses) -> None:
        nodes, inbox = Registry.of(router="router", center="installation"), Inbox()
        router, center, stranger = buses(guard=nodes.guard("router")), buses(guard=nodes.guard("center")), buses()
        await center.subscribe_latest("position.c", inbox)
        await stranger.latest("position.c", "forged", b"{}")
        await router.latest("position.c", "real", b"{}")
        await eventually(lambda: bool(inbox.got))
        await asyncio.sleep(0.2)
        assert inbox.ids == ["real"]

    async def test_it_survives_kill_9_of_its_server(self, buses: Buses, restart: Restart) -> None:
        bus, inbox, newest = buses(), Inbox(), Inbox()
        await bus.subscribe("alert.a", "intake", inbox)
        await bus.subscribe_latest("position.a", newest)
        await bus.publish("alert.a", "before", b"{}")
        await restart()
        await publish_until_durable(bus, "alert.a", "after")
        await publish_until_durable(bus, "alert.a", "after")
        await eventually(lambda: {"before", "after"} <= set(inbox.ids), within_s=8)
        assert inbox.ids.count("after") == 1
        for number in range(100):
            await bus.latest("position.a", "k", str(number).encode())
            await asyncio.sleep(0.05)
            if newest.got:
                return
        raise AssertionError("positions do not flow again")

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
