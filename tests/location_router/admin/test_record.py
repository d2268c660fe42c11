"""The record of changes can't be changed quietly."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from location_router.admin.record import record, verify
from location_router.runtime.db import conninfo
from location_router.runtime.pool import Pool

pytestmark = pytest.mark.database
HANA = "hana"


async def _write(pool: Pool, count: int) -> None:
    async def one(number: int) -> None:
        async with pool.transaction() as conn:
            await record(conn, HANA, "center:changed", f"4117{number}", before={"hours": None}, after={"hours": "24"})

    await asyncio.gather(*(one(number) for number in range(count)))


@pytest.mark.parametrize(
    ("tamper", "first_bad"),
    [
        ("UPDATE admin_event SET admin = 'somebody' WHERE event_no = 3", 3),
        ("UPDATE admin_event SET detail = '{}' WHERE event_no = 2", 2),
        ("DELETE FROM admin_event WHERE event_no = 4", 4),
        ("UPDATE admin_event SET event_no = event_no + 100 WHERE event_no = 1", 1),
        (
            "UPDATE admin_event a SET subject = b.subject FROM admin_event b WHERE a.event_no + b.event_no = 7 "
            "AND a.event_no IN (3, 4)",
            3,
        ),
    ],
    ids=["edited", "emptied", "deleted", "moved", "swapped"],
)
async def test_an_event_that_was_tampered_with_is_named(router_database: str, tamper: str, first_bad: int) -> None:
    pool = Pool(router_database, size=4, name="test")
    await pool.open()
    try:
        await _write(pool, 6)
        async with pool.connection() as conn:
            found = await verify(conn)
            assert found["ok"] and found["events"] == 6 and len(found["head"]) == 64
        with psycopg.connect(conninfo(router_database), autocommit=True) as connection:
            connection.execute(tamper)
        async with pool.connection() as conn:
            found = await verify(conn)
        assert (found["ok"], found["first_bad"]) == (False, first_bad), found
    finally:
        await pool.close()
