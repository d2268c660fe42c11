"""The rows behind the files: written when a file is complete, let go when the buffer is over, said to be missing.

Letting go is two steps, so that no database lock ever waits for a disk and no kill leaves a row that lies: `let_go`
marks rows (from its commit on nobody reads them), the files are deleted, `forget` deletes the rows. What is marked and
not yet forgotten is handed out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.recordings.model import Segment
from server.recordings.pins import LOCK

_ADD = """
INSERT INTO segment (segment_id, center_id, camera_id, begin_at, end_at, bytes, frames, sha256, path, width_px,
                     height_px, codec, format, is_adopted, source, clock_offset_s)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (path) DO NOTHING
"""
# A pin that begins within the segment, or covers it: the hold of an incident reaches its segments through its pins.
PINNED = (
    "EXISTS (SELECT 1 FROM pin p WHERE p.camera_id = {s}.camera_id AND p.from_at < {s}.end_at"
    " AND (p.until_at IS NULL OR p.until_at > {s}.begin_at))"
)
_OVER = """
SELECT DISTINCT camera_id FROM (
    SELECT camera_id FROM segment WHERE gone_at IS NULL AND NOT is_kept AND end_at < :cutoff
    ORDER BY end_at LIMIT :most) q
"""
_LOCK_ALONE = (
    "SELECT c FROM unnest(CAST(:cameras AS text[])) AS q (c)"
    f" WHERE pg_try_advisory_xact_lock({LOCK.format(camera='c')})"
)
_BATCH = (
    "SELECT segment_id FROM segment WHERE camera_id = ANY(:cameras) AND gone_at IS NULL AND NOT is_kept"
    " AND end_at < :cutoff ORDER BY end_at LIMIT :most FOR UPDATE SKIP LOCKED"
)
_KEEP = (
    f"UPDATE segment s SET is_kept = true WHERE segment_id = ANY(:ids) AND {PINNED.format(s='s')} RETURNING segment_id"
)
_LET_GO = """
UPDATE segment SET gone_at = :now, gone_why = :why WHERE segment_id = ANY(:ids) AND NOT is_kept
RETURNING segment_id, path
"""


async def add_segments(unit: Unit, segments: Sequence[Segment]) -> None:
    """Rows of complete files. The same file again changes nothing."""
    async with unit.driver.cursor() as cursor:
        await cursor.executemany(
            _ADD,
            [
                (one.segment_id, one.center_id, one.camera_id, one.begin_at, one.end_at, one.bytes, one.frames)
                + (one.sha256, one.path, one.width_px, one.height_px, one.codec, one.format, one.is_adopted)
                + (one.source, one.clock_offset_s)
                for one in segments
            ],
        )


async def let_go(unit: Unit, *, cutoff: datetime, for_disk: bool, most: int, now: datetime) -> list[dict[str, Any]]:
    """`{segment_id, path}` of what no pin keeps and ended before `cutoff`, oldest first, marked as gone; and of what
    was marked before and still has a row. Cameras that are being pinned at this moment are passed by."""
    waiting = await unit.all(
        "SELECT segment_id, path FROM segment WHERE gone_why IN ('buffer', 'disk')"
        " ORDER BY gone_at DESC, path LIMIT :most",
        {"most": most // 2},
    )
    # a file that can't be deleted waits for ever: the others go all the same, or the disk would fill up behind it
    why = "disk" if for_disk else "buffer"
    return waiting + await _let_go(unit, cutoff=cutoff, most=most - len(waiting), now=now, why=why)


async def _let_go(unit: Unit, *, cutoff: datetime, most: int, now: datetime, why: str) -> list[dict[str, Any]]:
    over = [row["camera_id"] for row in await unit.all(_OVER, {"cutoff": cutoff, "most": most})]
    cameras = [row["c"] for row in await unit.all(_LOCK_ALONE, {"cameras": over})] if over else []
    if not cameras:
        return []
    # a statement of its own after the lock: it sees every pin that was committed before
    ids = [row["segment_id"] for row in await unit.all(_BATCH, {"cameras": cameras, "cutoff": cutoff, "most": most})]
    kept = await unit.all(_KEEP, {"ids": ids})
    gone = await unit.all(_LET_GO, {"ids": ids, "now": now, "why": why})
    if kept and not gone:  # all of this batch is pinned: what comes after it may not be
        return await _let_go(unit, cutoff=cutoff, most=most, now=now, why=why)
    return gone


async def forget(unit: Unit, segment_ids: Sequence[UUID]) -> None:
    """The files of rows that were let go are deleted."""
    await unit.execute(
        "DELETE FROM segment WHERE segment_id = ANY(:ids) AND gone_why IN ('buffer', 'disk')",
        {"ids": list(segment_ids)},
    )


async def mark_missing(unit: Unit, paths: Sequence[str], *, now: datetime) -> int:
    """Files that are gone without anybody having let them go; returns how many of them an incident kept."""
    rows = await unit.all(
        "UPDATE segment s SET gone_at = :now, gone_why = 'missing' WHERE path = ANY(:paths) AND gone_at IS NULL"
        f" RETURNING {PINNED.format(s='s')} AS is_pinned",
        {"paths": list(paths), "now": now},
    )
    return sum(row["is_pinned"] for row in rows)
