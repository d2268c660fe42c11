"""Signed checkpoints of the chains (Ed25519): what the log was at a moment, to be kept where nobody of the center is.

Whoever can rewrite the whole database can rewrite a chain with all its hashes, or cut its end off together with the
head. He can't sign: and a line of checkpoints that is kept elsewhere (`CHECKPOINT_DIR`, `ansim checkpoint --out`) says
which hash stood at which number. One line is one JSON object with everything that is needed to check it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from location_router.runtime.db import Unit
from location_router.runtime.seal import Sealer

if TYPE_CHECKING:
    from server.services import Services

EVERY = timedelta(hours=1)
EVERY_ROWS = 1000
_PURPOSE = "checkpoint"
_CONTEXT = f"signing_key.private:{_PURPOSE}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`hash` is that of event `seq` of the chain `center`; `public_key` 32 bytes, whose digest is `key_id`."""

    installation: str
    center: str
    seq: int
    hash: bytes
    at: datetime
    key_id: str
    public_key: bytes
    signature: bytes = b""

    def message(self) -> bytes:
        """What is signed. The version stands first, so that no other thing we sign can be taken for it."""
        fields = (self.installation, self.center, str(self.seq), self.hash.hex(), _iso(self.at), self.key_id)
        return "\n".join(("ansim-checkpoint/1", *fields)).encode()

    def is_signed(self) -> bool:
        """The signature is good, and the key is the one that it names."""
        if key_id_of(self.public_key) != self.key_id:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, self.message())
        except (InvalidSignature, ValueError):
            return False
        return True

    def line(self) -> str:
        """One line of JSON, without its end."""
        return json.dumps(
            {
                "installation": self.installation,
                "center": self.center,
                "seq": self.seq,
                "hash": self.hash.hex(),
                "at": _iso(self.at),
                "key_id": self.key_id,
                "public_key": base64.b64encode(self.public_key).decode(),
                "signature": base64.b64encode(self.signature).decode(),
            },
            ensure_ascii=False,
        )


def parse(text: str) -> Checkpoint:
    """A line as `line` wrote it. Raises ValueError."""
    try:
        said = json.loads(text)
        return Checkpoint(
            str(said["installation"]),
            str(said["center"]),
            int(said["seq"]),
            bytes.fromhex(said["hash"]),
            datetime.fromisoformat(said["at"]),
            str(said["key_id"]),
            base64.b64decode(said["public_key"], validate=True),
            base64.b64decode(said["signature"], validate=True),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"no checkpoint: {str(error)[:80]}") from None


def read_file(path: Path) -> list[Checkpoint]:
    """The checkpoints of a file; ValueError with path and line where one can't be read or is not signed by its key."""
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            one = parse(text)
        except ValueError as error:
            raise ValueError(f"{path}:{number}: {error}") from None
        if not one.is_signed():
            raise ValueError(f"{path}:{number}: 서명이 맞지 않습니다 · its signature does not fit; use another copy")
        found.append(one)
    return found


def key_id_of(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


def public_key_of(pem: str) -> bytes:
    """The 32 bytes in `signing_key.public_pem`, which is base64 of them for this purpose."""
    return base64.b64decode(pem)


async def signing_key(unit: Unit, sealer: Sealer) -> tuple[Ed25519PrivateKey, bytes]:
    """The installation's key for checkpoints and exports; made once, also when two processes start together."""
    query = "SELECT private_sealed, public_pem FROM signing_key WHERE purpose = :purpose"
    row = await unit.one(query, {"purpose": _PURPOSE})
    if row is None:
        key = Ed25519PrivateKey.generate()
        await unit.execute(
            "INSERT INTO signing_key (purpose, private_sealed, public_pem) VALUES (:purpose, :private, :public)"
            " ON CONFLICT DO NOTHING",
            {
                "purpose": _PURPOSE,
                "private": sealer.seal(base64.b64encode(key.private_bytes_raw()).decode(), context=_CONTEXT),
                "public": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            },
        )
        row = await unit.one(query, {"purpose": _PURPOSE})
        assert row is not None
    raw = base64.b64decode(sealer.open(row["private_sealed"], context=_CONTEXT))
    return Ed25519PrivateKey.from_private_bytes(raw), public_key_of(row["public_pem"])


_HEADS = """
SELECT h.center_id, h.seq, h.hash, l.seq AS last_seq, l.at AS last_at FROM chain_head h
LEFT JOIN LATERAL (SELECT seq, at FROM checkpoint c WHERE c.center_id = h.center_id ORDER BY seq DESC LIMIT 1) l ON true
WHERE h.seq > coalesce(l.seq, 0) ORDER BY h.center_id
"""


async def take(services: Services, *, only_due: bool = False) -> list[Checkpoint]:
    """Sign the present head of every chain that has grown since its last checkpoint; with `only_due` of those that
    have grown by EVERY_ROWS, or whose last one is EVERY old."""
    now, made = services.clock(), []
    async with services.db.begin() as unit:
        rows = await unit.all(_HEADS)
        if only_due:
            rows = [row for row in rows if _is_due(row, now)]
        if not rows:
            return []
        key, public = await signing_key(unit, services.sealer)
        for row in rows:
            head = (services.settings.installation, row["center_id"], row["seq"], bytes(row["hash"]), now)
            unsigned = Checkpoint(*head, key_id_of(public), public)
            made.append(Checkpoint(*head, key_id_of(public), public, key.sign(unsigned.message())))
            await unit.execute(
                "INSERT INTO checkpoint (center_id, seq, installation, hash, at, key_id, signature)"
                " VALUES (:center, :seq, :installation, :hash, :at, :key_id, :signature) ON CONFLICT DO NOTHING",
                {
                    "installation": services.settings.installation,
                    "center": row["center_id"],
                    "seq": row["seq"],
                    "hash": row["hash"],
                    "at": now,
                    "key_id": made[-1].key_id,
                    "signature": made[-1].signature,
                },
            )
    return made


def _is_due(row: dict[str, Any], now: datetime) -> bool:
    if row["last_at"] is None or now - row["last_at"] >= EVERY:
        return True
    return bool(row["seq"] - row["last_seq"] >= EVERY_ROWS)


_OF_HEADS = """
SELECT l.* FROM chain_head h CROSS JOIN LATERAL
(SELECT * FROM checkpoint c WHERE c.center_id = h.center_id ORDER BY c.seq DESC LIMIT 1) l ORDER BY l.center_id
"""


async def newest(unit: Unit) -> list[Checkpoint]:
    """The last checkpoint of every chain, also of one whose head is gone."""
    return await _stored(unit, "SELECT DISTINCT ON (center_id) * FROM checkpoint ORDER BY center_id, seq DESC")


async def newest_of_heads(unit: Unit) -> list[Checkpoint]:
    """The same of the chains that have a head, by the index, however many years of them there are: for a page."""
    return await _stored(unit, _OF_HEADS)


async def _stored(unit: Unit, query: str) -> list[Checkpoint]:
    public = await unit.scalar("SELECT public_pem FROM signing_key WHERE purpose = :purpose", {"purpose": _PURPOSE})
    rows = await unit.all(query)
    return [
        Checkpoint(
            row["installation"],
            row["center_id"],
            row["seq"],
            bytes(row["hash"]),
            row["at"],
            row["key_id"],
            public_key_of(public or ""),
            bytes(row["signature"]),
        )
        for row in rows
    ]


async def write_out(services: Services) -> int:
    """Append what is not yet in `CHECKPOINT_DIR/<installation>.jsonl`; at least once each. OSError when it can't be
    written: they stay marked as not written, and come with the next ones."""
    folder = services.settings.checkpoint_dir
    if folder is None:
        return 0
    async with services.db.begin() as unit:
        await unit.execute("SELECT pg_advisory_xact_lock(7020010)")  # one writer at a time
        waiting = await _stored(unit, "SELECT * FROM checkpoint WHERE written_at IS NULL ORDER BY center_id, seq")
        if waiting:
            append(folder / f"{services.settings.installation}.jsonl", waiting)
            await unit.execute(
                "UPDATE checkpoint SET written_at = :now WHERE written_at IS NULL", {"now": services.clock()}
            )
    return len(waiting)


def append(path: Path, checkpoints: Iterable[Checkpoint]) -> None:
    """Add lines to the file and have them on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, "".join(f"{one.line()}\n" for one in checkpoints).encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
