"""A PostgreSQL that has a synchronous streaming standby: two real servers on their own sockets in a temp folder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.pg_binaries import find_binaries, server_account
from location_router.runtime.pg_process import PostmasterFile
from location_router.runtime.postgres import SOCKET_PORT, PrivateCluster


@dataclass
class Pair:
    """`first` is the primary at the start, `second` follows it."""

    first: PrivateCluster
    second: PrivateCluster

    def url(self, database: str) -> str:
        """Names both servers; whoever connects shall find the one that writes."""
        hosts = "&".join(f"host={_socket_dir(one)}:{SOCKET_PORT}" for one in (self.first, self.second))
        return f"postgresql+psycopg://postgres@/{database}?{hosts}&target_session_attrs=read-write&connect_timeout=2"

    def kill_first(self) -> None:
        """As if its machine had lost its power: no process of it says another word."""
        pid = self.first.pid
        assert pid is not None
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in [pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def promote_second(self) -> None:
        """What Patroni does: the standby becomes the primary, and waits for nobody until there is a new standby."""
        with _admin(self.second) as admin:
            row = admin.execute("SELECT pg_promote(true, 10)").fetchone()
            assert row and row[0]


@contextlib.contextmanager
def a_pair(folder: Path) -> Iterator[Pair]:
    """Both servers up, the second in sync: a commit on the first returns when the second has it on its disk."""
    first, second = (PrivateCluster(name=name, state=folder, on_progress=lambda line: None) for name in ("a", "b"))
    with contextlib.ExitStack() as stack:
        first.start()
        stack.callback(first.stop)
        with _admin(first) as admin:
            admin.execute("ALTER SYSTEM SET wal_retrieve_retry_interval = '100ms'")
        _copy(first, second)
        second.start()
        stack.callback(second.stop)
        with _admin(first) as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'second'")
            admin.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + 10
            while not admin.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone():
                assert time.monotonic() < deadline, "the standby does not follow"
                time.sleep(0.02)
        yield Pair(first, second)


def _copy(first: PrivateCluster, second: PrivateCluster) -> None:
    second.folder.mkdir()
    account = server_account()
    os.chown(second.folder, account.uid, account.gid)
    words = f"host={_socket_dir(first)} port={SOCKET_PORT} user=postgres application_name=second"
    command = [find_binaries().path("pg_basebackup"), "-d", words, "-D", str(second.data), "-R", "-c", "fast"]
    done = subprocess.run(
        [*command, "-C", "-S", "second"], capture_output=True, text=True, cwd="/", **account.popen_arguments()
    )  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr


def _socket_dir(cluster: PrivateCluster) -> str:
    return PostmasterFile.read(cluster.data).socket_dir or str(cluster._own_socket_dir)


def _admin(cluster: PrivateCluster) -> psycopg.Connection[object]:
    return psycopg.connect(conninfo(cluster.url("postgres")), autocommit=True)
