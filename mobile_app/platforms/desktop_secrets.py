"""A desktop's secret store and cipher: a file of its owner only, and AES-256-GCM by the server's library."""

from __future__ import annotations

import base64
import os
import threading
from pathlib import Path
from typing import Any

from mobile_app.disk import read_json, write_json
from mobile_app.ports import SecretStore, Unavailable

FILE = "secrets.json"
KEY_NAME, KEY_BYTES, NONCE_BYTES, TAG_BYTES = "sealer", 32, 12, 16


class FileSecretStore:
    """0600 in the phone's folder. A desktop has no better place; a phone has its key store."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._turn = threading.Lock()

    def get(self, name: str) -> bytes | None:
        try:
            return base64.b64decode(self._all()[name], validate=True)
        except (KeyError, TypeError, ValueError):
            return None

    def keeps(self, name: str) -> bool:
        stored = read_json(self._path)
        return name in stored if isinstance(stored, dict) else self._path.exists()

    def put(self, name: str, value: bytes) -> None:
        with self._turn:
            self._write(self._all() | {name: base64.b64encode(value).decode()})

    def remove(self, name: str) -> None:
        with self._turn:
            kept = {other: value for other, value in self._all().items() if other != name}
            self._write(kept)

    def _all(self) -> dict[str, str]:
        stored = read_json(self._path)
        return stored if isinstance(stored, dict) else {}

    def _write(self, values: dict[str, str]) -> None:
        try:
            write_json(self._path, values)
        except OSError as error:
            raise Unavailable(f"secrets can't be written: {error.strerror}") from error


class AesSealer:
    """The key is made at the first sealing."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets
        self._turn = threading.Lock()

    def seal(self, data: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + bytes(self._cipher().encrypt(nonce, data, None))

    def open(self, data: bytes) -> bytes:
        if len(data) < NONCE_BYTES + TAG_BYTES:
            raise ValueError("changed: too short to have been sealed")
        cipher = self._cipher()
        from cryptography.exceptions import InvalidTag

        try:
            return bytes(cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None))
        except InvalidTag:
            raise ValueError("changed, or sealed with another key") from None

    def _cipher(self) -> Any:
        """The library is loaded when something is sealed, not when the phone starts."""
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            raise Unavailable("this desktop has no cipher: the package cryptography is missing") from error
        return AESGCM(self._key())

    def _key(self) -> bytes:
        with self._turn:
            key = self._secrets.get(KEY_NAME)
            if key is None or len(key) != KEY_BYTES:
                if self._secrets.keeps(KEY_NAME):  # a new one over it would lose all that is sealed
                    raise Unavailable("the key of photos and sound can't be read now; it is tried again later")
                key = os.urandom(KEY_BYTES)
                self._secrets.put(KEY_NAME, key)
            return key
