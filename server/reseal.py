"""Every sealed value comes under the key that is in force for its row: after `rotate`, after an upgrade from values
sealed by DATA_KEY itself, and before a center's keys are destroyed.

Safe beside running traffic and against kill -9: a batch is one transaction, it takes only rows that nobody else holds
(SKIP LOCKED) and waits for no one, so it can't be part of a deadlock; what is done is recognised by the key id that
stands in the value, so a run that was cut off is simply begun again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from procrastinate import JobContext

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Backoff
from location_router.runtime.seal import SealError
from server.actor import SYSTEM, Actor
from server.db import load_tables
from server.events import record_admin
from server.jobs import jobs, services_of
from server.key_ring import INSTALLATION
from server.keys import KeyRefused, mark_destroyed, ring_of
from server.sealed_columns import SEALED_COLUMNS, SealedColumn

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("reseal")
BATCH = 200
PASSES = 20

# `own` is the key that should have sealed the row, `used` the one that did: values of a destroyed key are left alone.
_KEYS = """
LEFT JOIN center_key own ON own.center_id = {center} AND own.purpose = 'seal' AND own.state = 'active'
JOIN center_key inst ON inst.center_id = '-' AND inst.purpose = 'seal' AND inst.state = 'active'
LEFT JOIN center_key used ON used.key_id = substring(t.{column} FROM 2 FOR 8)
      AND substring(t.{column} FROM 1 FOR 1) = '\\x02'::bytea
WHERE t.{column} IS NOT NULL AND used.key_id IS DISTINCT FROM coalesce(own.key_id, inst.key_id)
AND used.state IS DISTINCT FROM 'destroyed'
"""


@dataclass
class Resealed:
    """What a run has done, by `table.column`."""

    values: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    left: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.left,
            "resealed": sum(self.values.values()),
            "left": self.left,
            "columns": self.values,
            "unreadable": self.unreadable,
        }


async def reseal(services: Services, *, actor: Actor = SYSTEM) -> Resealed:
    """All columns, until nothing is left or only what can't be opened. Idempotent."""
    load_tables()
    done = Resealed()
    for number in range(PASSES):
        await asyncio.to_thread(ring_of(services).load)
        for column in SEALED_COLUMNS:
            await _column(services, column, done, counts_unreadable=number == 0)
        async with services.db.begin() as unit:
            done.left = await _left(unit)
        if done.left <= sum(done.unreadable.values()):
            break
        await asyncio.sleep(0.2)  # rows that somebody held
    if done.values:
        async with services.db.begin() as unit:
            record_admin(unit, tag="key:resealed", actor=actor, payload={"values": sum(done.values.values())})
    return done


async def _column(services: Services, column: SealedColumn, done: Resealed, *, counts_unreadable: bool) -> None:
    name, after = f"{column.table}.{column.column}", None
    while True:
        async with services.db.begin() as unit:
            rows = await _batch(unit, column, after)
            new, bad = _sealed_anew(services, column, rows)
            await _write(unit, column, new)
        if new:
            done.values[name] = done.values.get(name, 0) + len(new)
        if bad and counts_unreadable:
            done.unreadable[name] = done.unreadable.get(name, 0) + bad
            log.error("value_not_opened", column=name, count=bad)
        if len(rows) < BATCH:
            return
        after = [rows[-1][key] for key in column.keys]


async def _batch(unit: Unit, column: SealedColumn, after: list[Any] | None) -> list[dict[str, Any]]:
    keys = ", ".join(f"t.{key}" for key in column.keys)
    fields = "".join(f", {name}" for name in column.fields if name not in column.keys)
    beyond = f" AND ({keys}) > ({', '.join(f':k{n}' for n in range(len(column.keys)))})" if after else ""
    query = (
        f"SELECT {keys}{fields}, {column.center} AS whose, t.{column.column} AS sealed FROM {column.table} t"
        f" {column.join} {_KEYS.format(center=column.center, column=column.column)}{beyond}"
        f" ORDER BY {keys} LIMIT {BATCH} FOR NO KEY UPDATE OF t SKIP LOCKED"
    )
    return await unit.all(query, {f"k{n}": value for n, value in enumerate(after or [])})


def _sealed_anew(
    services: Services, column: SealedColumn, rows: list[dict[str, Any]]
) -> tuple[list[tuple[Any, ...]], int]:
    """Rows for `_write`, and how many values could not be opened."""
    new: list[tuple[Any, ...]] = []
    for row in rows:
        context = column.context.format(**row)
        center = "" if row["whose"] == INSTALLATION else row["whose"]
        try:
            value = services.sealer.open(row["sealed"], context=context)
        except SealError:
            continue
        new.append((services.sealer.seal(value, context=context, center=center), *(row[key] for key in column.keys)))
    return new, len(rows) - len(new)


async def _write(unit: Unit, column: SealedColumn, new: list[tuple[Any, ...]]) -> None:
    if not new:
        return
    same = " AND ".join(f"{key} = %s" for key in column.keys)
    async with unit.driver.cursor() as cursor:
        await cursor.executemany(f"UPDATE {column.table} SET {column.column} = %s WHERE {same}", new)


async def _left(unit: Unit) -> int:
    """Values of all columns that are not under the key that is in force for their row."""
    count = 0
    for column in SEALED_COLUMNS:
        keys = _KEYS.format(center=column.center, column=column.column)
        count += int(await unit.scalar(f"SELECT count(*) FROM {column.table} t {column.join} {keys}"))
    return count


async def values_by_key(unit: Unit) -> dict[bytes, int]:
    """How many values stand under each key id; `b""`: sealed by DATA_KEY itself. Reads every sealed column."""
    load_tables()
    found: dict[bytes, int] = {}
    for column in SEALED_COLUMNS:
        rows = await unit.all(
            f"SELECT CASE WHEN substring({column.column} FROM 1 FOR 1) = '\\x02'::bytea"
            f" THEN substring({column.column} FROM 2 FOR 8) ELSE ''::bytea END AS id, count(*) AS n"
            f" FROM {column.table} WHERE {column.column} IS NOT NULL GROUP BY 1"
        )
        for row in rows:
            found[bytes(row["id"])] = found.get(bytes(row["id"]), 0) + int(row["n"])
    return found


async def destroy(services: Services, center: str, *, actor: Actor) -> dict[str, Any]:
    """A center leaves: what its keys sealed can never be opened again, here. Raises KeyRefused with the cure.

    First everything comes under the right key, so that no other center's value goes with it and none of its own is
    left; the keys go in the transaction that has seen that nothing stands in the way."""
    async with services.db.begin() as unit:
        await _refuse(unit, services, center)
    done = await reseal(services, actor=actor)
    if held := done.left - sum(done.unreadable.values()):
        raise KeyRefused(f"{held} values are held by somebody and could not be resealed; try again in a minute")
    async with services.db.begin() as unit:
        await _refuse(unit, services, center)
        ids = await unit.all("SELECT key_id FROM center_key WHERE center_id = :c", {"c": center})
        counted = await values_by_key(unit)
        values = sum(counted.get(bytes(row["key_id"]), 0) for row in ids)
        gone = await mark_destroyed(unit, services, center, actor=actor, values=values)
    await asyncio.to_thread(ring_of(services).load)
    return {"center": center, "keys": gone, "values": values}


_IN_THE_WAY = """
SELECT EXISTS (SELECT FROM center_key WHERE center_id = :c AND state <> 'destroyed') AS known,
 (SELECT count(*) FROM incident WHERE center_id = :c AND state NOT IN ('closed', 'cancelled', 'transferred')) AS open,
 (SELECT count(*) FROM followed_alert WHERE center_id = :c AND ended_at IS NULL) AS followed,
 (SELECT count(*) FROM legal_hold WHERE center_id = :c AND ended_at IS NULL) AS held
"""


async def _refuse(unit: Unit, services: Services, center: str) -> None:
    row = await unit.one(_IN_THE_WAY, {"c": center})
    assert row is not None
    if center in (INSTALLATION, services.settings.home_center):
        raise KeyRefused(f"{center}: 사람들이 가입한 곳입니다 · people have signed up here; its keys stay")
    if not row["known"]:
        raise KeyRefused(f"{center}: 열쇠가 없습니다 · has no keys here; see: ansim keys list")
    if count := row["open"] + row["followed"]:
        raise KeyRefused(f"{center}: 열린 사건 {count}건이 있습니다 · {count} open incidents; close them first")
    if row["held"]:
        raise KeyRefused(f"{center}: 법적 보존 {row['held']}건이 있습니다 · {row['held']} legal holds; end them first")


@jobs.task(name="reseal", retry=Backoff(), pass_context=True)
async def reseal_job(context: JobContext) -> None:
    """Deferred by `rotate` for a moment at which every process has taken the new key into use."""
    await reseal(services_of(context))
