"""Days of the table of positions: made ahead, listed, dropped.

The application owns no table: the owner's functions of migration 0011 do what has to be done to it. Both need a
moment's exclusive lock, and whoever waits for one makes everybody behind it wait, an alert too. So none waits longer
than `PATIENCE_MS` and tries again later.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import DBAPIError

from location_router.runtime.db import Unavailable, Unit

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("retention.partitions")

DAYS_AHEAD = 3
PATIENCE_MS = 50
ATTEMPTS = 40
BETWEEN_S = 0.25
_NAME = re.compile(r"position_p(\d{8})")
_CHILDREN = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'position'::regclass"
_STRAYS = "SELECT count(*) FROM position_default WHERE fixed_at >= %s AND NOT incident_id IN (SELECT held_incidents())"


class Busy(Exception):
    """Others were using the table of positions at every attempt."""


class NotNow(Exception):
    """The lock was not to be had in a moment: the transaction is rolled back, and tried again later."""


@contextmanager
def short_wait() -> Iterator[None]:
    """A lock timeout in the block is `NotNow`, and no outage of the database."""
    try:
        yield
    except (LockNotAvailable, DBAPIError) as error:
        if isinstance(getattr(error, "orig", None) or error, LockNotAvailable):
            raise NotNow from error
        raise


async def ensure_days(services: Services) -> int:
    """Make yesterday's to `DAYS_AHEAD` days ahead, where missing; returns how many. Raises Busy."""
    first = services.clock().astimezone(UTC).date() - timedelta(days=1)
    for _ in range(ATTEMPTS):
        try:
            async with services.db.begin() as unit:
                present = set(await days_of(unit))
                if all(first + timedelta(days=n) in present for n in range(DAYS_AHEAD + 2)):
                    return 0
                await be_impatient(unit)
                with short_wait():
                    call = "SELECT position_days_ensure(%s, %s)"
                    row = await (await unit.driver.execute(call, [first, DAYS_AHEAD + 2])).fetchone()
            assert row is not None
            return int(row[0])
        except NotNow:
            await asyncio.sleep(BETWEEN_S)
    raise Busy


async def be_impatient(unit: Unit) -> None:
    """No statement of this unit waits for a lock any longer than that."""
    await unit.driver.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")


async def days_of(unit: Unit) -> list[date]:
    """Days that have a partition, oldest first."""
    rows = await (await unit.driver.execute(_CHILDREN)).fetchall()
    found = (_NAME.fullmatch(row[0]) for row in rows)
    return sorted(datetime.strptime(name[1], "%Y%m%d").replace(tzinfo=UTC).date() for name in found if name)


async def drop_day(unit: Unit, day: date) -> int:
    """Drop the day's partition in the caller's transaction; returns how many rows a legal hold kept (they lie in
    `position_default` now). Raises NotNow."""
    await be_impatient(unit)
    with short_wait():
        row = await (await unit.driver.execute("SELECT position_day_drop(%s)", [day])).fetchone()
    assert row is not None
    return int(row[0])


async def count_strays(unit: Unit, *, now: datetime) -> int:
    """Recent positions that found no partition of their day: more than none says that the days were not made."""
    rows = await (await unit.driver.execute(_STRAYS, [now - timedelta(days=1)])).fetchall()
    return int(rows[0][0])


async def keep_days_ahead(services: Services) -> None:
    """At the start of a process, and every hour. Without it positions go to the default partition: none is lost."""
    try:
        if made := await ensure_days(services):
            log.info("position_days_made", days=made)
    except Busy:
        log.error("position_days_not_made", why="the table is busy; positions go to the default partition meanwhile")
    except Unavailable as error:
        log.warning("position_days_not_made", why=str(error)[:120])
