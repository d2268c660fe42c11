"""Personal columns at rest: AES-256-GCM ciphertext, and keyed digests where equality must be found.

The key comes from the setting `DATA_KEY` (base64 of 32 bytes). A sealed value is `version(1) nonce(12) ciphertext`.
`context` binds a value to its column and row ("person.phone:<id>"): a ciphertext moved elsewhere does not open.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"


class SealError(Exception):
    """The value was not sealed with this key for this place."""


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


class Sealer:
    """Seals and opens personal values; one per installation."""

    def __init__(self, key: str, *, setting: str = "DATA_KEY") -> None:
        raw = key_bytes(key, wanted=f"{setting} must be base64 of 32 bytes; make one with: ansim doctor --new-key")
        self._aead = AESGCM(_derive(raw, b"seal"))
        self._mac = _derive(raw, b"digest")

    def seal(self, value: Any, *, context: str) -> bytes:
        """Ciphertext of any JSON value."""
        nonce = os.urandom(12)
        return VERSION + nonce + self._aead.encrypt(nonce, _json(value), context.encode())

    def open(self, sealed: bytes | memoryview | None, *, context: str) -> Any:
        """The value again; None stays None. Raises SealError for a foreign or altered value."""
        if sealed is None:
            return None
        blob = bytes(sealed)
        try:
            if blob[:1] != VERSION:
                raise SealError(f"unknown seal version {blob[:1]!r}")
            return json.loads(self._aead.decrypt(blob[1:13], blob[13:], context.encode()))
        except InvalidTag as error:
            raise SealError(f"cannot open {context}: wrong DATA_KEY or altered value") from error

    def digest(self, value: str, *, context: str) -> bytes:
        """A keyed fingerprint for equality look-ups (a phone number, a token); 32 bytes."""
        return hmac.digest(self._mac, f"{context}\x00{value}".encode(), "sha256")


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
