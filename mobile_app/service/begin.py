"""Starting the service on a desktop: a process of its own session, so that it outlives the window that started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

LOG_FILE, LONGEST_LOG_BYTES = "service.log", 256 * 1024
PATIENCE_S, AGAIN_AFTER_S = 60.0, 1.0
ROOT = Path(__file__).parents[2]


class ServiceProcess:
    """`begin()` as often as nobody answers; a process that is still starting is given its time."""

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        self._folder, self._arguments = folder, arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._began_s = 0.0

    def begin(self) -> None:
        """Nothing happens when one of ours is young and alive, or ended at once a moment ago: somebody else's holds the
        folder's lock, or something is wrong that a hundred starts don't cure."""
        young_s = time.monotonic() - self._began_s
        if self._process is not None and young_s < (AGAIN_AFTER_S if self.has_ended() else PATIENCE_S):
            return
        self._began_s = time.monotonic()
        command = [sys.executable, "-m", "mobile_app.service", "--dir", str(self._folder), *self._arguments]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        with self._log() as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """Of the one that was started last, alive or not."""
        return self._process.pid if self._process else None

    def has_ended(self) -> bool:
        """Whether the one that was started last, if any, is no more."""
        return self._process is None or self._process.poll() is not None

    def _log(self) -> BinaryIO:
        path = self._folder / LOG_FILE
        is_long = path.exists() and path.stat().st_size > LONGEST_LOG_BYTES
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if is_long else os.O_APPEND), 0o600)
        return os.fdopen(descriptor, "wb")
