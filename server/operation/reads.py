"""Whether the tables can be read, and not only the database reached: a right that is missing, a migration that was not
run, a table that somebody holds, a disk that fails under one of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg

from location_router.runtime.db import Unavailable, Unit
from server.db import load_tables, metadata

if TYPE_CHECKING:
    from server.services import Services

KEPT_S = 1.0
PATIENCE_S = 1.0
_ESSENTIAL = (
    "incident",
    "alert",
    "event",
    "position",
    "release",
    "camera",
    "account",
    "session",
    "agreement",
    "outbox",
)
ESSENTIAL = "SELECT " + ", ".join(f"EXISTS (SELECT FROM {table})" for table in _ESSENTIAL)
"""What nobody's alert can be worked at without."""


async def read_essential(unit: Unit) -> None:
    """Raises psycopg.Error where one of these tables can't be read."""
    await unit.driver.execute(ESSENTIAL)


async def unreadable(unit: Unit) -> list[tuple[str, str]]:
    """(table, name of the error) of each table that can't be read with all of its columns."""
    load_tables()
    await unit.driver.execute("SET LOCAL statement_timeout = '2s'")
    found = []
    for table in metadata.sorted_tables:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        try:
            async with unit.driver.transaction():
                await unit.driver.execute(f'SELECT {columns} FROM "{table.name}" LIMIT 1')
        except psycopg.Error as error:
            if unit.driver.closed:
                raise Unavailable(str(error)) from error
            found.append((table.name, type(error).__name__))
    return found


async def reads_well(services: Services) -> bool:
    """Looked at once a second at most, however often it is asked, and never waited for longer than PATIENCE_S."""
    loop, known = asyncio.get_running_loop(), services.shared.get("reads")
    if known is None or (known.answer.done() and loop.time() - known.begun > KEPT_S):
        known = services.shared["reads"] = _Look(loop)
        services.soon(lambda: known.look(services), name="reads")
    await asyncio.wait({known.answer}, timeout=PATIENCE_S)
    return bool(known.answer.done() and known.answer.result())


class _Look:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.begun = loop.time()
        self.answer: asyncio.Future[bool] = loop.create_future()

    async def look(self, services: Services) -> Any:
        is_well = False
        try:
            await services.db.look(ESSENTIAL)
            is_well = True
        except (Unavailable, psycopg.Error):
            pass
        finally:  # whatever happened: who waits for it would never look again
            self.answer.set_result(is_well)
