"""The record of what administrators changed: one hash chain of events, written in the transaction of the change.

`digest` = SHA-256 over the previous digest and the canonical JSON of the row, so that `verify` finds an event that was
edited, deleted, inserted or moved. Nothing about a person stands in it: centers, senders, policies, versions, nodes.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from location_router.runtime.pool import Connection
from location_router.store import metadata

GENESIS = bytes(32)
_LOCK = 0x616E0A01
SELECT = "SELECT event_no, at, admin, action, subject, detail, previous, digest FROM admin_event"

admin_event = Table(
    "admin_event",
    metadata,
    Column("event_no", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("admin", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `detail` usually holds `before` and `after`."""

    event_no: int
    at: datetime
    admin: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous: bytes
    digest: bytes

    def as_dict(self) -> dict[str, Any]:
        return {
            "event_no": self.event_no,
            "at": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "admin": self.admin,
            "action": self.action,
            "subject": self.subject,
            "detail": self.detail,
            "digest": self.digest.hex(),
        }


def digest_of(
    event_no: int, at: datetime, admin: str, action: str, subject: str, detail: Any, previous: bytes
) -> bytes:
    said = [event_no, at.astimezone(UTC).isoformat(), admin, action, subject, detail]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()


async def record(conn: Connection, by: str, action: str, subject: str, **detail: Any) -> Event:
    """Write one event as the last statement of the transaction that changes `subject`; `action` is `noun:verb`,
    `by` the administrator's name (`name@machine` from the command line)."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    by = by or "?"
    last = await (
        await conn.execute("SELECT event_no, digest FROM admin_event ORDER BY event_no DESC LIMIT 1")
    ).fetchone()
    number, previous = (int(last[0]) + 1, bytes(last[1])) if last else (1, GENESIS)
    at, plain = datetime.now(UTC), json.loads(json.dumps(detail, default=str, ensure_ascii=False))
    digest = digest_of(number, at, by, action, subject, plain, previous)
    await conn.execute(
        "INSERT INTO admin_event (event_no, at, admin, action, subject, detail, previous, digest) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (number, at, by, action, subject, Jsonb(plain), previous, digest),
    )
    return Event(number, at, by, action, subject, plain, previous, digest)


async def events(conn: Connection, *, after: int = 0, limit: int = 200) -> list[Event]:
    """Events with a higher number than `after`, oldest first."""
    rows = await (
        await conn.execute(f"{SELECT} WHERE event_no > %s ORDER BY event_no LIMIT %s", (after, limit))
    ).fetchall()
    return [Event(*row[:6], bytes(row[6]), bytes(row[7])) for row in rows]


async def newest(
    conn: Connection, *, before: int = 0, admin: str = "", action: str = "", subject: str = "", limit: int = 100
) -> list[Event]:
    """Events below the number `before` (0: all), newest first; `action` may be the first word alone (`sender`),
    `admin` and `subject` any part of theirs."""
    asks = {
        "event_no < %s": before or None,
        "strpos(lower(admin), lower(%s)) > 0": admin or None,
        "strpos(action || ':', %s || ':') = 1": action or None,
        "strpos(lower(subject), lower(%s)) > 0": subject or None,
    }
    given = {clause: value for clause, value in asks.items() if value is not None}
    where = f"WHERE {' AND '.join(given)} " if given else ""
    rows = await (
        await conn.execute(f"{SELECT} {where}ORDER BY event_no DESC LIMIT %s", (*given.values(), limit))
    ).fetchall()
    return [Event(*row[:6], bytes(row[6]), bytes(row[7])) for row in rows]


async def verify(conn: Connection) -> dict[str, Any]:
    """`{"ok", "events", "head", "first_bad", "what"}`. A cut tail shows only against a `head` kept elsewhere."""
    previous, expected = GENESIS, 1
    while page := await events(conn, after=expected - 1):
        for one in page:
            what = _wrong(one, expected, previous)
            if what:
                return {"ok": False, "events": expected - 1, "head": "", "first_bad": expected, "what": what}
            previous, expected = one.digest, expected + 1
    return {"ok": True, "events": expected - 1, "head": previous.hex(), "first_bad": None, "what": ""}


def _wrong(one: Event, expected: int, previous: bytes) -> str:
    if one.event_no != expected:
        return "an event is missing"
    if one.previous != previous:
        return "the chain is broken"
    if digest_of(one.event_no, one.at, one.admin, one.action, one.subject, one.detail, one.previous) != one.digest:
        return "the event was changed"
    return ""


def this_person() -> str:
    """Who works on the command line, for the record; the router's pages name theirs (`ANSIM_ADMIN`, `uploads.py`)."""
    if named := os.environ.get("ANSIM_ADMIN"):
        return named
    return f"{os.environ.get('USER') or os.getuid()}@{os.uname().nodename}"
