"""A database made from nothing: the application may use it, and may do nothing else."""

from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import create_engine, make_url, text
from typer.testing import CliRunner

from location_router.__main__ import app
from location_router.runtime.db import conninfo
from location_router.runtime.postgres import ClusterError
from location_router.runtime.provision import APP_ROLE, app_url, provision
from tests.databases import TestServer

REVISION = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0001", None, None, None
def upgrade():
    op.execute("CREATE TABLE note (id serial PRIMARY KEY, center_id text, said text)")
    op.execute("ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY p ON note USING (center_id = current_setting('ansim.center', true))")
def downgrade():
    op.execute("DROP TABLE note")
"""
ENVIRONMENT = """
from sqlalchemy import MetaData
from location_router.runtime import alembic_env
alembic_env.run(MetaData())
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "versions" / "0001_first.py").write_text(REVISION)
    return tmp_path


@pytest.fixture
def name(database_server: TestServer):
    yield "provision_trial"
    database_server.drop("provision_trial")


def test_the_application_sees_its_own_rows_and_owns_nothing(
    database_server: TestServer, name: str, scripts: Path
) -> None:
    admin = database_server.admin_url
    url = provision(admin, name, "trial", scripts=scripts)
    assert provision(admin, name, "trial", scripts=scripts) == url, "may be repeated"
    with psycopg.connect(conninfo(database_server.server.url(name)), autocommit=True) as owner:
        owner.execute("INSERT INTO note (center_id, said) VALUES ('41170', 'a'), ('11110', 'b')")
        assert owner.execute("SELECT postgis_version()").fetchone()
        rights = owner.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone()
        assert rights == (False, False)
    with psycopg.connect(conninfo(url), autocommit=True) as app:
        assert app.execute("SELECT current_user, session_user").fetchone() == (APP_ROLE, APP_ROLE)
        app.execute("SET ansim.center = '41170'")
        assert app.execute("SELECT said FROM note").fetchall() == [("a",)]
        for forbidden in ("DROP TABLE note", "CREATE TABLE mine (n int)", "SET ROLE postgres"):
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(forbidden)


def test_a_login_with_a_password_takes_the_role_instead(database_server: TestServer, name: str, scripts: Path) -> None:
    admin = database_server.admin_url
    provision(admin, name, "trial", scripts=scripts)
    url = app_url(admin.replace("postgres@", "postgres:secret@"), name)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == APP_ROLE
    engine.dispose()


@pytest.fixture
def clerk(database_server: TestServer):
    """A login that may connect and nothing more."""
    with psycopg.connect(conninfo(database_server.admin_url), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS clerk")
        admin.execute("CREATE ROLE clerk LOGIN")
        yield admin
        admin.execute("DROP DATABASE IF EXISTS provision_trial WITH (FORCE)")
        admin.execute("DROP ROLE clerk")


def test_each_missing_right_is_named_in_one_sentence(
    database_server: TestServer, clerk: psycopg.Connection, name: str, scripts: Path
) -> None:
    url = database_server.admin_url.replace("postgres@", "clerk@")
    with pytest.raises(ClusterError, match="'clerk' may not create the role ansim_app: .*CREATE ROLE"):
        provision(url, name, "trial", scripts=scripts)
    clerk.execute("GRANT ansim_app TO clerk")
    with pytest.raises(ClusterError, match="'clerk' may not create databases: .*CREATE DATABASE provision_trial"):
        provision(url, name, "trial", scripts=scripts)
    clerk.execute("CREATE DATABASE provision_trial OWNER clerk")
    with pytest.raises(ClusterError, match="may not add PostGIS to 'provision_trial': .*CREATE EXTENSION"):
        provision(url, name, "trial", scripts=scripts)
    with psycopg.connect(conninfo(database_server.server.url(name)), autocommit=True) as inside:
        inside.execute("CREATE EXTENSION postgis")
    assert APP_ROLE in provision(url, name, "trial", scripts=scripts)


def test_the_bus_gets_its_database_from_the_command_line(
    database_server: TestServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_server.admin_url)
    done = CliRunner().invoke(app, ["migrate", "--bus", name])
    assert done.exit_code == 0, done.output
    url = done.stdout.strip()
    with psycopg.connect(conninfo(url)) as bus:
        assert bus.execute("SELECT count(*) FROM bus_durable").fetchone() == (0,)


@pytest.mark.parametrize("change", ["DELETE FROM alembic_version", "UPDATE alembic_version SET version_num = '0099'"])
def test_the_database_of_another_release_is_told_in_a_sentence(
    database_server: TestServer, name: str, scripts: Path, change: str
) -> None:
    provision(database_server.admin_url, name, "trial", scripts=scripts)
    owner_url = make_url(database_server.admin_url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(conninfo(owner_url)) as owner:
        owner.execute(change)
    with pytest.raises(ClusterError, match=f"'{name}' was made by another release"):
        provision(database_server.admin_url, name, "trial", scripts=scripts)
