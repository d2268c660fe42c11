"""Hints to other processes: coalesced NOTIFY on a connection of its own, never inside somebody's transaction.

A NOTIFY in a busy transaction serialises every commit of the database; here it costs at most one tiny commit each
`GAP_S`. A hint may be lost: whoever listens must also look by itself now and then.
"""

from __future__ import annotations

import asyncio

import psycopg
import structlog

from location_router.runtime.address import conninfo
from location_router.runtime.ending import end
from location_router.runtime.pool import AWAY

log = structlog.get_logger("notify")
GAP_S = 0.02
MOST_WORDS = 60


class Notifier:
    """`tell(word)` sends soon; the payload is the words one a line, or empty for "look at everything"."""

    def __init__(self, url: str, channel: str) -> None:
        self._url, self._channel = conninfo(url), channel
        self._words: set[str] = set()
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"notify:{self._channel}")

    async def stop(self) -> None:
        await end(self._task)

    def tell(self, word: str) -> None:
        self._words.add(word)
        self._some.set()

    async def _run(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as conn:
                    while True:
                        await self._some.wait()
                        self._some.clear()
                        words, self._words = self._words, set()
                        payload = "\n".join(words) if len(words) <= MOST_WORDS else ""
                        await conn.execute("SELECT pg_notify(%s, %s)", (self._channel, payload))
                        await asyncio.sleep(GAP_S)
            except (*AWAY, psycopg.Error) as error:
                log.warning("notify_lost", error=str(error)[:200])
            await asyncio.sleep(0.5)
