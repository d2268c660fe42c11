"""The file format of a backup: one line of JSON that anyone may read, then the dump, sealed piece by piece.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as in age and Tink: AES-256-GCM over pieces of
1 MiB whose nonce holds their number and whether they are the last, so that no piece can be changed, moved, repeated
or cut off unnoticed. The first line is bound to every piece. Without a key the pieces are stored as they are, and the
first line carries the dump's SHA-256 at the end of the file instead.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = "ansim-backup 1"
PIECE = 1 << 20
TAG = 16
LONGEST_HEADER = 4 << 20


class BadBackup(Exception):
    """One sentence: what is wrong with the file, and what to do."""


def write(target: IO[bytes], header: dict[str, Any], dump: Iterator[bytes], *, key: bytes | None) -> int:
    """Header and dump into `target`; returns the dump's bytes. `key` is 32 bytes, or None for an open file."""
    salt = os.urandom(16)
    told = {"format": MAGIC, "sealed": key is not None, "salt": salt.hex()} | header
    line = json.dumps(told, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    target.write(line)
    size, digest = 0, hashlib.sha256()
    for number, piece, is_last in _pieces(dump):
        size += len(piece)
        digest.update(piece)
        target.write(_seal(key, salt, line, number, piece, is_last) if key else piece)
    if key is None:
        target.write(digest.digest())
    return size


def read_header(source: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The first line, parsed and as it stands. Raises BadBackup."""
    line = source.readline(LONGEST_HEADER)
    try:
        told = json.loads(line)
        if told["format"] != MAGIC or not line.endswith(b"\n"):
            raise ValueError
        bytes.fromhex(told["salt"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadBackup("이 파일은 안심 백업이 아닙니다 · this file is no backup of Ansim") from None
    return told, line


def read(source: IO[bytes], told: dict[str, Any], line: bytes, *, key: bytes | None) -> Iterator[bytes]:
    """The dump's pieces, each proved before it is given out. Raises BadBackup when the file was changed or cut off,
    at the latest at its end: nothing may be kept of a restore that did not come to its end."""
    if not told.get("sealed"):
        yield from _read_open(source)
        return
    if key is None:
        raise BadBackup("백업이 봉인되어 있습니다. BACKUP_KEY를 설정하세요 · the backup is sealed: set BACKUP_KEY")
    salt, number = bytes.fromhex(told["salt"]), 0
    piece = source.read(PIECE + TAG)
    while True:
        following = source.read(PIECE + TAG)
        is_last = not following
        yield _open(key, salt, line, number, piece, is_last)
        if is_last:
            return
        piece, number = following, number + 1


def _read_open(source: IO[bytes]) -> Iterator[bytes]:
    digest, held = hashlib.sha256(), b""
    while block := source.read(PIECE):
        held += block
        piece, held = held[:-32], held[-32:]
        digest.update(piece)
        yield piece
    if digest.digest() != held:
        raise BadBackup("백업 파일이 손상되었습니다 · the backup was changed or cut off: use another copy")


def _pieces(dump: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Pieces of exactly PIECE bytes but the last, numbered; an empty dump is one empty piece."""
    held, number = bytearray(), 0
    for block in dump:
        held += block
        while len(held) > PIECE:
            yield number, bytes(held[:PIECE]), False
            del held[:PIECE]
            number += 1
    yield number, bytes(held), True


def _aead(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"ansim-backup").derive(key))


def _nonce(number: int, is_last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([is_last])


def _seal(key: bytes, salt: bytes, line: bytes, number: int, piece: bytes, is_last: bool) -> bytes:
    return _aead(key, salt).encrypt(_nonce(number, is_last), piece, line)


def _open(key: bytes, salt: bytes, line: bytes, number: int, piece: bytes, is_last: bool) -> bytes:
    try:
        return _aead(key, salt).decrypt(_nonce(number, is_last), piece, line)
    except InvalidTag:
        raise BadBackup(
            "BACKUP_KEY가 다르거나 파일이 손상되었습니다 · another BACKUP_KEY, or the file was changed or cut off"
        ) from None
