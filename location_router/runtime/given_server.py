"""A PostgreSQL server that somebody else runs, named by `DATABASE_URL`."""

from __future__ import annotations

import psycopg
from sqlalchemy import make_url

from location_router.runtime.db import conninfo
from location_router.runtime.pg_binaries import OLDEST_MAJOR, ClusterError


class GivenServer:
    """The server that `DATABASE_URL` names; Ansim's own databases are made beside the one in that address."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")

    @property
    def admin_url(self) -> str:
        """The address as it was given."""
        return self._url.render_as_string(hide_password=False)

    def url(self, database: str, role: str = "postgres") -> str:
        """As the URL's own user for `postgres`; any other role is taken on by `SET ROLE` at connection time."""
        url = self._url.set(database=database)
        if role not in ("postgres", self._url.username):
            url = url.update_query_dict({"options": f"-c role={role}"})
        return url.render_as_string(hide_password=False)

    def check(self) -> None:
        """Raises ClusterError: not reachable, too old, or without PostGIS."""
        try:
            with psycopg.connect(conninfo(self.admin_url), autocommit=True, connect_timeout=10) as connection:
                version = connection.info.server_version
                postgis = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
        except psycopg.OperationalError as error:
            reason = " ".join(str(error).split())
            raise ClusterError(f"DATABASE_URL can't be reached: {reason}") from None
        if version < OLDEST_MAJOR * 10_000:
            raise ClusterError(
                f"DATABASE_URL is PostgreSQL {version // 10_000}; Ansim needs {OLDEST_MAJOR} or newer with PostGIS."
            )
        if postgis is None:
            raise ClusterError("The server of DATABASE_URL has no PostGIS: install it there, or unset DATABASE_URL.")
