"""A private PostGIS cluster that the program starts, adopts and stops by itself.

It listens on no port: only on a socket in a folder that nobody else may enter, so any number of them live side by
side. Users of a cluster hold a shared lock, which dies with the process that holds it; whoever leaves last stops the
server, so a program killed with -9 neither keeps a server alive for ever nor takes it away from another program.
The server outlives a killed program on purpose: the next start adopts it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.given_server import GivenServer
from location_router.runtime.pg_binaries import (
    Account,
    Binaries,
    ClusterError,
    find_binaries,
    server_account,
)
from location_router.runtime.pg_process import PostmasterFile, forget_dead_postmaster

__all__ = ["ClusterError", "GivenServer", "PrivateCluster", "Server", "cluster_or_env", "private_cluster"]

Progress = Callable[[str], object]

START_TIMEOUT_S = 60.0
LOCK_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
SOCKET_PORT = 5432
"""Only a suffix of the socket's name; written into every URL so that PGPORT can't mislead anyone."""

COMMON_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
UNSAFE_TEST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_started: list[subprocess.Popen[bytes]] = []
"""Servers that this process gave birth to: kept so that they are reaped and no ResourceWarning is raised."""


def to_stderr(line: str) -> None:
    """The default place for progress: standard output belongs to what the program was asked for."""
    print(line, file=sys.stderr, flush=True)


class Server(Protocol):
    """A PostgreSQL server: ours or one that `DATABASE_URL` names."""

    @property
    def admin_url(self) -> str:
        """A database that exists for certain, as the administrator: where `provision` starts from."""
        ...

    def url(self, database: str, role: str = "postgres") -> str:
        """A SQLAlchemy URL (`postgresql+psycopg://`) of `database` as `role`."""
        ...


def state_dir() -> Path:
    """Where this account's clusters live: `ANSIM_STATE_DIR`, /var/lib/ansim as root, the XDG state home otherwise."""
    if given := os.environ.get("ANSIM_STATE_DIR"):
        return Path(given).absolute()
    if os.getuid() == 0:
        return Path("/var/lib/ansim")
    home = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(home) / "ansim"


class PrivateCluster:
    """One data folder with its server.

    `durable=False` turns fsync off and loses acknowledged rows on a mere kill: for tests only, and never on a
    folder that a durable cluster uses.
    """

    def __init__(
        self, *, name: str = "main", durable: bool = True, state: Path | None = None, on_progress: Progress = to_stderr
    ) -> None:
        base = (state or state_dir()).resolve()
        self.folder = base / ("pg" if name == "main" else f"pg-{name}")
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._durable = durable
        self._say = on_progress
        self._account: Account = server_account()
        self._users: IO[bytes] | None = None
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:10]
        self._own_socket_dir = _socket_dir(self._account, digest)

    @property
    def pid(self) -> int | None:
        """The running postmaster's process id, or None."""
        return PostmasterFile.read(self.data).running_pid(self.data)

    @property
    def admin_url(self) -> str:
        """The `postgres` database as superuser."""
        return self.url("postgres")

    def url(self, database: str, role: str = "postgres") -> str:
        """SQLAlchemy URL over the socket; no password: the folder's mode is the guard."""
        where = PostmasterFile.read(self.data).socket_dir or str(self._own_socket_dir)
        return f"postgresql+psycopg://{role}@/{database}?host={where}&port={SOCKET_PORT}"

    def start(self) -> None:
        """Start the server, or adopt the one that runs; returns when it answers. Raises ClusterError."""
        if self._users is not None:
            return
        self._make_folder()
        with self._held("start.lock"):
            self._start_or_adopt()
            users = (self.folder / "users.lock").open("ab")
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users

    def stop(self) -> None:
        """Leave the cluster; the last one out stops the server and waits until it is gone."""
        if self._users is None:
            return
        with self._held("start.lock"):
            users, self._users = self._users, None
            with users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._stop_server()

    def restart(self) -> None:
        """Bring the server back after it died under us; our place among its users is kept."""
        with self._held("start.lock"):
            self._start_or_adopt()

    # -- folders and locks

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ClusterError(
                f"The database folder {self.folder} can't be made ({error.strerror}): set ANSIM_STATE_DIR."
            ) from None
        if not self._account.switch:
            return
        for parent in [self.folder, *self.folder.parents]:
            if not parent.stat().st_mode & 0o001:
                raise ClusterError(
                    f"The account 'postgres' can't enter {parent}: choose another folder with ANSIM_STATE_DIR."
                )

    @contextlib.contextmanager
    def _held(self, name: str) -> Iterator[None]:
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        with (self.folder / name).open("ab") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise ClusterError(f"Another program has held {self.folder / name} for too long.") from None
                    time.sleep(0.02)
            yield

    # -- the server's life

    def _start_or_adopt(self) -> None:
        _reap()
        found = PostmasterFile.read(self.data)
        if (pid := found.running_pid(self.data)) is not None and self._adopt(pid):
            return
        binaries = find_binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initdb(binaries)
        self._refuse_other_version(binaries)
        self._launch(binaries)

    def _adopt(self, pid: int) -> bool:
        """Wait until the running server answers; False when it was on its way out and has gone."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            _reap()
            found = PostmasterFile.read(self.data)
            if found.running_pid(self.data) != pid:
                return False
            if found.ready and found.status != "stopping" and self._answers():
                self._refuse_other_settings()
                return True
            if found.ready and not Path(found.socket_dir or "/").is_dir():
                self._stop_server()  # its socket was swept away (a runtime folder goes at logout): nobody can reach it
                return False
            time.sleep(0.02)
        raise ClusterError(f"The database server (process {pid}) does not answer; its log is {self.log}.")

    def _answers(self) -> bool:
        try:
            psycopg.connect(conninfo(self.url("postgres")), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _refuse_other_settings(self) -> None:
        with psycopg.connect(conninfo(self.url("postgres")), autocommit=True) as connection:
            row = connection.execute("SHOW fsync").fetchone()
        if self._durable and row and row[0] != "on":
            raise ClusterError(f"The database in {self.folder} runs with test settings that can lose data: stop it.")

    def _initdb(self, binaries: Binaries) -> None:
        self._say(f"database: making a new cluster in {self.folder}")
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, self._account.uid, self._account.gid)
        command = [binaries.path("initdb"), "-D", str(fresh), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += ["--locale=C", f"--lc-ctype={'C.UTF-8' if os.uname().sysname == 'Linux' else 'en_US.UTF-8'}"]
        command.append("-k" if self._durable else "-N")
        said = subprocess.run(command, capture_output=True, text=True, cwd="/", **self._process())  # type: ignore[call-overload]
        if said.returncode != 0:
            raise ClusterError(f"initdb failed in {fresh}: {' '.join(said.stderr.split()[-30:])}")
        fresh.rename(self.data)

    def _refuse_other_version(self, binaries: Binaries) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(binaries.major):
            raise ClusterError(
                f"The database in {self.data} was made by PostgreSQL {made_by}, but {binaries.major} would run it: "
                f"set PG_BINDIR to version {made_by}, or move the folder away."
            )

    def _launch(self, binaries: Binaries) -> None:
        """Start a postmaster; a first try may be refused while the children of a killed one are still leaving."""
        deadline = time.monotonic() + START_TIMEOUT_S
        self._make_socket_dir()
        while True:
            forget_dead_postmaster(self.data)
            process = self._spawn(binaries)
            while process.poll() is None and time.monotonic() < deadline:
                found = PostmasterFile.read(self.data)
                if found.pid == process.pid and found.ready:
                    _started.append(process)
                    self._say(f"database: PostgreSQL {binaries.major} is up (process {process.pid})")
                    return
                time.sleep(0.01)
            if process.poll() is None:
                process.send_signal(signal.SIGQUIT)
                process.wait()
            if time.monotonic() > deadline - START_TIMEOUT_S + 10:
                raise ClusterError(f"The database server does not start: {self._last_words()} ({self.log})")
            time.sleep(0.25)

    def _spawn(self, binaries: Binaries) -> subprocess.Popen[bytes]:
        settings = COMMON_SETTINGS | {"unix_socket_directories": str(self._own_socket_dir)}
        if not self._durable:
            settings |= UNSAFE_TEST_SETTINGS
        command = [binaries.path("postgres"), "-D", str(self.data), "-p", str(SOCKET_PORT)]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._process(),
            )

    def _process(self) -> dict[str, object]:
        clean = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        return {"env": clean} | self._account.popen_arguments()

    def _make_socket_dir(self) -> None:
        folder = self._own_socket_dir
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, self._account.uid, self._account.gid)
        status = folder.lstat()
        if status.st_uid != self._account.uid or status.st_mode & 0o077 or folder.is_symlink():
            raise ClusterError(f"The socket folder {folder} belongs to somebody else or is open to others: remove it.")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        telling = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line] or lines[-1:]
        return telling[-1] if telling else "it said nothing"

    def _stop_server(self) -> None:
        """Fast shutdown; after STOP_TIMEOUT_S an immediate one, which is as safe as a power cut."""
        pid = self.pid
        if pid is None:
            return
        for word, patience_s in ((signal.SIGINT, STOP_TIMEOUT_S), (signal.SIGQUIT, 10.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, word)
            deadline = time.monotonic() + patience_s
            while time.monotonic() < deadline:
                _reap()
                if self.pid != pid:
                    with contextlib.suppress(OSError):
                        self._own_socket_dir.rmdir()
                    self._say("database: stopped")
                    return
                time.sleep(0.02)
        raise ClusterError(f"The database server (process {pid}) does not stop.")


def _reap() -> None:
    _started[:] = [process for process in _started if process.poll() is None]


def _socket_dir(account: Account, digest: str) -> Path:
    """Short on purpose: a socket's path may have 107 bytes."""
    if account.switch:
        return Path(f"/run/ansim-{digest}") if Path("/run").is_dir() else Path(f"/tmp/ansim-0-{digest}")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and len(runtime) < 60 and os.access(runtime, os.W_OK):
        return Path(runtime) / f"ansim-{digest}"
    return Path(f"/tmp/ansim-{account.uid}-{digest}")


@contextlib.contextmanager
def private_cluster(
    *, name: str = "main", durable: bool = True, state: Path | None = None, on_progress: Progress = to_stderr
) -> Iterator[PrivateCluster]:
    """The cluster for the length of a `with` block; raises ClusterError."""
    cluster = PrivateCluster(name=name, durable=durable, state=state, on_progress=on_progress)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def cluster_or_env(*, name: str = "main", durable: bool = True, on_progress: Progress = to_stderr) -> Iterator[Server]:
    """The server of `DATABASE_URL` when that is set, else the private cluster; raises ClusterError."""
    if given := os.environ.get("DATABASE_URL"):
        server = GivenServer(given)
        server.check()
        yield server
        return
    with private_cluster(name=name, durable=durable, on_progress=on_progress) as cluster:
        yield cluster
