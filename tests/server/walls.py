"""A row in every table of a center, whatever its columns: so that a table which nobody thought of has one, too."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

_TABLES = """
SELECT c.relname AS table, min(k.attname) AS key FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'center_id'
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnatts = 1
LEFT JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY(i.indkey)
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
GROUP BY c.relname ORDER BY c.relname
"""
_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND a.attnotnull AND d.oid IS NULL AND a.attidentity = ''
"""
_CHECKS = """
SELECT conname AS name, conrelid::regclass::text AS table FROM pg_constraint
WHERE contype = 'c' AND conrelid = %s::regclass AND NOT connoinherit AND coninhcount = 0
"""
_NUMBERS = count(1)
VALUES: dict[str, Any] = {
    "text": lambda: f"x{uuid4().hex[:8]}",
    "uuid": uuid4,
    "bytea": lambda: uuid4().bytes,
    "timestamp with time zone": lambda: "now",
    "date": lambda: "2026-03-01",
    "boolean": lambda: False,
    "integer": lambda: next(_NUMBERS),
    "bigint": lambda: next(_NUMBERS),
    "smallint": lambda: next(_NUMBERS),
    "double precision": lambda: 1.0,
    "jsonb": lambda: "{}",
    "text[]": lambda: "{}",
    "uuid[]": lambda: "{}",
    "integer[]": lambda: "{}",
    "geography": lambda: "POINT(127 37)",
    "geometry": lambda: "POINT(127 37)",
}


async def tables(admin: psycopg.AsyncConnection[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Every table of a center, with its primary key where that is one column."""
    return [(row["table"], row["key"]) for row in await (await admin.execute(_TABLES)).fetchall()]


async def row_for(admin: psycopg.AsyncConnection[dict[str, Any]], table: str, center: str) -> dict[str, Any]:
    """Values for an INSERT of the least that the table takes, in that center."""
    columns = await (await admin.execute(_COLUMNS, [f'"{table}"'])).fetchall()
    missing = [one["type"] for one in columns if one["type"] not in VALUES]
    assert not missing, f"{table}: say in tests/server/walls.py what a value of {missing} looks like"
    return {one["name"]: VALUES[one["type"]]() for one in columns} | {"center_id": center}


async def fill(
    admin: psycopg.AsyncConnection[dict[str, Any]], center: str, *, without: Collection[str] = ()
) -> list[tuple[str, str | None]]:
    """One more row in every table of a center; returns the tables with their keys. Foreign keys are not asked, and
    checks between columns go: the database is one test's own."""
    found = [(table, key) for table, key in await tables(admin) if table not in without]
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        for table, _ in found:
            for check in await (await admin.execute(_CHECKS, [f'"{table}"'])).fetchall():
                drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
                await admin.execute(drop.format(sql.Identifier(table), sql.Identifier(check["name"])))
            await admin.execute(*insert(table, await row_for(admin, table, center)))
    return found


def insert(table: str, row: dict[str, Any]) -> tuple[sql.Composed, list[Any]]:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    return statement, list(row.values())
