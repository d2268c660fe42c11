"""Talk between a person and her center: lines up to whoever owns the alert, lines down until her phone has shown them.

A line is a row before anybody is told that it arrived. From then on it is passed on like a delivery: at once, and by
the sweeper until the bus holds it. A new owner is owed every earlier line (`ledger.reassign` makes them due again in
its own transaction), so a desk that takes over reads the whole talk. Up to `LINES_A_MINUTE` lines of a phone go
through at once; more wait their turn on disk, and none is refused. After the person's own `ended`, whichever PIN it
was, nothing goes down any more, and what still comes up gets the same answer (invariant 9). For an hour after the
center has closed, her answer to "are you safe?" still reaches it.

Bodies are sealed; nothing said stands in a log. Rows go with the alert's content, 24 h after the receipt.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, get_args
from uuid import UUID, uuid5

import orjson
import psycopg
import structlog
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Uuid,
    func,
    text,
)

from location_router.bus import Bus
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.notify import Notifier
from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer, SealError
from location_router.store import metadata
from location_router.wire import Said, SaidKind, TalkNote

log = structlog.get_logger("talk")
LINES_A_MINUTE = 20
MOST_LINES = 2000  # of one alert: a phone gone mad must not fill the disk; at its rate this is an hour and a half
PUBLISH_TIMEOUT_S = 1.0

talk_line = Table(
    "talk_line",
    metadata,
    Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), primary_key=True),
    Column("said_id", Uuid, primary_key=True),
    Column("line_no", BigInteger, Identity(always=True), nullable=False),
    Column("is_from_center", Boolean, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("heard_at", DateTime(timezone=True)),
    Column("next_attempt_at", DateTime(timezone=True)),  # NULL: the owner has it
)
Index(
    "ix_talk_line_next_attempt_at",
    talk_line.c.next_attempt_at,
    postgresql_where=text("next_attempt_at IS NOT NULL"),
)
Index("ix_talk_line_unheard", talk_line.c.alert_id, postgresql_where=text("is_from_center AND heard_at IS NULL"))

# The alert's row is held, so that a line and a new owner never miss each other. After the close: her last word.
FROM_PERSON = """
WITH target AS (
  SELECT alert_id FROM alert WHERE alert_id = %(alert_id)s
    AND (closed_at IS NULL OR closed_at > now() - interval '1 hour')
    AND (phase <> 'ended' OR outcome = 'duress') FOR NO KEY UPDATE
), turn AS (
  SELECT greatest(now(), (SELECT due_at FROM talk_line WHERE alert_id = %(alert_id)s AND NOT is_from_center
                          ORDER BY due_at DESC OFFSET %(most)s - 1 LIMIT 1) + interval '60 s') AS due_at
)
INSERT INTO talk_line (alert_id, said_id, is_from_center, body_sealed, due_at, next_attempt_at)
SELECT alert_id, %(said_id)s, false, %(body)s, due_at, due_at FROM target, turn
WHERE (SELECT count(*) FROM talk_line WHERE alert_id = %(alert_id)s) < %(bound)s
ON CONFLICT DO NOTHING RETURNING due_at <= now()"""
FROM_CENTER = """
WITH target AS (
  SELECT alert_id FROM alert WHERE alert_id = %(alert_id)s AND assignment_no = %(number)s
    AND served_by = %(installation)s FOR NO KEY UPDATE
)
INSERT INTO talk_line (alert_id, said_id, is_from_center, body_sealed)
SELECT alert_id, %(said_id)s, true, %(body)s FROM target ON CONFLICT DO NOTHING RETURNING true"""
UNHEARD = """
SELECT said_id, body_sealed FROM talk_line WHERE alert_id = %s AND is_from_center AND heard_at IS NULL
ORDER BY line_no LIMIT 200"""
HEARD = """
UPDATE talk_line SET heard_at = now(), next_attempt_at = now()
WHERE alert_id = %s AND said_id = %s AND is_from_center AND heard_at IS NULL RETURNING true"""
CLAIM = """
UPDATE talk_line t SET next_attempt_at = now() + interval '3 s' FROM (
  SELECT l.alert_id, l.said_id, a.served_by, a.assignment_no FROM talk_line l JOIN alert a USING (alert_id)
  WHERE l.next_attempt_at <= now() AND (%(alert_id)s::uuid IS NULL OR l.alert_id = %(alert_id)s)
  ORDER BY l.next_attempt_at, l.line_no LIMIT 100 FOR UPDATE OF l SKIP LOCKED) due
WHERE t.alert_id = due.alert_id AND t.said_id = due.said_id
RETURNING t.alert_id, t.said_id, t.body_sealed, t.received_at, t.heard_at, t.next_attempt_at, due.served_by,
  due.assignment_no"""
# A row that became due again meanwhile (a new owner, heard) stays due.
DONE = """
UPDATE talk_line t SET next_attempt_at = NULL
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS d(alert_id, said_id, claimed)
WHERE (t.alert_id, t.said_id, t.next_attempt_at) = (d.alert_id, d.said_id, d.claimed)"""
FORGET = "DELETE FROM talk_line l USING alert a WHERE l.alert_id = a.alert_id AND a.message_sealed IS NULL"


def read_said(data: Any, *, alert_id: UUID, now: datetime) -> Said | None:
    """What a phone says, read tolerantly: always of its own alert and by the person. None without a usable `said_id`,
    or when there is neither a code nor a text."""
    if not isinstance(data, dict):
        return None
    given = {name: data.get(name) for name in ("said_id", "code", "text", "ref")}
    kind = data.get("kind")
    given["kind"] = kind if isinstance(kind, str) and kind in get_args(SaidKind) else "text"
    given["language"] = data.get("language") or "ko"
    try:
        said = Said.model_validate(given | {"alert_id": alert_id, "by": "person", "at": now})
    except ValueError:
        return None
    if not said.code and not said.text.strip():
        return None
    return said.model_copy(update={"at": _time(data.get("at"), now)})


def _time(value: Any, now: datetime) -> datetime:
    """The phone's own time where it is one, never later than now."""
    try:
        at = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return min(at, now) if at.tzinfo is not None else now
    except (ValueError, OverflowError):
        return now


class Talk:
    """All lines that pass through this process. `notifier` wakes the phones' lines in all API processes."""

    def __init__(self, pool: Pool, sealer: Sealer, bus: Bus, notifier: Notifier) -> None:
        self._pool, self._sealer, self._bus, self._notifier = pool, sealer, bus, notifier
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        await end(*self._tasks)

    async def said(self, said: Said) -> None:
        """A person's line is on disk when this returns; the same again does nothing. Of an alert that takes nothing
        more, nothing is kept. Raises Unavailable."""
        values = self._row(said) | {"most": LINES_A_MINUTE, "bound": MOST_LINES}
        rows = await self._pool.run(FROM_PERSON, values)
        if rows and rows[0][0]:
            self._start(said.alert_id)

    async def told(self, note: TalkNote) -> bool:
        """A center's line, for the phone; False when it is known, or when that desk does not have the alert any more.
        Raises Unavailable."""
        said = note.said.model_copy(
            update={"alert_id": note.alert_id, "assignment_no": note.assignment_no, "by": "operator"}
        )
        fence = {"number": note.assignment_no, "installation": note.installation}
        rows = await self._pool.run(FROM_CENTER, self._row(said) | fence)
        if rows:
            self._notifier.tell(str(note.alert_id))
        return bool(rows)

    async def unheard(self, alert_id: UUID) -> list[Said]:
        """What the phone has not shown yet, in the order of the talk. Raises Unavailable."""
        rows = await self._pool.run(UNHEARD, (alert_id,))
        return [said for said_id, sealed in rows if (said := self._opened(said_id, sealed)) is not None]

    async def heard(self, alert_id: UUID, said_id: UUID) -> None:
        """The phone has shown it; the owner is told. Raises Unavailable."""
        if await self._pool.run(HEARD, (alert_id, said_id)):
            self._start(alert_id)

    async def sweep(self, alert_id: UUID | None = None) -> int:
        """Pass on what is due (of one alert); how many lines. Raises Unavailable, TimeoutError: it is tried again."""
        rows = await self._pool.run(CLAIM, {"alert_id": alert_id})
        notes, done = [], []
        for one in rows:
            note = self._note(*one)
            if note is not None:
                notes.append(note)
                done.append((one[0], one[1], one[5]))
        if notes:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await self._bus.publish_many(notes)
            await self._pool.run(DONE, tuple(map(list, zip(*done, strict=True))))
        return len(rows)

    def _note(
        self,
        alert_id: UUID,
        said_id: UUID,
        sealed: bytes,
        received_at: datetime,
        heard_at: datetime | None,
        _claimed: datetime,
        installation: str,
        number: int,
    ) -> tuple[str, str, bytes] | None:
        said = self._opened(said_id, sealed)
        if said is None or not installation:
            return None
        if not said.assignment_no:
            said = said.model_copy(update={"assignment_no": number})
        note = TalkNote(
            note_id=uuid5(said_id, f"{alert_id}/{number}/{heard_at is not None}"),
            alert_id=alert_id,
            assignment_no=number,
            said=said,
            received_at=received_at,
            heard_at=heard_at,
        )
        return f"alert.{installation}", str(note.note_id), note.model_dump_json().encode()

    def _row(self, said: Said) -> dict[str, Any]:
        body = self._sealer.seal(said.model_dump_json(), context=f"talk.line:{said.said_id}")
        return {"alert_id": said.alert_id, "said_id": said.said_id, "body": body}

    def _opened(self, said_id: UUID, sealed: bytes) -> Said | None:
        """None when it can't be read: it stays, loudly, and holds up none of the others."""
        try:
            return Said.model_validate(orjson.loads(self._sealer.open(sealed, context=f"talk.line:{said_id}")))
        except (SealError, ValueError) as error:
            log.error("line_unreadable", said_id=str(said_id), error=type(error).__name__)
            return None

    def _start(self, alert_id: UUID) -> None:
        """Pass on at once; if this never finishes, the sweeper does it."""
        task = asyncio.create_task(self._pass_on(alert_id), name="talk")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, alert_id: UUID) -> None:
        try:
            await self.sweep(alert_id)
        except (Unavailable, TimeoutError, psycopg.Error) as error:
            log.warning("talk_left_to_sweeper", alert_id=str(alert_id), error=str(error)[:200])
