"""Photos and sound of a person's own phone on their way to whoever owns her alert, piece by piece.

A piece is a row before the phone is answered, and stays due until the owner's server has answered 200, which means
that it is on its disk. It goes over the desk's HTTPS address only, never over the bus: a bus that carries alerts must
not have pictures before them. Bodies are sealed; this router can open them (there is no encryption from end to end)
and has no use for them. They go `KEPT` after the owner's answer, at once when the alert is over: so long, a new owner
is owed them too (`ledger.reassign`). After the person's own `ended`, whichever PIN it was, a piece gets the same
answer; those of a cancelled alert are not kept (invariant 9).
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import orjson
import structlog
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Uuid,
    func,
    text,
)

from location_router.registry import Registry
from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer, SealError
from location_router.runtime.signing import sign
from location_router.store import metadata

log = structlog.get_logger("captures")
INBOX_PATH = "/v1/captures"
PIECE_BYTES, HEADER_BYTES = 48 * 1024, 1024
MOST_PIECES, MOST_BYTES = 4000, 24 * 1024 * 1024
PIECES_IN_10_S = 60
TIMEOUT_S = 5.0
AT_ONCE = 8
QUIET_S, LONGEST_QUIET_S = 0.5, 8.0

capture_piece = Table(
    "capture_piece",
    metadata,
    Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), primary_key=True),
    Column("capture_id", Uuid, primary_key=True),
    Column("piece_no", Integer, primary_key=True, autoincrement=False),
    Column("bytes", Integer, nullable=False),
    Column("body_sealed", LargeBinary),  # NULL: passed on and gone, or never wanted
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("is_confirmed", Boolean, nullable=False, server_default=text("false")),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("next_attempt_at", DateTime(timezone=True)),  # NULL: the owner has it
)
Index(
    "ix_capture_piece_next_attempt_at",
    capture_piece.c.next_attempt_at,
    postgresql_where=text("next_attempt_at IS NOT NULL"),
)

_IS_WANTED = (
    "(a.closed_at IS NULL OR a.closed_at > now() - interval '1 hour') AND (a.phase <> 'ended' OR a.outcome = 'duress')"
)
ROOM = """
SELECT count(*), coalesce(sum(bytes), 0), count(*) FILTER (WHERE received_at > now() - interval '10 s'),
  coalesce(bool_or(capture_id = %(capture_id)s AND piece_no = %(piece_no)s), false)
FROM capture_piece WHERE alert_id = %(alert_id)s"""
# The alert's row is held, so that a piece and a new owner never miss each other.
PUT = f"""
WITH target AS (
  SELECT a.alert_id, {_IS_WANTED} AS is_wanted FROM alert a WHERE a.alert_id = %(alert_id)s FOR NO KEY UPDATE)
INSERT INTO capture_piece (alert_id, capture_id, piece_no, bytes, body_sealed, next_attempt_at)
SELECT alert_id, %(capture_id)s, %(piece_no)s, %(bytes)s, CASE WHEN is_wanted THEN %(body)s::bytea END, now()
FROM target ON CONFLICT DO NOTHING"""
# After her `ended` this router's own disk is enough: a desk out of reach would otherwise keep the pieces of a forced
# PIN on the phone while those of a cancel leave it (invariant 9).
HELD = """
SELECT p.capture_id, p.piece_no, p.is_confirmed OR a.phase = 'ended'
FROM capture_piece p JOIN alert a USING (alert_id) WHERE p.alert_id = %s ORDER BY p.received_at"""
CLAIM = f"""
UPDATE capture_piece p SET next_attempt_at = now() + interval '15 s' FROM (
  SELECT q.alert_id, q.capture_id, q.piece_no, a.served_by, a.assignment_no, {_IS_WANTED} AS is_wanted
  FROM capture_piece q JOIN alert a USING (alert_id)
  WHERE q.next_attempt_at <= now() AND a.served_by <> ALL(%s)
  ORDER BY q.next_attempt_at LIMIT %s FOR UPDATE OF q SKIP LOCKED) due
WHERE (p.alert_id, p.capture_id, p.piece_no) = (due.alert_id, due.capture_id, due.piece_no)
RETURNING p.alert_id, p.capture_id, p.piece_no, p.body_sealed, p.received_at, p.next_attempt_at, due.served_by,
  due.assignment_no, due.is_wanted"""
# A piece that became due again meanwhile (a new owner) stays due.
DONE = """
UPDATE capture_piece SET next_attempt_at = NULL, is_confirmed = true, confirmed_at = now(),
  body_sealed = CASE WHEN %s THEN body_sealed END
WHERE (alert_id, capture_id, piece_no, next_attempt_at) = (%s, %s, %s, %s)"""
AGAIN = """
UPDATE capture_piece SET next_attempt_at = now() + interval '2 s'
WHERE (alert_id, capture_id, piece_no, next_attempt_at) = (%s, %s, %s, %s)"""
# A new owner is owed what is still here.
REASSIGN = "UPDATE capture_piece SET next_attempt_at = now() WHERE alert_id = %s AND body_sealed IS NOT NULL"
FORGET = """
UPDATE capture_piece p SET body_sealed = NULL FROM alert a
WHERE a.alert_id = p.alert_id AND p.body_sealed IS NOT NULL AND (a.message_sealed IS NULL
  OR (a.phase = 'ended' AND a.outcome <> 'duress')
  OR (p.next_attempt_at IS NULL AND (p.confirmed_at < now() - interval '15 minutes' OR a.closed_at IS NOT NULL)))"""
FORGET_ROWS = "DELETE FROM capture_piece p USING alert a WHERE a.alert_id = p.alert_id AND a.message_sealed IS NULL"


class Full(Exception):
    """This alert has brought as much as one alert may."""


class TooFast(Exception):
    """More pieces at once than a phone makes; later they are welcome."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`header`: as the phone wrote it, byte for byte, since its hash chain covers it."""

    alert_id: UUID
    capture_id: UUID
    piece_no: int
    header: str
    body: bytes


@dataclass(slots=True)
class _Quiet:
    until: float = 0.0
    failures: int = 0


class Captures:
    """All pieces that pass through this process. `pool` is their own, so that no alert waits for a picture."""

    def __init__(self, pool: Pool, sealer: Sealer, registry: Registry, keys: dict[str, str]) -> None:
        self.pool, self._sealer, self._registry, self._keys = pool, sealer, registry, keys
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self._quiet: defaultdict[str, _Quiet] = defaultdict(_Quiet)

    async def close(self) -> None:
        await self._http.aclose()

    async def take(self, piece: Piece) -> None:
        """On disk when this returns; the same again does nothing. Raises Full, TooFast, Unavailable."""
        names = {"alert_id": piece.alert_id, "capture_id": piece.capture_id, "piece_no": piece.piece_no}
        count, used, lately, is_known = (await self.pool.run(ROOM, names))[0]
        if is_known:
            return
        if count >= MOST_PIECES or used + len(piece.body) > MOST_BYTES:
            raise Full
        if lately >= PIECES_IN_10_S:
            raise TooFast
        whole = {"header": piece.header, "body": base64.b64encode(piece.body).decode()}
        sealed = await asyncio.to_thread(self._sealer.seal, whole, context=_context(*names.values()))
        await self.pool.run(PUT, {**names, "bytes": len(piece.body), "body": sealed})

    async def held(self, alert_id: UUID) -> list[tuple[str, int, bool]]:
        """(capture, number, whether the phone may let it go) of every piece that came. Raises Unavailable."""
        return [(str(row[0]), row[1], row[2]) for row in await self.pool.run(HELD, (alert_id,))]

    async def sweep(self) -> int:
        """Pass on what is due; how many pieces. Raises Unavailable: they come again."""
        now = time.monotonic()
        quiet = [name for name, one in self._quiet.items() if one.until > now]
        rows = await self.pool.run(CLAIM, (quiet, AT_ONCE))
        await asyncio.gather(*(self._pass_on(*row) for row in rows))
        return len(rows)

    async def _pass_on(
        self,
        alert_id: UUID,
        capture_id: UUID,
        piece_no: int,
        sealed: bytes | None,
        received_at: datetime,
        claimed: datetime,
        installation: str,
        number: int,
        is_wanted: bool,
    ) -> None:
        key = (alert_id, capture_id, piece_no, claimed)
        whole = self._opened(alert_id, capture_id, piece_no, sealed) if is_wanted else None
        if whole is None:
            await self.pool.run(DONE, (False, *key))
            return
        about = {"alert_id": alert_id, "assignment_no": number, "received_at": received_at, "header": whole["header"]}
        is_there = await self._post(installation, orjson.dumps(about) + b"\n" + base64.b64decode(whole["body"]))
        await self.pool.run(*((DONE, (True, *key)) if is_there else (AGAIN, key)))

    def _opened(self, alert_id: UUID, capture_id: UUID, piece_no: int, sealed: bytes | None) -> Any:
        if sealed is None:
            return None
        try:
            return self._sealer.open(sealed, context=_context(alert_id, capture_id, piece_no))
        except SealError:
            log.error("piece_unreadable", alert_id=str(alert_id), piece_no=piece_no)
            return None

    async def _post(self, installation: str, body: bytes) -> bool:
        """Whether the desk has it on its disk. A desk that can't read it is not asked for ever: it has said so."""
        desk, key = self._registry.installations.get(installation), self._keys.get(installation)
        if desk is None or not desk.https_url or key is None:
            self._leave_alone(installation)
            return False
        signed = sign(key, installation=installation, method="POST", path=INBOX_PATH, body=body, now=time.time())
        headers = {**signed, "Content-Type": "application/octet-stream"}
        try:
            answer = await self._http.post(desk.https_url.rstrip("/") + INBOX_PATH, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("capture_desk_silent", installation=installation, error=type(error).__name__)
            self._leave_alone(installation)
            return False
        if answer.status_code in (200, 422):
            self._quiet.pop(installation, None)
            if answer.status_code == 422:
                log.error("capture_refused", installation=installation)
            return True
        if answer.status_code != 409:  # 409: its alert is still on the way there; the others need not wait
            log.warning("capture_not_taken", installation=installation, status=answer.status_code)
            self._leave_alone(installation)
        return False

    def _leave_alone(self, installation: str) -> None:
        one, now = self._quiet[installation], time.monotonic()
        if now >= one.until:
            one.failures += 1
            one.until = now + min(QUIET_S * 2 ** min(one.failures - 1, 10), LONGEST_QUIET_S)


def _context(alert_id: Any, capture_id: Any, piece_no: Any) -> str:
    return f"capture.piece:{alert_id}/{capture_id}/{piece_no}"
