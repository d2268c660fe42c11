"""The relay's own log: JSON lines, a file a day, each line with the hash of the one before; on disk before it counts.

A line says who (the account's id, as the ticket has it), when, which release, how many bytes. No name, no camera, no
address: `from` is a digest of the viewer's address under the relay's own key, so that lines of one address are seen
to belong together and a suspected address can be compared. The chain goes on from day to day. What it can't show by
itself, that lines are missing at its end, shows in the head the video process notes with each request (`--head`).
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
_PATTERN = "relay-*.jsonl"


class LogBroken(Exception):
    """The log can't be continued or is not what was written; the message names file, line and cure."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last line: its number and hash, as `41:9f2c…`."""

    number: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class RelayLog:
    """Appends; safe to call from several threads, one at a time is served. OSError when the disk refuses: the caller
    then forwards nothing."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        """Raises LogBroken when what stands there can't be continued, OSError when the folder can't be written."""
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()
        self._file: int | None = None
        self._day = ""
        self._is_broken = False
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._head = _last(folder)

    @property
    def head(self) -> Head:
        return self._head

    def write(self, kind: str, **values: Any) -> Head:
        """One line, on disk when this returns."""
        with self._lock:
            at = self._clock().astimezone(UTC)
            line = {"n": self._head.number + 1, "at": at.isoformat(timespec="milliseconds"), "kind": kind, **values}
            digest = hash_of(line, self._head.hash)
            text = json.dumps({**line, "prev": self._head.hash, "hash": digest}, ensure_ascii=False) + "\n"
            self._append(self._of_day(at.strftime("%Y-%m-%d")), text.encode())
            self._head = Head(line["n"], digest)
            return self._head

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _append(self, file: int, text: bytes) -> None:
        if self._is_broken:
            raise OSError("the log has half a line: start the relay again")
        start = os.lseek(file, 0, os.SEEK_END)
        try:
            while text:
                text = text[os.write(file, text) :]
            os.fsync(file)
        except OSError:
            self._is_broken = True  # until the half line is gone
            os.ftruncate(file, start)
            self._is_broken = False
            raise

    def _of_day(self, day: str) -> int:
        if self._file is None and (newest := _files(self._folder)[-1:]):
            self._day = newest[0].stem.removeprefix("relay-")
        day = max(day, self._day)  # a clock that is set back writes on in the newer file: order is the chain's
        if self._file is None or day != self._day:
            file = os.open(self._folder / f"relay-{day}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            if self._file is not None:
                os.close(self._file)
            self._file, self._day = file, day
            folder = os.open(self._folder, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        return self._file


def hash_of(line: dict[str, Any], prev: str) -> str:
    """SHA-256 over the previous hash and the line without `prev` and `hash`, keys sorted."""
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{prev}\n{text}".encode()).hexdigest()


def verify_files(files: Iterable[Path], *, head: str = "") -> Head:
    """The last line of these files, in the order of their days, when nothing was changed, removed, inserted or moved.

    A first file that does not begin with line 1 is believed from its own beginning. `head`: `number:hash` that must
    stand in them. Raises LogBroken for the first thing that is wrong.
    """
    state: Head | None = None
    is_found = not head
    for where, line in _lines(files):
        state = _next(state, line, where)
        is_found = is_found or str(state) == head
    if state is None:
        raise LogBroken("기록이 없습니다 · there is no line in the log")
    if not is_found:
        number = head.partition(":")[0]
        raise LogBroken(f"기록의 끝이 잘렸습니다 · line {number} as the video process saw it is missing")
    return state


def lines_of(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The lines as they stand. Raises LogBroken for what is no line."""
    return (line for _, line in _lines(files))


def log_files(path: Path) -> list[Path]:
    """A folder's files by day, or the file itself. LogBroken when there is none."""
    files = _files(path) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise LogBroken(f"{path}: 기록 파일이 없습니다 · no log file here")
    return files


def _next(state: Head | None, line: dict[str, Any], where: str) -> Head:
    number, prev, digest = line.get("n"), line.get("prev"), line.get("hash")
    body = {key: value for key, value in line.items() if key not in ("prev", "hash")}
    if not isinstance(number, int) or not isinstance(prev, str) or hash_of(body, prev) != digest:
        raise LogBroken(f"{where}: 고쳐진 줄입니다 · this line was changed")
    before = state or Head(number - 1, prev)
    if before.number == 0 and prev != GENESIS:
        raise LogBroken(f"{where}: 첫 줄이 바뀌었습니다 · the first line was changed")
    if (number, prev) != (before.number + 1, before.hash):
        raise LogBroken(f"{where}: 앞 줄이 없거나 순서가 다릅니다 · a line before this one is missing, added or moved")
    return Head(number, str(digest))


def _lines(files: Iterable[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in files:
        with open(file, "rb") as opened:
            for number, text in enumerate(opened, 1):
                where = f"{file.name}:{number}"
                try:
                    line = json.loads(text)
                except ValueError:
                    raise LogBroken(f"{where}: 읽을 수 없는 줄입니다 · this is no line of ours") from None
                if not isinstance(line, dict):
                    raise LogBroken(f"{where}: 읽을 수 없는 줄입니다 · this is no line of ours")
                yield where, line


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(_PATTERN))


def _last(folder: Path) -> Head:
    """The line to continue from. Only the newest file's lines are read: the rest is `verify-log`'s work."""
    newest = [file for file in _files(folder) if file.stat().st_size][-1:]
    if not newest:
        return Head()
    _cut_half_line(newest[0])
    state: Head | None = None
    for where, line in _lines(newest):
        state = _next(state, line, where)
    return state or _last_before(folder, newest[0])


def _last_before(folder: Path, emptied: Path) -> Head:
    older = [file for file in _files(folder) if file < emptied and file.stat().st_size][-1:]
    return verify_files(older) if older else Head()


def _cut_half_line(file: Path) -> None:
    """A power cut in the middle of a write leaves a line that never counted: nothing was forwarded for it."""
    data = file.read_bytes()
    if data and not data.endswith(b"\n"):
        os.truncate(file, data.rfind(b"\n") + 1)
