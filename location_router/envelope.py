"""Envelopes of the bus: who sent a message, signed, and bound to its subject and its id. Pure.

An envelope is one text line and then the body: `ansim1 <node> <key id> <unix milliseconds> <signature>` `\\n` body.
The Ed25519 signature covers subject, message id, node, key, time and body, so that an envelope recorded on one subject
is worthless on another and one id cannot carry another body. A node may have several keys at once (rolling); a
revoked node or key is refused whatever time stands in the envelope, since whoever stole a key can also back-date.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from location_router.runtime.seal import data_keys, key_bytes

MARK = b"ansim1 "
SKEW = timedelta(seconds=300)
FRESH = timedelta(seconds=600)
FROM_INSTALLATIONS = frozenset({"receipt", "status"})
Kind = Literal["router", "installation"]
Code = Literal[
    "unsigned", "malformed", "unknown_node", "revoked", "wrong_signature", "not_valid_then", "stale", "not_its_subject"
]


class Refused(Exception):
    """The envelope is not to be believed; `code` says why, `node` who it claims to come from."""

    def __init__(self, code: str, node: str = "") -> None:
        super().__init__(f"{code} ({node or 'nobody'})")
        self.code, self.node = code, node


@dataclass(frozen=True, slots=True)
class NodeKey:
    """One public key of one node; `is_revoked` also when the whole node is."""

    node: str
    kind: Kind
    public_key: bytes
    valid_from: datetime
    valid_until: datetime | None = None
    is_revoked: bool = False

    @property
    def key_id(self) -> str:
        return key_id(self.public_key)

    def is_valid_at(self, at: datetime) -> bool:
        return self.valid_from - SKEW <= at and (self.valid_until is None or at <= self.valid_until + SKEW)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a good envelope held, and who signed it when."""

    body: bytes
    node: str
    kind: Kind
    key_id: str
    at: datetime


class Keyring:
    """The public keys that are known, by node and key id."""

    def __init__(self, keys: Iterable[NodeKey] = ()) -> None:
        self._keys = {(one.node, one.key_id): one for one in keys}
        self.nodes = {one.node for one in self._keys.values()}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[NodeKey]:
        return iter(self._keys.values())

    def of(self, node: str) -> list[NodeKey]:
        return [one for one in self._keys.values() if one.node == node]

    def find(self, node: str, key: str) -> NodeKey | None:
        return self._keys.get((node, key))

    def is_revoked(self, node: str) -> bool:
        """True when every key of a known node is revoked."""
        keys = self.of(node)
        return bool(keys) and all(one.is_revoked for one in keys)


class Signer:
    """A node's own private keys (32-byte Ed25519 seeds); the first signs, all are announced."""

    def __init__(self, node: str, seeds: list[bytes]) -> None:
        if not seeds or any(character.isspace() for character in node) or not node:
            raise ValueError("a signer needs a node name without spaces and at least one key")
        self.node = node
        self._private = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self.public_keys = [one.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for one in self._private]
        self._key_ids = [key_id(one) for one in self.public_keys]

    def wrap(self, body: bytes, *, subject: str, message_id: str, at: datetime, which: int = 0) -> bytes:
        """The envelope around `body`, signed with key number `which`."""
        at_ms = int(at.timestamp() * 1000)
        head = f"{self.node} {self._key_ids[which]} {at_ms}"
        signature = self.sign(signed_part(head, subject, message_id, body), which=which)
        return MARK + f"{head} {base64.b64encode(signature).decode()}\n".encode() + body

    def sign(self, data: bytes, *, which: int = 0) -> bytes:
        return self._private[which].sign(data)


def open_envelope(
    data: bytes, keyring: Keyring, *, subject: str, message_id: str, now: datetime, must_be_fresh: bool = False
) -> Opened:
    """Body and sender of a good envelope; raises Refused. `must_be_fresh`: not older than ten minutes (positions)."""
    node, key, at, signature, head, body = read_envelope(data)
    known = keyring.find(node, key)
    if known is None:
        raise Refused("revoked" if keyring.is_revoked(node) else "unknown_node", node)
    if known.is_revoked:
        raise Refused("revoked", node)
    if not is_signed_by(known.public_key, signature, signed_part(head, subject, message_id, body)):
        raise Refused("wrong_signature", node)
    if not known.is_valid_at(at):
        raise Refused("not_valid_then", node)
    if must_be_fresh and abs(now - at) > FRESH:
        raise Refused("stale", node)
    if (subject in FROM_INSTALLATIONS) != (known.kind == "installation"):
        raise Refused("not_its_subject", node)
    return Opened(body, node, known.kind, key, at)


def read_envelope(data: bytes) -> tuple[str, str, datetime, bytes, str, bytes]:
    """(node, key id, time, signature, head, body), nothing checked. Raises Refused unsigned or malformed."""
    if not data.startswith(MARK):
        raise Refused("unsigned")
    line, newline, body = data[len(MARK) :].partition(b"\n")
    try:
        head, _, encoded = line.decode("ascii").rpartition(" ")
        node, key, at_ms = head.split(" ")
        at = datetime.fromtimestamp(int(at_ms) / 1000, UTC)
        signature = base64.b64decode(encoded, validate=True)
    except (ValueError, OverflowError, OSError):
        raise Refused("malformed") from None
    # written one way only: the last characters of base64 have bits that mean nothing
    if not newline or len(signature) != 64 or base64.b64encode(signature).decode() != encoded:
        raise Refused("malformed", node)
    return node, key, at, signature, head, body


def body_of(data: bytes) -> bytes:
    """The body of an envelope, unchecked, or the data itself when it is none: for tools, never for decisions."""
    try:
        return read_envelope(data)[5]
    except Refused:
        return data


def is_signed_by(public_key: bytes, signature: bytes, data: bytes) -> bool:
    try:
        _verifier(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_part(head: str, subject: str, message_id: str, body: bytes) -> bytes:
    """What a signature covers. Lengths first: no choice of subject and id can be read as another one."""
    names = f"{len(subject)} {subject} {len(message_id)} {message_id}"
    return f"ansim envelope 1\n{head}\n{names}\n".encode() + body


def key_id(public_key: bytes) -> str:
    """Sixteen hex characters that name a public key."""
    return hashlib.sha256(b"ansim node key\n" + public_key).hexdigest()[:16]


def seeds_from(node_key: str, *, data_key: str, node: str) -> list[bytes]:
    """A node's private seeds: those of the setting NODE_KEY (base64, comma-separated, the first signs), or one derived
    from DATA_KEY, so that all processes of a node have the same without anybody's doing. Raises ValueError."""
    if node_key.strip():
        wanted = "NODE_KEY must be base64 of 32 bytes, or several of them separated by commas"
        return [key_bytes(one, wanted=wanted) for one in node_key.split(",")]
    # Of `DATA_KEY=new,old` the old one goes on signing, as the others know it; the new one is enrolled meanwhile.
    info = f"node key 1 {node}".encode()
    return [
        HKDF(algorithm=SHA256(), length=32, salt=b"ansim", info=info).derive(raw)
        for raw in reversed(data_keys(data_key))
    ]


@lru_cache(maxsize=4096)
def _verifier(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)
