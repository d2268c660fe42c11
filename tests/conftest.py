"""What every test may ask for: databases of its own, and a machine that can't reach the outside world."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from location_router.runtime.pg_binaries import ClusterError, find_binaries
from tests.databases import TestDatabase, TestServer, open_folder

GIVEN_DATABASE_URL = os.environ.pop("DATABASE_URL", None)
"""Taken out of the environment: no test may work in a person's own database by accident."""
settings.register_profile("steady", deadline=None)  # no test asserts how fast a busy machine is
settings.load_profile("steady")
structlog.configure(  # a picture of all locals for each traceback would take seconds
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
NEEDS_POSTGRESQL = {"database_server", "cluster_folder"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL, so that the runner can keep those tests apart."""
    for item in items:
        if NEEDS_POSTGRESQL & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


def pytest_collection_finish() -> None:
    """What was imported stays until the end: no collection need look it through again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class OutsideAddress(AssertionError):
    """A test tried to leave this machine."""


def _refuse_outside(address: Any) -> None:
    """Addresses of unix sockets and of the loopback pass; a host name other than localhost does not."""
    if not isinstance(address, tuple):
        return
    host = str(address[0])
    try:
        inside = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        inside = host in ("localhost", "")
    if not inside:
        raise OutsideAddress(f"a test may only talk to this machine, not to {host}")


@pytest.fixture(scope="session", autouse=True)
def _closed_to_the_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            original = getattr(socket.socket, name)

            def guarded(self: socket.socket, address: Any, _original: Any = original) -> Any:
                _refuse_outside(address)
                return _original(self, address)

            patch.setattr(socket.socket, name, guarded)
        yield


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own() -> Iterator[None]:
    """Files that no setting puts elsewhere go into a folder of this run, also those of the processes it starts: never
    among what an installation on this machine keeps."""
    folder = open_folder("ansim-state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANSIM_STATE_DIR", str(folder))
        yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _one_list_of_authorities() -> Iterator[None]:
    """Every HTTP client of the tests would read the same list of certificate authorities anew: a thousand times 20 ms
    of a small machine, for clients that talk HTTP on the loopback."""
    from httpx._transports import default

    make, known = default.create_ssl_context, dict[bool, ssl.SSLContext]()

    def once(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is not True or cert is not None:
            return make(verify=verify, cert=cert, trust_env=trust_env)
        if trust_env not in known:
            known[trust_env] = make(verify=True, trust_env=trust_env)
        return known[trust_env]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default, "create_ssl_context", once)
        yield


@pytest.fixture(scope="session")
def database_server() -> Iterator[TestServer]:
    """The shared test server, started on first use."""
    server = TestServer(GIVEN_DATABASE_URL)
    server.start()
    yield server
    server.stop()


def _fresh(server: TestServer, kind: str) -> Iterator[TestDatabase]:
    database = server.fresh(kind)
    yield database
    server.drop(database.name)


@pytest.fixture
def router_db(database_server: TestServer) -> Iterator[TestDatabase]:
    """A migrated, empty router database: `.url` for the application, `.admin` for its owner."""
    yield from _fresh(database_server, "router")


@pytest.fixture
def installation_db(database_server: TestServer) -> Iterator[TestDatabase]:
    """A migrated, empty database of an installation: `.url` for the application, `.admin` for its owner."""
    yield from _fresh(database_server, "installation")


@pytest.fixture
def bus_db(database_server: TestServer) -> Iterator[TestDatabase]:
    """A migrated, empty database of PgBus."""
    yield from _fresh(database_server, "bus")


@pytest.fixture
def router_database(router_db: TestDatabase) -> str:
    """The application's URL of a fresh router database."""
    return router_db.url


@pytest.fixture
def installation_database(installation_db: TestDatabase) -> str:
    """The application's URL of a fresh installation database (a non-superuser: row-level security holds)."""
    return installation_db.url


@pytest.fixture
def bus_database(bus_db: TestDatabase) -> str:
    """The application's URL of a fresh bus database."""
    return bus_db.url


@pytest.fixture
def installation_database_admin(installation_db: TestDatabase) -> str:
    """The owner's URL of the same database as `installation_database`."""
    return installation_db.admin


@pytest.fixture
def cluster_folder() -> Iterator[Path]:
    """A folder for a durable cluster of the test's own (`PrivateCluster(state=…)`), for tests that kill PostgreSQL."""
    try:
        find_binaries()
    except ClusterError as error:
        if GIVEN_DATABASE_URL:
            pytest.skip(str(error))
        raise
    folder = open_folder("ansim-cluster")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
