"""The imported versions beside the built-in snapshot: what a restart knows while PostGIS is away.

Beside `boundaries.npz` stands the folder `boundaries.npz.versions`: one compiled file for each version that was ever
activated, and `timeline.json`, which says when each is in force and holds the keys of all polygons. PostGIS is the
truth; a running router writes both files after each change (`boundaries.following`), everybody else reads them.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from location_router.index import FORMAT, Activated, Index, Jurisdictions

log = structlog.get_logger("boundaries")


@dataclass(frozen=True, slots=True)
class Entry:
    """One activation: the version's label and file name, and the Korean days between which it rules. Without
    `effective` it was withdrawn and is kept for the alerts it once decided."""

    label: str
    file: str
    effective: date | None
    until: date | None


def folder_of(snapshot: Path) -> Path:
    """Where the imported versions of this snapshot are kept."""
    return snapshot.with_name(snapshot.name + ".versions")


def load_version(path: Path) -> Jurisdictions:
    """One compiled imported version. Raises OSError or ValueError for a file that can't be used."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads(arrays.pop("meta").tobytes())
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as problem:
        raise ValueError(f"{path} is damaged: {problem}") from problem
    if meta.get("format") != FORMAT:
        raise ValueError(f"{path} has another format")
    return Index(meta, arrays).built_in()[0]


def timeline_in(folder: Path) -> tuple[list[Entry], dict[str, dict[str, str]]]:
    """The activations and the polygons' keys by label, as the folder last knew them; nothing where it knows none."""
    try:
        told = json.loads((folder / "timeline.json").read_text(encoding="utf-8"))
        return [_entry(row) for row in told["entries"]], told["keys"]
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as problem:
        log.error("boundary_timeline_unreadable", folder=str(folder), error=str(problem)[:200])
    return [], {}


def with_kept(index: Index, snapshot: Path, folder: Path | None = None) -> Index:
    """`index` with what stands beside `snapshot`, or in `folder`. A version whose file is damaged is left out,
    loudly."""
    folder = folder or folder_of(snapshot)
    entries, keys = timeline_in(folder)
    if not entries and not keys:
        return index
    held: dict[str, Jurisdictions] = {}
    for entry in entries:
        if entry.label not in held:
            try:
                held[entry.label] = load_version(folder / entry.file)
            except (OSError, ValueError) as problem:
                log.error("boundary_version_unreadable", version=entry.label, error=str(problem)[:200])
    found = arranged(index, entries, held)
    learn(found, keys)
    return found


def arranged(index: Index, entries: Sequence[Entry], held: Mapping[str, Jurisdictions]) -> Index:
    """The index with the entries whose versions are at hand, later entries winning over earlier ones."""
    here = [one for one in entries if one.label in held]
    activated = [Activated(held[one.label], one.effective, one.until) for one in here if one.effective is not None]
    ruling = {one.version.boundary_version for one in activated}
    others = {one.label: held[one.label] for one in here if one.label not in ruling}
    return index.with_activated(activated, list(others.values()))


def learn(index: Index, keys: Mapping[str, Mapping[str, str]]) -> None:
    """Gives every version the keys of its polygons."""
    for version in index.all_versions():
        version.learn_keys(keys.get(version.boundary_version, {}))


def keep(snapshot: Path, entries: Sequence[Entry], keys: Mapping[str, Mapping[str, str]]) -> None:
    """Writes the timeline in one atomic step, when it says something new. Raises OSError."""
    folder = folder_of(snapshot)
    told: dict[str, Any] = {"format": 1, "entries": [_row(one) for one in entries], "keys": keys}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    path = folder / "timeline.json"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".timeline-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _entry(row: Mapping[str, Any]) -> Entry:
    effective, until = row["effective"], row["until"]
    file = Path(str(row["file"])).name
    return Entry(
        str(row["label"]),
        file,
        date.fromisoformat(effective) if effective else None,
        date.fromisoformat(until) if until else None,
    )


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "label": entry.label,
        "file": entry.file,
        "effective": entry.effective.isoformat() if entry.effective else None,
        "until": entry.until.isoformat() if entry.until else None,
    }
