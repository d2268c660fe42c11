"""What partners send that the standard does not allow, though we answered it: one row for each kind, counted.

A discrepancy report is what one tells a partner's engineers, so it names the kind, the partner and a technical detail,
and never a person, a place or an address. Notes gather in memory and go to PostGIS in one statement each few seconds;
while PostGIS is away they wait, and they can never fail or slow the answer they are about.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from sqlalchemy import BigInteger, Column, DateTime, Index, Table, Text, text

from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.pool import Pool
from location_router.store import metadata

log = structlog.get_logger("discrepancies")
FLUSH_S = 2.0
MOST_HELD = 1_000
MOST_ROWS = 10_000
OTHERS = "(others)"

discrepancy = Table(
    "discrepancy",
    metadata,
    Column("protocol", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("partner", Text, primary_key=True),
    Column("detail", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False, server_default=text("0")),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False),
)
Index("ix_discrepancy_last_seen_at", discrepancy.c.last_seen_at)

STORE = """
INSERT INTO discrepancy (protocol, kind, partner, detail, seen, first_seen_at, last_seen_at)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (protocol, kind, partner, detail) DO UPDATE SET seen = discrepancy.seen + excluded.seen,
  first_seen_at = least(discrepancy.first_seen_at, excluded.first_seen_at),
  last_seen_at = greatest(discrepancy.last_seen_at, excluded.last_seen_at)"""
TRIM = """
DELETE FROM discrepancy WHERE ctid IN (SELECT ctid FROM discrepancy ORDER BY last_seen_at DESC OFFSET %s)"""
REPORT = """
SELECT protocol, kind, partner, detail, seen, first_seen_at, last_seen_at FROM discrepancy
ORDER BY last_seen_at DESC, protocol, kind, partner, detail LIMIT %s"""

_UNPRINTABLE = re.compile(r"[^\x20-\x7e가-힣]+")
_PERSONAL = re.compile(r"\d[\d.\-]{5,}\d|[\w.+-]+@[\w.-]+")
_Key = tuple[str, str, str, str]


@dataclass(slots=True)
class _Seen:
    times: int
    first: datetime
    last: datetime


def harmless(told: str, *, most: int) -> str:
    """Printable, short, and without anything that looks like a number of a person, a coordinate or an e-mail."""
    return " ".join(_PERSONAL.sub("…", _UNPRINTABLE.sub(" ", told)).split())[:most]


class Discrepancies:
    """All notes of one process on their way to the table."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._held: dict[_Key, _Seen] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, protocol: str, kind: str, *, partner: str, detail: str = "") -> None:
        """Costs about a microsecond and never raises. Past `MOST_HELD` different ones the rest is counted together."""
        key = (protocol, kind, partner, detail)
        now = datetime.now(UTC)
        seen = self._held.get(key)
        if seen is None:
            key = (protocol, kind[:60], harmless(partner, most=60), harmless(detail, most=120))
            if len(self._held) >= MOST_HELD and key not in self._held:
                key = (protocol, kind[:60], OTHERS, "")
            seen = self._held.setdefault(key, _Seen(0, now, now))
        seen.times += 1
        seen.last = now

    def start(self) -> None:
        self._task = asyncio.create_task(self._flush_for_ever(), name="discrepancies")

    async def stop(self) -> None:
        await end(self._task)
        try:
            await self.flush()
        except (Unavailable, psycopg.Error) as error:
            log.warning("discrepancies_lost", kinds=len(self._held), error=str(error)[:200])

    async def flush(self) -> None:
        """Store what is held. Raises Unavailable, and then still holds it."""
        if not self._held:
            return
        taken, self._held = self._held, {}
        rows = [(*key, seen.times, seen.first, seen.last) for key, seen in sorted(taken.items())]
        try:
            await self._pool.run(STORE, tuple(list(column) for column in zip(*rows, strict=True)))
            await self._pool.run(TRIM, (MOST_ROWS,))
        except BaseException:
            self._take_back(taken)
            raise

    def _take_back(self, taken: dict[_Key, _Seen]) -> None:
        for key, seen in taken.items():
            newer = self._held.get(key)
            if newer is None:
                self._held[key] = seen
            else:
                newer.times += seen.times
                newer.first = min(newer.first, seen.first)

    async def report(self, *, most: int = 500) -> list[dict[str, Any]]:
        """What is on record, newest first. Raises Unavailable."""
        names = ("protocol", "kind", "partner", "detail", "seen", "first_seen_at", "last_seen_at")
        return [dict(zip(names, row, strict=True)) for row in await self._pool.run(REPORT, (most,))]

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self.flush()
            except Unavailable:
                pass
            except psycopg.Error as error:
                log.warning("discrepancies_not_stored", error=str(error)[:200])
            except Exception:
                log.exception("discrepancies_not_stored")
