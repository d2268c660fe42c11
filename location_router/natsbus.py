"""NatsBus: the bus on NATS JetStream, for a nation (docs/operations/national.md).

The hub (three servers) holds what the router sends and gathers what the centers send; a center talks only to the leaf
server beside it, which has a JetStream domain of its own and works on while its line is cut. Nothing is captured
twice: physical subjects begin with the domain they were published in (`ansim.hub.alert.x`, `ansim.c41170.up.receipt`),
and streams copy each other by sources. A PubAck is a promise of the nearest server only; that an alert arrived is
proved by the receipt in PostGIS. Streams and their wiring: `location_router.natsstreams`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from location_router.guard import Guard
from location_router.natsstreams import API, Address, ApiError, Streams, untoken
from location_router.packing import Packer
from location_router.runtime.db import Unavailable

log = structlog.get_logger("bus")
Handler = Callable[[str, bytes], Awaitable[None]]

PUBLISH_S = 0.9  # callers allow one second
API_S = 3.0
BATCH = 20
PULL_S = 5.0
HEARTBEAT_S = 0.5
ACK_WAIT_S = 5.0
HANDLE_TIMEOUT_S = 30.0
MAX_ATTEMPTS = 20
LATEST_GAP_S = 0.05
MEND_EVERY_S = 2.0
LOST = (NatsError, ApiError, OSError, TimeoutError, json.JSONDecodeError)


class NatsBus:
    """See `location_router.bus.Bus`. One connection for a process; it reconnects for ever."""

    def __init__(
        self, url: str, *, key: str = "", max_attempts: int = MAX_ATTEMPTS, guard: Guard | None = None
    ) -> None:
        self.address = Address.parse(url)
        self.max_attempts = max_attempts
        self.packer = Packer(key, guard)
        self.streams = Streams(self.address, self.api)
        self._nc: Client | None = None
        self._connected = asyncio.Event()
        self._connecting: asyncio.Task[None] | None = None
        self._latest = _LatestWriter(self)
        self._subscriptions: list[_Loop] = []

    async def publish(self, subject: str, message_id: str, body: bytes) -> None:
        physical = self.streams.publishes(subject)
        headers = {"Nats-Msg-Id": self.streams.dedup_id(physical, message_id)}
        data = self.packer.pack(body, subject, message_id)
        deadline = time.monotonic() + PUBLISH_S
        try:
            said = await self._stored(physical, data, headers, deadline)
        except LOST as error:
            raise Unavailable(f"NATS: {error!r}"[:300]) from error
        if "error" in said or not said.get("stream"):
            raise Unavailable(f"NATS: {said.get('error')}"[:300])

    async def _stored(self, physical: str, data: bytes, headers: dict[str, str], deadline: float) -> dict[str, Any]:
        """The PubAck. Nobody there: the stream is just being made, or its leader elected; asked again until the end."""
        nc = await self.client(within_s=PUBLISH_S)
        while True:
            left_s = deadline - time.monotonic()
            try:
                answer = await nc.request(physical, data, timeout=max(0.05, left_s), headers=headers)
                said: dict[str, Any] = json.loads(answer.data)
                return said
            except NoRespondersError:
                if left_s < 0.1:
                    raise
                await asyncio.sleep(0.05)

    async def subscribe(self, subject: str, durable: str, handle: Handler, *, at_once: int = 1) -> DurableSubscription:
        loop = DurableSubscription(self, subject, durable, handle, at_once)
        await self._start(loop)
        return loop

    async def latest(self, subject: str, key: str, body: bytes) -> None:
        self._open()
        self._latest.put(subject, key, body)

    async def subscribe_latest(self, subject: str, handle: Handler) -> LatestSubscription:
        loop = LatestSubscription(self, subject, handle)
        await self._start(loop)
        return loop

    async def purge(self) -> int:
        """Nothing to do: every stream forgets by age (`natsstreams.AGES_S`); 0."""
        return 0

    async def erase(self, subject: str, key: str) -> int:
        """Delete the position of one key from the memory stream at once; how many. Raises Unavailable."""
        return await self._admin(self.streams.erase_latest(subject, key))

    async def link_leaf(self, domain: str) -> bool:
        """At the hub: gather what the centers of this leaf send; True when that is new. Raises Unavailable."""
        return await self._admin(self.streams.link_leaf(domain))

    async def lags(self) -> list[dict[str, Any]]:
        """Of each copied stream: `{"stream","source","lag","silent_s"}`; `silent_s` None = never heard."""
        return await self._admin(self.streams.lags())

    async def close(self) -> None:
        for loop in list(self._subscriptions):
            await loop.stop()
        await self._latest.stop()
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._nc is not None:
            with contextlib.suppress(*LOST):
                await asyncio.wait_for(self._nc.close(), 1.0)

    async def client(self, *, within_s: float) -> Client:
        """The connection, once there is one. Raises TimeoutError."""
        self._open()
        async with asyncio.timeout(within_s):
            await self._connected.wait()
        assert self._nc is not None
        return self._nc

    async def mend(self) -> list[str]:
        """See `Streams.mend`. Raises Unavailable."""
        return await self._admin(self.streams.mend())

    async def api(
        self, word: str, ask: dict[str, Any] | None = None, *, prefix: str = API, timeout_s: float = API_S
    ) -> dict[str, Any]:
        """One call of the JetStream API, of the server's own domain unless `prefix` says otherwise. Raises ApiError
        or one of nats' errors."""
        nc = await self.client(within_s=API_S)
        answer = await nc.request(f"{prefix}.{word}", json.dumps(ask).encode() if ask else b"", timeout=timeout_s)
        said: dict[str, Any] = json.loads(answer.data)
        if "error" in said:
            raise ApiError(said["error"])
        return said

    async def _admin(self, work: Awaitable[Any]) -> Any:
        try:
            return await work
        except LOST as error:
            raise Unavailable(f"NATS: {error!r}"[:300]) from error

    def _open(self) -> None:
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect(), name="bus-connect")
            self._latest.start()

    async def _connect(self) -> None:
        """Until it succeeds; afterwards nats-py reconnects by itself. The default ping of two minutes would leave a
        hung server unnoticed. Streams that are missing are made, again and again until the hub has elected."""
        while self._nc is None:
            try:
                self._nc = await nats.connect(
                    servers=self.address.servers,
                    connect_timeout=2,
                    reconnect_time_wait=0.25,
                    max_reconnect_attempts=-1,
                    ping_interval=2,
                    max_outstanding_pings=2,
                    error_cb=_on_error,
                    name="ansim",
                    **self.address.credentials,
                )
            except LOST as error:
                log.warning("bus_not_connected", error=repr(error)[:200])
                await asyncio.sleep(0.3)
        self._connected.set()
        while True:
            try:
                await self.streams.ensure()
                break
            except LOST as error:
                log.warning("bus_streams_wait", error=repr(error)[:200])
                await asyncio.sleep(0.5)
        while self.address.domain:  # the hub's streams are mended by the router's worker
            await asyncio.sleep(MEND_EVERY_S)
            with contextlib.suppress(*LOST):
                if mended := await self.streams.mend():
                    log.warning("bus_mended", sources=mended)

    async def _start(self, loop: _Loop) -> None:
        self._open()
        self._subscriptions.append(loop)
        await loop.start()

    def forget(self, loop: _Loop) -> None:
        if loop in self._subscriptions:
            self._subscriptions.remove(loop)


async def _on_error(error: Exception) -> None:
    log.warning("bus_error", error=repr(error)[:200])


class _Loop:
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
            await asyncio.wait_for(self.ready.wait(), 3.0)
        except TimeoutError:
            log.warning("bus_subscribe_waits", subject=self.subject)

    async def stop(self) -> None:
        self.bus.forget(self)
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

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


class DurableSubscription(_Loop):
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
        if self._keeper:
            self._keeper.cancel()
        waiting = dict(self._in_hand)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
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
        reason = f"{type(error).__name__}: {error}"[:500]
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


class LatestSubscription(_Loop):
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
        if self._hander:
            self._hander.cancel()
            await asyncio.gather(self._hander, return_exceptions=True)

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


class _LatestWriter:
    """Publishes the newest value of each key every `LATEST_GAP_S`, without waiting for anybody."""

    def __init__(self, bus: NatsBus) -> None:
        self._bus = bus
        self._values: dict[tuple[str, str], bytes] = {}
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="bus-latest")

    def put(self, subject: str, key: str, body: bytes) -> None:
        self._values[subject, key] = body
        self._some.set()

    async def stop(self) -> None:
        """Cut short: what waits is lossy by contract, but a healthy server still gets it."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            with contextlib.suppress(*LOST):
                await asyncio.wait_for(self._flush(within_s=0.3), 0.5)

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            started = time.monotonic()
            try:
                await self._flush(within_s=1.0)
            except LOST as error:
                log.warning("bus_latest_lost", error=repr(error)[:200])
            except Exception:
                log.exception("bus_latest_lost")
            await asyncio.sleep(max(0.0, LATEST_GAP_S - (time.monotonic() - started)))

    async def _flush(self, *, within_s: float) -> None:
        values, self._values = self._values, {}
        if not values:
            return
        nc = await self._bus.client(within_s=within_s)
        for (subject, key), body in values.items():
            if nc.is_connected:  # a backlog of old places would be no news
                await nc.publish(
                    self._bus.streams.publishes_latest(subject, key), self._bus.packer.pack(body, subject, key)
                )
