"""Small files that are either the old or the new version after a power cut, readable by their owner only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def open_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_json(path: Path, value: Any) -> None:
    """On the disk, and in its folder's index, before this returns. OSError when the disk refuses."""
    # One write at a time per file: each path has a single writing thread, so the temporary name may be fixed.
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # Half a character (Java has them) becomes JSON's own way to write one.
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        json.dump(value, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_json(path: Path) -> Any | None:
    """The value, or None when there is no file or it can't be understood."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError):
        return None
