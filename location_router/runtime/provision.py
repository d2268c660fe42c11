"""From a PostgreSQL server to a database that the application may use, and nothing more than use.

The administrator (a superuser, or a role that may create databases and roles) owns the tables and runs the
migrations; the application connects as `ansim_app`, which owns nothing and can't bypass row-level security.
Everything here may be repeated, and may be done by several programs at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg import errors, sql
from sqlalchemy import Connection, create_engine, make_url, pool
from sqlalchemy.exc import ProgrammingError

from location_router.runtime.db import conninfo
from location_router.runtime.pg_binaries import ClusterError

APP_ROLE = "ansim_app"
PROVISION_LOCK = 0x616E73696D  # "ansim": one program at a time prepares databases on a server

MIGRATIONS = Path(__file__).parents[1] / "migrations"
DEFAULT_SCRIPTS = {"router": MIGRATIONS / "router", "bus": MIGRATIONS / "bus"}
FOREIGN_TABLES = (
    errors.DuplicateTable,
    errors.DuplicateColumn,
    errors.DuplicateObject,
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedObject,
)
WITHOUT_POSTGIS = frozenset({"bus"})


class OtherRelease(ClusterError):
    """The database's tables are not those that our migrations expect."""


def provision(admin_url: str, database: str, kind: str, *, scripts: Path | None = None) -> str:
    """Role, database, PostGIS, migrations to head and grants; returns the application's SQLAlchemy URL.

    `kind` is "router", "bus", or any other name together with `scripts`, the folder of its Alembic migrations
    (an installation passes `server/migrations`). `admin_url` may name any existing database of the server.
    Raises ClusterError with one sentence when a right is missing.
    """
    folder = scripts or DEFAULT_SCRIPTS[kind]
    with psycopg.connect(conninfo(admin_url), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [PROVISION_LOCK])
        ensure_role(admin)
        ensure_database(admin, database)
        inside = _with_database(admin_url, database)
        with psycopg.connect(conninfo(inside), autocommit=True) as owner:
            if kind not in WITHOUT_POSTGIS:
                _ensure_postgis(owner)
        try:
            upgrade(inside, folder)
        except (CommandError, ProgrammingError) as error:
            if not isinstance(getattr(error, "orig", error), (CommandError, *FOREIGN_TABLES)):
                raise
            raise OtherRelease(
                f"The database '{database}' was made by another release of Ansim and can't be upgraded by this one "
                f"({str(error).splitlines()[0][:120]}): use that release, or another database."
            ) from error
        with psycopg.connect(conninfo(inside)) as owner:
            _grant(owner)
    return app_url(admin_url, database)


def app_url(admin_url: str, database: str) -> str:
    """The URL of `database` as the application: a direct login where the server lets it in without a password
    (the private cluster), else the administrator's login that takes the application's role at connection time."""
    url = make_url(_with_database(admin_url, database))
    if url.password is None:
        direct = url.set(username=APP_ROLE).render_as_string(hide_password=False)
        try:
            psycopg.connect(conninfo(direct), connect_timeout=5).close()
            return direct
        except psycopg.OperationalError:
            pass
    return url.update_query_dict({"options": f"-c role={APP_ROLE}"}).render_as_string(hide_password=False)


def upgrade(url: str, scripts: Path) -> None:
    """Run the migrations in the folder `scripts` up to head, as the owner that `url` names; all or nothing."""
    _alembic(url, scripts, lambda config: command.upgrade(config, "head"))


def check(url: str, scripts: Path) -> None:
    """Raise alembic.util.CommandError when the database and the models differ."""
    _alembic(url, scripts, command.check)


def _alembic(url: str, scripts: Path, act: Callable[[Config], Any]) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url, poolclass=pool.NullPool)
    try:
        with engine.begin() as connection:
            _act_on(connection, config, act)
    finally:
        engine.dispose()


def _act_on(connection: Connection, config: Config, act: Callable[[Config], Any]) -> None:
    config.attributes["connection"] = connection
    act(config)


def _with_database(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def ensure_role(admin: psycopg.Connection[Any]) -> None:
    """The application's role, harmless even if somebody made it by hand with more rights than it should have."""
    role = sql.Identifier(APP_ROLE)
    found = admin.execute(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = %s", [APP_ROLE]
    ).fetchone()
    rights = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")
    try:
        if found is None:
            admin.execute(sql.SQL("CREATE ROLE {} {}").format(role, rights))
        elif found[0]:
            admin.execute(sql.SQL("ALTER ROLE {} {}").format(role, rights))
        if not _one(admin, "SELECT pg_has_role(current_user, %s, 'MEMBER')", [APP_ROLE]):
            admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    except errors.InsufficientPrivilege:
        raise ClusterError(
            f"The database user '{_who(admin)}' may not create the role {APP_ROLE}: "
            f"let an administrator run `CREATE ROLE {APP_ROLE} LOGIN; GRANT {APP_ROLE} TO {_who(admin)};`."
        ) from None


def ensure_database(admin: psycopg.Connection[Any], database: str) -> None:
    """An empty database of that name, unless there is one. Raises ClusterError when the login may not."""
    if _one(admin, "SELECT 1 FROM pg_database WHERE datname = %s", [database]):
        return
    try:
        admin.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(database)))
    except errors.InsufficientPrivilege:
        raise ClusterError(
            f"The database user '{_who(admin)}' may not create databases: "
            f"let an administrator run `CREATE DATABASE {database} OWNER {_who(admin)};`."
        ) from None


def _ensure_postgis(owner: psycopg.Connection[Any]) -> None:
    if _one(owner, "SELECT 1 FROM pg_extension WHERE extname = 'postgis'"):
        return
    try:
        owner.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    except errors.InsufficientPrivilege:
        raise ClusterError(
            f"The database user '{_who(owner)}' may not add PostGIS to '{owner.info.dbname}': "
            "let an administrator run `CREATE EXTENSION postgis;` in it."
        ) from None
    except (errors.UndefinedFile, errors.FeatureNotSupported):
        raise ClusterError("This database server has no PostGIS: install it there.") from None


def _grant(owner: psycopg.Connection[Any]) -> None:
    """Let the application read and write rows; it owns no table, so row-level security holds for it."""
    rights = {"TABLES": "SELECT, INSERT, UPDATE, DELETE", "SEQUENCES": "USAGE, SELECT", "FUNCTIONS": "EXECUTE"}
    role = sql.Identifier(APP_ROLE)
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
    for things, what in rights.items():
        parts = {"what": sql.SQL(what), "things": sql.SQL(things), "role": role}
        if things != "FUNCTIONS":  # PUBLIC may execute PostGIS's functions already; they may not be ours to grant
            owner.execute(sql.SQL("GRANT {what} ON ALL {things} IN SCHEMA public TO {role}").format(**parts))
        owner.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {what} ON {things} TO {role}").format(**parts)
        )


def _one(connection: psycopg.Connection[Any], statement: Any, parameters: list[Any] | None = None) -> Any:
    row = connection.execute(statement, parameters).fetchone()
    return row[0] if row else None


def _who(connection: psycopg.Connection[Any]) -> str:
    return connection.info.user
