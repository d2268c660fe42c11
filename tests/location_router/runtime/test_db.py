"""A unit of work and its connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from location_router.runtime.db import Astray, Database, Unavailable, _narrow

pytestmark = pytest.mark.database


async def test_no_free_connection_is_unavailable_and_no_error(router_database: str) -> None:
    """Overload answers 503 and the bus tries again; it is not the message's fault."""
    database = Database(router_database)
    await database.engine.dispose()
    database.engine = create_async_engine(router_database, pool_size=1, max_overflow=0, pool_timeout=0.05)
    try:
        async with database.begin():
            with pytest.raises(Unavailable):
                async with database.begin():
                    pass
    finally:
        await database.close()


async def test_a_statement_is_planned_once_on_its_connection(router_database: str) -> None:
    """A start under load must not spend itself planning; neither after a unit that was rolled back."""
    planned = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = 'SELECT 17'"
    database = Database(router_database)
    try:
        for _ in range(2):
            async with database.begin() as unit:  # the same connection again: the last one used comes first
                await unit.driver.execute("SELECT 17")
        with pytest.raises(ZeroDivisionError):
            async with database.begin() as unit:
                raise ZeroDivisionError
        async with database.begin() as unit:
            await unit.driver.execute("SELECT 17")
            assert await (await unit.driver.execute(planned)).fetchall() == [(1, 0)]
    finally:
        await database.close()


async def test_a_connection_that_is_left_in_the_middle_is_never_used_again(router_database: str) -> None:
    """Or the next one to use it is told what somebody else had asked."""
    database = Database(router_database)
    try:
        async with database.begin(center="41170") as unit:
            interrupted = unit.driver
        for wait in ("SELECT pg_sleep(5)", "SELECT 1"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(None) as patience, database.begin(center="41170") as unit:
                    patience.reschedule(asyncio.get_running_loop().time() + 0.05)
                    await unit.driver.execute(wait)
                    await asyncio.sleep(5)
            async with database.begin(center="11680") as unit:
                assert unit.driver is not interrupted and interrupted.closed
                assert await unit.scalar("SELECT current_setting('ansim.center')") == "11680"
                interrupted = unit.driver

        left = interrupted.pgconn  # an answer that nobody has read, and nobody knows of
        left.enter_pipeline_mode()
        left.send_query_params(b"SELECT 'hers'", None)
        left.pipeline_sync()
        with pytest.raises(Unavailable):
            async with database.begin(center="11680"):
                pytest.fail("on a connection that answers something else")
        async with database.begin(center="11680") as unit:
            assert unit.driver is not interrupted and interrupted.closed
            assert await unit.scalar("SELECT 'mine'") == "mine"
    finally:
        await database.close()


class _Shifted:
    """A connection that still owes somebody else an answer."""

    def __init__(self, *answer: str) -> None:
        self.answer = answer

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[None]:
        yield

    async def execute(self, _query: str, _values: object) -> Any:
        return self

    async def fetchone(self) -> tuple[str, ...]:
        return self.answer


async def test_the_first_answer_of_a_unit_says_that_it_is_to_our_question() -> None:
    await _narrow(cast(Any, _Shifted("41170")), "41170")
    with pytest.raises(Astray):
        await _narrow(cast(Any, _Shifted("11680")), "41170")
