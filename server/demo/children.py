"""Child processes of the demo and of the journeys: started with a ready line, stopped by pid, never left behind.

Each child is told by the kernel to end when its parent dies (PR_SET_PDEATHSIG), so even a `kill -9` of the demo
leaves no process; its own output goes to a log file that a failed start quotes.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
READY_TIMEOUT_S = 120.0  # eight programs begin at once, perhaps on a busy machine; one that ends is noticed at once
STOP_TIMEOUT_S = 6.0
_libc = ctypes.CDLL(None, use_errno=True)


class ChildFailed(Exception):
    """A child ended or stayed silent; the message quotes its last words and names its log."""


def die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Child:
    """One running program. `on_line` sees each JSON line it prints after the ready line."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log_path: Path
    on_line: Callable[[dict[str, Any]], None] | None = None
    stdin_text: str = ""
    ready: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    _lines: queue.Queue[dict[str, Any] | None] = field(default_factory=queue.Queue)

    def start(self) -> Child:
        """Start without waiting; `wait_ready` returns when it is up."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                env={**os.environ, **self.env},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                stdin=subprocess.PIPE if self.stdin_text else subprocess.DEVNULL,
                preexec_fn=die_with_parent,
                start_new_session=True,
            )
        if self.stdin_text:
            assert self.process.stdin
            self.process.stdin.write(self.stdin_text)
            self.process.stdin.close()
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True, name=f"read:{self.name}").start()
        return self

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> dict[str, Any]:
        """The ready line. Raises ChildFailed when the child ends or stays silent."""
        deadline = time.monotonic() + timeout_s
        while not self.ready:
            try:
                line = self._lines.get(timeout=max(0.05, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise ChildFailed(f"{self.name} did not come up: {self.last_words()} (log: {self.log_path})")
            if line.get("ready"):
                self.ready = line
        return self.ready

    def _read(self, stream: IO[str]) -> None:
        with self.log_path.open("a") as log, stream:
            for text in stream:
                log.write(text)
                log.flush()
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if not isinstance(line, dict):
                    continue
                if not self.ready:
                    self._lines.put(line)
                if self.on_line is not None and not line.get("ready"):
                    self.on_line(line)
        self._lines.put(None)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9, as a crash would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def restarted(self) -> Child:
        """The same program again, as a supervisor would start it after a crash."""
        return Child(self.name, self.command, self.env, self.log_path, self.on_line, self.stdin_text).start()

    def last_words(self) -> str:
        if not self.log_path.exists():
            return "no output"
        return " ".join(self.log_path.read_text(errors="replace").split()[-40:])


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def free_port(preferred: int | None = None) -> int:
    """`preferred` on the loopback if nobody has it, else any free port."""
    for candidate in (preferred, 0) if preferred else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ChildFailed("no free port on 127.0.0.1")


def stop_all(children: Sequence[Child]) -> None:
    """SIGTERM to all at once, then wait for each."""
    for child in children:
        if child.running and child.process:
            child.process.terminate()
    for child in children:
        child.stop()
