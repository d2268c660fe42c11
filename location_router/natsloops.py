"""NatsBus's subscriptions: pull consumers that go on asking, through elections, cut lines and restarts."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from location_router.natsstreams import API, ApiError, untoken
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.logs import why

if TYPE_CHECKING:
    from location_router.natsbus import NatsBus

log = structlog.get_logger("bus")
Handler = Callable[[str, bytes], Awaitable[None]]

API_S = 3.0
BATCH = 20
PULL_S = 5.0
HEARTBEAT_S = 0.5
ACK_WAIT_S = 5.0
HANDLE_TIMEOUT_S = 30.0
LATEST_GAP_S = 0.05
LOST = (NatsError, ApiError, OSError, TimeoutError, json.JSONDecodeError)


class Loop:
    """A subscription's task: a consumer, pull requests one after the other, and after any trouble all of it again.
    A fresh leader may not answer the first requests for some seconds: silence is asked again, not believed."""

    def __init__(self, bus: NatsBus, subject: str, handle: Handler) -> None:
        self.bus, self.subject, self.handle = bus, subject, handle
        self.stream = self.consumer = ""
        self.ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Waits a moment for the consumer, so that in the ordinary case what follows is seen at once."""
        self._task = asyncio.create_task(self._run(), name=f"bus:{self.subject}")
        try:
            async with asyncio.timeout(3.0):
                await self.ready.wait()
        except TimeoutError:
            log.warning("bus_subscribe_waits", subject=self.subject)

    async def stop(self) -> None:
        self.bus.forget(self)
        await end(self._task)

    async def _run(self) -> None:
        delay_s = 0.1
        while True:
            try:
                await self.prepare()
                self.ready.set()
                delay_s = 0.1
                await self._pull()
            except LOST as error:
                log.warning("bus_lost", subject=self.subject, error=repr(error)[:200])
            except Exception:  # a subscription that ends in silence would be worse than any error
                log.exception("bus_subscription_failed", subject=self.subject)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, 1.0)

    async def _pull(self) -> None:
        """Returns when the consumer has to be looked at again."""
        nc = await self.bus.client(within_s=API_S)
        inbox = nc.new_inbox()
        incoming = await nc.subscribe(inbox)
        ask = f"{API}.CONSUMER.MSG.NEXT.{self.stream}.{self.consumer}"
        silences = 0
        try:
            while silences < 2:
                count = await self.room()
                wish = {"batch": count, "expires": int(PULL_S * 1e9), "idle_heartbeat": int(HEARTBEAT_S * 1e9)}
                await nc.publish(ask, json.dumps(wish).encode(), reply=inbox)
                silences = 0 if await self._answers(incoming, count) else silences + 1
        finally:
            with contextlib.suppress(*LOST):
                await incoming.unsubscribe()

    async def _answers(self, incoming: Any, count: int) -> bool:
        """Take what one request brings; False when nothing at all was heard of the server."""
        heard = False
        while count > 0:
            try:
                message: Msg = await incoming.next_msg(timeout=3 * HEARTBEAT_S)
            except TimeoutError:
                return heard
            status = (message.headers or {}).get("Status", "") if not message.data else ""
            if status == "503" or (status == "409" and "Deleted" in (message.headers or {}).get("Description", "")):
                return False
            heard = True
            if status == "100":
                continue
            if status:
                return True
            count -= 1
            await self.take(message)
        return True

    async def prepare(self) -> None:
        """Stream and consumer are there."""
        raise NotImplementedError

    async def room(self) -> int:
        """How many messages may come now; waits for at least one place."""
        raise NotImplementedError

    async def take(self, message: Msg) -> None:
        raise NotImplementedError


class DurableSubscription(Loop):
    """While a message is in hand the server is told so each third of `ACK_WAIT_S`: a killed consumer's messages come
    to the next one within that time, a slow one keeps its own."""

    def __init__(self, bus: NatsBus, subject: str, durable: str, handle: Handler, at_once: int) -> None:
        super().__init__(bus, subject, handle)
        self.durable = durable
        self._places = asyncio.Semaphore(at_once)
        self._in_hand: dict[asyncio.Task[None], Msg] = {}
        self._failures: dict[int, int] = {}
        self._done = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name=f"bus-keep:{self.subject}")
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        waiting = dict(self._in_hand)
        await end(self._keeper, *waiting)
        for message in waiting.values():
            if not message._ackd:
                await self._say(message.nak)

    async def prepare(self) -> None:
        self.stream, pattern = await self.bus.streams.read_from(self.subject)
        self.consumer = self.bus.streams.consumer_name(self.subject, self.durable)
        await self.bus.streams.ensure_consumer(self.stream, self.consumer, pattern, ack_wait_s=ACK_WAIT_S)

    async def room(self) -> int:
        while len(self._in_hand) >= BATCH:
            self._done.clear()
            await self._done.wait()
        return BATCH - len(self._in_hand)

    async def take(self, message: Msg) -> None:
        task = asyncio.create_task(self._handle(message), name=f"bus-handle:{self.subject}")
        self._in_hand[task] = message
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_hand.pop(task, None)
        self._done.set()

    async def _handle(self, message: Msg) -> None:
        message_id = self.bus.streams.message_id((message.headers or {}).get("Nats-Msg-Id", ""))
        try:
            async with self._places, asyncio.timeout(HANDLE_TIMEOUT_S):
                body = await self.bus.packer.unpack(message.data, self.subject, message_id)
                if body is not None:
                    await self.handle(message_id, body)
        except Exception as error:
            await self._failed(message, message_id, error)
            return
        self._failures.pop(message.metadata.sequence.stream, None)
        await self._say(message.ack)

    async def _failed(self, message: Msg, message_id: str, error: Exception) -> None:
        if isinstance(error, Unavailable):  # the handler's database is away: not the message's fault, never its end
            await self._say(lambda: message.nak(delay=0.5))
            return
        number = message.metadata.sequence.stream
        attempts = self._failures[number] = self._failures.get(number, 0) + 1
        reason = why(error)
        if attempts >= self.bus.max_attempts and await self._parked(message, message_id, reason):
            del self._failures[number]
            return
        delay_s = min(0.2 * 2 ** (attempts - 1), 30.0)
        await self._say(lambda: message.nak(delay=delay_s))
        log.warning(
            "bus_handler_failed", subject=self.subject, message_id=message_id, error=reason[:200], retry_s=delay_s
        )

    async def _parked(self, message: Msg, message_id: str, reason: str) -> bool:
        """To the stream of dead messages, with its error; False when that can't be written now."""
        headers = {"Ansim-Error": " ".join(reason.encode("ascii", "replace").decode().split())}
        try:
            nc = await self.bus.client(within_s=API_S)
            physical = self.bus.streams.dead_subject(self.subject, self.durable, message_id)
            said = json.loads((await nc.request(physical, message.data, timeout=API_S, headers=headers)).data)
        except LOST:
            return False
        if "error" in said:
            return False
        await self._say(message.term)
        log.error("bus_dead", subject=self.subject, durable=self.durable, message_id=message_id, error=reason[:200])
        return True

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(ACK_WAIT_S / 3)
            for message in list(self._in_hand.values()):
                if not message._ackd:
                    await self._say(message.in_progress)

    async def _say(self, word: Callable[[], Awaitable[None]]) -> None:
        """An answer that is lost is only a repetition."""
        with contextlib.suppress(*LOST):
            await word()


class LatestSubscription(Loop):
    """An ephemeral consumer of the memory stream, from where the last one ended; of a batch the newest per key."""

    def __init__(self, bus: NatsBus, subject: str, handle: Handler) -> None:
        super().__init__(bus, subject, handle)
        self._since: datetime | None = None
        self._values: dict[str, bytes] = {}
        self._some = asyncio.Event()
        self._hander: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._hander = asyncio.create_task(self._hand_over(), name=f"bus-latest:{self.subject}")
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        await end(self._hander)

    async def prepare(self) -> None:
        self.stream, pattern = await self.bus.streams.read_latest_from(self.subject)
        self.consumer = await self.bus.streams.new_ephemeral(self.stream, pattern, since=self._since)
        self._since = self._since or datetime.now(UTC) - timedelta(seconds=1)

    async def room(self) -> int:
        return 500

    async def take(self, message: Msg) -> None:
        self._since = message.metadata.timestamp
        self._values[untoken(message.subject.rpartition(".")[2])] = message.data
        self._some.set()

    async def _hand_over(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            values, self._values = self._values, {}
            for key, data in values.items():
                try:
                    body = await self.bus.packer.unpack(data, self.subject, key, is_lossy=True)
                    if body is not None:
                        await self.handle(key, body)
                except Exception as error:
                    log.warning("bus_latest_handler_failed", subject=self.subject, error=repr(error)[:200])
            await asyncio.sleep(LATEST_GAP_S)
