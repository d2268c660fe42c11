"""Secrets in files that only a key of Android's Keystore opens (it never leaves the phone's secure part), and AES-GCM.

A restored backup or a moved phone has the files without the key: then they can't be read, which is `None`.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

from mobile_app.disk import open_folder, sync_folder
from mobile_app.platforms.android import java
from mobile_app.ports import SecretStore, Unavailable

ALIAS, STORE = "ansim", "AndroidKeyStore"
CIPHER = "AES/GCM/NoPadding"
ENCRYPT, DECRYPT = 1, 2
PURPOSES = 3
NONCE_BYTES, TAG_BITS, KEY_BYTES = 12, 128, 32
SEALER_KEY = "captures"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


class AndroidSecretStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store_class, self._cipher = java.find("java.security.KeyStore"), java.find("javax.crypto.Cipher")
        self._generator = java.find("javax.crypto.KeyGenerator")
        self._spec = java.find("android.security.keystore.KeyGenParameterSpec$Builder")
        self._parameters = java.find("javax.crypto.spec.GCMParameterSpec")
        self._turn = threading.Lock()

    def get(self, name: str) -> bytes | None:
        try:
            kept = self._path(name).read_bytes()
        except OSError:
            return None
        with self._turn, java.forbidden_is_fine():
            key = self._key()
            if key is not None:
                return java.as_bytes(_open(self._cipher, self._parameters, key, kept))
        return None

    def put(self, name: str, value: bytes) -> None:
        sealed = None
        with self._turn, java.forbidden_is_fine():
            cipher = self._cipher.getInstance(CIPHER)
            cipher.init(ENCRYPT, self._key() or self._new_key())  # the Keystore chooses the nonce by itself
            sealed = java.as_bytes(cipher.getIV()) + java.as_bytes(cipher.doFinal(value))
        if sealed is None:
            raise Unavailable("this phone's key store gave no key")
        path = self._path(name)
        open_folder(self._folder)
        part = path.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(sealed)
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

    def _key(self) -> Any | None:
        store = self._store_class.getInstance(STORE)
        store.load(None)
        return store.getKey(ALIAS, None) if store.containsAlias(ALIAS) else None

    def _new_key(self) -> Any:
        spec = self._spec(ALIAS, PURPOSES).setBlockModes(["GCM"]).setEncryptionPaddings(["NoPadding"])
        generator = self._generator.getInstance("AES", STORE)
        generator.init(spec.setKeySize(256).build())
        return generator.generateKey()


def _open(cipher_class: Any, parameters: Any, key: Any, sealed: bytes) -> Any:
    cipher = cipher_class.getInstance(CIPHER)
    cipher.init(DECRYPT, key, parameters(TAG_BITS, sealed[:NONCE_BYTES]))
    return cipher.doFinal(sealed[NONCE_BYTES:])


class AndroidSealer:
    """The platform's AES with a key that only the secret store keeps: the Keystore itself would take ms for each KB."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets
        self._cipher, self._key_class = java.find("javax.crypto.Cipher"), java.find("javax.crypto.spec.SecretKeySpec")
        self._parameters = java.find("javax.crypto.spec.GCMParameterSpec")
        self._turn = threading.Lock()
        self._made: Any = None

    def seal(self, data: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._cipher.getInstance(CIPHER)
        cipher.init(ENCRYPT, self._key(), self._parameters(TAG_BITS, nonce))
        return nonce + java.as_bytes(cipher.doFinal(data))

    def open(self, data: bytes) -> bytes:
        if len(data) < NONCE_BYTES + TAG_BITS // 8:
            raise ValueError("too short to be sealed")
        key = self._key()
        with java.forbidden_is_fine():
            return java.as_bytes(_open(self._cipher, self._parameters, key, data))
        raise ValueError("changed, or sealed with another key")

    def _key(self) -> Any:
        with self._turn:
            if self._made is None:
                key = self._secrets.get(SEALER_KEY)
                if key is None:
                    key = os.urandom(KEY_BYTES)
                    self._secrets.put(SEALER_KEY, key)
                self._made = self._key_class(key, "AES")
            return self._made
