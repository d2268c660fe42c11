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
from collections.abc import Awaitable, Sequence
from typing import Any

import nats
import structlog
from nats.aio.client import Client
from nats.errors import NoRespondersError

from location_router.guard import Guard
from location_router.natsloops import (
    API_S,
    LATEST_GAP_S,
    LOST,
    DurableSubscription,
    Handler,
    LatestSubscription,
    Loop,
)
from location_router.natsstreams import API, Address, ApiError, Streams
from location_router.packing import Packer
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end

log = structlog.get_logger("bus")

PUBLISH_S = 0.9  # callers allow one second
MAX_ATTEMPTS = 20
MEND_EVERY_S = 2.0


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
        self._subscriptions: list[Loop] = []

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

    async def publish_many(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        """All are on their way together; waits for every PubAck."""
        found = await asyncio.gather(*(self.publish(*one) for one in messages), return_exceptions=True)
        for error in found:
            if error is not None:
                raise error

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
        await end(self._connecting)
        if self._nc is not None:
            with contextlib.suppress(*LOST):
                async with asyncio.timeout(1.0):
                    await self._nc.close()

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

    async def _start(self, loop: Loop) -> None:
        self._open()
        self._subscriptions.append(loop)
        await loop.start()

    def forget(self, loop: Loop) -> None:
        if loop in self._subscriptions:
            self._subscriptions.remove(loop)


async def _on_error(error: Exception) -> None:
    log.warning("bus_error", error=repr(error)[:200])


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
            await end(self._task)
            with contextlib.suppress(*LOST):
                async with asyncio.timeout(0.5):
                    await self._flush(within_s=0.3)

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
