"""The keys of the centers in memory, and the table they are read from.

A key is 32 random bytes, wrapped under `DATA_KEY` in the table `center_key`. Sealing and opening never ask the
database, except once for a key id that is not known yet (somebody else rotated meanwhile), on a connection of its own,
so that no caller's transaction is touched. What belongs to no center is sealed under the installation's own key (`-`).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, LargeBinary, Table, Text, text

from location_router.runtime.db import Unavailable, conninfo
from location_router.runtime.seal import Sealer, SealError, Wrapping, data_keys
from server.db import metadata
from server.events import INSTALLATION_CHAIN

INSTALLATION = INSTALLATION_CHAIN
AGAIN_S = 0.2

center_key = Table(
    "center_key",
    metadata,
    Column("center_id", Text, primary_key=True),  # - : the installation's own
    Column("purpose", Text, primary_key=True),  # seal | digest
    Column("key_no", Integer, primary_key=True),
    Column("key_id", LargeBinary, nullable=False, unique=True),  # stands in each value that it sealed
    Column("wrapped", LargeBinary),  # null when destroyed
    Column("state", Text, nullable=False),  # active | retired | destroyed
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('active', 'retired', 'destroyed')", name="state"),
    CheckConstraint("(state = 'destroyed') = (wrapped IS NULL)", name="destroyed"),
)
Index(
    "uq_center_key_active",
    center_key.c.center_id,
    center_key.c.purpose,
    unique=True,
    postgresql_where=text("state = 'active'"),
)


class WrongDataKey(ValueError):
    """DATA_KEY is not the one that this installation's keys are wrapped with."""

    says_no_values = True

    def __init__(self, count: int) -> None:
        super().__init__(
            f"DATA_KEY: 이 데이터베이스의 열쇠 {count}개를 열 수 없습니다. 이전 값을 뒤에 붙여 주세요 · it does not"
            f" open {count} keys of this database; put the former value behind it: DATA_KEY=new,old"
        )


@dataclass
class _Keys:
    by_id: dict[bytes, AESGCM | None] = field(default_factory=dict)  # None: destroyed
    active: dict[str, tuple[bytes, AESGCM]] = field(default_factory=dict)
    digest: bytes | None = None
    closed: set[bytes] = field(default_factory=set)  # wrapped with a DATA_KEY that we don't have
    seen: tuple[Any, ...] = ()


class KeyRing:
    """The keys in memory: what a `Sealer` of this installation asks. `url` is the installation's database."""

    def __init__(self, url: str, data_key: str) -> None:
        self.wrapping = Wrapping(data_keys(data_key))
        self.missing: set[str] = set()
        """Centers that something was sealed for while they had no key of their own."""
        self._url = url
        self._keys: _Keys | None = None
        self._looked_at = 0.0
        self._loading = threading.Lock()

    def active(self, center: str) -> tuple[bytes, AESGCM] | None:
        keys = self._keys or self.load()
        found = keys.active.get(center or INSTALLATION)
        if found is None and center and center != INSTALLATION:
            self.missing.add(center)
            found = keys.active.get(INSTALLATION)
        return found

    def find(self, key_id: bytes) -> AESGCM | None:
        keys = self._keys or self.load()
        if key_id not in keys.by_id and time.monotonic() - self._looked_at > AGAIN_S:
            keys = self.load()
        if key_id in keys.by_id:
            return keys.by_id[key_id]
        if key_id in keys.closed:
            raise SealError(f"key {key_id.hex()} is wrapped with a DATA_KEY that is not given here")
        raise SealError(f"key {key_id.hex()} is not in this database")

    def digest_key(self) -> bytes | None:
        return (self._keys or self.load()).digest

    def load(self) -> _Keys:
        """Read all keys anew, blocking for one short connection. Raises `Unavailable` when they were never read and
        the database is away; what is in memory stays good otherwise."""
        with self._loading:
            self._looked_at = time.monotonic()
            try:
                rows = _read(self._url)
            except psycopg.OperationalError as error:
                if self._keys is None:
                    raise Unavailable(f"keys can't be read: {type(error).__name__}") from error
                return self._keys
            self._keys = self._opened(rows, self._keys or _Keys())
            return self._keys

    def is_behind(self, seen: tuple[Any, ...]) -> bool:
        """Whether the table has changed since `load`; `seen` is what `SEEN` answers now."""
        return self._keys is None or self._keys.seen != seen

    def require_open(self) -> None:
        """Raises WrongDataKey when there are keys that this DATA_KEY does not open."""
        if closed := (self._keys or self.load()).closed:
            raise WrongDataKey(len(closed))

    def _opened(self, rows: list[tuple[Any, ...]], before: _Keys) -> _Keys:
        keys = _Keys(seen=_seen(rows))
        for center, purpose, key_id, wrapped, state, _, _ in rows:
            if state == "destroyed":
                keys.by_id[key_id] = None
                continue
            try:
                secret = self.wrapping.unwrap(wrapped, context=key_context(key_id))
            except SealError:  # rewrapped under a DATA_KEY of the future: what is in memory stays good
                self._keep(keys, before, center, purpose, key_id, state)
                continue
            if purpose == "digest":
                keys.digest = secret
                continue
            keys.by_id[key_id] = key = AESGCM(secret)
            if state == "active":
                keys.active[center] = (key_id, key)
        return keys

    @staticmethod
    def _keep(keys: _Keys, before: _Keys, center: str, purpose: str, key_id: bytes, state: str) -> None:
        known = before.by_id.get(key_id)
        if purpose == "digest" and before.digest is not None:
            keys.digest = before.digest
        elif known is not None:
            keys.by_id[key_id] = known
            if state == "active":
                keys.active[center] = (key_id, known)
        else:
            keys.closed.add(key_id)


def _read(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo(url)) as conn:
        conn.execute("SELECT set_config('ansim.center', '*', true), set_config('statement_timeout', '2s', true)")
        try:
            return conn.execute(
                "SELECT center_id, purpose, key_id, wrapped, state, created_at, retired_at FROM center_key"
                " ORDER BY center_id, purpose, key_no"
            ).fetchall()
        except psycopg.errors.UndefinedTable:  # a database of an older release: DATA_KEY itself seals
            return []


SEEN = "SELECT count(*), max(created_at), max(retired_at), min(left(encode(wrapped, 'hex'), 8)) FROM center_key"


def _seen(rows: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The same four values as `SEEN`."""
    marks = [row[3][:4].hex() for row in rows if row[3] is not None]
    retired = [row[6] for row in rows if row[6] is not None]
    return (
        len(rows),
        max((row[5] for row in rows), default=None),
        max(retired, default=None),
        min(marks, default=None),
    )


def key_context(key_id: bytes) -> str:
    return f"center_key:{key_id.hex()}"


def ring_sealer(url: str, data_key: str) -> Sealer:
    """The sealer of the installation whose database is `url`. Nothing is read before the first value."""
    return Sealer(data_key, ring=KeyRing(url, data_key))
