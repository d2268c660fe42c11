"""One database address for everybody who connects: SQLAlchemy's engines, psycopg's pools, LISTEN, jobs, migrations.

An address may name several servers (a primary and its standbys):
`postgresql+psycopg://app@/db?host=h1:5432&host=h2:5432&target_session_attrs=read-write&connect_timeout=2`. libpq itself
would take only the last of two `host=`, and takes a `host:port` for a name; hence everything goes through here. With
several servers only one that accepts writes will do, whether the address says so or not. What the address does not
say itself is filled in so that a server that has vanished without a word (power, cable) is noticed within seconds.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

DEFAULTS = {
    "connect_timeout": "3",
    "tcp_user_timeout": "4000",
    "keepalives_idle": "3",
    "keepalives_interval": "1",
    "keepalives_count": "3",
}
_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


def conninfo(url: str) -> str:
    """The address for psycopg itself, as libpq's `key=value` words."""
    parsed = make_url(url)
    return make_conninfo(**_said(parsed) | additions(url))


def additions(url: str) -> dict[str, str]:
    """What the address leaves open, for an engine's `connect_args`."""
    said = _said(make_url(url))
    wanted = dict(DEFAULTS)
    if "," in str(said.get("host", "")):
        wanted["target_session_attrs"] = "read-write"
    return {name: value for name, value in wanted.items() if name not in said}


def _said(url: URL) -> dict[str, Any]:
    _, words = _DIALECT.create_connect_args(url.set(drivername="postgresql+psycopg"))  # type: ignore[no-untyped-call]
    return dict(words)


def is_read_only(connection: psycopg.BaseConnection[Any]) -> bool:
    """Whether the server at the other end takes no writes any more: a standby, or one that was demoted. It tells so
    by itself with each answer (PostgreSQL 14), so asking costs no round trip. Reading from it would go on showing
    what was true when it lost its place."""
    status = connection.pgconn.parameter_status
    return status(b"in_hot_standby") == b"on" or status(b"default_transaction_read_only") == b"on"


def is_demoted(error: BaseException | None) -> bool:
    """A write was refused because the server is not, or no longer, the primary."""
    return isinstance(error, errors.ReadOnlySqlTransaction)
