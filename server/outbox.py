"""Receipts and statuses on their way to the router: rows first, then the bus, until the bus holds them.

The row is written in the transaction that causes it (`send`). After the commit this process publishes what it still
has in memory, and removes the rows; what stays for `GRACE_S` (a lost bus, a killed process) is swept by any process
(SKIP LOCKED). A message may be published twice; its id makes the effect once.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import orjson
import structlog

from location_router.runtime.db import Database, Unavailable, Unit
from location_router.runtime.ending import end
from location_router.runtime.seal import Sealer
from location_router.wire import Message

log = structlog.get_logger("outbox")

SWEEP_S = 0.2
RETRY_S = 1.0
GRACE_S = 1.0
BATCH = 200

# Removing a row is only tidiness: a lost removal is a repetition, so it waits for no disk.
_NO_WAIT = "SET LOCAL synchronous_commit TO off"
_PUT = """
INSERT INTO outbox (message_id, subject, body_sealed, next_attempt_at)
VALUES (%s, %s, %s, now() + make_interval(secs => %s)) ON CONFLICT DO NOTHING
"""

_CLAIM = """
UPDATE outbox SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => %(retry_s)s)
WHERE message_id IN (SELECT message_id FROM outbox WHERE next_attempt_at <= now()
                     ORDER BY next_attempt_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING message_id, subject, body_sealed, created_at
"""


class Outbox:
    def __init__(self, db: Database, sealer: Sealer, bus: Any) -> None:
        self._db, self._sealer, self.bus = db, sealer, bus
        self._fresh: list[tuple[UUID, str, bytes]] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def send(self, unit: Unit, subject: str, message_id: UUID, message: Message) -> None:
        """Write the message in the caller's transaction; it leaves after the commit."""
        value = message.model_dump(mode="json")
        body = self._sealer.seal(value, context=f"outbox:{message_id}")
        await unit.driver.execute(_PUT, [message_id, subject, body, GRACE_S if self._tasks else 0.0])
        if self._tasks:
            unit.after_commit(lambda: self._hand_over(message_id, subject, orjson.dumps(value)))

    def _hand_over(self, message_id: UUID, subject: str, body: bytes) -> None:
        self._fresh.append((message_id, subject, body))
        self._wake.set()

    def start(self) -> None:
        if self.bus is not None and not self._tasks:
            self._tasks = [
                asyncio.create_task(self._send_fresh(), name="outbox:fresh"),
                asyncio.create_task(self._sweep_on(), name="outbox:sweep"),
            ]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await end(*tasks)

    async def _send_fresh(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            fresh, self._fresh = self._fresh, []
            sent = await asyncio.gather(*(self._publish(*one) for one in fresh))
            try:
                await self._remove([message_id for message_id in sent if message_id is not None])
            except Unavailable:
                log.warning("outbox_left_to_sweep", count=len(fresh))
            except Exception:  # whatever it was: without this task what is handed over would only pile up
                log.exception("outbox_left_to_sweep", count=len(fresh))

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                while await self.sweep() == BATCH:
                    pass
            except Unavailable:
                continue
            except Exception:
                log.exception("outbox_failed")

    async def sweep(self) -> int:
        """Publish what is due, once; returns how many rows were tried."""
        rows = await self._db.look(_CLAIM, retry_s=RETRY_S, most=BATCH)
        if not rows:
            return 0
        rows.sort(key=lambda row: row[3])
        readable = [(row[0], row[1], body) for row in rows if (body := self._opened(row[0], row[2])) is not None]
        sent = await asyncio.gather(*(self._publish(*one) for one in readable))
        await self._remove([message_id for message_id in sent if message_id is not None])
        return len(rows)

    def _opened(self, message_id: UUID, sealed: bytes) -> bytes | None:
        """None when it can't be read: it stays, loudly, and holds up none of the others."""
        try:
            return orjson.dumps(self._sealer.open(sealed, context=f"outbox:{message_id}"))
        except Exception as error:
            log.error("outbox_unreadable", message_id=str(message_id), error=repr(error)[:200])
            return None

    async def _remove(self, done: list[UUID]) -> None:
        if done:
            async with self._db.begin() as unit:
                await unit.driver.execute(_NO_WAIT)
                await unit.driver.execute("DELETE FROM outbox WHERE message_id = ANY(%s)", [done])

    async def _publish(self, message_id: UUID, subject: str, body: bytes) -> UUID | None:
        """The id keeps a repeated publication without effect."""
        try:
            await self.bus.publish(subject, str(message_id), body)
            return message_id
        except Exception as error:
            log.warning("publish_failed", subject=subject, message_id=str(message_id), error=repr(error)[:200])
            return None
