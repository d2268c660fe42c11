"""One PostgreSQL for the tests of this checkout, and a fresh copy of a migrated database for each test that asks.

Runs share the server (each holds it by a lock; the last one out stops it) and the migrated templates, which carry a
digest of everything that shapes a table: a changed migration makes a new template. Test settings lose data on
purpose; a test that kills PostgreSQL makes a durable cluster of its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import errors, sql

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import GivenServer, PrivateCluster, Server
from location_router.runtime.provision import DEFAULT_SCRIPTS, app_url, provision

ROOT = Path(__file__).resolve().parents[1]
MEMORY_BYTES = 3 << 30
SCRIPTS = DEFAULT_SCRIPTS | {"installation": ROOT / "server" / "migrations"}


@dataclass(frozen=True)
class TestDatabase:
    """A database of its own: `url` as the application connects (row-level security holds), `admin` as its owner."""

    __test__ = False

    name: str
    url: str
    admin: str


class TestServer:
    """The shared test server; `fresh(kind)` copies a template in some 30 ms, `drop` gives it back.

    It is the private test cluster, or the server of `DATABASE_URL`, as for the programs themselves.
    """

    __test__ = False

    def __init__(self, given: str | None) -> None:
        self._cluster: PrivateCluster | None = None
        self.server: Server
        if given:
            self.server = GivenServer(given)
        else:
            self._cluster = PrivateCluster(name="test", durable=False, state=_state(), on_progress=lambda line: None)
            self.server = self._cluster
        self._numbers = count(1)
        self._templates: dict[str, str] = {}

    @property
    def admin_url(self) -> str:
        """An existing database of the server, as its administrator."""
        return self.server.admin_url

    def start(self) -> None:
        if self._cluster:
            self._cluster.start()
        self._admin = psycopg.connect(conninfo(self.admin_url), autocommit=True)
        self._sweep()

    def _run(self, statement: sql.Composed) -> None:
        """As its administrator; once more when the server came back from a crash meanwhile, so that one test fails by
        it and not all that follow."""
        try:
            self._admin.execute(statement)
        except psycopg.OperationalError:
            if not self._admin.closed:
                raise
            deadline = time.monotonic() + 20
            while True:
                try:
                    self._admin = psycopg.connect(conninfo(self.admin_url), autocommit=True)
                    break
                except psycopg.OperationalError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)
            self._admin.execute(statement)

    def stop(self) -> None:
        self._admin.close()
        if self._cluster:
            self._cluster.stop()

    def fresh(self, kind: str) -> TestDatabase:
        name = f"t{os.getpid()}_{next(self._numbers)}_{kind}"
        for attempt in (1, 2):
            template = self._template(kind)
            try:
                self._copy(template, name)
                break
            except errors.InvalidCatalogName:
                if attempt == 2:
                    raise
                del self._templates[kind]  # another run replaced it meanwhile
        admin = self.server.url(name)
        return TestDatabase(name, app_url(admin, name), admin)

    def _copy(self, template: str, name: str) -> None:
        statement = "CREATE DATABASE {} TEMPLATE {}"
        if self._admin.info.server_version >= 150_000:
            statement += " STRATEGY FILE_COPY"  # half the time of the default, as it needs no WAL
        self._run(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))

    def drop(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _template(self, kind: str) -> str:
        if kind not in self._templates:
            template = f"tpl_{kind}_{_digest()}"
            if not self._exists(template):
                self._make(template, kind)
            self._templates[kind] = template
        return self._templates[kind]

    def _make(self, template: str, kind: str) -> None:
        """Under a lock, and under another name until complete: a template is whole or not there."""
        self._admin.execute("SELECT pg_advisory_lock(7001)")
        try:
            if self._exists(template):
                return
            raw = f"raw_{kind}"
            self.drop(raw)
            provision(self.admin_url, raw, kind, scripts=SCRIPTS[kind])
            for old in self._names(f"tpl\\_{kind}\\_%"):
                with suppress(errors.ObjectInUse):
                    self.drop(old)
            self._admin.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(raw), sql.Identifier(template))
            )
        finally:
            self._admin.execute("SELECT pg_advisory_unlock(7001)")

    def _sweep(self) -> None:
        """Drop what killed runs left behind."""
        for name in self._names("t%"):
            owner = name[1:].partition("_")[0]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                with suppress(errors.ObjectInUse, errors.InvalidCatalogName):
                    self.drop(name)

    def _names(self, pattern: str) -> list[str]:
        return [
            row[0] for row in self._admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern])
        ]

    def _exists(self, name: str) -> bool:
        return bool(self._names(name.replace("_", "\\_")))


def stop_unused_server() -> None:
    """Stop the test cluster if a killed run left it and nobody else uses it."""
    server = TestServer(None)
    if server._cluster and server._cluster.pid:
        server._cluster.start()
        server._cluster.stop()


def open_folder(prefix: str) -> Path:
    """A temp folder that `postgres` may enter too (pytest's own are closed to it); the caller removes it."""
    run = os.environ.get("ANSIM_TEST_RUN", "alone")  # by this the test runner finds what a killed test left running
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-{run}-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def _state() -> Path:
    """Per account, checkout and boot: without fsync a power cut may leave a broken cluster behind."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    seed = f"{ROOT}:{boot.read_text() if boot.exists() else ''}"
    folder = _base() / f"ansim-test-{os.getuid()}-{hashlib.sha256(seed.encode()).hexdigest()[:10]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to somebody else")
    return folder


def _base() -> Path:
    """Memory where there is plenty: to copy a database takes 0.02 s there, 0.2 to 0.7 s on a disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES:
        return memory
    return Path("/tmp")


def _digest() -> str:
    """Over every source file that declares or migrates a table."""
    digest = hashlib.sha256()
    for package in ("location_router", "server"):
        for file in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in file.parts:
                continue
            content = file.read_bytes()
            if b"Table(" in content or b"metadata" in content or "migrations" in file.parts:
                digest.update(file.name.encode() + content)
    digest.update((ROOT / "location_router/runtime/provision.py").read_bytes())
    return digest.hexdigest()[:12]
