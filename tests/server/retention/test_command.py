"""`ansim purge` as an operator of the installation runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import structlog
from typer.testing import CliRunner

from location_router.runtime.db import conninfo
from location_router.runtime.seal import new_key
from server.__main__ import app


@pytest.fixture
def old_messages(
    installation_database: str, installation_database_admin: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Three unreadable messages, two of them older than a week."""
    monkeypatch.setenv("DATABASE_URL", installation_database)
    monkeypatch.setenv("DATA_KEY", new_key())
    with psycopg.connect(conninfo(installation_database_admin)) as owner:
        owner.execute(
            "INSERT INTO quarantine (quarantine_id, source, reason, body_sealed, received_at)"
            " SELECT gen_random_uuid(), 's', 'r', '\\x00', now() - n * interval '6 days' FROM generate_series(1, 3) n"
        )
    yield installation_database_admin
    structlog.reset_defaults()  # the command set logs up for itself


def left(admin: str) -> int:
    with psycopg.connect(conninfo(admin)) as owner:
        row = owner.execute("SELECT count(*) FROM quarantine").fetchone()
    assert row is not None
    return int(row[0])


def test_a_dry_run_counts_and_a_run_deletes_what_it_counted(old_messages: str) -> None:
    in_two_days = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    runner, deleted = CliRunner(), [{"center": "-", "kind": "quarantine", "items": 2}]
    dry = json.loads(runner.invoke(app, ["purge", "--dry-run", "--json"]).stdout.splitlines()[-1])
    assert dry["deleted"] == deleted and left(old_messages) == 3
    later = json.loads(
        runner.invoke(app, ["purge", "--dry-run", "--json", "--as-of", in_two_days]).stdout.splitlines()[-1]
    )
    assert later["total"] == 3 and left(old_messages) == 3
    done = runner.invoke(app, ["purge", "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout.splitlines()[-1])["deleted"] == deleted
    assert left(old_messages) == 1
    again = runner.invoke(app, ["purge"])
    assert again.exit_code == 0 and "0  지움 · deleted" in again.stdout


def test_what_can_not_be_meant_is_refused_in_a_sentence(old_messages: str) -> None:
    in_two_days = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    for given, said in ((["--as-of", in_two_days], "--dry-run"), (["--as-of", "tomorrow"], "2026-12-01")):
        answer = CliRunner().invoke(app, ["purge", *given])
        assert answer.exit_code == 2 and said in answer.stderr
    assert left(old_messages) == 3
