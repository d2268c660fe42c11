"""The register of senders in PostGIS, with a copy in memory that is at most two seconds old.

While PostGIS is away the last copy stands: an alert of a known sender is then 503 like any other, not unverified.
Keys are shown once, when they are made.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from psycopg import errors

from location_router.runtime.db import Unavailable
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.problems import Problem
from location_router.runtime.seal import Sealer, SealError
from location_router.senders.keys import SCOPES, SENDER_ID, Sender, key_hash, new_key, signing_secret

log = structlog.get_logger("senders")
FRESH_S, LOOK_AGAIN_S = 2.0, 0.2
CERTIFICATE = re.compile(r"[0-9a-f]{64}")
KEY_OVERLAP_S = 7 * 24 * 3600
READ = """
SELECT s.sender_id, s.name, s.scopes, s.state, s.rate_per_minute, s.certificate_sha256,
  coalesce(array_agg(k.key_id) FILTER (WHERE k.key_id IS NOT NULL), '{}'),
  coalesce(array_agg(k.signing_sealed) FILTER (WHERE k.key_id IS NOT NULL), '{}'),
  coalesce(array_agg(k.key_sha256) FILTER (WHERE k.key_id IS NOT NULL), '{}'), s.agency_id
FROM sender s LEFT JOIN sender_key k
  ON k.sender_id = s.sender_id AND (k.expires_at IS NULL OR k.expires_at > now()) GROUP BY s.sender_id"""
LIST = """
SELECT s.sender_id, s.name, s.contact, s.scopes, s.state, s.rate_per_minute, s.certificate_sha256, s.agency_id,
  s.created_at, count(k.key_id) FILTER (WHERE k.expires_at IS NULL OR k.expires_at > now()),
  (SELECT count(*) FROM sender_alert a WHERE a.sender_id = s.sender_id AND a.received_at > now() - interval '24 hours')
FROM sender s LEFT JOIN sender_key k USING (sender_id) GROUP BY s.sender_id ORDER BY s.sender_id"""
NEW_KEY = "INSERT INTO sender_key (key_id, sender_id, key_sha256, signing_sealed) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key, shown once."""

    sender_id: str
    key: str
    signing_secret: str
    older_keys_end_at: datetime | None = None


class Senders:
    """The copy in memory. One per process."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool, self._sealer = pool, sealer
        self._known: dict[str, Sender] = {}
        self._read_at = -FRESH_S
        self._unreadable: set[UUID] = set()

    async def known(self, *, at_most_s: float = FRESH_S) -> dict[str, Sender]:
        """A copy of at most this age. Never raises: without PostGIS the last one."""
        if time.monotonic() - self._read_at >= at_most_s:
            try:
                rows = await self._pool.run(READ)
            except Unavailable:
                return self._known
            self._known = {row[0]: self._sender(row) for row in rows}
            self._read_at = time.monotonic()
        return self._known

    def _sender(self, row: Any) -> Sender:
        sender_id, name, scopes, state, rate, certificate, key_ids, sealed, hashes, agency_id = row
        opened = (self._opened(sender_id, key_id, one) for key_id, one in zip(key_ids, sealed, strict=True))
        return Sender(
            sender_id,
            name,
            frozenset(scopes),
            state,
            rate,
            certificate,
            tuple(secret for secret in opened if secret),
            frozenset(bytes(one) for one in hashes),
            agency_id,
        )

    def _opened(self, sender_id: str, key_id: UUID, sealed: bytes) -> str:
        """The signing secret; empty when it was sealed with another DATA_KEY. One such row (a command run with the
        wrong setting) must cost its own signatures, never everybody's alerts."""
        try:
            return str(self._sealer.open(sealed, context=f"sender_key.signing:{key_id}"))
        except SealError:
            if key_id not in self._unreadable:
                self._unreadable.add(key_id)
                log.error(
                    "sender_secret_unreadable", sender=sender_id, cure="rotate this sender with the right DATA_KEY"
                )
            return ""

    async def note_alert(self, alert_id: UUID, sender_id: str) -> None:
        """Remember whose alert it is, so that its sender may send positions for it; losing this loses no alert."""
        await self._pool.run(
            "INSERT INTO sender_alert (alert_id, sender_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (alert_id, sender_id),
        )

    async def raised(self, alert_id: UUID, sender_id: str) -> bool:
        rows = await self._pool.run(
            "SELECT 1 FROM sender_alert WHERE alert_id = %s AND sender_id = %s", (alert_id, sender_id)
        )
        return bool(rows)


async def create(
    conn: Connection,
    sealer: Sealer,
    *,
    sender_id: str,
    name: str,
    scopes: list[str],
    contact: str = "",
    rate_per_minute: int = 600,
    certificate_sha256: str = "",
    agency_id: str = "",
) -> Issued:
    """Register a sender, in the caller's transaction. Raises Problem 422 `bad_sender`, `bad_scope`, `bad_agency`,
    `bad_certificate`, 409 `sender_exists`."""
    if not SENDER_ID.fullmatch(sender_id) or not name.strip():
        raise Problem(
            422,
            "bad_sender",
            "ID는 영문 소문자, 숫자, 하이픈 2~40자이고 이름이 있어야 합니다.",
            "An id is 2 to 40 of a-z, 0-9 and hyphen, and a name is needed.",
            field="sender_id",
        )
    _check_scopes(scopes)
    _check_agency(agency_id, scopes)
    certificate = certificate_sha256.lower().replace(":", "")
    if certificate and not CERTIFICATE.fullmatch(certificate):
        raise Problem(
            422,
            "bad_certificate",
            "인증서는 DER의 SHA-256, 16진수 64자입니다.",
            "A certificate is named by the SHA-256 of its DER form: 64 hex letters.",
            field="certificate_sha256",
        )
    try:
        await conn.execute(
            "INSERT INTO sender (sender_id, name, contact, scopes, rate_per_minute, certificate_sha256, agency_id) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (
                sender_id,
                name.strip()[:200],
                contact[:200],
                sorted(set(scopes)),
                max(1, rate_per_minute),
                certificate,
                agency_id,
            ),
        )
    except errors.UniqueViolation:
        raise Problem(
            409, "sender_exists", "이미 등록된 ID입니다.", "This id is registered already.", field="sender_id"
        ) from None
    return await _issue(conn, sealer, sender_id)


async def rotate(conn: Connection, sealer: Sealer, sender_id: str, *, overlap_s: float = KEY_OVERLAP_S) -> Issued:
    """A second key; the one before stays good for `overlap_s`, still older ones end now. Raises Problem 404, 409."""
    await _active(conn, sender_id)
    await conn.execute(
        "UPDATE sender_key SET expires_at = least(coalesce(expires_at, 'infinity'), CASE WHEN created_at = "
        "(SELECT max(created_at) FROM sender_key WHERE sender_id = %(id)s) "
        "THEN now() + %(overlap)s * interval '1 s' ELSE now() END) WHERE sender_id = %(id)s",
        {"id": sender_id, "overlap": overlap_s},
    )
    end = await (
        await conn.execute("SELECT max(expires_at) FROM sender_key WHERE sender_id = %s", (sender_id,))
    ).fetchone()
    issued = await _issue(conn, sealer, sender_id)
    return replace(issued, older_keys_end_at=end[0] if end else None)


async def revoke(conn: Connection, sender_id: str) -> None:
    """From now on its alerts are flagged `unverified`, and everything else of it is refused. Raises Problem 404."""
    changed = await conn.execute(
        "UPDATE sender SET state = 'revoked', changed_at = now() WHERE sender_id = %s", (sender_id,)
    )
    if not changed.rowcount:
        raise _unknown(sender_id)


CHANGEABLE = ("name", "contact", "scopes", "rate_per_minute", "state", "agency_id")


async def change(conn: Connection, sender_id: str, **said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Change some of `CHANGEABLE`, in the caller's transaction; returns them as they were and as they are. Raises
    Problem 404, 409 for a revoked sender, 422 `bad_scope`, `bad_agency`."""
    row = await (
        await conn.execute(f"SELECT {', '.join(CHANGEABLE)} FROM sender WHERE sender_id = %s FOR UPDATE", (sender_id,))
    ).fetchone()
    if row is None:
        raise _unknown(sender_id)
    before = dict(zip(CHANGEABLE, row, strict=True))
    if before["state"] == "revoked":
        raise _revoked()
    if "scopes" in said:
        _check_scopes(said["scopes"])
        said["scopes"] = sorted(set(said["scopes"]))
    after = before | {name: value for name, value in said.items() if name in CHANGEABLE}
    _check_agency(after["agency_id"], after["scopes"])
    names = ", ".join(f"{name} = %({name})s" for name in CHANGEABLE)
    await conn.execute(
        f"UPDATE sender SET {names}, changed_at = now() WHERE sender_id = %(id)s", after | {"id": sender_id}
    )
    return before, after


async def list_senders(conn: Connection) -> list[dict[str, Any]]:
    """Every sender without its keys: `keys` says how many are good, `alerts_24h` what it raised."""
    names = (
        "sender_id", "name", "contact", "scopes", "state", "rate_per_minute", "certificate_sha256", "agency_id",
        "created_at",
        "keys", "alerts_24h",
    )  # fmt: skip
    rows = await (await conn.execute(LIST)).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


async def _issue(conn: Connection, sealer: Sealer, sender_id: str) -> Issued:
    key, key_id = new_key(), uuid4()
    secret = signing_secret(key)
    sealed = sealer.seal(secret, context=f"sender_key.signing:{key_id}")
    await conn.execute(NEW_KEY, (key_id, sender_id, key_hash(key), sealed))
    return Issued(sender_id, key, secret)


async def _active(conn: Any, sender_id: str) -> None:
    row = await (
        await conn.execute("SELECT state FROM sender WHERE sender_id = %s FOR UPDATE", (sender_id,))
    ).fetchone()
    if row is None:
        raise _unknown(sender_id)
    if row[0] == "revoked":
        raise _revoked()


def _check_scopes(scopes: list[str]) -> None:
    if not scopes or set(scopes) - set(SCOPES):
        raise Problem(
            422,
            "bad_scope",
            f"권한은 {', '.join(SCOPES)} 가운데 하나 이상입니다.",
            f"Scopes are one or more of {', '.join(SCOPES)}.",
            field="scopes",
        )


def _check_agency(agency_id: str, scopes: list[str]) -> None:
    if agency_id and SENDER_ID.fullmatch(agency_id):
        return
    if agency_id or "requests" in scopes:
        raise Problem(
            422,
            "bad_agency",
            "requests 권한에는 기관 ID가 필요합니다(영문 소문자, 숫자, 하이픈 2~40자).",
            "The scope requests needs an agency_id: 2 to 40 of a-z, 0-9 and hyphen.",
            field="agency_id",
            value=agency_id[:80],
        )


def _revoked() -> Problem:
    return Problem(409, "revoked", "해지된 송신자입니다.", "This sender is revoked.", field="sender_id")


def _unknown(sender_id: str) -> Problem:
    return Problem(
        404, "unknown_sender", f"없는 송신자입니다: {sender_id}", f"There is no sender {sender_id}.", field="sender_id"
    )
