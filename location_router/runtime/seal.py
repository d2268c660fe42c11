"""Personal columns at rest: AES-256-GCM ciphertext, and keyed digests where equality must be found.

Version 1 is `\\x01 nonce(12) ciphertext` under a key derived from the setting `DATA_KEY` (base64 of 32 bytes; or
`new,old`: the first seals, all of them open). Version 2 is `\\x02 key id(8) nonce(12) ciphertext` under a key that a
`Ring` holds for a center: the value says itself which key opens it, so that keys can be changed and destroyed one
center at a time. A sealer without a ring (the router) writes version 1; every sealer opens what it has the key for.
`context` binds a value to its column and row ("person.phone:<id>"): a ciphertext moved elsewhere does not open.

AESGCM of `cryptography` (OpenSSL) and not Fernet or a column type of the database: associated data is what binds a
value to its place, one call costs about 2 µs, an altered byte is refused, and a dump of the database, its log and its
replicas hold ciphertext only. Nonces are random: one key is good for 2^32 values (NIST SP 800-38D 8.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from typing import Any, Protocol

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
WITH_KEY_ID = b"\x02"
KEY_ID_BYTES = 8
_BODY = 1 + KEY_ID_BYTES + 12


class SealError(Exception):
    """The value was not sealed with this key for this place."""

    says_no_values = True


class Ring(Protocol):
    """Where a sealer finds the keys of the centers; answers from memory."""

    def active(self, center: str) -> tuple[bytes, AESGCM] | None:
        """Key id and key that seal for `center` ("" = the installation); None: seal under DATA_KEY itself."""

    def find(self, key_id: bytes) -> AESGCM | None:
        """The key; None when it was destroyed on purpose. Raises SealError for one that nobody knows."""

    def digest_key(self) -> bytes | None:
        """The key of `digest`; None: the one derived from DATA_KEY."""


def new_key() -> str:
    """A fresh `DATA_KEY`."""
    return base64.b64encode(os.urandom(32)).decode()


def key_bytes(text: str, *, wanted: str) -> bytes:
    """The 32 bytes that base64 `text` stands for. Raises ValueError(wanted)."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except ValueError:  # "Incorrect padding" would help nobody
        raw = b""
    if len(raw) != 32:
        raise ValueError(wanted)
    return raw


def data_keys(text: str, *, setting: str = "DATA_KEY") -> list[bytes]:
    """The keys of `DATA_KEY=new,old`, the one that seals first. Raises ValueError with the cure."""
    wanted = f"{setting} must be base64 of 32 bytes; make one with: ansim doctor --new-key"
    return [key_bytes(one, wanted=wanted) for one in text.split(",")]


class Sealer:
    """Seals and opens personal values; one per installation."""

    def __init__(self, key: str, *, setting: str = "DATA_KEY", ring: Ring | None = None) -> None:
        raw = data_keys(key, setting=setting)
        self._direct = [AESGCM(_derive(one, b"seal")) for one in raw]
        # The oldest: what was looked up by digest before a new key came in front is found by it afterwards too.
        self._mac = _derive(raw[-1], b"digest")
        self.ring = ring

    def seal(self, value: Any, *, context: str, center: str = "") -> bytes:
        """Ciphertext of any JSON value, under the key of `center`; without one, under the installation's."""
        nonce = os.urandom(12)
        found = self.ring.active(center) if self.ring is not None else None
        if found is None:
            return VERSION + nonce + self._direct[0].encrypt(nonce, _json(value), context.encode())
        return WITH_KEY_ID + found[0] + nonce + found[1].encrypt(nonce, _json(value), context.encode())

    def open(self, sealed: bytes | memoryview | None, *, context: str) -> Any:
        """The value again; None stays None, and so reads a value whose key was destroyed: it is gone like a purged
        one. Raises SealError for a foreign or altered value."""
        if sealed is None:
            return None
        blob = bytes(sealed)
        try:
            if blob[:1] == WITH_KEY_ID:
                key = self._key(blob)
                return None if key is None else json.loads(key.decrypt(blob[9:_BODY], blob[_BODY:], context.encode()))
            if blob[:1] != VERSION:
                raise SealError(f"unknown seal version {blob[:1]!r}")
            return json.loads(self._open_direct(blob, context.encode()))
        except (InvalidTag, ValueError) as error:  # ValueError: cut off in the middle of the nonce
            raise SealError(f"cannot open {context}: wrong DATA_KEY or altered value") from error

    def is_destroyed(self, sealed: bytes | memoryview | None) -> bool:
        """Whether the key of this value was destroyed on purpose, so that it can never be opened again."""
        if sealed is None:
            return False
        blob = bytes(sealed)
        return blob[:1] == WITH_KEY_ID and self._key(blob) is None

    def digest(self, value: str, *, context: str) -> bytes:
        """A keyed fingerprint for equality look-ups (a phone number, a token); 32 bytes."""
        key = self.ring.digest_key() if self.ring is not None else None
        return hmac.digest(key or self._mac, f"{context}\x00{value}".encode(), "sha256")

    @property
    def derived_digest_key(self) -> bytes:
        """What `digest` uses as long as no ring says otherwise."""
        return self._mac

    def _key(self, blob: bytes) -> AESGCM | None:
        if self.ring is None:
            raise SealError("sealed with a key of a center, and there is no ring of keys here")
        return self.ring.find(blob[1 : 1 + KEY_ID_BYTES])

    def _open_direct(self, blob: bytes, context: bytes) -> bytes:
        for key in self._direct[:-1]:
            try:
                return key.decrypt(blob[1:13], blob[13:], context)
            except InvalidTag:
                continue
        return self._direct[-1].decrypt(blob[1:13], blob[13:], context)


class Wrapping:
    """Wraps the keys of a ring under `DATA_KEY`: `mark(4) nonce(12) ciphertext`; the mark tells which DATA_KEY."""

    def __init__(self, keys: list[bytes]) -> None:
        derived = [_derive(one, b"wrap") for one in keys]
        self._keys = {hashlib.sha256(b"ansim wrap" + one).digest()[:4]: AESGCM(one) for one in derived}
        self.mark = next(iter(self._keys))
        """Of the key that wraps: a wrapped key that begins otherwise is still under an older DATA_KEY."""

    def wrap(self, secret: bytes, *, context: str) -> bytes:
        nonce = os.urandom(12)
        return self.mark + nonce + self._keys[self.mark].encrypt(nonce, secret, context.encode())

    def unwrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Raises SealError when none of the DATA_KEYs is the one it was wrapped with."""
        key = self._keys.get(wrapped[:4])
        try:
            if key is None:
                raise SealError(f"no DATA_KEY given here opens {context}: it was wrapped with another one")
            return key.decrypt(wrapped[4:16], wrapped[16:], context.encode())
        except InvalidTag as error:
            raise SealError(f"{context} was altered or moved") from error


def _json(value: Any) -> bytes:
    """Text, the most of what is sealed, the fast way."""
    if isinstance(value, str):
        try:
            return orjson.dumps(value)
        except orjson.JSONEncodeError:  # half a surrogate pair
            pass
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"ansim", info=purpose).derive(key)
