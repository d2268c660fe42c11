"""Sites into the registry: staged by COPY, compared in one question, written in one statement.

A camera whose row says what it said last time is not touched, so that what an administrator has changed by hand stays.
The digest of a row has two halves, its place and the rest; only the half that changed is taken over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from location_router.runtime.db import Unit
from server.cameras.importing.sites import STAGED, Site

TABLES = """
CREATE TEMP TABLE IF NOT EXISTS import_stage (
  key text, center_id text, lat float8, lon float8, accuracy_m float8, cameras int,
  headings float8[], views float8[], name text, heading_text text, height_m float8, is_ptz bool, is_anpr bool,
  width_px int, night text, purpose text, purposes text[], office text, office_phone text, management_no text,
  site_address text, retention_days int, installed_on date, digest text, line int) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS import_seen (key text, cameras int, center_id text) ON COMMIT DROP
"""
_COPY = f"COPY import_stage ({', '.join(STAGED)}) FROM STDIN"

_PLACE = ("center_id", "place", "accuracy_m")
_REST = (
    ("name", "heading_deg", "field_of_view_deg", "heading_text", "height_m", "is_ptz", "is_anpr", "width_px", "night")
    + ("purpose", "purposes", "number_at_site", "office", "office_phone", "management_no", "site_address")
    + ("retention_days", "installed_on")
)
_EACH = """
SELECT 'cctv-' || s.key || '-' || n AS camera_id, s.center_id, s.name, s.accuracy_m,
       CAST(ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326) AS geography) AS place, s.headings[n] AS heading_deg,
       s.views[n] AS field_of_view_deg, s.heading_text, s.height_m, s.is_ptz, s.is_anpr, s.width_px, s.night,
       s.purpose, s.purposes, n AS number_at_site, s.office, s.office_phone, s.management_no, s.site_address,
       s.retention_days, s.installed_on, :name || '/' || s.key || '/' || n AS source_key, s.digest AS source_digest
FROM import_stage s, generate_series(1, s.cameras) n
"""


def _taken(columns: Sequence[str], half: str) -> str:
    same = f"{half}(camera.source_digest, 8) = {half}(excluded.source_digest, 8)"
    return ", ".join(f"{one} = CASE WHEN {same} THEN camera.{one} ELSE excluded.{one} END" for one in columns)


_CHANGED = (
    " WHERE NOT EXISTS (SELECT FROM camera c WHERE c.camera_id = 'cctv-' || s.key || '-' || n"
    " AND c.source_digest = s.digest)"
)


def _writing(each: str) -> str:
    columns = ", ".join(_PLACE + _REST)
    return f"""
INSERT INTO camera (camera_id, {columns}, source_key, source_digest, source, updated_at)
SELECT camera_id, {columns}, source_key, source_digest, 'import', :now FROM ({each}) each
ON CONFLICT (camera_id) DO UPDATE SET {_taken(_PLACE, "left")}, {_taken(_REST, "right")},
  source_key = excluded.source_key, source_digest = excluded.source_digest, updated_at = excluded.updated_at,
  retired_at = CASE WHEN camera.source_digest IS NULL THEN NULL ELSE camera.retired_at END
WHERE camera.source_digest IS DISTINCT FROM excluded.source_digest
"""


_WRITE_ALL, _WRITE_CHANGED = _writing(_EACH), _writing(_EACH + _CHANGED)
_COMPARE = """
SELECT s.center_id, count(*) FILTER (WHERE c.camera_id IS NULL) AS new,
  count(*) FILTER (WHERE c.source_digest = s.digest) AS unchanged,
  count(*) FILTER (WHERE c.camera_id IS NOT NULL AND c.source_digest IS NULL) AS returned,
  count(*) FILTER (WHERE c.source_digest <> s.digest AND left(c.source_digest, 8) <> left(s.digest, 8)) AS moved,
  count(*) FILTER (WHERE c.source_digest <> s.digest AND left(c.source_digest, 8) = left(s.digest, 8)) AS updated
FROM import_stage s CROSS JOIN generate_series(1, s.cameras) n
LEFT JOIN camera c ON c.camera_id = 'cctv-' || s.key || '-' || n GROUP BY s.center_id
"""
_CHANGES = """
SELECT s.line, c.camera_id, s.name, left(c.source_digest, 8) <> left(s.digest, 8) AS moved,
  round(ST_Distance(c.place, CAST(ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326) AS geography))::numeric, 1)::float8
  AS by_m FROM import_stage s JOIN camera c ON c.camera_id = 'cctv-' || s.key || '-1'
WHERE c.source_digest <> s.digest ORDER BY s.line LIMIT :most
"""
MOST_CHANGES = 1_000


@dataclass
class Counts:
    """What has become of cameras, by center; `changes` names the first MOST_CHANGES rows that differ."""

    by_center: dict[str, Counter[str]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def add(self, center_id: str, **counts: int) -> None:
        self.by_center.setdefault(center_id, Counter()).update(counts)

    def total(self, name: str) -> int:
        return sum(counts[name] for counts in self.by_center.values())


async def prepare(unit: Unit, name: str) -> bool:
    """Temporary tables; the revision is raised once at the end, not by each statement. Returns whether the registry
    already has cameras of this source."""
    for statement in TABLES.split(";"):
        await unit.driver.execute(statement)
    await unit.execute("SELECT set_config('ansim.bulk', 'on', true)")
    return bool(
        await unit.scalar(
            "SELECT EXISTS (SELECT FROM camera WHERE source = 'import' AND starts_with(source_key, :prefix))",
            {"prefix": f"{name}/"},
        )
    )


async def finish(unit: Unit) -> None:
    """Raise the revision by what `prepare` held back."""
    await unit.execute("UPDATE camera_revision SET revision = revision + 1")
    await unit.execute("SELECT set_config('ansim.bulk', 'off', true)")


async def apply(
    unit: Unit, sites: Sequence[Site], counts: Counts, *, name: str, now: datetime, is_first: bool, dry_run: bool
) -> None:
    """Stage, compare and (unless `dry_run`) write these sites of source `name`."""
    if not sites:
        return
    async with unit.driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        await copy.write("".join([one.copied for one in sites]))
    if is_first:
        for one in sites:
            counts.add(one.center_id, new=one.cameras)
    else:
        for row in await unit.all(_COMPARE):
            counts.add(row.pop("center_id"), **row)
        room = MOST_CHANGES - len(counts.changes)
        counts.changes += await unit.all(_CHANGES, {"most": room}) if room > 0 else []
    if not dry_run:
        await unit.execute(_WRITE_ALL if is_first else _WRITE_CHANGED, {"name": name, "now": now})
        if not is_first:
            await unit.execute(
                "DELETE FROM camera_doubt d USING import_stage s WHERE d.source_key = :name || '/' || s.key"
                " AND d.state = 'open' AND d.center_id = s.center_id",
                {"name": name},
            )
    await unit.execute("INSERT INTO import_seen SELECT key, cameras, center_id FROM import_stage")
    await unit.execute("TRUNCATE import_stage")


async def seen(unit: Unit, keys: Sequence[tuple[str, int]]) -> None:
    """Rows that wait or were refused: what the registry has of them stays."""
    async with unit.driver.cursor() as cursor, cursor.copy("COPY import_seen (key, cameras) FROM STDIN") as copy:
        await copy.write("".join([f"{key}\t{cameras}\n" for key, cameras in keys]))


@dataclass(frozen=True, slots=True)
class Vanished:
    """Of one center: sites the registry has of this source, those the files no longer name, those they do name."""

    center_id: str
    known: int
    missing: int
    named: int


_MISSING = """
camera c WHERE c.source = 'import' AND starts_with(c.source_key, :prefix) AND c.retired_at IS NULL
AND NOT EXISTS (SELECT FROM import_seen s WHERE s.key = split_part(c.source_key, '/', 2)
                AND CAST(split_part(c.source_key, '/', 3) AS int) <= s.cameras)
"""


async def vanished(unit: Unit, name: str) -> list[Vanished]:
    """By center that the files touched; centers that they don't name at all are none of their business."""
    await unit.execute("ANALYZE import_seen")
    # what this transaction has written has no statistics yet: a nested loop would look cheap, and take hours
    await unit.execute("SET LOCAL enable_nestloop = off")
    rows = await unit.all(
        "WITH touched AS (SELECT center_id, count(*) AS named FROM import_seen WHERE center_id IS NOT NULL"
        " GROUP BY center_id), known AS (SELECT center_id, count(DISTINCT split_part(source_key, '/', 2)) AS known"
        " FROM camera WHERE source = 'import' AND starts_with(source_key, :prefix) AND retired_at IS NULL"
        " GROUP BY center_id), missing AS (SELECT c.center_id, count(DISTINCT split_part(c.source_key, '/', 2)) AS"
        f" missing FROM {_MISSING} GROUP BY c.center_id) SELECT center_id, known, missing, named FROM touched"
        " JOIN missing USING (center_id) JOIN known USING (center_id) ORDER BY center_id",
        {"prefix": f"{name}/"},
    )
    return [Vanished(**row) for row in rows]


async def retire_missing(unit: Unit, name: str, centers: Sequence[str], now: datetime) -> dict[str, int]:
    """Retire these centers' cameras that the files no longer name; returns how many cameras by center. A camera that
    comes back in a later file works again."""
    rows = await unit.all(
        "WITH gone AS (UPDATE camera SET retired_at = :now, source_digest = NULL, updated_at = :now WHERE camera_id IN"
        f" (SELECT c.camera_id FROM {_MISSING} AND c.center_id = ANY(:centers)) RETURNING center_id)"
        " SELECT center_id, count(*) AS cameras FROM gone GROUP BY center_id",
        {"prefix": f"{name}/", "centers": list(centers), "now": now},
    )
    return {row["center_id"]: row["cameras"] for row in rows}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A doubtful row for the review page."""

    key: str
    center_id: str
    file: str
    line: int
    reason: str
    row: dict[str, str]
    suggestion: dict[str, Any] | None


_DOUBT = """
INSERT INTO camera_doubt (doubt_id, center_id, batch_id, source_key, file, line, reason, row, suggestion)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (center_id, source_key) DO UPDATE SET batch_id = excluded.batch_id, file = excluded.file,
  line = excluded.line, reason = excluded.reason, row = excluded.row, suggestion = excluded.suggestion,
  state = 'open', decided_by = NULL, decided_at = NULL, before = NULL
"""


async def keep_doubts(unit: Unit, doubts: Sequence[Waiting], *, name: str, batch_id: UUID) -> None:
    """Write what waits; one that waited already is told anew. Decided ones must not be given."""
    async with unit.driver.cursor() as cursor:
        await cursor.executemany(
            _DOUBT,
            [
                (uuid4(), one.center_id, batch_id, f"{name}/{one.key}", one.file, one.line, one.reason)
                + (orjson.dumps(one.row).decode(), orjson.dumps(one.suggestion).decode() if one.suggestion else None)
                for one in doubts
            ],
        )
