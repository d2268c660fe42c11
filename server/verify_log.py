"""Proof that nobody has changed the log quietly (invariant 8): edits, deletions, insertions, reordering, a cut tail.

The chain is read from its first event in pages; ids, times and digests are hashed again, payloads that still exist are
opened and digested again, the table of releases is held against its lines, and each signed checkpoint against the event
that it names. A purged payload, or one whose key was destroyed, is no finding: its digest stays in the chain.
Whoever can rewrite the whole database can rewrite the chain as well: then checkpoints that are kept elsewhere tell.
Only reads, in one snapshot if the caller opened one; memory does not grow with the log.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from location_router.runtime.db import Unit
from location_router.runtime.seal import Sealer, SealError
from server.events import GENESIS, chain_hash, chain_of, payload_digest
from server.log.checkpoints import Checkpoint
from server.log.release_lines import Line, compare, unlinked

PAGE = 2000

# Ids and times as the text that is hashed: the server writes it while we hash the page before.
_PAGE = """
SELECT e.seq, e.event_id::text, e.incident_id::text, e.tag, e.actor_kind, e.actor_id,
       to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.payload_digest, e.previous_hash,
       e.hash, p.salt, p.payload_sealed
FROM event e LEFT JOIN event_payload p ON p.center_id = e.center_id AND p.seq = e.seq
WHERE e.center_id = %s AND e.seq > %s ORDER BY e.seq LIMIT %s
"""
_STRAY = """
SELECT p.seq FROM event_payload p LEFT JOIN event e USING (center_id, seq)
WHERE p.center_id = %s AND e.seq IS NULL ORDER BY p.seq LIMIT 1
"""


@dataclass(frozen=True)
class Finding:
    """The first place where the log is not what was written; `row` names a row that is not an event."""

    seq: int
    what: str
    row: str = ""


@dataclass(frozen=True)
class Report:
    center: str
    events: int
    head: str
    finding: Finding | None = None
    checkpoints: int = 0
    unread: int = 0
    """Payloads that are there and were not opened, because the key is not given here."""

    @property
    def ok(self) -> bool:
        return self.finding is None


@dataclass
class _Walk:
    """Where the check of one chain stands."""

    conn: psycopg.AsyncConnection[Any]
    center: str
    sealer: Sealer | None
    marks: dict[int, list[Checkpoint]]
    previous: bytes = GENESIS
    seen: int = 0
    checked: int = 0
    unread: int = 0
    lines: list[Line] = field(default_factory=list)


async def verify_chain(unit: Unit, center: str, checkpoints: Iterable[Checkpoint] = ()) -> Report:
    """`verify` for a unit of an `EventDatabase`."""
    return await verify(unit.driver, chain_of(unit).sealer, center, checkpoints)


async def verify(
    conn: psycopg.AsyncConnection[Any], sealer: Sealer | None, center: str, checkpoints: Iterable[Checkpoint] = ()
) -> Report:
    """Check one center's chain against its head, its checkpoints, its payloads (not without `sealer`) and releases."""
    marks: defaultdict[int, list[Checkpoint]] = defaultdict(list)
    for one in checkpoints:
        if one.center == center:
            marks[one.seq].append(one)
    walk = _Walk(conn, center, sealer, dict(marks))
    head = await (await conn.execute("SELECT seq, hash FROM chain_head WHERE center_id = %s", [center])).fetchone()
    last, head_hash = (head[0], bytes(head[1])) if head else (0, GENESIS)
    found = await _pages(walk)
    if found is None:
        found = _check_end(walk.seen, last, walk.previous, head_hash) or _beyond(walk)
        found = found or await _strays(conn, center) or await _unlinked(conn, center)
    return Report(center, walk.seen, head_hash.hex(), found, walk.checked, walk.unread)


async def _pages(walk: _Walk) -> Finding | None:
    """Page by page; the server reads the next one while this one is hashed."""
    rows = await _fetch(walk.conn, walk.center, 0)
    while True:
        is_last = len(rows) < PAGE
        coming = None if is_last else asyncio.create_task(_fetch(walk.conn, walk.center, rows[-1][0]))
        await asyncio.sleep(0)  # the question leaves
        try:
            found = await _check_page(walk, rows)
        except BaseException:
            if coming is not None:
                coming.cancel()
            raise
        rows = await coming if coming is not None else []
        if found is not None or is_last:
            return found


async def _fetch(conn: psycopg.AsyncConnection[Any], center: str, after: int) -> list[Any]:
    return await (await conn.execute(_PAGE, [center, after, PAGE], binary=True)).fetchall()


async def _check_page(walk: _Walk, rows: list[Any]) -> Finding | None:
    found = next((one for row in rows if (one := _step(walk, row)) is not None), None)
    lines, walk.lines = walk.lines, []
    for seq, what, row in await compare(walk.conn, walk.center, lines):
        if found is None or seq < found.seq:
            found = Finding(seq, what, row)
    return found


def _step(walk: _Walk, row: Any) -> Finding | None:
    """The next row: it follows, it hashes, its payload digests, and a checkpoint that names it agrees."""
    expected, seq = walk.seen + 1, row[0]
    what, body = _check(walk, row, expected)
    if what is None:
        for mark in walk.marks.pop(seq, ()):
            walk.checked += 1
            what = what or _check_mark(mark, row[9])
    if what is not None:
        return Finding(min(seq, expected), what)
    if body is not None and row[3].startswith("release:"):
        at = datetime.fromisoformat(row[6])
        walk.lines.append(Line(seq, UUID(row[1]), UUID(row[2]), row[3], row[4], row[5], at, body["payload"]))
    walk.previous, walk.seen = row[9], expected
    return None


def _check(walk: _Walk, row: Any, expected: int) -> tuple[str | None, Any]:
    """What is wrong with the row, or its opened payload if it has one that can be opened."""
    seq, event_id, incident_id, tag, kind, actor, at, digest, previous, link, salt, sealed = row
    if seq != expected:
        return (f"event {expected} is missing" if seq > expected else "seq is out of order"), None
    if previous != walk.previous:
        return "does not follow the event before it (deleted, inserted or reordered)", None
    if chain_hash(walk.previous, walk.center, seq, event_id, incident_id, tag, kind, actor, at, digest) != link:
        return "was edited", None
    if sealed is None:
        return None, None
    if walk.sealer is None:
        walk.unread += 1
        return None, None
    try:
        body = walk.sealer.open(sealed, context=f"event:{event_id}")
    except SealError:
        return "payload was edited or moved", None
    if body is None:  # its key was destroyed on purpose: gone like a purged one
        return None, None
    return (None, body) if payload_digest(salt, body) == digest else ("payload was edited", None)


def _check_mark(mark: Checkpoint, link: bytes) -> str | None:
    if not mark.is_signed():
        return "its checkpoint is not signed by its key"
    return None if mark.hash == link else "differs from the signed checkpoint: this chain was written anew"


def _check_end(found: int, last: int, previous: bytes, head_hash: bytes) -> Finding | None:
    if found < last:
        return Finding(found + 1, f"the tail is cut off: the head stands at {last}")
    if found > last:
        return Finding(last + 1, f"was inserted after the head ({last})")
    return None if previous == head_hash else Finding(last, "the head was edited")


def _beyond(walk: _Walk) -> Finding | None:
    if not walk.marks:
        return None
    return Finding(walk.seen + 1, f"the tail is cut off: a signed checkpoint stands at {max(walk.marks)}")


async def _strays(conn: psycopg.AsyncConnection[Any], center: str) -> Finding | None:
    """A payload without an event: somebody deleted the one or inserted the other."""
    row = await (await conn.execute(_STRAY, [center])).fetchone()
    return Finding(row[0], "payload without an event") if row else None


async def _unlinked(conn: psycopg.AsyncConnection[Any], center: str) -> Finding | None:
    found = await unlinked(conn, center)
    return Finding(*found) if found else None


async def all_centers(unit: Unit) -> list[str]:
    """Every center that has a head or an event: a deleted head must not hide its chain."""
    return await chains(unit.driver)


async def chains(conn: psycopg.AsyncConnection[Any]) -> list[str]:
    """Every chain of the installation, its own (`-`) included; the table of events is asked by index, not read."""
    rows = await (await conn.execute(_CHAINS)).fetchall()
    return [row[0] for row in rows]


_CHAINS = """
WITH RECURSIVE known AS (
    (SELECT center_id FROM event ORDER BY center_id LIMIT 1)
    UNION ALL SELECT (SELECT e.center_id FROM event e WHERE e.center_id > k.center_id ORDER BY e.center_id LIMIT 1)
    FROM known k WHERE k.center_id IS NOT NULL)
SELECT center_id FROM chain_head UNION SELECT center_id FROM known WHERE center_id IS NOT NULL
UNION SELECT DISTINCT center_id FROM checkpoint ORDER BY 1
"""
