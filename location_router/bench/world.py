"""Real processes for `bench.paths`: durable PostgreSQL, router processes, desks; each is ended by its pid."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from location_router.bench.posting import Plan
from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster, Progress
from location_router.runtime.provision import provision
from location_router.runtime.seal import new_key

READY_S = 60.0
KEYS = {"bench-1": "one", "bench-2": "two"}


@dataclass
class World:
    """One router with its databases; `urls` are the API processes that run."""

    cluster: PrivateCluster
    folder: Path
    name: str
    bus_url: str
    settings: dict[str, str]
    urls: list[str] = field(default_factory=list)
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    acked: list[Path] = field(default_factory=list)

    def start(self, label: str, *words: str, **extra: str) -> dict[str, Any]:
        """Start a process of ours and wait for its ready line, which is returned."""
        log = (self.folder / f"{self.name}-{label}.log").open("ab")
        child = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=os.environ | self.settings | extra,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.close()
        self.running[label] = child
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith('{"ready"'):
                said: dict[str, Any] = json.loads(line)
                return said
        raise RuntimeError(f"{label} did not start: {(self.folder / f'{self.name}-{label}.log').read_text()[-2000:]}")

    def serve(self, label: str) -> None:
        self.urls.append(self.start(label, "location_router", "serve")["url"])

    def end(self, label: str, *, kill: bool = False) -> None:
        child = self.running.pop(label)
        child.kill() if kill else child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)
        if child.stdout:
            child.stdout.close()

    def close(self) -> None:
        for label in reversed(list(self.running)):
            self.end(label)

    def post(self, **plan: Any) -> dict[str, Any]:
        """A round of the load; see `posting.run`."""
        acked = self.folder / f"{self.name}-acked-{len(self.acked)}"
        self.acked.append(acked)
        given = Plan(points=str(self.folder / "points.json"), acked=str(acked), **({"urls": self.urls} | plan))
        return posted(given)

    def rows(self, statement: str, parameters: Any = None) -> list[Any]:
        with psycopg.connect(conninfo(self.settings["DATABASE_URL"]), autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def cpu_s(self) -> dict[str, float]:
        """Seconds of processor time that each part has used; `postgres` is all of the cluster."""
        parts: dict[str, float] = {}
        for label, child in self.running.items():
            name = label.rstrip("-0123456789")
            parts[name] = parts.get(name, 0.0) + _cpu_s(child.pid)
        master = self.cluster.pid
        if master is not None:
            pids = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            parts["postgres"] = _cpu_s(master, reaped=True) + sum(_cpu_s(int(pid)) for pid in pids)
        return parts

    def drain(self, within_s: float) -> float:
        """Wait until no letter to an owner is without receipt; the seconds it took."""
        began = time.monotonic()
        waiting = "SELECT count(*) FROM delivery WHERE next_attempt_at IS NOT NULL AND receipt_at IS NULL"
        while self.rows(waiting)[0][0] and time.monotonic() - began < within_s:
            time.sleep(0.1)
        return round(time.monotonic() - began, 1)

    def lost(self) -> dict[str, int]:
        """Of the alerts that were answered 202: not in the database, without the owner's receipt."""
        acked = [one for path in self.acked if path.exists() for one in path.read_text().split()]
        stored = self.rows(
            "SELECT count(*), count(owner_receipt_at) FROM alert WHERE alert_id = ANY(%s::uuid[])", (acked,)
        )[0]
        return {"acked": len(acked), "lost": len(acked) - stored[0], "undelivered": len(acked) - stored[1]}


def _cpu_s(pid: int, *, reaped: bool = False) -> float:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(one) for one in words[11 : 15 if reaped else 13]) / os.sysconf("SC_CLK_TCK")


def posted(plan: Plan) -> dict[str, Any]:
    said = subprocess.run(
        [sys.executable, "-m", "location_router.bench.posting"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise RuntimeError(said.stderr[-2000:])
    found: dict[str, Any] = json.loads(said.stdout)
    return found


@contextlib.contextmanager
def durable_cluster(say: Progress) -> Iterator[tuple[PrivateCluster, Path]]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = PrivateCluster(name="paths", durable=True, state=folder, on_progress=say)
        cluster.start()
        try:
            yield cluster, folder
        finally:
            cluster.stop()


@contextlib.contextmanager
def a_world(cluster: PrivateCluster, folder: Path, name: str, *, bus_url: str = "") -> Iterator[World]:
    """Databases of its own on `cluster`; nothing runs yet. What runs at the end is ended."""
    bus = bus_url or provision(cluster.admin_url, f"{name}_bus", "bus")
    settings = {
        "DATABASE_URL": provision(cluster.admin_url, f"{name}_router", "router"),
        "BUS_URL": bus,
        "DATA_KEY": new_key(),
        "PORT": "0",
        "ROUTER_INSTALLATION_KEYS": json.dumps(KEYS),
        "RUNNER_UP_S": "3600",  # nobody acknowledges here: the path is measured, not the ladder
        "DESK_112_S": "3600",
    }
    world = World(cluster, folder, name, bus, settings)
    try:
        yield world
    finally:
        world.close()


@contextlib.contextmanager
def nats_server(folder: Path) -> Iterator[str | None]:
    """The URL of a real nats-server with JetStream on disk; None where there is no such program."""
    beside = Path(sys.executable).parent / "nats-server"
    program = str(beside) if beside.exists() else shutil.which("nats-server")
    if program is None:
        yield None
        return
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder / "nats"}", domain: hub }}\n', encoding="utf-8"
    )
    server = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and server.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"nats://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)
