"""Receipts and statuses on their way to the router: rows first, then the bus, until the bus holds them.

The row is written in the transaction that causes it (`send`). The sender is woken after the commit and sweeps each
0.2 s; several processes may run it (SKIP LOCKED). A message may be published twice; its id makes the effect once.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import orjson
import structlog

from location_router.runtime.db import Database, Unavailable, Unit
from location_router.runtime.seal import Sealer
from location_router.wire import Message

log = structlog.get_logger("outbox")

SWEEP_S = 0.2
RETRY_S = 1.0
BATCH = 200

_CLAIM = """
UPDATE outbox SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => %s)
WHERE message_id IN (SELECT message_id FROM outbox WHERE next_attempt_at <= now()
                     ORDER BY next_attempt_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING message_id, subject, body_sealed, created_at
"""


class Outbox:
    def __init__(self, db: Database, sealer: Sealer, bus: Any) -> None:
        self._db, self._sealer, self.bus = db, sealer, bus
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def send(self, unit: Unit, subject: str, message_id: UUID, message: Message) -> None:
        """Write the message in the caller's transaction; it leaves after the commit."""
        body = self._sealer.seal(message.model_dump(mode="json"), context=f"outbox:{message_id}")
        await unit.driver.execute(
            "INSERT INTO outbox (message_id, subject, body_sealed) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [message_id, subject, body],
        )
        if "outbox" not in unit.state:
            unit.state["outbox"] = True
            unit.after_commit(self._wake.set)

    def start(self) -> None:
        if self.bus is not None and self._task is None:
            self._task = asyncio.create_task(self._run(), name="outbox")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_S)
            self._wake.clear()
            try:
                while await self.sweep() == BATCH:
                    pass
            except Unavailable:
                await asyncio.sleep(SWEEP_S)
            except Exception:
                log.exception("outbox_failed")
                await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> int:
        """Publish what is due, once; returns how many rows were tried."""
        async with self._db.begin() as unit:
            rows = await (await unit.driver.execute(_CLAIM, [RETRY_S, BATCH])).fetchall()
        if not rows:
            return 0
        rows.sort(key=lambda row: row[3])
        sent = await asyncio.gather(*(self._publish(*row[:3]) for row in rows))
        done = [message_id for message_id in sent if message_id is not None]
        if done:
            async with self._db.begin() as unit:
                await unit.driver.execute("DELETE FROM outbox WHERE message_id = ANY(%s)", [done])
        return len(rows)

    async def _publish(self, message_id: UUID, subject: str, sealed: bytes) -> UUID | None:
        try:
            message = self._sealer.open(sealed, context=f"outbox:{message_id}")
            # the body goes out as the wire's JSON; the id keeps a repeated publication without effect
            await self.bus.publish(subject, str(message_id), orjson.dumps(message))
            return message_id
        except Exception as error:
            log.warning("publish_failed", subject=subject, message_id=str(message_id), error=repr(error)[:200])
            return None
