"""The migrations make exactly the tables that the program declares, and take them away again."""

from __future__ import annotations

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from location_router.runtime.db import conninfo
from location_router.runtime.provision import DEFAULT_SCRIPTS, check
from tests.databases import TestDatabase


@pytest.mark.parametrize("kind", ["router", "bus"])
def test_models_and_migrations_agree(kind: str, request: pytest.FixtureRequest) -> None:
    database: TestDatabase = request.getfixturevalue(f"{kind}_db")
    check(database.admin, DEFAULT_SCRIPTS[kind])


@pytest.mark.parametrize("kind", ["router", "bus"])
def test_a_downgrade_leaves_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    database: TestDatabase = request.getfixturevalue(f"{kind}_db")
    config = Config()
    config.set_main_option("script_location", str(DEFAULT_SCRIPTS[kind]))
    config.set_main_option("path_separator", "os")
    engine = create_engine(database.admin)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    with psycopg.connect(conninfo(database.admin)) as connection:
        left = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert {name for (name,) in left} <= {"alembic_version", "spatial_ref_sys"}
