"""Writes and reads the file of an evidence package: a ZIP with AES-256, its manifest signed. Slow; run it in a thread.

Segments go in as they lie on the disk, and their SHA-256 is compared with the one that was taken while recording. A
segment that differs goes in all the same and the manifest says so: evidence is never quietly left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import pyzipper
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.evidence.model import MANIFEST, README, SIGNATURE, Finding, Recipient, signed, touched, watermark
from server.evidence.viewing import write_viewing
from server.recordings.model import Segment, gaps

_BLOCK = 1 << 20
_README = """안심(Ansim) 증거 꾸러미 / evidence package {package}

1. segments/ 는 녹화된 그대로의 파일입니다. 증거는 이것입니다.
   segments/ holds the recordings as they were. These are the evidence.
   phone/ 는 본인의 휴대전화가 보낸 사진·소리입니다. 조각의 머리말이 manifest 에 있어 해시 이음을 확인할 수 있습니다.
   phone/ holds what the person's own phone has sent; the manifest has the headers of its pieces and their hashes.
2. viewing/ 은 보기용 사본입니다(시각·반출자 표시가 들어 있음).
   viewing/ holds copies to look at, with the time and who took them out.
3. 확인 / to verify:   ansim evidence verify 이파일.zip
   manifest.json 의 공개키 지문(key_id {key_id})을 센터에 물어 비교하세요.
   Compare the key_id above with the one that the center tells you by another way.
4. {expires} 까지만 쓰고 파기해야 합니다. To be destroyed by that time.
   받는 이 / for: {recipient}
"""


@dataclass(frozen=True, slots=True)
class Material:
    """What goes in. `about` is told in the manifest: center, incident, who, basis, reason."""

    package: str
    login: str
    made_at: datetime
    expires_at: datetime
    recipient: Recipient
    from_at: datetime
    until_at: datetime
    about: dict[str, Any]
    cameras: dict[str, list[tuple[Segment, Path]]]
    names: dict[str, str]
    timeline: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    from_phone: list[PhoneFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PhoneFile:
    """A photo or a stretch of sound of the person's own phone. `headers`: of its pieces as the phone wrote them, so
    that a reader can go along the chain of hashes himself."""

    name: str
    content: bytes
    headers: tuple[str, ...]
    about: dict[str, Any]


class Cancelled(Exception):
    """The package was withdrawn while it was made."""


@dataclass(frozen=True, slots=True)
class Read:
    """A package as its reader finds it: the manifest (None when it can't be read) and everything that is wrong."""

    manifest: dict[str, Any] | None
    findings: list[Finding]


def write_package(
    out: Path, material: Material, *, key: Ed25519PrivateKey, password: str, on_progress: Callable[[float], None]
) -> dict[str, Any]:
    """The manifest that was written. `on_progress` hears 0 to 1 and may raise Cancelled. Raises OSError."""
    files: dict[str, dict[str, Any]] = {}
    cameras = []
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_STORED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for number, (camera_id, pieces) in enumerate(material.cameras.items()):
            share, done = 1 / len(material.cameras), number / len(material.cameras)
            cameras.append(
                _camera(archive, files, material, camera_id, pieces, lambda s, d=done, w=share: on_progress(d + w * s))  # type: ignore[misc]
            )
        phone = [_from_phone(archive, files, one) for one in material.from_phone]
        _put(archive, files, "timeline.json", _json(material.timeline))
        _put(archive, files, "releases.json", _json(material.releases))
        _put(archive, files, README, _readme(material, key))
        manifest = material.about | {
            "package_id": material.package,
            "made_at": material.made_at.isoformat(),
            "made_by": material.login,
            "expires_at": material.expires_at.isoformat(),
            "recipient": material.recipient.json(),
            "from_at": material.from_at.isoformat(),
            "until_at": material.until_at.isoformat(),
            "cameras": cameras,
            "from_phone": phone,
            "files": files,
        }
        text, signature = signed(manifest, key)
        archive.writestr(MANIFEST, text)
        archive.writestr(SIGNATURE, signature)
    on_progress(1.0)
    whole: dict[str, Any] = json.loads(text)
    return whole


def _from_phone(archive: Any, files: dict[str, dict[str, Any]], one: PhoneFile) -> dict[str, Any]:
    name = f"phone/{one.name}"
    _put(archive, files, name, one.content)
    return one.about | {"file": name, "headers": list(one.headers)}


def _camera(
    archive: Any,
    files: dict[str, dict[str, Any]],
    material: Material,
    camera_id: str,
    pieces: Sequence[tuple[Segment, Path]],
    on_progress: Callable[[float], None],
) -> dict[str, Any]:
    folder = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "_" for one in camera_id)
    folder = f"{folder}-{hashlib.sha256(camera_id.encode()).hexdigest()[:6]}"
    segments, there = [], []
    for number, (segment, path) in enumerate(pieces):
        name = f"segments/{folder}/{segment.begin_at:%Y%m%dT%H%M%S.%fZ}.mp4"
        told: dict[str, Any] = {
            "file": name,
            "begin_at": segment.begin_at.isoformat(),
            "end_at": segment.end_at.isoformat(),
            "frames": segment.frames,
            "recorded_sha256": bytes(segment.sha256).hex(),
            "hashed": "after a crash" if segment.is_adopted else "while recording",
            "source": segment.source,
        }
        if segment.source == "device":  # fetched from the camera's own recorder; its clock, put right
            told |= {"hashed": "while fetching", "device_clock_offset_s": segment.clock_offset_s}
        try:
            with path.open("rb") as source:
                _copy(archive, files, name, source)
        except FileNotFoundError:
            segments.append(told | {"file": "", "is_missing": True})
            continue
        segments.append(told | {"as_recorded": files[name]["sha256"] == bytes(segment.sha256).hex()})
        there.append((segment, path))
        on_progress(0.2 * (number + 1) / len(pieces))
    film = Path(archive.filename).with_suffix(".film")
    viewing = _viewing(archive, files, material, film, folder, there, lambda share: on_progress(0.2 + 0.8 * share))
    holes = gaps([one for one, _ in there], material.from_at, material.until_at)
    return {
        "camera_id": camera_id,
        "name": material.names.get(camera_id, ""),
        "segments": segments,
        "gaps": [{"begin_at": gap.begin_at.isoformat(), "end_at": gap.end_at.isoformat()} for gap in holes],
        **viewing,
    }


def _viewing(
    archive: Any,
    files: dict[str, dict[str, Any]],
    material: Material,
    film: Path,
    folder: str,
    pieces: Sequence[tuple[Segment, Path]],
    on_progress: Callable[[float], None],
) -> dict[str, Any]:
    """A segment that can't be decoded is no reason to be without the rest: the manifest says why there is no copy.

    `film`: where the copy lies until it is encrypted, beside the package. A killed worker leaves it there, where it is
    found and deleted, and never in a folder of the system that nobody looks after."""
    if not pieces:
        return {"viewing": None, "viewing_problem": "nothing recorded"}
    mark = watermark(
        package=material.package, login=material.login, at=f"{material.made_at:%Y-%m-%dT%H:%MZ}",
        recipient=material.recipient,
    )  # fmt: skip
    name = f"viewing/{folder}.mp4"
    try:
        film.unlink(missing_ok=True)
        film.touch(mode=0o600)
        try:
            write_viewing(film, pieces, mark=mark, on_progress=on_progress)
        except (ValueError, IndexError) as error:  # PyAV's own errors are ValueErrors
            return {"viewing": None, "viewing_problem": type(error).__name__}
        with film.open("rb") as source:
            _copy(archive, files, name, source)
    finally:
        film.unlink(missing_ok=True)
    return {"viewing": name}


def _copy(archive: Any, files: dict[str, dict[str, Any]], name: str, source: IO[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as member:
        while block := source.read(_BLOCK):
            member.write(block)
            digest.update(block)
            size += len(block)
    files[name] = {"sha256": digest.hexdigest(), "bytes": size}


def _put(archive: Any, files: dict[str, dict[str, Any]], name: str, content: bytes) -> None:
    archive.writestr(name, content)
    files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _json(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1, default=str).encode()


def _readme(material: Material, key: Ed25519PrivateKey) -> bytes:
    public = key.public_key().public_bytes_raw()
    recipient = " / ".join(one for one in material.recipient.json().values() if one)
    return _README.format(
        package=material.package,
        key_id=hashlib.sha256(public).hexdigest()[:16],
        expires=material.expires_at.isoformat(),
        recipient=recipient,
    ).encode()


class WrongPassword(ValueError):
    """The file is fine, the password is not; or no file of ours at all."""


def read_package(path: Path, password: str, *, key: bytes | None = None) -> Read:
    """What was touched. WrongPassword for a wrong password, ValueError for a file that is no package."""
    try:
        with pyzipper.AESZipFile(path) as archive:
            archive.setpassword(password.encode())
            names = [one for one in archive.namelist() if not one.endswith("/")]
            if len(set(names)) != len(names):
                raise ValueError("a name stands twice in the file")
            if MANIFEST not in names:
                raise ValueError(f"there is no {MANIFEST} in it")
            manifest = _content(archive, MANIFEST)
            signature = _content(archive, SIGNATURE) if SIGNATURE in names else None
            digests = {name: _digest(archive, name) for name in names if name not in (MANIFEST, SIGNATURE)}
    except (BadZipFile, pyzipper.BadZipFile) as error:
        raise ValueError(f"no evidence package: {error}") from None
    findings = touched(manifest, signature, digests, key=key)
    try:
        told = json.loads(manifest) if manifest else None
    except ValueError:
        told = None
    return Read(told if isinstance(told, dict) else None, findings)


def _content(archive: Any, name: str) -> bytes | None:
    try:
        content: bytes = archive.read(name)
    except RuntimeError as error:
        raise WrongPassword(str(error)) from None
    except (BadZipFile, pyzipper.BadZipFile, OSError, EOFError, ValueError):
        return None
    return content


def _digest(archive: Any, name: str) -> str | None:
    """None for a file whose authentication code, checksum or password does not fit."""
    digest = hashlib.sha256()
    try:
        with archive.open(name) as member:
            while block := member.read(_BLOCK):
                digest.update(block)
    except (BadZipFile, pyzipper.BadZipFile, RuntimeError, OSError, EOFError, ValueError):
        return None
    return digest.hexdigest()
