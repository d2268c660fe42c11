"""Files that an administrator brings through the browser, until they are imported: a folder for each upload.

`meta.json` says whose it is, `files/N` are the bytes, `run.json` is how far the last run is, `report.json` its result.
The folder is the truth for all API processes of this machine and for the run's own process (`upload_run.py`), so a
reloaded page, or a restarted server, finds what it left. Nothing here is kept longer than KEPT.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio.to_thread

MOST_FILE_BYTES = 50 << 20
MOST_FILES = 10
MOST_TOGETHER_BYTES = 150 << 20
MOST_NAME_BYTES = 180
"""A file system takes 255."""
MOST_UPLOADS = 20
"""Of one desk, at a time."""
KEPT = timedelta(days=3)
SILENT = timedelta(seconds=90)
"""A run that has said nothing for so long is lost: its process was killed."""
_NOT_TABLES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"MZ", b"\x7fELF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_NOT_TABLES += (b"<!doctype", b"<html", b"{\\rtf", b"\xd0\x0d\x0a", b"RIFF", b"SQLite format 3")
_WRITE = 1 << 20


class NotTaken(Exception):
    """`code`: file_too_large, too_many_files, uploads_full, not_a_table, empty_file."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Upload:
    """One upload's folder; its parts are read when asked for."""

    folder: Path

    @property
    def upload_id(self) -> str:
        return self.folder.name

    def meta(self) -> dict[str, Any]:
        return _read(self.folder / "meta.json") or {}

    def run(self) -> dict[str, Any] | None:
        return _read(self.folder / "run.json")

    def report(self) -> dict[str, Any] | None:
        return _read(self.folder / "report.json")

    def paths(self) -> list[Path]:
        """The files as they are called in reports: each alone in a numbered folder."""
        return sorted(self.folder.glob("files/*/*"), key=lambda path: int(path.parent.name))

    def write(self, name: str, told: dict[str, Any]) -> None:
        """A part takes its name when it is whole."""
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(told, file, ensure_ascii=False)
        os.replace(temporary, self.folder / name)

    @property
    def is_cancelled(self) -> bool:
        return (self.folder / "cancel").exists()

    def cancel(self) -> None:
        (self.folder / "cancel").touch()

    def begin(self, kind: str, now: datetime) -> str:
        """Take the only run this upload has at a time and return its id; "" when another one is going."""
        if self.is_running(now):
            return ""
        (self.folder / "busy").unlink(missing_ok=True)
        try:
            os.close(os.open(self.folder / "busy", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return ""
        run_id = str(uuid4())
        (self.folder / "cancel").unlink(missing_ok=True)
        told = {"run_id": run_id, "kind": kind, "state": "running", "share": 0.0, "rows": 0, "file": ""}
        self.say(told, now, begun_at=now)
        return run_id

    def say(self, told: dict[str, Any], now: datetime, *, begun_at: datetime | None = None) -> None:
        held = {} if begun_at else self.run() or {}
        began = {"begun_at": begun_at.isoformat()} if begun_at else {}
        self.write("run.json", held | began | told | {"heard_at": now.isoformat()})

    def is_running(self, now: datetime) -> bool:
        run = self.run()
        return bool(run and run["state"] == "running" and now - datetime.fromisoformat(run["heard_at"]) < SILENT)

    def drop_files(self) -> None:
        shutil.rmtree(self.folder / "files", ignore_errors=True)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def made(root: Path, *, whose: dict[str, Any], source: str, now: datetime) -> Upload:
    """A new, empty upload. NotTaken `uploads_full`."""
    swept(root, now)
    if len([one for one in all_of(root) if one.meta().get("desk") == whose["desk"]]) >= MOST_UPLOADS:
        raise NotTaken("uploads_full")
    upload = Upload(root / str(uuid4()))
    upload.folder.mkdir(parents=True, mode=0o700)
    upload.write("meta.json", whose | {"source": source, "made_at": now.isoformat()})
    return upload


def found(root: Path, upload_id: UUID) -> Upload | None:
    upload = Upload(root / str(upload_id))
    return upload if upload.meta() else None


def all_of(root: Path) -> list[Upload]:
    """Newest first."""
    found = [Upload(path.parent) for path in root.glob("*/meta.json")]
    return sorted(found, key=lambda one: one.meta().get("made_at", ""), reverse=True)


def swept(root: Path, now: datetime) -> None:
    """Remove what nobody went on with, and reports that were read."""
    for one in all_of(root):
        if now - datetime.fromisoformat(one.meta()["made_at"]) > KEPT and not one.is_running(now):
            one.remove()


async def receive(upload: Upload, name: str, chunks: AsyncIterator[bytes]) -> None:
    """A file to disk as it comes, within the bounds. NotTaken; a file that was not taken leaves nothing."""
    held = upload.paths()
    if len(held) >= MOST_FILES:
        raise NotTaken("too_many_files")
    most = min(MOST_FILE_BYTES, MOST_TOGETHER_BYTES - sum(path.stat().st_size for path in held))
    number = int(held[-1].parent.name) + 1 if held else 0
    folder = upload.folder / "files" / str(number)
    folder.mkdir(parents=True)
    try:
        await write(folder / name, chunks, most)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


async def write(path: Path, chunks: AsyncIterator[bytes], most: int) -> None:
    """A table as it comes, `most` bytes at most. NotTaken; what came until then stays there."""
    size, waiting, head = 0, bytearray(), b""
    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise NotTaken("file_too_large")
            waiting += chunk
            if len(head) < 16:
                head = bytes(waiting[:16])
                if len(head) == 16:
                    check_kind(head)
            if len(waiting) >= _WRITE:
                await anyio.to_thread.run_sync(file.write, bytes(waiting))
                waiting.clear()
        await anyio.to_thread.run_sync(file.write, bytes(waiting))
    if size == 0:
        raise NotTaken("empty_file")
    check_kind(head)


def check_kind(head: bytes) -> None:
    """NotTaken `not_a_table` for what is certainly none by its first bytes; the reader judges the rest."""
    if head.lower().startswith(tuple(one.lower() for one in _NOT_TABLES)):
        raise NotTaken("not_a_table")


def plain_name(text: str) -> str:
    """A file's own name without any folder and without what a file system takes ill; "" when nothing is left."""
    name = text.replace("\\", "/").rpartition("/")[2]
    name = "".join(one for one in name if one.isprintable() and one not in '<>:"|?*').strip(" .")
    stem, dot, ending = name.rpartition(".")
    return f"{_cut(stem or ending, MOST_NAME_BYTES)}{dot}{_cut(ending, 16)}" if dot else _cut(name, MOST_NAME_BYTES)


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told
