"""Administrators in a browser: a token shown once becomes a session that no script can read.

The cookie holds a random secret, PostGIS its SHA-256, and the token itself stays nowhere. A session ends after
`LONGEST`, after `IDLE` without use, at signing out, at once when its line is taken out of the token file, and with the
token of an OpenID issuer. While PostGIS is away a process goes on believing the sessions that it knows: who watches
the alarms must see that one, too.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, func, text

from location_router.admin import record
from location_router.runtime.db import Unavailable
from location_router.runtime.pool import Pool
from location_router.store import metadata

COOKIE = "ansim_router"
LONGEST, IDLE = timedelta(hours=12), timedelta(hours=1)
FRESH_S, TOUCH_S = 2.0, 60.0

admin_session = Table(
    "admin_session",
    metadata,
    Column("secret_sha256", LargeBinary, primary_key=True),
    Column("admin", Text, nullable=False),
    Column("token_sha256", Text, nullable=False, server_default=text("''")),  # a line of the token file; '' = OpenID
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

_OPEN = "INSERT INTO admin_session (secret_sha256, admin, token_sha256, expires_at) VALUES (%s, %s, %s, %s)"
_READ = "SELECT admin, token_sha256, used_at, expires_at FROM admin_session WHERE secret_sha256 = %s"
_TOUCH = "UPDATE admin_session SET used_at = now() WHERE secret_sha256 = %s"
_CLOSE = "DELETE FROM admin_session WHERE secret_sha256 = %s RETURNING admin"
_FORGET = "DELETE FROM admin_session WHERE expires_at < now() OR used_at < now() - %s"


@dataclass(frozen=True, slots=True)
class Session:
    """`token_sha256` is empty for a session that began with a token of an OpenID issuer."""

    admin: str
    token_sha256: str
    used_at: datetime
    expires_at: datetime

    def stands(self, at: datetime) -> bool:
        return at < self.expires_at and at - self.used_at < IDLE


class Sessions:
    """All sessions; one per process, with a copy of those it has seen."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[bytes, tuple[float, Session]] = {}

    async def open(self, admin: str, *, token_sha256: str, until: datetime | None) -> tuple[str, datetime]:
        """The secret for the cookie, and when it ends; `until` bounds it further. Raises Unavailable."""
        secret = secrets.token_urlsafe(32)
        ends = datetime.now(UTC) + LONGEST
        ends = min(ends, until) if until else ends
        async with self._pool.transaction() as conn:
            await conn.execute(_FORGET, (IDLE,))
            await conn.execute(_OPEN, (_digest(secret), admin, token_sha256, ends))
            await record.record(conn, admin, "admin:signed_in", admin)
        return secret, ends

    async def find(self, secret: str) -> Session | None:
        """The session of a cookie, None when there is none or its time is over. Raises Unavailable when PostGIS is
        away and this process has not met it yet."""
        if not 20 <= len(secret) <= 100:
            return None
        digest, held = _digest(secret), None
        if digest in self._known:
            read_at, held = self._known[digest]
            if time.monotonic() - read_at >= FRESH_S:
                held = await self._again(digest, held)
        else:
            held = await self._read(digest)
        return held if held is not None and held.stands(datetime.now(UTC)) else None

    async def close(self, secret: str) -> None:
        """Out, in every process within `FRESH_S`. Raises Unavailable."""
        digest = _digest(secret)
        async with self._pool.transaction() as conn:
            gone: Any = await (await conn.execute(_CLOSE, (digest,))).fetchone()
            if gone is not None:
                await record.record(conn, gone[0], "admin:signed_out", gone[0])
        self._known.pop(digest, None)

    async def _again(self, digest: bytes, held: Session) -> Session | None:
        try:
            return await self._read(digest)
        except Unavailable:
            return held

    async def _read(self, digest: bytes) -> Session | None:
        rows = await self._pool.run(_READ, (digest,))
        if not rows:
            self._known.pop(digest, None)
            return None
        found, now = Session(*rows[0]), datetime.now(UTC)
        if found.stands(now) and (now - found.used_at).total_seconds() > TOUCH_S:
            await self._pool.run(_TOUCH, (digest,))
            found = Session(found.admin, found.token_sha256, now, found.expires_at)
        self._known = {one: seen for one, seen in self._known.items() if seen[1].stands(now)}
        self._known[digest] = (time.monotonic(), found)
        return found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
