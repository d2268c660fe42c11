"""Positions on their way to disk: a batch of any size, once each, in the right day, and never after the end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from location_router.runtime.db import conninfo
from location_router.wire import Position, PositionUpdate
from server.incidents.store import position as table
from server.positions import COPY_FROM, LATE, RESCUE_SOURCES, PositionWriter, store_positions
from server.retention.partitions import count_strays, days_of, ensure_days
from server.services import Services
from tests.databases import SCRIPTS
from tests.server.deliveries import Clock, rows
from tests.server.scene import CENTER, OTHER, Scene

pytestmark = pytest.mark.database


def fix(at: datetime, **more: Any) -> Position:
    return Position(**{"lat": 37.4, "lon": 126.9, "accuracy_m": 9.5, "fixed_at": at, **more})


async def stored(services: Services) -> list[dict[str, Any]]:
    return await rows(services, "SELECT * FROM position ORDER BY fixed_at, incident_id")


@pytest.mark.parametrize("count", [1, COPY_FROM - 1, COPY_FROM, 2 * COPY_FROM])
async def test_a_batch_of_any_size_is_stored_as_it_was_and_once(services: Services, count: int) -> None:
    alert, incident, now = uuid4(), uuid4(), services.clock()
    batch = [
        (
            alert,
            incident,
            CENTER,
            fix(now - timedelta(seconds=n), lat=37 + n / 1000, source="측위", speed_mps=n or None),
        )
        for n in range(count)
    ]
    for _ in range(2):
        async with services.db.begin() as unit:
            made = await store_positions(unit, batch, now=now)
            await store_positions(unit, batch[: COPY_FROM + 5], now=now)  # again in the same transaction
    kept = await stored(services)
    assert len(kept) == count
    assert kept == sorted(made, key=lambda row: row["fixed_at"])


async def test_a_batch_of_another_center_is_refused_also_by_copy(services: Services) -> None:
    """COPY itself knows no row-level security: the step from the stage to the table does."""
    now = services.clock()
    batch = [(uuid4(), uuid4(), OTHER, fix(now)) for _ in range(COPY_FROM)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with services.db.begin(center=CENTER) as unit:
            await store_positions(unit, batch, now=now)
    assert await stored(services) == []


async def test_a_position_lies_in_its_day_and_one_from_no_day_is_found(services: Services, clock: Clock) -> None:
    now = services.clock()
    async with services.db.begin() as unit:
        await store_positions(
            unit, [(uuid4(), uuid4(), CENTER, fix(at)) for at in (now, datetime(1970, 1, 1, tzinfo=UTC))], now=now
        )
    where = await rows(services, "SELECT tableoid::regclass::text AS name FROM position ORDER BY fixed_at")
    assert [row["name"] for row in where] == ["position_default", f"position_p{now:%Y%m%d}"]
    clock.forward(40 * 86_400)  # nobody has made days meanwhile
    async with services.db.begin() as unit:
        assert await count_strays(unit, now=clock()) == 0
        await store_positions(unit, [(uuid4(), uuid4(), CENTER, fix(clock()))], now=clock())
        assert await count_strays(unit, now=clock()) == 1
    assert await ensure_days(services) == 5 and await ensure_days(services) == 0
    async with services.db.begin() as unit:
        assert await count_strays(unit, now=clock()) == 0, "what lay outside moves to its day"
        assert (clock() + timedelta(days=3)).date() in await days_of(unit)
    assert len(await stored(services)) == 3


async def test_a_day_that_is_made_while_positions_for_it_come_in_refuses_none(services: Services, clock: Clock) -> None:
    clock.forward(40 * 86_400)
    making = asyncio.Event()

    async def write() -> int:
        written = 0
        while not making.is_set() or written < 5:
            async with services.db.begin() as unit:
                at = clock() - timedelta(milliseconds=written)
                await store_positions(unit, [(uuid4(), uuid4(), CENTER, fix(at))], now=clock())
            written += 1
        return written

    writers = [asyncio.create_task(write()) for _ in range(6)]
    await asyncio.sleep(0.1)
    assert await ensure_days(services) == 5
    making.set()
    assert len(await stored(services)) <= sum(await asyncio.gather(*writers))
    async with services.db.begin() as unit:
        assert await count_strays(unit, now=clock()) == 0


async def test_what_comes_after_the_end_is_dropped_and_counted(services: Services) -> None:
    scene = Scene(services)
    running, ended = [await scene.emergency(with_position=False) for _ in range(2)]
    await scene.sql("UPDATE incident SET state = 'closed', closed_at = now() WHERE incident_id = :id", id=ended)
    alerts = {row["incident_id"]: row["alert_id"] for row in await scene.sql("SELECT * FROM alert")}
    writer, before = PositionWriter(services), LATE._value.get()
    for number in range(3):
        for incident in (running, ended):
            at = services.clock() - timedelta(seconds=number)
            writer.add(PositionUpdate(alert_id=alerts[incident], position=fix(at)))
    assert await writer.flush() == 3
    assert {row["incident_id"] for row in await stored(services)} == {running}
    assert LATE._value.get() - before == 3


def test_the_index_of_rescue_positions_names_the_same_sources() -> None:
    index = next(one for one in table.indexes if one.name == "ix_position_rescue")
    assert str(index.dialect_options["postgresql"]["where"]) == f"source IN {RESCUE_SOURCES}"


def test_an_old_installation_s_positions_come_over_without_loss_and_back(installation_database_admin: str) -> None:
    """From the plain table to days, with fixes of any age, and the way back."""
    with psycopg.connect(conninfo(installation_database_admin), autocommit=True) as owner:
        _migrate(installation_database_admin, "downgrade", "0010")
        assert owner.execute("SELECT relkind FROM pg_class WHERE relname = 'position'").fetchone() == ("r",)
        owner.execute(
            "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m)"
            " SELECT gen_random_uuid(), now() - n * interval '7 hours', '41170', gen_random_uuid(), 37, 127, 9"
            " FROM generate_series(0, 299) n"
        )
        before = owner.execute("SELECT * FROM position ORDER BY 1, 2, 4").fetchall()
        _migrate(installation_database_admin, "upgrade", "head")
        assert owner.execute("SELECT relkind FROM pg_class WHERE relname = 'position'").fetchone() == ("p",)
        assert owner.execute("SELECT * FROM position ORDER BY 1, 2, 4").fetchall() == before
        found = owner.execute("SELECT count(DISTINCT tableoid) FROM position").fetchone()
        assert found is not None and 30 <= found[0] <= 33
        _migrate(installation_database_admin, "downgrade", "0010")
        assert owner.execute("SELECT * FROM position ORDER BY 1, 2, 4").fetchall() == before


def _migrate(url: str, way: str, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS["installation"]))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        getattr(command, way)(config, to)
    engine.dispose()
