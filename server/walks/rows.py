"""Many walks in one transaction: read and locked in one statement, written back in one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from psycopg.rows import dict_row

from location_router.runtime.db import Unit
from server.walks.rungs import Ladder, Steps, steps_from

if TYPE_CHECKING:
    from server.services import Services

_SAVED = {
    "version": "int", "state": "text", "assessed": "text", "eta_s": "float8", "eta_at": "timestamptz",
    "until_at": "timestamptz", "rung": "text", "trouble": "text", "due_at": "timestamptz", "quiet": "text",
    "quiet_until": "timestamptz", "look_at": "timestamptz", "answer_no": "int", "lat": "float8", "lon": "float8",
    "accuracy_m": "float8", "fixed_at": "timestamptz", "heard_at": "timestamptz", "seen_center": "text",
    "raised_at": "timestamptz", "ended_at": "timestamptz", "outcome": "text",
}  # fmt: skip
_SET = ", ".join(f"{name} = q.{name}{'::jsonb' if name == 'assessed' else ''}" for name in _SAVED)
_SAVE = f"""
UPDATE walk w SET {_SET}
FROM unnest(%s::uuid[], {", ".join(f"%s::{kind}[]" for kind in _SAVED.values())})
     AS q (walk_id, {", ".join(_SAVED)}) WHERE w.walk_id = q.walk_id
"""
_READ = """
SELECT w.*, a.alert_id IS NOT NULL AS is_alert, a.ended_at AS alert_ended_at FROM walk w
LEFT JOIN followed_alert a ON a.alert_id = w.alert_id AND a.person_id = w.person_id
WHERE w.walk_id = ANY(%s) AND w.ended_at IS NULL ORDER BY w.walk_id FOR UPDATE OF w
"""
_CHANGES = """
INSERT INTO walk_change (walk_id, center_id, at, state, rung, cause)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
"""
_POSITIONS = """
INSERT INTO walk_position (walk_id, fixed_at, center_id, lat, lon, accuracy_m, source, received_at)
SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::float8[], %s::float8[], %s::float8[], %s::text[],
                     %s::timestamptz[]) ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class Running:
    """A walk's row while a transaction holds it. `row` is changed in place, `changes` become lines of her history."""

    row: dict[str, Any]
    plan: dict[str, Any]
    rung_before: str
    changes: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    trouble: str = ""
    """What the assessment finds wrong now, and when it wants to be asked again."""
    look_at: datetime | None = None

    @property
    def walk_id(self) -> UUID:
        walk_id: UUID = self.row["walk_id"]
        return walk_id

    @property
    def steps(self) -> Steps:
        return steps_from(self.row["steps"])

    @property
    def ladder(self) -> Ladder:
        row = self.row
        return Ladder(row["rung"], row["trouble"], row["due_at"], row["quiet"], row["quiet_until"])

    @ladder.setter
    def ladder(self, now: Ladder) -> None:
        self.row |= {"rung": now.rung, "trouble": now.trouble, "due_at": now.due_at}
        self.row |= {"quiet": now.quiet, "quiet_until": now.quiet_until}

    def changed(self, at: datetime, cause: str) -> None:
        """Her phone shows something else from now on."""
        self.row["version"] += 1
        self.changes.append((at, self.row["state"], self.row["rung"], cause))


def plan_context(walk_id: UUID) -> str:
    return f"walk.plan:{walk_id}"


def seal_plan(services: Services, row: dict[str, Any], plan: dict[str, Any]) -> bytes:
    return services.sealer.seal(plan, context=plan_context(row["walk_id"]), center=row["center_id"])


def open_plan(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """{origin, destination, place_name, taxi_note}; empty when it is gone."""
    if row["plan_sealed"] is None:
        return {}
    return services.sealer.open(row["plan_sealed"], context=plan_context(row["walk_id"])) or {}


async def take(
    unit: Unit, services: Services, walk_ids: Collection[UUID], *, skip_locked: bool = False
) -> dict[UUID, Running]:
    """The running ones of these walks, locked in one order everywhere; `skip_locked` leaves those of somebody else."""
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_READ + (" SKIP LOCKED" if skip_locked else ""), [list(walk_ids)])
        rows = await cursor.fetchall()
    return {row["walk_id"]: Running(row, open_plan(services, row), row["rung"]) for row in rows}


async def save(unit: Unit, walks: Sequence[Running]) -> None:
    """Write all of them back, with the lines of her history."""
    if not walks:
        return
    columns: list[list[Any]] = [[one.walk_id for one in walks]]
    for name in _SAVED:
        values = [one.row[name] for one in walks]
        columns.append([orjson.dumps(one).decode() for one in values] if name == "assessed" else values)
    await unit.driver.execute(_SAVE, columns)
    lines = [(one.walk_id, one.row["center_id"], *line) for one in walks for line in one.changes]
    if lines:
        await unit.driver.execute(_CHANGES, [list(column) for column in zip(*lines, strict=True)])


async def keep_positions(unit: Unit, rows: Iterable[tuple[Any, ...]]) -> None:
    """(walk, fixed_at, center, lat, lon, accuracy, source, received_at); a repeated fix is the one that is there."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        await unit.driver.execute(_POSITIONS, columns)
