"""Proof that something is gone: one row per center, kind and run, its digest in the center's chain (`purge:done`).

A proof says how many went, from which tables, before when, by which version of the policy, how many a hold kept, and
how old the oldest is that stayed (of positions: the oldest within a day of going). It holds nothing about anybody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from location_router.runtime.db import Unit
from server.actor import SYSTEM
from server.events import record_admin
from server.retention import model, questions
from server.retention.kinds import kind_named
from server.retention.model import EVERY_CENTER
from server.retention.service import policies
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

_SEAL = """
UPDATE retention_proof SET held = %s, oldest_kept = %s, finished_at = %s, digest = %s
WHERE run_id = %s AND center_id = %s AND kind = %s
"""


async def finish(services: Services, run_id: UUID, *, as_of: datetime, failed: dict[str, str]) -> None:
    """Complete the run's proofs and write them into the chains, in the transaction that ends the run."""
    async with services.db.begin() as unit:
        rows = await unit.all(
            "SELECT * FROM retention_proof WHERE run_id = :id AND finished_at IS NULL ORDER BY center_id, kind",
            {"id": run_id},
        )
        for name in sorted({row["kind"] for row in rows}):
            await _complete(unit, [row for row in rows if row["kind"] == name], as_of)
        for row in rows:
            digest = model.proof_digest(row)
            key = [run_id, row["center_id"], row["kind"]]
            sealed = [row["held"], row["oldest_kept"], services.clock(), digest]
            await unit.driver.execute(_SEAL, [*sealed, *key])
            row["digest"] = digest
        _tell_chains(unit, run_id, rows, at=services.clock())
        await unit.driver.execute(
            "UPDATE retention_run SET finished_at = %s, failed = %s WHERE run_id = %s",
            [services.clock(), Jsonb(failed), run_id],
        )


async def _complete(unit: Unit, rows: list[dict[str, Any]], as_of: datetime) -> None:
    """Set `held` and `oldest_kept` of one kind's proofs."""
    kind = kind_named(rows[0]["kind"])
    held: Counter[str] = Counter()
    oldest: dict[str, datetime] = {}
    if kind is not None:
        known = await policies(unit)
        for part in filter(questions.exists, kind.rows):
            for group in model.groups_of(known, kind):
                asked = questions.values(group, model.cutoff(kind, group.policy, as_of))
                counted = await (await unit.driver.execute(questions.count_held(part, group), asked)).fetchall()
                held.update(dict(counted))
                found = await (
                    await unit.driver.execute(questions.oldest(part, group, near=kind.by_day), asked)
                ).fetchall()
                for center, at in found:
                    if at is not None:
                        oldest[center] = min(at, oldest.get(center, at))
    for row in rows:
        row["held"], row["oldest_kept"] = held[row["center_id"]], oldest.get(row["center_id"])


def _tell_chains(unit: Unit, run_id: UUID, rows: list[dict[str, Any]], *, at: datetime) -> None:
    by_center: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_center[row["center_id"]].append(row)
    for center, proofs in by_center.items():
        record_admin(
            unit,
            tag="purge:done",
            actor=SYSTEM,
            at=at,
            center_id="" if center == EVERY_CENTER else center,
            payload={
                "run_id": str(run_id),
                "proofs": [
                    {
                        "kind": row["kind"],
                        "deleted": row["deleted"],
                        "held": row["held"],
                        "policy_version": row["policy_version"],
                        "digest": row["digest"].hex(),
                    }
                    for row in proofs
                ],
            },
        )


async def prove_at_once(unit: Unit, *, center_id: str, kind: str, table: str, deleted: int, now: datetime) -> None:
    """The proof of a deletion that waited for no run (a rescue's positions at the incident's end)."""
    run_id = uuid4()
    await unit.driver.execute(
        "INSERT INTO retention_run (run_id, as_of, kinds, started_at, finished_at) VALUES (%s, %s, %s, %s, %s)",
        [run_id, now, [kind], now, now],
    )
    row: dict[str, Any] = {
        "run_id": run_id,
        "center_id": center_id,
        "kind": kind,
        "before": now,
        "deleted": deleted,
        "tables": {table: deleted},
        "held": 0,
        "oldest_kept": None,
        "policy_version": 0,
    }
    row["digest"] = model.proof_digest(row)
    await unit.driver.execute(
        "INSERT INTO retention_proof (run_id, center_id, kind, before, policy_version, deleted, tables, held,"
        " finished_at, digest) VALUES (%s, %s, %s, %s, 0, %s, %s, 0, %s, %s)",
        [run_id, center_id, kind, now, deleted, Jsonb(row["tables"]), now, row["digest"]],
    )
    _tell_chains(unit, run_id, [row], at=now)


async def listed(
    services: Services, viewer: Viewer, *, since: datetime | None, limit: int = 500
) -> list[dict[str, Any]]:
    """Proofs of the viewer's centers, newest first; the city's own for who sees every center."""
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(
            "SELECT * FROM retention_proof WHERE finished_at IS NOT NULL"
            " AND (CAST(:since AS timestamptz) IS NULL OR finished_at >= :since)"
            " ORDER BY finished_at DESC, center_id, kind LIMIT :limit",
            {"since": since, "limit": limit},
        )
    return [
        {
            **{key: row[key] for key in model.PROVED if key != "center_id"},
            "center": row["center_id"],
            "finished_at": row["finished_at"],
            "digest": bytes(row["digest"]).hex(),
            "is_intact": model.proof_digest(row) == bytes(row["digest"]),
        }
        for row in rows
    ]


async def first_altered(unit: Unit) -> str | None:
    """A proof of the last 30 days that does not say any more what its digest stands for, or None."""
    rows = await unit.all(
        "SELECT * FROM retention_proof WHERE finished_at > now() - interval '30 days' ORDER BY finished_at"
    )
    bad = next((row for row in rows if model.proof_digest(row) != bytes(row["digest"])), None)
    return f"{bad['run_id']} {bad['center_id']} {bad['kind']}" if bad else None
