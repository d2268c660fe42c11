"""Raw psycopg connections for the hot paths: one statement is one round trip and one commit.

Connections are in autocommit. `Unavailable` means that nothing is promised: the server was away before or during the
statement. After the server comes back the pool heals itself; a broken connection is never handed out twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from psycopg_pool.base import AttemptWithBackoff

from location_router.runtime.address import conninfo, is_read_only
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end

Connection = psycopg.AsyncConnection[Any]
AWAY = (
    psycopg.OperationalError,
    PoolTimeout,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.ReadOnlySqlTransaction,
    psycopg.InterfaceError,
    ConnectionError,
)


AGAIN_S = 0.5


class _Attempt(AttemptWithBackoff):
    """Tries again every half second. The library doubles its pauses without end, so that after a minute's outage it
    would sleep for another one beside a database that is back."""

    def update_delay(self, now: float) -> None:
        super().update_delay(now)
        self.delay = self._steady()

    @staticmethod
    def _steady() -> float:
        return AGAIN_S * random.uniform(0.8, 1.2)


class _Connections(AsyncConnectionPool[Connection]):
    async def _add_connection(self, attempt: AttemptWithBackoff | None, growing: bool = False) -> None:
        await super()._add_connection(attempt or _Attempt(timeout=self.reconnect_timeout), growing)


# A prepared statement keeps the plan of its first days, when its tables were empty and reading them whole was cheapest;
# a wave of alerts on a new installation would read ever longer tables for every row until the next ANALYZE.
BY_INDEX = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
# Nobody waits long for a row that another process holds, and a process that was frozen with rows in its hands loses
# them: its machine may answer for it for ever.
PATIENCE = "SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '60s'"


async def _configure(conn: Connection) -> None:
    await conn.execute(PATIENCE)


async def _by_index(conn: Connection) -> None:
    await conn.execute(f"{PATIENCE}; {BY_INDEX}")


class Pool:
    """Up to `size` connections to the database `url` (SQLAlchemy form). Opening succeeds while the server is away.
    `by_index`: every statement looks rows up by their index; see `BY_INDEX`."""

    def __init__(self, url: str, *, size: int, name: str, patience_s: float = 2.0, by_index: bool = False) -> None:
        self._pool = _Connections(
            conninfo(url),
            min_size=min(2, size),
            max_size=size,
            open=False,
            name=name,
            timeout=patience_s,
            kwargs={"autocommit": True},
            reconnect_timeout=1e9,
            max_idle=600,
            configure=_by_index if by_index else _configure,
        )
        self._checking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await end(self._checking)
        await self._pool.close(timeout=2)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for statements that each commit by themselves. Raises Unavailable."""
        try:
            async with self._pool.connection() as conn:
                try:
                    if is_read_only(conn):
                        raise errors.ReadOnlySqlTransaction("the database server takes no writes any more")
                    yield conn
                except errors.ReadOnlySqlTransaction:
                    await conn.close()  # never used again; the next one goes to the primary
                    raise
        except AWAY as error:
            self._check_soon()
            raise Unavailable(str(error)) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection with one transaction, committed on leaving the block. Raises Unavailable."""
        async with self.connection() as conn, conn.transaction():
            yield conn

    async def run(self, statement: Any, parameters: Any = None) -> list[Any]:
        """One statement, one commit; its rows as tuples (empty for a statement without result)."""
        async with self.connection() as conn:
            cursor = await conn.execute(statement, parameters)
            return await cursor.fetchall() if cursor.description else []

    def _check_soon(self) -> None:
        """One broken connection means that its idle brothers are broken too: look at all, once."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check(), name="pool-check")

    async def _check(self) -> None:
        with suppress(*AWAY):
            await self._pool.check()
