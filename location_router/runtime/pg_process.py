"""Reading `postmaster.pid` without being fooled: a killed server leaves it behind, and ids come round again."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

CHILDREN_LEAVE_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class PostmasterFile:
    """What the file says; a missing or half-written one says nothing."""

    pid: int | None = None
    socket_dir: str | None = None
    status: str = ""

    @property
    def ready(self) -> bool:
        return self.status in ("ready", "standby")

    @classmethod
    def read(cls, data: Path) -> PostmasterFile:
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
            return cls(
                pid=abs(int(lines[0])),
                socket_dir=lines[4].strip() if len(lines) > 4 and lines[4].strip() else None,
                status=lines[7].strip() if len(lines) > 7 else "",
            )
        except (OSError, ValueError, IndexError):
            return cls()

    def running_pid(self, data: Path) -> int | None:
        """The process id if that process is alive and is the server of `data`."""
        if self.pid is None or not _alive(self.pid):
            return None
        home = _working_folder(self.pid)
        return self.pid if home is None or home == str(data) else None


def forget_dead_postmaster(data: Path) -> None:
    """Remove the file of a server that is dead but not yet reaped (a zombie), which PostgreSQL takes for a live one.

    Waits for its children first: they notice their parent's death within moments, and two servers on one folder must
    never be.
    """
    found = PostmasterFile.read(data)
    if found.pid is None or not _is_zombie(found.pid):
        return
    deadline = time.monotonic() + CHILDREN_LEAVE_TIMEOUT_S
    while time.monotonic() < deadline:
        if not _processes_in(data):
            (data / "postmaster.pid").unlink(missing_ok=True)
            return
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _working_folder(pid: int) -> str | None:
    """Every PostgreSQL process works in its data folder; None where the system doesn't tell."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def _processes_in(data: Path) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _working_folder(pid) == str(data)]
