"""The purge: small batches with pauses, so that an alert never waits for it; taken up again after a kill -9.

One run at a time in an installation (a lock on a connection of its own). Each batch is one transaction that deletes
and adds to the proof's counts; a run that was killed is finished by the next one, under its own id. A kind that fails
keeps no other from its turn, is told loudly, and is tried again. Batches share a lock with `service.place_hold`: from
the moment a hold is answered, nothing it keeps can go.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg.types.json import Jsonb

from location_router.runtime.db import Unavailable, Unit, conninfo
from server.db import load_tables
from server.retention import files, model, proofs, questions
from server.retention.kinds import KINDS, kind_named
from server.retention.model import Group, Kind, Rows
from server.retention.partitions import ATTEMPTS, BETWEEN_S, Busy, NotNow, days_of, drop_day, ensure_days
from server.retention.service import end_expired_holds, policies

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("retention.purge")

BATCH_ROWS = 1000
PAUSE_S = 0.02
RUN_LOCK = 0x707572676531
HOLD_LOCK = "SELECT pg_advisory_xact_lock_shared(hashtextextended('legal_hold', 0))"


@dataclass
class Report:
    """What a run did. `deleted` by (center, kind); `failed` by kind."""

    run_id: UUID
    as_of: datetime
    deleted: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    ended_holds: int = 0
    waited: bool = False
    """Another purge was running: this one did nothing."""


async def purge(services: Services, *, kinds: Iterable[Kind] = KINDS, as_of: datetime | None = None) -> Report:
    """Delete what is due at `as_of` (default: now; never later). Failures of kinds are in the report."""
    load_tables()
    now = services.clock()
    as_of = min(as_of or now, now)
    async with _alone(services) as alone:
        if not alone:
            return Report(uuid4(), as_of, waited=True)
        run_id, named, as_of = await _begin(services, [kind.name for kind in kinds], as_of)
        report = Report(run_id, as_of)
        report.ended_holds = await end_expired_holds(services)
        for kind in filter(None, map(kind_named, named)):
            try:
                await _purge_kind(services, report, kind)
            except Unavailable:
                raise
            except Exception as error:
                log.exception("purge_failed", kind=kind.name)
                report.failed[kind.name] = type(error).__name__
        await proofs.finish(services, run_id, as_of=as_of, failed=report.failed)
    log.info("purged", run_id=str(run_id), rows=report.deleted.total(), failed=sorted(report.failed))
    return report


@asynccontextmanager
async def _alone(services: Services) -> AsyncIterator[bool]:
    try:
        url = conninfo(services.settings.database_url)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as lock:
            row = await (await lock.execute("SELECT pg_try_advisory_lock(%s)", [RUN_LOCK])).fetchone()
            yield bool(row and row[0])
    except psycopg.OperationalError as error:
        raise Unavailable(str(error)) from error


async def _begin(services: Services, kinds: list[str], as_of: datetime) -> tuple[UUID, list[str], datetime]:
    """A new run, or the one that a killed process left, with the kinds of both."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT run_id, kinds FROM retention_run WHERE finished_at IS NULL ORDER BY started_at LIMIT 1"
        )
        run_id = row["run_id"] if row else uuid4()
        named = kinds + [name for name in (row["kinds"] if row else ()) if name not in kinds]
        await unit.driver.execute(
            "INSERT INTO retention_run (run_id, as_of, kinds, started_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (run_id) DO UPDATE SET as_of = excluded.as_of, kinds = excluded.kinds",
            [run_id, as_of, named, services.clock()],
        )
        for name in named:
            await unit.driver.execute(
                "INSERT INTO retention_kind (kind, first_seen_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [name, services.clock()],
            )
    ordered = [kind.name for kind in KINDS if kind.name in named]
    return run_id, ordered, as_of


async def _purge_kind(services: Services, report: Report, kind: Kind) -> None:
    async with services.db.begin() as unit:
        groups = model.groups_of(await policies(unit), kind)
    if kind.by_day:
        await _drop_days(services, report, kind, groups)
    for rows in kind.rows:
        if questions.exists(rows):
            for group in groups:
                await _delete(services, report, kind, rows, group)
    async with services.db.begin() as unit:
        await unit.driver.execute(
            "UPDATE retention_kind SET cleaned_at = %s WHERE kind = %s", [report.as_of, kind.name]
        )


async def _delete(services: Services, report: Report, kind: Kind, rows: Rows, group: Group) -> None:
    more = True
    while more:
        more = await _batch(services, report, kind, rows, group)
        await asyncio.sleep(PAUSE_S if more else 0)


async def _batch(services: Services, report: Report, kind: Kind, rows: Rows, group: Group) -> bool:
    """Whether there may be more."""
    before = model.cutoff(kind, group.policy, report.as_of)
    async with services.db.begin() as unit:
        await unit.driver.execute(HOLD_LOCK)
        parameters = questions.values(group, before) | {"most": BATCH_ROWS}
        if rows.file:
            found = await files.delete_batch(unit, services, rows, group, parameters)
        else:
            found = await (await unit.driver.execute(questions.delete_batch(rows, group), parameters)).fetchall()
        gone = Counter(row[0] for row in found)
        await _add_to_proofs(unit, report, kind, rows.table, group, before, gone)
    report.deleted.update({(center, kind.name): number for center, number in gone.items()})
    return len(found) == BATCH_ROWS


async def _add_to_proofs(
    unit: Unit, report: Report, kind: Kind, table: str, group: Group, before: datetime, gone: Counter[str]
) -> None:
    """In the transaction that deletes, so that no kill can lose a count."""
    for center, number in gone.items():
        await unit.driver.execute(
            _PROOF,
            {
                "run": report.run_id,
                "center": center,
                "kind": kind.name,
                "before": before,
                "version": group.policy.version,
                "number": number,
                "table": table,
                "tables": Jsonb({table: number}),
            },
        )


_PROOF = """
INSERT INTO retention_proof AS p (run_id, center_id, kind, before, policy_version, deleted, tables)
VALUES (%(run)s, %(center)s, %(kind)s, %(before)s, %(version)s, %(number)s, %(tables)s)
ON CONFLICT (run_id, center_id, kind) DO UPDATE SET before = excluded.before, policy_version = excluded.policy_version,
  deleted = p.deleted + excluded.deleted,
  tables = p.tables || jsonb_build_object(%(table)s::text,
    coalesce((p.tables ->> %(table)s::text)::bigint, 0) + excluded.deleted)
"""


async def _drop_days(services: Services, report: Report, kind: Kind, groups: list[Group]) -> None:
    """Partitions of days that are over for every center go whole; what a hold keeps moves and is not counted."""
    await ensure_days(services)
    async with services.db.begin() as unit:
        days = model.whole_days(kind, groups, await days_of(unit), report.as_of)
    for day in days:
        for _ in range(ATTEMPTS):
            try:
                await _drop_one_day(services, report, kind, groups, day)
                break
            except NotNow:
                await asyncio.sleep(BETWEEN_S)
        else:
            raise Busy(f"the day {day} could not be dropped: the table was busy at each of {ATTEMPTS} attempts")
        await asyncio.sleep(PAUSE_S)


async def _drop_one_day(services: Services, report: Report, kind: Kind, groups: list[Group], day: date) -> None:
    table = kind.rows[0].table
    since, until = model.day_start(day), model.day_start(day + timedelta(days=1))
    async with services.db.begin() as unit:
        await unit.driver.execute(HOLD_LOCK)
        # counted before the lock that readers would feel is taken
        counted = await unit.driver.execute(
            f'SELECT center_id, count(*) FROM "{table}" WHERE fixed_at >= %s AND fixed_at < %s'
            " AND incident_id NOT IN (SELECT held_incidents()) GROUP BY 1",
            [since, until],
        )
        gone: Counter[str] = Counter(dict(await counted.fetchall()))
        await drop_day(unit, day)
        for group in groups:
            mine = Counter({center: number for center, number in gone.items() if _in(center, group)})
            await _add_to_proofs(unit, report, kind, table, group, model.cutoff(kind, group.policy, report.as_of), mine)
    report.deleted.update({(center, kind.name): number for center, number in gone.items()})


def _in(center: str, group: Group) -> bool:
    return center in group.only if group.only is not None else center not in group.others


async def what_is_due(services: Services, *, as_of: datetime) -> dict[tuple[str, str], int]:
    """(center, kind) → items that a run at `as_of` would delete; changes nothing."""
    load_tables()
    found: Counter[tuple[str, str]] = Counter()
    async with services.db.begin() as unit:
        known = await policies(unit)
        for kind in KINDS:
            for rows in filter(questions.exists, kind.rows):
                for group in model.groups_of(known, kind):
                    parameters = questions.values(group, model.cutoff(kind, group.policy, as_of))
                    counted = await unit.driver.execute(questions.count_due(rows, group), parameters)
                    found.update({(center, kind.name): number for center, number in await counted.fetchall()})
    return dict(found)


def described(report: Report) -> dict[str, Any]:
    """For `--json` and the log."""
    return {
        "run_id": str(report.run_id),
        "as_of": report.as_of.isoformat(),
        "deleted": [
            {"center": center, "kind": kind, "items": items} for (center, kind), items in sorted(report.deleted.items())
        ],
        "total": report.deleted.total(),
        "failed": report.failed,
        "another_is_running": report.waited,
    }
