"""Secrets in files that only a key of Android's Keystore opens (it never leaves the phone's secure part), and AES-GCM
by the platform (`Vault.java`).

A restored backup or a moved phone has the files without the key: then they can't be read, which is `None`.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from mobile_app.disk import open_folder, sync_folder
from mobile_app.platforms.android import java
from mobile_app.ports import SecretStore, Unavailable

KEY_BYTES = 32
SEALER_KEY = "captures"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


class AndroidSecretStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._vault = java.find("org.ansim.phone.Vault")
        self._turn = threading.Lock()

    def get(self, name: str) -> bytes | None:
        try:
            kept = self._path(name).read_bytes()
        except OSError:
            return None
        with self._turn, java.forbidden_is_fine():
            return java.as_bytes(self._vault.give(kept))
        return None

    def keeps(self, name: str) -> bool:
        return self._path(name).is_file()

    def put(self, name: str, value: bytes) -> None:
        kept = None
        with self._turn, java.forbidden_is_fine():
            kept = java.as_bytes(self._vault.keep(value))
        if kept is None:
            raise Unavailable("this phone's key store gave no key")
        path = self._path(name)
        open_folder(self._folder)
        part = path.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(kept)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(self._folder)

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"name of a secret: {name!r}; small letters, digits and _ only")
        return self._folder / name


class AndroidSealer:
    """With a key that only the secret store keeps: the Keystore itself would take milliseconds for each KB."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets
        self._vault = java.find("org.ansim.phone.Vault")
        self._turn = threading.Lock()
        self._made: bytes | None = None

    def seal(self, data: bytes) -> bytes:
        return java.as_bytes(self._vault.seal(self._key(), data))

    def open(self, data: bytes) -> bytes:
        key = self._key()
        with java.forbidden_is_fine():
            return java.as_bytes(self._vault.open(key, data))
        raise ValueError("changed, or sealed with another key")

    def _key(self) -> bytes:
        with self._turn:
            if self._made is None:
                key = self._secrets.get(SEALER_KEY)
                if key is None:
                    if self._secrets.keeps(SEALER_KEY):  # a new one over it would lose all that is sealed
                        raise Unavailable("the key store doesn't give the key now; it is tried again later")
                    key = os.urandom(KEY_BYTES)
                    self._secrets.put(SEALER_KEY, key)
                self._made = key
            return self._made
