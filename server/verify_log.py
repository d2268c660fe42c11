"""Proof that nobody has changed the log quietly (invariant 8): edits, deletions, insertions, reordering, a cut tail.

The chain is read from its first event; ids, times and digests are hashed again, payloads that still exist are opened
and digested again. A purged payload is no finding: its digest stays in the chain. Whoever can rewrite the whole
database can rewrite the chain too: keep the head's hash that `ansim verify-log` prints somewhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from location_router.runtime.db import Unit
from location_router.runtime.seal import Sealer, SealError
from server.events import GENESIS, chain_hash, chain_of, payload_digest

PAGE = 2000


@dataclass(frozen=True)
class Finding:
    """The first place where the log is not what was written."""

    seq: int
    what: str


@dataclass(frozen=True)
class Report:
    center: str
    events: int
    head: str
    finding: Finding | None = None

    @property
    def ok(self) -> bool:
        return self.finding is None


async def verify_chain(unit: Unit, center: str) -> Report:
    """Check one center's chain against its head, and every payload against the chain."""
    sealer = chain_of(unit).sealer
    head = await (
        await unit.driver.execute("SELECT seq, hash FROM chain_head WHERE center_id = %s", [center])
    ).fetchone()
    last, head_hash = (head[0], bytes(head[1])) if head else (0, GENESIS)
    previous, expected = GENESIS, 1
    while True:
        page = await _page(unit, center, expected - 1)
        for row in page:
            if (what := _check(row, center, expected, previous, sealer)) is not None:
                return Report(center, expected - 1, head_hash.hex(), Finding(min(row["seq"], expected), what))
            previous, expected = bytes(row["hash"]), expected + 1
        if len(page) < PAGE:
            break
    found = _check_end(expected - 1, last, previous, head_hash) or await _strays(unit, center)
    return Report(center, expected - 1, head_hash.hex(), found)


def _check(row: dict[str, Any], center: str, expected: int, previous: bytes, sealer: Sealer) -> str | None:
    if row["seq"] != expected:
        return f"event {expected} is missing" if row["seq"] > expected else "seq is out of order"
    if bytes(row["previous_hash"]) != previous:
        return "does not follow the event before it (deleted, inserted or reordered)"
    fields = (
        center,
        row["seq"],
        row["event_id"],
        row["incident_id"],
        row["tag"],
        row["actor_kind"],
        row["actor_id"],
        row["at"],
        bytes(row["payload_digest"]),
    )
    if chain_hash(previous, *fields) != bytes(row["hash"]):
        return "was edited"
    if row["payload_sealed"] is None or sealer.is_destroyed(row["payload_sealed"]):
        return None
    try:
        body = sealer.open(row["payload_sealed"], context=f"event:{row['event_id']}")
    except SealError:
        return "payload was edited or moved"
    return None if payload_digest(bytes(row["salt"]), body) == bytes(row["payload_digest"]) else "payload was edited"


def _check_end(found: int, last: int, previous: bytes, head_hash: bytes) -> Finding | None:
    if found < last:
        return Finding(found + 1, f"the tail is cut off: the head stands at {last}")
    if found > last:
        return Finding(last + 1, f"was inserted after the head ({last})")
    return None if previous == head_hash else Finding(last, "the head was edited")


async def _strays(unit: Unit, center: str) -> Finding | None:
    """A payload without an event: somebody deleted the one or inserted the other."""
    row = await (
        await unit.driver.execute(
            "SELECT p.seq FROM event_payload p LEFT JOIN event e USING (center_id, seq)"
            " WHERE p.center_id = %s AND e.seq IS NULL ORDER BY p.seq LIMIT 1",
            [center],
        )
    ).fetchone()
    return Finding(row[0], "payload without an event") if row else None


async def _page(unit: Unit, center: str, after: int) -> list[dict[str, Any]]:
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT e.*, p.salt, p.payload_sealed FROM event e LEFT JOIN event_payload p USING (center_id, seq)"
            " WHERE e.center_id = %s AND e.seq > %s ORDER BY e.seq LIMIT %s",
            [center, after, PAGE],
        )
        return await cursor.fetchall()


async def all_centers(unit: Unit) -> list[str]:
    """Every center that has a head or an event: a deleted head must not hide its chain."""
    rows = await (
        await unit.driver.execute(
            "SELECT center_id FROM chain_head UNION SELECT DISTINCT center_id FROM event ORDER BY 1"
        )
    ).fetchall()
    return [row[0] for row in rows]
