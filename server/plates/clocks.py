"""Readers' clocks: which reads of a batch are refused for their time, and whose clock people should look at.

A read that is a day old is refused whatever it read, so that the answer says nothing of what is wanted. How far the
newest read of a camera is from now tells of its clock; it stands beside the reader while it is wrong, and until it was
right for `CALM`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from location_router.request_content.values import TOO_OLD_AFTER
from location_router.runtime.db import Unit
from server.actor import SYSTEM
from server.events import record_admin
from server.incidents.cards import iso
from server.plates.candidates import NEWS
from server.plates.reads import Batch
from server.plates.texts import Numbers

if TYPE_CHECKING:
    from server.plates.readers import Reader
    from server.services import Services

BEHIND, AHEAD = timedelta(minutes=10), timedelta(minutes=2)
"""A newest read older or younger than this tells of a clock: live reads come in seconds."""
AGAIN = timedelta(minutes=1)
CALM = timedelta(minutes=10)
SHOWN_FOR = timedelta(days=1)
LONGEST_BATCH_MS = 7 * 86_400_000
_NOTE = """
UPDATE plate_reader SET clock_off_s = :off, clock_seen_at = :now WHERE reader_id = :id AND center_id = :center
"""
_WRONG = """
SELECT reader_id, center_id, cameras, clock_off_s, clock_seen_at FROM plate_reader
WHERE is_active AND clock_off_s IS NOT NULL AND clock_seen_at > :since ORDER BY reader_id
"""


def times_of(batch: Batch) -> Numbers:
    """Milliseconds after the batch's beginning, within what a batch may span; pure."""
    return np.clip(batch.after_ms, 0, LONGEST_BATCH_MS)


def refused(times_ms: Numbers, begin: datetime, now: datetime) -> set[int]:
    """Places of the reads that are too old to be anything but a wrong clock; pure."""
    oldest_ms = (now - TOO_OLD_AFTER - begin) / timedelta(milliseconds=1)
    return set(np.flatnonzero(times_ms < oldest_ms).tolist())


def off_s(batch: Batch, times_ms: Numbers, begin: datetime, now: datetime) -> float | None:
    """Of the camera whose newest read is furthest from now, how far, behind below zero; None: all are near; pure."""
    newest = np.full(len(batch.cameras), -1, dtype=np.int64)
    np.maximum.at(newest, batch.camera, times_ms)
    far = [(begin - now).total_seconds() + int(ms) / 1000 for ms in newest[newest >= 0]]
    wrong = [one for one in far if not -BEHIND.total_seconds() <= one <= AHEAD.total_seconds()]
    return max(wrong, key=abs, default=None)


async def note(services: Services, reader: Reader, off: float | None) -> None:
    """Written when it changes, and once a minute while it is wrong; its beginning and end are lines of the chain."""
    now, seen_at = services.clock(), reader.clock_seen_at
    was_off = reader.clock_off_s is not None
    if not was_off and off is None:
        return
    if was_off and seen_at is not None and now - seen_at < (CALM if off is None else AGAIN):
        return
    async with services.db.begin() as unit:
        said = {"id": reader.reader_id, "center": reader.center_id}
        await unit.execute(_NOTE, said | {"off": off, "now": now})
        if was_off != (off is not None):
            payload = {"reader_id": reader.reader_id} | ({} if off is None else {"off_s": round(off)})
            tag = "plate:clock_right" if off is None else "plate:clock_wrong"
            record_admin(unit, tag=tag, actor=SYSTEM, center_id=reader.center_id, payload=payload)
    services.broadcast.tell(f"{NEWS}{reader.center_id}")


async def wrong(unit: Unit, now: datetime) -> list[dict[str, Any]]:
    """Readers of the unit's centers whose clock people should look at."""
    rows = await unit.all(_WRONG, {"since": now - SHOWN_FOR})
    return [
        {name: row[name] for name in ("reader_id", "center_id", "cameras")}
        | {"off_s": round(row["clock_off_s"]), "seen_at": iso(row["clock_seen_at"])}
        for row in rows
    ]
