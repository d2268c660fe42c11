"""PgBus: the bus in one PostgreSQL database.

Every durable name has one pending row for each message it has not handled. A consumer holds the row's lock while it
handles, so killing the consumer frees the message at once. NOTIFY is a hint (coalesced, on a connection of its own);
the poll each `POLL_S` is the guarantee. Nothing here needs the server to be up: everything reconnects for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import psycopg
import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from location_router.guard import Guard
from location_router.packing import Packer
from location_router.runtime.address import conninfo, is_read_only
from location_router.runtime.db import Listener, Unavailable, new_metadata
from location_router.runtime.ending import end
from location_router.runtime.group import Group
from location_router.runtime.logs import why
from location_router.runtime.notify import Notifier
from location_router.runtime.pool import AWAY, BY_INDEX, Connection, Pool

log = structlog.get_logger("bus")
metadata = new_metadata()
Handler = Callable[[str, bytes], Awaitable[None]]

POLL_S = 0.2
SOON_S = 0.008  # after a hit: a burst outruns the hints, which are at most 50 a second
LATEST_GAP_S = 0.05
BATCH = 20  # at least; as many as a subscription handles at once
MOST_TOGETHER = 200
HANDLE_TIMEOUT_S = 30.0
MAX_ATTEMPTS = 20
CHANNEL = "ansim_bus"

_NOW = func.now()
message = Table(
    "bus_message",
    metadata,
    Column("message_no", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    UniqueConstraint("subject", "message_id"),
)
Index("ix_bus_message_published_at", message.c.published_at)
durable_name = Table(
    "bus_durable",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("durable", Text, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)
pending = Table(
    "bus_pending",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("durable", Text, primary_key=True),
    Column("message_no", BigInteger, ForeignKey("bus_message.message_no"), primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)
Index("ix_bus_pending_message_no", pending.c.message_no)
dead = Table(
    "bus_dead",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("durable", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("died_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)
latest_value = Table(
    "bus_latest",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    prefixes=["UNLOGGED"],
)
Index("ix_bus_latest_subject_changed_at", latest_value.c.subject, latest_value.c.changed_at)

PUBLISH = """
WITH fresh AS (INSERT INTO bus_message (subject, message_id, body)
               SELECT * FROM unnest(%s::text[], %s::text[], %b::bytea[]) ORDER BY 1, 2
               ON CONFLICT (subject, message_id) DO NOTHING RETURNING message_no, subject)
INSERT INTO bus_pending (subject, durable, message_no)
SELECT fresh.subject, bus_durable.durable, fresh.message_no FROM fresh JOIN bus_durable USING (subject)"""
FETCH = """
SELECT p.message_no, m.message_id, m.body, p.attempts FROM bus_pending p JOIN bus_message m USING (message_no)
WHERE p.subject = %s AND p.durable = %s AND p.next_attempt_at <= clock_timestamp()
ORDER BY p.message_no LIMIT %s FOR UPDATE OF p SKIP LOCKED"""
DUE = """
SELECT EXISTS (SELECT FROM bus_pending WHERE subject = %s AND durable = %s AND next_attempt_at <= clock_timestamp())"""
DONE = "DELETE FROM bus_pending WHERE subject = %s AND durable = %s AND message_no = ANY(%s)"
AGAIN = """
UPDATE bus_pending SET attempts = attempts + %s, next_attempt_at = clock_timestamp() + %s * interval '1 s'
WHERE subject = %s AND durable = %s AND message_no = %s"""
PARK = """
INSERT INTO bus_dead (subject, durable, message_id, body, error, attempts)
SELECT subject, %s, message_id, body, %s, %s FROM bus_message WHERE message_no = %s ON CONFLICT DO NOTHING"""
LATEST = """
INSERT INTO bus_latest (subject, key, body, changed_at)
SELECT *, clock_timestamp() FROM unnest(%s::text[], %s::text[], %s::bytea[]) ORDER BY 1, 2
ON CONFLICT (subject, key) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at"""
READ_LATEST = """
SELECT key, body, changed_at, clock_timestamp() FROM bus_latest
WHERE subject = %s AND changed_at > %s::timestamptz - interval '1 s' ORDER BY changed_at"""
PURGE = (
    """DELETE FROM bus_message m WHERE m.published_at < now() - interval '24 hours'
       AND (m.published_at < now() - interval '30 days'
         OR EXISTS (SELECT FROM bus_durable d WHERE d.subject = m.subject))
       AND NOT EXISTS (SELECT FROM bus_pending p WHERE p.message_no = m.message_no)""",
    "DELETE FROM bus_latest WHERE changed_at < now() - interval '10 minutes'",
    "DELETE FROM bus_dead WHERE died_at < now() - interval '30 days'",
)


class PgBus:
    """See `location_router.bus.Bus`. One object for a process: it holds a pool, a LISTEN and a NOTIFY connection."""

    def __init__(
        self, url: str, *, key: str = "", max_attempts: int = MAX_ATTEMPTS, guard: Guard | None = None
    ) -> None:
        self.url, self.max_attempts = url, max_attempts
        self.packer = Packer(key, guard)
        self._pool = Pool(url, size=4, name="bus", by_index=True)
        self._notifier = Notifier(url, CHANNEL)
        self._group: Group[tuple[str, str, bytes], None] = Group(self._store, most=MOST_TOGETHER, at_once=3)
        self._latest_pool = Pool(url, size=1, name="bus-latest")  # a spike of positions takes nothing from the alerts
        self._latest = _LatestWriter(self._latest_pool, self._notifier)
        self._listener = Listener(url, [CHANNEL], self._wake)
        self._subscriptions: list[_Loop] = []
        self._opened = self._listening = self._closed = False

    async def publish(self, subject: str, message_id: str, body: bytes) -> None:
        await self._open()
        await self._group.put((subject, message_id, self.packer.pack(body, subject, message_id)))

    async def publish_many(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        await self._open()
        packed = [(subject, one, self.packer.pack(body, subject, one)) for subject, one, body in messages]
        for start in range(0, len(packed), MOST_TOGETHER):
            await self._store(packed[start : start + MOST_TOGETHER])

    async def _store(self, packed: list[tuple[str, str, bytes]]) -> list[None]:
        """Durable when it returns; what was published in the meantime goes together into the next statement."""
        columns = tuple(list(column) for column in zip(*packed, strict=True))
        try:
            await self._pool.run(PUBLISH, columns)
        except Unavailable:  # perhaps only a connection that died in its sleep; the id makes trying again harmless
            await self._pool.run(PUBLISH, columns)
        for subject in {subject for subject, _, _ in packed}:
            self._tell(f"m:{subject}")
        return [None] * len(packed)

    async def subscribe(self, subject: str, durable: str, handle: Handler, *, at_once: int = 1) -> DurableSubscription:
        loop = DurableSubscription(self, subject, durable, handle, at_once)
        await self._start(loop)
        return loop

    async def latest(self, subject: str, key: str, body: bytes) -> None:
        await self._open()
        self._latest.put(subject, key, self.packer.pack(body, subject, key))

    async def subscribe_latest(self, subject: str, handle: Handler) -> LatestSubscription:
        loop = LatestSubscription(self, subject, handle)
        await self._start(loop)
        return loop

    async def purge(self) -> int:
        """Delete what every durable handled a day ago, and old positions; the number of messages deleted."""
        await self._open()
        async with self._pool.connection() as conn:
            counts = [(await conn.execute(statement)).rowcount for statement in PURGE]
        return counts[0]

    async def close(self) -> None:
        self._closed = True
        for loop in list(self._subscriptions):
            await loop.stop()
        await self._latest.stop()
        await self._notifier.stop()
        await self._listener.stop()
        if self._opened:
            await self._latest_pool.close()
            await self._pool.close()

    async def _open(self) -> None:
        if not self._opened:
            self._opened = True
            await self._pool.open()
            await self._latest_pool.open()
            self._notifier.start()
            self._latest.start()

    async def _start(self, loop: _Loop) -> None:
        await self._open()
        if not self._listening:
            self._listening = True
            self._listener.start()
        self._subscriptions.append(loop)
        await loop.start()

    def forget(self, loop: _Loop) -> None:
        if loop in self._subscriptions:
            self._subscriptions.remove(loop)

    def _tell(self, word: str) -> None:
        self._wake(CHANNEL, word)
        self._notifier.tell(word)

    def _wake(self, _: str, payload: str) -> None:
        words = set(payload.split("\n")) if payload else None
        for loop in self._subscriptions:
            if words is None or loop.word in words:
                loop.wake.set()


class _Loop:
    """A subscription's task: connect, work, and after any loss of the server connect again, for ever."""

    word = ""
    batch = BATCH

    def __init__(self, bus: PgBus, subject: str, handle: Handler) -> None:
        self.bus, self.subject, self.handle = bus, subject, handle
        self.wake = asyncio.Event()
        self.ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Waits a moment for the first connection, so that in the ordinary case what follows is seen at once."""
        self._task = asyncio.create_task(self._run(), name=f"bus:{self.subject}")
        try:
            async with asyncio.timeout(2.0):
                await self.ready.wait()
        except TimeoutError:
            log.warning("bus_subscribe_waits", subject=self.subject)

    async def stop(self) -> None:
        self.bus.forget(self)
        await end(self._task)

    async def _run(self) -> None:
        delay_s = 0.05
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(conninfo(self.bus.url), autocommit=True) as conn:
                    await conn.execute(BY_INDEX)
                    await self.prepare(conn)
                    self.ready.set()
                    delay_s = 0.05
                    await self._work(conn)
            except (*AWAY, psycopg.Error) as error:
                log.warning("bus_lost", subject=self.subject, error=str(error)[:200])
            except Exception:  # a subscription that ends in silence would be worse than any error
                log.exception("bus_subscription_failed", subject=self.subject)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, 1.0)

    async def _work(self, conn: Connection) -> None:
        """Fetch again soon after a hit (a burst outruns the hints), then ever more rarely down to the poll."""
        idle_s, hinted = POLL_S, True
        while not is_read_only(conn):  # a demoted server would show the same messages for ever
            self.wake.clear()
            count = await self.round(conn) if hinted or await self.is_due(conn) else 0
            hinted = count >= self.batch
            if hinted:
                continue
            idle_s = SOON_S if count else min(idle_s * 2, POLL_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(idle_s):
                    hinted = await self.wake.wait()

    async def is_due(self, conn: Connection) -> bool:
        """A cheap look without a transaction, for polls that mostly find nothing."""
        return True

    async def prepare(self, conn: Connection) -> None:
        raise NotImplementedError

    async def round(self, conn: Connection) -> int:
        """One look at the database; how many messages it met."""
        raise NotImplementedError


class DurableSubscription(_Loop):
    def __init__(self, bus: PgBus, subject: str, durable: str, handle: Handler, at_once: int) -> None:
        super().__init__(bus, subject, handle)
        self.durable, self.word = durable, f"m:{subject}"
        self._places, self.batch = asyncio.Semaphore(at_once), max(BATCH, at_once)

    async def prepare(self, conn: Connection) -> None:
        """First time: announce the name and queue what is there already. The table lock waits for publishers that
        have not seen the name yet, so that their messages are among those found. Acks need no fsync of their own:
        after a crash of the server a lost one is only a repetition."""
        await conn.execute("SET synchronous_commit = off")
        names = (self.subject, self.durable)
        known = await conn.execute("SELECT 1 FROM bus_durable WHERE subject = %s AND durable = %s", names)
        if await known.fetchone():
            return
        async with conn.transaction():
            await conn.execute("SET LOCAL synchronous_commit = on")
            await conn.execute("LOCK TABLE bus_durable IN ACCESS EXCLUSIVE MODE")
            fresh = await conn.execute(
                "INSERT INTO bus_durable (subject, durable) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1", names
            )
            if await fresh.fetchone():
                await conn.execute(
                    "INSERT INTO bus_pending (subject, durable, message_no) "
                    "SELECT subject, %s, message_no FROM bus_message WHERE subject = %s",
                    (self.durable, self.subject),
                )

    async def is_due(self, conn: Connection) -> bool:
        row = await (await conn.execute(DUE, (self.subject, self.durable))).fetchone()
        return bool(row and row[0])

    async def round(self, conn: Connection) -> int:
        """Messages are begun in order of publication; one that fails does not hold up the others."""
        async with conn.transaction():
            rows = await (await conn.execute(FETCH, (self.subject, self.durable, self.batch))).fetchall()
            done = []
            errors = await asyncio.gather(*(self._handle(message_id, bytes(body)) for _, message_id, body, _ in rows))
            for (number, message_id, _, attempts), error in zip(rows, errors, strict=True):
                if error is None:
                    done.append(number)
                else:
                    await self._failed(conn, number, message_id, attempts, error)
            if done:
                await conn.execute(DONE, (self.subject, self.durable, done))
        return len(rows)

    async def _handle(self, message_id: str, body: bytes) -> Exception | None:
        try:
            async with self._places, asyncio.timeout(HANDLE_TIMEOUT_S):
                opened = await self.bus.packer.unpack(body, self.subject, message_id)
                if opened is not None:
                    await self.handle(message_id, opened)
        except Exception as error:
            return error
        return None

    async def _failed(self, conn: Connection, number: int, message_id: str, attempts: int, error: Exception) -> None:
        names = (self.subject, self.durable)
        if isinstance(error, Unavailable):  # the handler's database is away: not the message's fault, never its end
            await conn.execute(AGAIN, (0, 0.5, *names, number))
            return
        reason = why(error)
        if attempts + 1 >= self.bus.max_attempts:
            await conn.execute(PARK, (self.durable, reason.replace("\x00", ""), attempts + 1, number))
            await conn.execute(DONE, (*names, [number]))
            log.error("bus_dead", subject=self.subject, durable=self.durable, message_id=message_id, error=reason[:200])
            return
        delay_s = min(0.2 * 2**attempts, 30.0)
        await conn.execute(AGAIN, (1, delay_s, *names, number))
        log.warning(
            "bus_handler_failed", subject=self.subject, message_id=message_id, error=reason[:200], retry_s=delay_s
        )


class LatestSubscription(_Loop):
    """Reads what changed since its last look, a second over: a row committed late is still seen."""

    def __init__(self, bus: PgBus, subject: str, handle: Handler) -> None:
        super().__init__(bus, subject, handle)
        self.word = f"l:{subject}"
        self._since: Any = None
        self._seen: dict[str, Any] = {}

    async def prepare(self, conn: Connection) -> None:
        if self._since is None:
            row = await (await conn.execute("SELECT clock_timestamp()")).fetchone()
            self._since = row[0] if row else None

    async def round(self, conn: Connection) -> int:
        rows = await (await conn.execute(READ_LATEST, (self.subject, self._since))).fetchall()
        fresh = [row for row in rows if self._seen.get(row[0]) != row[2]]
        self._seen = {row[0]: row[2] for row in rows}
        for key, body, changed_at, _ in fresh:
            self._since = max(self._since, changed_at)
            try:
                opened = await self.bus.packer.unpack(bytes(body), self.subject, key, is_lossy=True)
                if opened is not None:
                    await self.handle(key, opened)
            except Exception as error:
                log.warning("bus_latest_handler_failed", subject=self.subject, error=repr(error)[:200])
        return len(fresh)


class _LatestWriter:
    """Writes the newest value of each key, all keys in one statement each `LATEST_GAP_S`."""

    def __init__(self, pool: Pool, notifier: Notifier) -> None:
        self._pool, self._notifier = pool, notifier
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
            try:
                async with asyncio.timeout(0.5):
                    await self._flush()
            except TimeoutError:
                pass

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            started = time.monotonic()
            await self._flush()
            took_s = time.monotonic() - started
            await asyncio.sleep(max(LATEST_GAP_S - took_s, took_s))  # at most half of the time is theirs

    async def _flush(self) -> None:
        values, self._values = self._values, {}
        if not values:
            return
        columns = [subject for subject, _ in values], [key for _, key in values], list(values.values())
        try:
            await self._pool.run(LATEST, columns)
        except (Unavailable, psycopg.Error) as error:
            log.warning("bus_latest_lost", count=len(values), error=str(error)[:200])
            return
        for subject in {subject for subject, _ in values}:
            self._notifier.tell(f"l:{subject}")
