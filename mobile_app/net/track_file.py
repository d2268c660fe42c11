"""The positions of a running alert that the router has not confirmed, kept through a kill.

A killed or smashed phone's last minutes are what the police will ask for, so they are on disk. One file per alert, a
line each, only appended: a position, or the `seq` of one that is confirmed. SIGKILL loses nothing (the system has each
line); a dead battery loses at most `SYNC_EVERY_S`, because syncing each of 3,600 positions an hour would cost more of
it than they are worth. A torn line is passed over. The file is rewritten when it holds much more than is waiting, and
goes with the alert. It is the same after a cancel and after a duress code.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mobile_app.core.messages import Position
from mobile_app.core.position import KEPT_WHILE_OFFLINE, UnsentPositions
from mobile_app.disk import open_folder, sync_folder

SYNC_EVERY_S = 5.0
MOST_LINES_EACH = 4


class KeptPositions(UnsentPositions):
    """`UnsentPositions` that outlives its process. A full disk takes nothing away from what is in memory."""

    def __init__(self, path: Path, kept: int = KEPT_WHILE_OFFLINE, *, next_seq: int = 1) -> None:
        super().__init__(kept, next_seq=next_seq)
        self._path, self._is_over = path, False
        self._lines, self._synced_s = 0, 0.0
        for position in _read(path)[-kept:]:
            self._waiting.append(position)
            self._next_seq = max(self._next_seq, position.seq + 1)
        if self._waiting:
            self._rewrite()

    def add(self, position: Position, *, at: datetime) -> Position:
        numbered = super().add(position, at=at)
        self._write(json.dumps(numbered.to_json()))
        return numbered

    def acknowledge(self, seq: int) -> None:
        waited = len(self._waiting)
        super().acknowledge(seq)
        if len(self._waiting) < waited:
            self._write(str(seq))

    def forget(self) -> None:
        """The alert is over: the file goes, and an answer that still comes makes no new one."""
        super().forget()
        self._is_over = True
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self, line: str) -> None:
        if self._is_over:
            return
        with suppress(OSError):
            if self._lines > MOST_LINES_EACH * self._kept:
                self._rewrite()
                return
            open_folder(self._path.parent)
            with open(self._path, "a", encoding="utf-8", opener=_privately) as file:
                file.write(line + "\n")
                file.flush()
                self._lines += 1
                if time.monotonic() - self._synced_s >= SYNC_EVERY_S:
                    os.fsync(file.fileno())
                    self._synced_s = time.monotonic()

    def _rewrite(self) -> None:
        """Only what is waiting, in a new file that takes the old one's place."""
        fresh = self._path.with_name(f".{self._path.name}.new")
        with suppress(OSError), open(fresh, "w", encoding="utf-8", opener=_privately) as file:
            for position in self._waiting:
                file.write(json.dumps(position.to_json()) + "\n")
            file.flush()
            os.fsync(file.fileno())
            os.replace(fresh, self._path)
            sync_folder(self._path.parent)
            self._lines, self._synced_s = len(self._waiting), time.monotonic()


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: Path) -> list[Position]:
    """What is waiting, by `seq`; lines that can't be read are passed over."""
    waiting: dict[int, Position] = {}
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return []
    for line in lines:
        try:
            value = json.loads(line)
            if isinstance(value, int):
                waiting.pop(value, None)
            else:
                position = Position.from_json(value)
                waiting[position.seq] = position
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            continue
    return [waiting[seq] for seq in sorted(waiting)]
