"""An installation migrated from empty matches its models; in every kind of database the application owns nothing."""

from collections.abc import Callable

import psycopg
import pytest

from location_router.runtime.db import conninfo
from location_router.runtime.provision import APP_ROLE, check
from tests.databases import SCRIPTS, TestDatabase, TestServer


@pytest.fixture
def fresh(database_server: TestServer):
    made: list[TestDatabase] = []

    def make(kind: str) -> TestDatabase:
        made.append(database_server.fresh(kind))
        return made[-1]

    yield make
    for database in made:
        database_server.drop(database.name)


Fresh = Callable[[str], TestDatabase]


def test_models_and_migrations_agree(fresh: Fresh) -> None:
    check(fresh("installation").admin, SCRIPTS["installation"])


@pytest.mark.parametrize("kind", sorted(SCRIPTS))
def test_the_application_owns_no_table(fresh: Fresh, kind: str) -> None:
    with psycopg.connect(conninfo(fresh(kind).url)) as app:
        owned = app.execute("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s", [APP_ROLE]).fetchall()
        tables = app.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert owned == []
    assert tables is not None and tables[0] > 1, "a migrated database has tables"


def test_every_table_with_a_center_is_separated_by_center(fresh: Fresh) -> None:
    """Row-level security is on and forced wherever `center_id` stands."""
    with psycopg.connect(conninfo(fresh("installation").admin)) as owner:
        rows = owner.execute(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c
               JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE a.attname = 'center_id' AND c.relkind IN ('r', 'p') ORDER BY 1"""
        ).fetchall()
    assert rows, "an installation has tables with a center"
    assert [name for name, separated in rows if not separated] == []
