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
