"""The folder of recordings: names, what a crash left in it, what is free on its disk. No database here.

`{center}/{camera}/{arrived_ms}.mp4`, all of it readable for the owner only. Nothing is ever deleted that the shelf has
not let go, but empty parts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import structlog

from server.video.film import NotOurs, read_reel
from server.video.reels import Finished

_LONGEST_NAME = 120

log = structlog.get_logger(__name__)


def folder_name(center_id: str, camera_id: str) -> str:
    """`center/camera` as names that every file system takes: one folder for each camera, whatever its id is."""
    return f"{_safe(center_id)}/{_safe(camera_id)}"


def _safe(name: str) -> str:
    plain = quote(name, safe="").replace(".", "%2E") or "%"
    if len(plain) <= _LONGEST_NAME:
        return plain
    return f"{plain[:80]}~{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def used_percent(folder: Path) -> float:
    """How full the folder's disk is for us (what root keeps for itself counts as used)."""
    there = os.statvfs(folder)
    room = there.f_blocks - there.f_bfree + there.f_bavail
    return 100.0 * (1 - there.f_bavail / room) if room else 100.0


@dataclass
class Reconciled:
    adopted: list[Finished] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    strays: int = 0
    """Files that belong to no camera of ours, or can't be read: left alone."""


def reconcile(
    root: Path, known: Mapping[str, bool], folders: Mapping[str, tuple[str, str]], ours: Collection[str]
) -> Reconciled:
    """What differs between the folder and the rows (`known`: path → should be there). Torn parts are cut at their last
    whole picture and take their final name; parts without a picture go. `ours`: what this process writes itself."""
    found = Reconciled()
    there = set()
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        final = name.removesuffix(".part")
        if final in ours:
            continue
        there.add(final)
        if (name == final and name in known) or _is_fetched(final):
            continue
        owner = folders.get(os.path.dirname(name))
        one = _adopt(root, path, final, owner) if owner and final not in known else None
        if one is not None:
            found.adopted.append(one)
        else:
            found.strays += path.exists()
    found.missing = sorted(name for name, should in known.items() if should and name not in there and name not in ours)
    return found


def _is_fetched(name: str) -> bool:
    """A recording fetched from a device (`replay/reel.py`): the fetch itself looks after what has no row yet."""
    return "-" in Path(name).stem


def _files(root: Path) -> Iterator[Path]:
    for pattern in ("*/*/*.mp4", "*/*/*.mp4.part"):
        yield from root.glob(pattern)


def _adopt(root: Path, path: Path, final: str, owner: tuple[str, str]) -> Finished | None:
    try:
        reel = read_reel(path)
        begin_s = int(Path(final).stem) / 1000
        if reel.samples:
            if reel.good_bytes < path.stat().st_size:
                os.truncate(path, reel.good_bytes)
            os.rename(path, root / final)
    except (NotOurs, OSError, ValueError, IndexError) as error:
        log.warning("recording_not_readable", error=type(error).__name__)
        if path.suffix == ".part" and isinstance(error, NotOurs):
            path.unlink(missing_ok=True)  # killed before its first group was written
        return None
    if not reel.samples:
        path.unlink(missing_ok=True)
        return None
    with (root / final).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    center_id, camera_id = owner
    end_s = begin_s + reel.duration_s
    size = (reel.width_px, reel.height_px)
    return Finished(
        uuid4(),
        center_id,
        camera_id,
        begin_s,
        end_s,
        reel.good_bytes,
        len(reel.samples),
        digest,
        final,
        *size,
        reel.codec,
        reel.format,
        True,
    )


def free_by_name(root: Path, paths: Sequence[str]) -> Iterator[str]:
    """Delete; yields those that are gone (a file that is not there is gone too)."""
    for name in paths:
        try:
            (root / name).unlink(missing_ok=True)
        except OSError as error:
            log.error("recording_not_deleted", error=error.strerror)
            continue
        yield name
