"""The table of releases held against its lines in the log: a row that was edited, deleted or put in is found.

Each line `release:granted`, `release:first_byte`, `release:ended` says what the row said when it was written; the row
names its lines. A row that is gone together with its line's payload has been purged, and is no finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

BEFORE = UUID(int=0)
"""What rows name that are older than the columns."""


class Line(NamedTuple):
    """An event about releases, with its opened payload."""

    seq: int
    event_id: UUID
    incident_id: UUID
    tag: str
    actor_kind: str
    actor_id: str
    at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of one row: the columns as text, None where it does not say."""

    line: Line
    release_id: str
    values: dict[str, str | None]


_ROWS = """
SELECT release_id::text, coalesce(incident_id, alert_id)::text AS whose, kind, camera_id, viewer_kind,
       viewer_id::text, address, legal_basis, agreement_id::text, granted_event, ended_event, granted_at, ended_at,
       end_reason, first_byte_at, center_id
FROM release WHERE release_id = ANY(%s::uuid[])
"""
# By time, for which there is an index: a row's time is its line's (`_UNLINKED` finds one whose time is not).
_SAME_LINE = """
SELECT release_id::text, granted_event FROM release
WHERE center_id = %s AND granted_at = ANY(%s) AND granted_event = ANY(%s)
"""
_UNLINKED = """
SELECT r.release_id::text, CASE WHEN g.event_id IS NULL AND r.granted_event <> %(before)s OR r.granted_event IS NULL
       OR g.at <> r.granted_at THEN 'was put in: no line of the log grants it'
       ELSE 'was ended without a line in the log' END
FROM release r
LEFT JOIN event g ON g.event_id = r.granted_event AND g.tag = 'release:granted' AND g.center_id = r.center_id
LEFT JOIN event e ON e.event_id = r.ended_event AND e.tag = 'release:ended' AND e.center_id = r.center_id
WHERE r.center_id = %(center)s
  AND (r.granted_event IS NULL OR (r.granted_event <> %(before)s AND g.event_id IS NULL)
       OR g.at <> r.granted_at
       OR (r.ended_at IS NOT NULL AND (r.ended_event IS NULL OR (r.ended_event <> %(before)s AND e.event_id IS NULL))))
ORDER BY r.granted_at, r.release_id LIMIT 1
"""


async def compare(conn: psycopg.AsyncConnection[Any], center: str, lines: Iterable[Line]) -> list[tuple[int, str, str]]:
    """(seq, what, row) of each line that the table does not agree with, in the order of the lines."""
    said = [one for line in lines for one in _said(line)]
    if not said:
        return []
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_ROWS, [list({one.release_id for one in said})])
        rows = {row["release_id"]: row for row in await cursor.fetchall()}
    found = []
    for one in said:
        what = _difference(one, rows.get(one.release_id), center)
        if what is not None:
            found.append((one.line.seq, what, f"release {one.release_id}"))
    return sorted([*found, *await _put_in(conn, center, said)])


async def _put_in(conn: psycopg.AsyncConnection[Any], center: str, said: list[Said]) -> list[tuple[int, str, str]]:
    """Rows that name a line which does not speak of them."""
    granting = {one.line.event_id: one.line for one in said if one.line.tag == "release:granted"}
    known = {one.release_id for one in said}
    times = [line.at for line in granting.values()]
    rows = await (await conn.execute(_SAME_LINE, [center, times, list(granting)])).fetchall()
    return [
        (granting[event_id].seq, "a release row that it does not speak of names it", f"release {release_id}")
        for release_id, event_id in rows
        if release_id not in known
    ]


def _said(line: Line) -> Iterator[Said]:
    payload = line.payload
    same = {name: payload[name] for name in ("kind", "camera_id", "legal_basis", "agreement_id") if name in payload}
    if line.tag == "release:ended":
        same["end_reason"] = payload.get("reason")
    for release_id, whose, viewer, address in payload.get("places", ()):
        yield Said(line, release_id, same | {"whose": whose, "viewer_id": viewer, "address": address})
    if (release_id := payload.get("release_id")) is None:
        return
    if line.tag == "release:granted":
        same |= {"viewer_kind": line.actor_kind, "viewer_id": line.actor_id, "address": payload.get("address")}
    if line.incident_id.int:
        same["whose"] = str(line.incident_id)
    yield Said(line, release_id, same)


def _difference(said: Said, row: dict[str, Any] | None, center: str) -> str | None:
    line = said.line
    if row is None:
        return "its release row was deleted"
    if row["center_id"] != center:
        return "its release row was moved to another center"
    for name, value in said.values.items():
        if row[name] != value:
            return f"its release row was edited: {name}"
    if line.tag == "release:granted" and row["granted_event"] not in (line.event_id, BEFORE):
        return "its release row names another line"
    if line.tag == "release:granted" and row["granted_event"] == line.event_id and row["granted_at"] != line.at:
        return "its release row was edited: granted_at"
    if line.tag == "release:ended" and not _ended_by(row, line):
        return "its release row was edited: ended_at"
    if line.tag == "release:first_byte" and row["first_byte_at"] is None:
        return "its release row was edited: first_byte_at"
    return None


def _ended_by(row: dict[str, Any], line: Line) -> bool:
    if row["ended_event"] == BEFORE:
        return row["ended_at"] is not None
    return row["ended_event"] == line.event_id and row["ended_at"] == line.at


async def unlinked(conn: psycopg.AsyncConnection[Any], center: str) -> tuple[int, str, str] | None:
    """A row that no line grants, or that ended without one. Its number is 0: it stands nowhere in the log."""
    row = await (await conn.execute(_UNLINKED, {"center": center, "before": BEFORE})).fetchone()
    return (0, f"release row {row[1]}", f"release {row[0]}") if row else None
