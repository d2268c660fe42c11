"""Raw psycopg connections for the hot paths: one statement is one round trip and one commit.

Connections are in autocommit. `Unavailable` means that nothing is promised: the server was away before or during the
statement. After the server comes back the pool heals itself; a broken connection is never handed out twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from location_router.runtime.db import Unavailable, conninfo

Connection = psycopg.AsyncConnection[Any]
AWAY = (
    psycopg.OperationalError,
    PoolTimeout,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    psycopg.InterfaceError,
    ConnectionError,
)


class Pool:
    """Up to `size` connections to the database `url` (SQLAlchemy form). Opening succeeds while the server is away."""

    def __init__(self, url: str, *, size: int, name: str, patience_s: float = 2.0) -> None:
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            conninfo(url),
            min_size=min(2, size),
            max_size=size,
            open=False,
            name=name,
            timeout=patience_s,
            kwargs={"autocommit": True, "connect_timeout": 3},
            reconnect_timeout=1e9,
            max_idle=600,
        )
        self._checking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        if self._checking:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
        await self._pool.close(timeout=2)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for statements that each commit by themselves. Raises Unavailable."""
        try:
            async with self._pool.connection() as conn:
                yield conn
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
