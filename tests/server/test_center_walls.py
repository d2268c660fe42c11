"""Several centers in one installation never see each other's rows: every table of a center, read and written as the
application does it, with the wall up. A new table is in here by itself."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.rows import dict_row

from location_router.runtime.db import conninfo
from tests.databases import TestDatabase, TestServer
from tests.server.walls import fill, insert, row_for

HERE, THERE = "41170", "11110"


@pytest.fixture
def database(database_server: TestServer):
    made = database_server.fresh("installation")
    yield made
    database_server.drop(made.name)


async def app_connection(database: TestDatabase, centers: str) -> psycopg.AsyncConnection[dict[str, Any]]:
    """As the application connects, narrowed as `Database.begin(center=…)` narrows."""
    app = await psycopg.AsyncConnection.connect(conninfo(database.url), row_factory=dict_row, autocommit=True)
    await app.execute("SELECT set_config('ansim.center', %s, false)", [centers])
    return app


async def filled(database: TestDatabase, *centers: str) -> dict[str, dict[str, Any]]:
    """A row of each center in every table; returns by table what another row of the last of them would be."""
    async with await psycopg.AsyncConnection.connect(
        conninfo(database.admin), row_factory=dict_row, autocommit=True
    ) as admin:
        for center in centers:
            found = await fill(admin, center)
        return {table: await row_for(admin, table, centers[-1]) for table, _ in found}


async def seen(app: psycopg.AsyncConnection[dict[str, Any]], table: str) -> set[str]:
    rows = await app.execute(sql.SQL("SELECT center_id FROM {}").format(sql.Identifier(table)))
    return {row["center_id"] for row in await rows.fetchall()}


async def test_no_table_shows_or_takes_a_row_of_another_center(database: TestDatabase) -> None:
    rows, leaks = await filled(database, HERE, THERE), []
    assert len(rows) > 20
    async with await app_connection(database, HERE) as app:
        for table, new in rows.items():
            name = sql.Identifier(table)
            if (found := await seen(app, table)) != {HERE}:
                leaks.append(f"{table}: {found} is seen")
            for statement in (
                "UPDATE {} SET center_id = center_id WHERE center_id = %s",
                "DELETE FROM {} WHERE center_id = %s",
            ):
                changed = await app.execute(sql.SQL(statement).format(name), [THERE])
                leaks += [f"{table}: {statement} reached {changed.rowcount}"] if changed.rowcount else []
            move = sql.SQL("UPDATE {} SET center_id = %s").format(name), [THERE]
            leaks += [
                f"{table}: {what}"
                for what in (await _taken(app, *insert(table, new)), await _taken(app, *move))
                if what
            ]
    assert leaks == []
    async with await app_connection(database, f"{HERE},{THERE}") as app:
        for table in rows:
            assert await seen(app, table) == {HERE, THERE}, f"{table}: nothing was moved or deleted"


async def _taken(app: psycopg.AsyncConnection[dict[str, Any]], statement: Any, values: list[Any]) -> str | None:
    """None when the wall refused it (or a history that nobody may change); otherwise what happened instead."""
    try:
        async with app.transaction(force_rollback=True):
            await app.execute(statement, values)
        return f"{statement.as_string(app)[:60]} was taken"
    except (errors.InsufficientPrivilege, errors.RaiseException):
        return None
    except errors.Error as error:
        return f"not the wall, but {type(error).__name__} refused: {str(error)[:80]}"


async def test_who_has_no_center_sees_nothing(database: TestDatabase) -> None:
    """An agent's, a traffic worker's or a forgotten scope is empty, not everything."""
    rows = await filled(database, THERE)
    for scope in ("", "1111", "11110x", "%"):
        async with await app_connection(database, scope) as app:
            for table in rows:
                assert await seen(app, table) == set(), (table, scope)
