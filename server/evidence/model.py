"""What an evidence package is: its manifest, and how a reader finds what was touched. No I/O but the bytes it is given.

A package is a ZIP of recorded segments as they lay on the disk, a viewing copy with a watermark, the incident's
timeline, who saw it, and a manifest that names the SHA-256 of every file and is signed (Ed25519) by the installation.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT = "ansim-evidence/1"
MANIFEST, SIGNATURE, README = "manifest.json", "manifest.sig", "README.txt"
State = Literal["waiting", "making", "ready", "failed", "ended"]
OPEN_STATES: tuple[State, ...] = ("waiting", "making", "ready")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the package: a person's or a unit's name, their agency, and their case number."""

    name: str
    agency: str
    case_no: str = ""

    def json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one file: `changed`, `missing`, `added`, `unreadable`, `signature`, `other_key`, or `differs`:
    it differed already from what was hashed while recording."""

    file: str
    code: str

    def sentence(self) -> str:
        return f"{self.file}: {SENTENCES[self.code][0]} · {SENTENCES[self.code][1]}"


SENTENCES: dict[str, tuple[str, str]] = {
    "changed": ("내용이 바뀌었습니다", "it was changed"),
    "missing": ("빠졌습니다", "it is missing"),
    "added": ("목록에 없는 파일입니다", "it is not in the manifest"),
    "unreadable": ("읽을 수 없습니다", "it can't be read"),
    "signature": ("서명이 맞지 않습니다", "the signature does not fit"),
    "other_key": ("다른 기관의 키로 서명되었습니다", "it is signed with another key than the one you named"),
    "differs": (
        "녹화할 때의 해시와 다릅니다(꾸러미를 만들기 전에 바뀜)",
        "it differs from the hash taken while recording (changed before the package was made)",
    ),
}


def signed(manifest: dict[str, Any], key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    """The manifest's bytes and its signature (base64). The key's public half and id are entered."""
    public = key.public_key().public_bytes_raw()
    whole = manifest | {
        "format": FORMAT,
        "key_id": hashlib.sha256(public).hexdigest()[:16],
        "public_key": base64.b64encode(public).decode(),
    }
    text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return text, base64.b64encode(key.sign(_message(text)))


def _message(manifest: bytes) -> bytes:
    """Never to be taken for a checkpoint or an export, which the same key signs."""
    return f"{FORMAT}\n".encode() + manifest


def touched(
    manifest: bytes | None, signature: bytes | None, digests: Mapping[str, str | None], *, key: bytes | None = None
) -> list[Finding]:
    """Everything that is not as it was made; empty when nothing was touched.

    `digests`: SHA-256 (hex) of every other file of the package, None for one that can't be read. `key`: the public key
    that the reader got from the center by another way (32 bytes); without it the package vouches only for itself.
    """
    if manifest is None or signature is None:
        return [Finding(name, "missing") for name, has in ((MANIFEST, manifest), (SIGNATURE, signature)) if has is None]
    try:
        said: dict[str, Any] = json.loads(manifest)
        public = base64.b64decode(said["public_key"])
        files: dict[str, Any] = said["files"]
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), _message(manifest))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return [Finding(MANIFEST, "signature")]
    found = [Finding(MANIFEST, "other_key")] if key is not None and key != public else []
    found += [_compared(name, one["sha256"], digests) for name, one in files.items() if _is_off(name, one, digests)]
    found += [Finding(name, "added") for name in digests if name not in files]
    found += [Finding(name, "differs") for name in _differing(said)]
    return sorted(found, key=lambda one: one.file)


def _is_off(name: str, said: Mapping[str, Any], digests: Mapping[str, str | None]) -> bool:
    return bool(digests.get(name) != said["sha256"])


def _compared(name: str, said: str, digests: Mapping[str, str | None]) -> Finding:
    if name not in digests:
        return Finding(name, "missing")
    return Finding(name, "unreadable" if digests[name] is None else "changed")


def _differing(manifest: Mapping[str, Any]) -> Iterable[str]:
    for camera in manifest.get("cameras", []):
        for segment in camera.get("segments", []):
            if not segment.get("as_recorded", True):
                yield segment["file"]


def watermark(*, package: str, login: str, at: str, recipient: Recipient) -> str:
    """The line over each picture of a viewing copy; ASCII, since the drawing font has no Hangul: ids, not names."""
    words = ["ANSIM", package[:8], f"by {login}", at, f"for {recipient.agency} {recipient.case_no}".rstrip()]
    return " | ".join(one.encode("ascii", "replace").decode() for one in words)
