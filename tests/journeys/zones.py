"""Separated networks on one machine: namespaces with nothing between them but the cables that are laid here.

    agency 10.7.0.2 ──┐
                      ├── relay 10.7.0.1, 10.8.0.1 │ 10.9.0.4 ── center 10.9.0.2 │ 10.11.0.1 ── camera 10.11.0.2
    other  10.8.0.2 ──┘

Nothing forwards: a machine reaches what hangs on its own cables, as two networks with a relay between them do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CABLES = (
    (("agency", "10.7.0.2"), ("relay", "10.7.0.1")),
    (("other", "10.8.0.2"), ("relay", "10.8.0.1")),
    (("relay", "10.9.0.4"), ("center", "10.9.0.2")),
    (("center", "10.11.0.1"), ("camera", "10.11.0.2")),
)
ADDRESSES = tuple(address for cable in CABLES for _, address in cable)
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Zones:
    """The namespaces, and the processes that were started in them."""

    prefix: str
    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, zone: str, *command: str) -> subprocess.CompletedProcess[str]:
        """A short command to its end."""
        return subprocess.run(self._inside(zone, command), capture_output=True, text=True, timeout=30)

    def start(self, zone: str, *module: str, env: Mapping[str, str], stdin: str | None = None) -> subprocess.Popen[str]:
        """A program of ours; `wait` for it. Its words go into a file of its own."""
        said = open(self._log(len(self.running)), "w")  # noqa: SIM115
        process = subprocess.Popen(
            self._inside(zone, [sys.executable, "-m", *module]),
            cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip
        said.close()
        self.running.append(process)
        if stdin is not None:
            assert process.stdin
            process.stdin.write(stdin)
            process.stdin.close()
        return process

    def wait(self) -> None:
        """Until each has said that it is ready."""
        for number, process in enumerate(self.running):
            assert process.stdout
            line = process.stdout.readline()
            assert line and json.loads(line)["ready"], f"{process.args}: {self._log(number).read_text()[-2000:]}"

    def _log(self, number: int) -> Path:
        return self.folder / f"{number}.log"

    def routes(self, is_open: bool) -> None:
        """What a wrong hand in the relay zone would do: forwarding between its cables, and routes that lead there."""
        word = "1" if is_open else "0"
        self.run("relay", "sh", "-c", f"echo {word} > /proc/sys/net/ipv4/ip_forward")
        change = "add" if is_open else "del"
        for zone, through in (("agency", "10.7.0.1"), ("center", "10.9.0.4")):
            self.run(zone, "ip", "route", change, "default", "via", through)

    def _inside(self, zone: str, command: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", f"{self.prefix}-{zone}", *command]

    def stop(self) -> None:
        """Each by its own id, the last first; one that does not end in time is killed."""
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def why_not() -> str:
    """Why no namespaces can be made here; "" where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root: run this file with sudo, or in a container with CAP_NET_ADMIN"
    try:
        made = _ip("netns", "add", f"an{os.getpid()}-try")
    except FileNotFoundError:
        return "there is no `ip` (iproute2) on this machine"
    if made.returncode:
        return f"this machine makes no network namespace: {made.stderr.strip()}"
    _ip("netns", "del", f"an{os.getpid()}-try")
    return ""


@contextmanager
def zones(folder: Path) -> Iterator[Zones]:
    """Namespaces and cables of this process's own; all of it is gone afterwards, and whatever runs in it."""
    made = Zones(f"an{os.getpid()}", folder)
    names = sorted({zone for cable in CABLES for zone, _ in cable})
    try:
        for zone in names:
            _must("netns", "add", f"{made.prefix}-{zone}")
            _must("-n", f"{made.prefix}-{zone}", "link", "set", "lo", "up")
            made.run(zone, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
        for number, cable in enumerate(CABLES):
            _lay(made.prefix, number, cable)
        yield made
    finally:
        made.stop()
        for zone in names:
            _ip("netns", "del", f"{made.prefix}-{zone}")


def _lay(prefix: str, number: int, cable: tuple[tuple[str, str], tuple[str, str]]) -> None:
    (left, _), (right, _) = cable
    _must(
        "link", "add", f"v{number}l", "netns", f"{prefix}-{left}", "type", "veth",
        "peer", "name", f"v{number}r", "netns", f"{prefix}-{right}",
    )  # fmt: skip
    for (zone, address), end in zip(cable, "lr", strict=True):
        inside = ("-n", f"{prefix}-{zone}")
        _must(*inside, "address", "add", f"{address}/24", "dev", f"v{number}{end}")
        _must(*inside, "link", "set", f"v{number}{end}", "up")


def _must(*words: str) -> None:
    done = _ip(*words)
    assert done.returncode == 0, (words, done.stderr)


def _ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], capture_output=True, text=True, timeout=10)
