"""A unit of work and its connection."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from location_router.runtime.db import Database, Unavailable

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
