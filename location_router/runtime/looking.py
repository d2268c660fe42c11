"""Questions that are asked all day and nearly always answered with nothing: "is anything due?".

They go over one connection of their own, without a transaction, without a pool and as a prepared statement: a tenth of
what a unit of work costs. What is found is then done in a unit of work, which decides anew. All of a process share it:
a question that meets a table somebody holds fails soon, and keeps no other waiting.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from location_router.runtime.address import conninfo, is_read_only

_SEES_ALL = (
    "SELECT set_config('ansim.center', '*', false), set_config('plan_cache_mode', 'force_generic_plan', false),"
    " set_config('lock_timeout', '200ms', false)"
)


class Looker:
    """One connection, made at the first question and again after each failure. Errors of psycopg go to the caller."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: psycopg.AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()
        self._closings = 0

    async def rows(self, query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of one statement, seen for all centers; a statement that changes rows has changed them when this
        returns. The query's text never changes with its values."""
        async with self._turn:
            closings = self._closings
            conn = self._conn or await self._connect()
            self._conn = None  # whoever is interrupted in the middle leaves nothing half-read to the next
            try:
                found: list[tuple[Any, ...]] = await (await conn.execute(query, parameters, prepare=True)).fetchall()
                if is_read_only(conn):
                    raise psycopg.errors.ReadOnlySqlTransaction("the database server takes no writes any more")
            except BaseException:
                await conn.close()
                raise
            if closings == self._closings:
                self._conn = conn
            else:  # closed while it waited for its answer
                await conn.close()
        return found

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        conn = await psycopg.AsyncConnection.connect(conninfo(self._url), autocommit=True)
        try:
            await conn.execute(_SEES_ALL)
        except BaseException:
            await conn.close()
            raise
        return conn

    async def close(self) -> None:
        self._closings += 1
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.close()
