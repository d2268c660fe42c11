"""Checkpoints, and a log that is held against them and against the releases: every quiet change is named."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from location_router.runtime.db import conninfo
from server.actor import Actor
from server.events import chain_hash, record, record_admin
from server.log.checkpoints import EVERY, parse, read_file, take, write_out
from server.log.proof import read
from server.releases import NewRelease, end_incident_releases, grant, note_first_byte
from server.verify_log import Report
from tests.server.scene import CENTER, Scene, installation

pytestmark = pytest.mark.database


@pytest.fixture
async def scene(installation_database: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with installation(installation_database, checkpoint_dir=tmp_path) as made:
        yield made


@pytest.fixture
async def owner(installation_database_admin: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Somebody with every right on the database and no key."""
    async with await psycopg.AsyncConnection.connect(conninfo(installation_database_admin), autocommit=True) as conn:
        yield conn


async def verified(scene: Scene, *, key: bool = True, kept: Path | None = None) -> Report:
    settings = scene.services.settings
    data_key = settings.data_key if key else None
    [report] = await read(settings.database_url, data_key, CENTER, read_file(kept) if kept else [])
    return report


async def disclosed(scene: Scene) -> Any:
    """An incident with a viewing that was begun and ended, and one that runs; returns the row's ids."""
    incident_id, viewer = await scene.emergency(), scene.staff["operator"]
    ids = []
    for camera in ("cam-1", "cam-2"):
        async with scene.services.db.begin() as unit:
            new = NewRelease(
                CENTER, incident_id, "live", "operator", viewer.account_id, "x", "127.0.0.1", "pipa-18-2-3", camera
            )
            ids.append(await grant(unit, new))
    async with scene.services.db.begin() as unit:
        await note_first_byte(unit, ids[0])
        await end_incident_releases(unit, incident_id, "incident_closed")
    async with scene.services.db.begin() as unit:
        again = NewRelease(
            CENTER, incident_id, "live", "operator", viewer.account_id, "x", "127.0.0.1", "pipa-18-2-3", "cam-3"
        )
        ids.append(await grant(unit, again))
    return ids


RELEASE_CHANGES = {
    "whom": "UPDATE release SET viewer_id = gen_random_uuid() WHERE release_id = '{0}'",
    "which camera": "UPDATE release SET camera_id = 'cam-6' WHERE release_id = '{2}'",
    "on what ground": "UPDATE release SET legal_basis = 'pipa-18-2-7' WHERE release_id = '{1}'",
    "from where": "UPDATE release SET address = '10.0.0.1' WHERE release_id = '{0}'",
    "since when": "UPDATE release SET granted_at = granted_at - interval '1 hour' WHERE release_id = '{0}'",
    "until when": "UPDATE release SET ended_at = ended_at - interval '1 hour' WHERE release_id = '{0}'",
    "why it ended": "UPDATE release SET end_reason = 'viewer_left' WHERE release_id = '{0}'",
    "never begun": "UPDATE release SET first_byte_at = NULL WHERE release_id = '{0}'",
    "still open": "UPDATE release SET ended_at = NULL, end_reason = NULL, ended_event = NULL WHERE release_id = '{0}'",
    "ended quietly": "UPDATE release SET ended_at = now(), end_reason = 'x' WHERE release_id = '{2}'",
    "deleted": "DELETE FROM release WHERE release_id = '{1}'",
    "put in": "INSERT INTO release (release_id, center_id, incident_id, kind, viewer_kind, viewer_id, address,"
    " legal_basis) SELECT gen_random_uuid(), center_id, incident_id, kind, viewer_kind, viewer_id, address,"
    " legal_basis FROM release WHERE release_id = '{2}'",
    "put in under another's line": "INSERT INTO release (release_id, center_id, incident_id, kind, viewer_kind,"
    " viewer_id, address, legal_basis, granted_event) SELECT gen_random_uuid(), center_id, incident_id, kind,"
    " viewer_kind, viewer_id, address, legal_basis, granted_event FROM release WHERE release_id = '{2}'",
}


async def test_a_release_row_that_was_touched_is_named(scene: Scene, owner: Any) -> None:
    ids = await disclosed(scene)
    assert (await verified(scene)).ok
    missed = []
    for name, change in RELEASE_CHANGES.items():
        await owner.execute("CREATE TABLE kept AS SELECT * FROM release")
        await owner.execute(change.format(*ids))
        report = await verified(scene)
        if report.finding is None or not report.finding.row.startswith("release "):
            missed.append(name)
        await owner.execute("TRUNCATE release CASCADE")
        await owner.execute("INSERT INTO release SELECT * FROM kept")
        await owner.execute("DROP TABLE kept")
    assert missed == []
    await owner.execute("DELETE FROM event_payload")
    await owner.execute("DELETE FROM release")
    assert (await verified(scene)).ok, "rows that were purged with their lines' payloads are no finding"


async def test_a_chain_that_was_written_anew_is_found_by_the_checkpoints_that_are_kept_elsewhere(
    scene: Scene, owner: Any, tmp_path: Path
) -> None:
    await disclosed(scene)
    [checkpoint] = await take(scene.services)
    assert await write_out(scene.services) == 1 and await write_out(scene.services) == 0
    kept = tmp_path / "home-1.jsonl"
    assert read_file(kept) == [checkpoint] and checkpoint.is_signed()
    assert (await verified(scene, kept=kept)).checkpoints == 2, "its own, and the one that is kept"
    await disclosed(scene)
    assert (await verified(scene, kept=kept)).ok, "the log goes on behind it"

    # the end cut off together with head, payloads and checkpoints: nothing in the database tells
    for table in ("event_payload", "event", "release", "checkpoint"):
        await owner.execute(
            f"DELETE FROM {table} WHERE center_id = '{CENTER}'" + (" AND seq > 2" if table.startswith("event") else "")
        )
    await owner.execute("UPDATE chain_head h SET seq = 2, hash = (SELECT hash FROM event e WHERE e.seq = 2)")
    await owner.execute("DELETE FROM event_payload")
    assert (await verified(scene)).ok
    cut = (await verified(scene, kept=kept)).finding
    assert cut is not None and (cut.seq, "tail is cut off" in cut.what) == (3, True)


async def test_a_chain_rewritten_with_every_hash_differs_from_its_checkpoint(scene: Scene, owner: Any) -> None:
    await disclosed(scene)
    await take(scene.services)
    rows = await (await owner.execute("SELECT * FROM event ORDER BY seq")).fetchall()
    previous = bytes(32)
    for row in rows:
        fields = [*row[:4], "release:refused" if row[1] == 2 else row[4], *row[5:9]]
        link = chain_hash(previous, *fields)
        await owner.execute(
            "UPDATE event SET tag = %s, previous_hash = %s, hash = %s WHERE seq = %s",
            [fields[4], previous, link, row[1]],
        )
        previous = link
    await owner.execute("UPDATE chain_head SET hash = %s", [previous])
    await owner.execute("DELETE FROM event_payload")
    finding = (await verified(scene)).finding
    assert finding is not None and "written anew" in finding.what
    await owner.execute("UPDATE checkpoint SET hash = %s", [previous])
    finding = (await verified(scene)).finding
    assert finding is not None and "not signed" in finding.what, "nor can a checkpoint be made to fit"


async def test_checkpoints_are_made_each_hour_and_only_where_something_happened(scene: Scene) -> None:
    async with scene.services.db.begin() as unit:
        record_admin(unit, tag="flag:changed", actor=Actor("operator", "o"), payload={})
    first = await take(scene.services, only_due=True)
    assert [one.center for one in first] == ["-"]
    async with scene.services.db.begin() as unit:
        record(unit, center_id="-", incident_id=uuid4(), tag="flag:changed")
    assert await take(scene.services, only_due=True) == [], "one line, and no hour gone"
    scene.services.clock = lambda: first[0].at + EVERY
    [second] = await take(scene.services, only_due=True)
    assert second.seq == 2 and await take(scene.services) == []
    forged = replace(second, seq=3)
    assert not forged.is_signed() and parse(second.line()) == second
    assert not replace(second, at=second.at + timedelta(seconds=1)).is_signed()


async def test_verifying_needs_no_more_than_reading(scene: Scene, owner: Any) -> None:
    """A database user who may only read, in a transaction that is read-only by default, and no DATA_KEY."""
    await disclosed(scene)
    await take(scene.services)
    await owner.execute("DO $$ BEGIN CREATE ROLE ansim_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    await owner.execute("ALTER ROLE ansim_reader SET default_transaction_read_only = on")
    await owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO ansim_reader")
    url = make_url(scene.services.settings.database_url)
    query = {name: value for name, value in url.query.items() if name != "options"}
    reader = url.set(username="ansim_reader", query=query).render_as_string(hide_password=False)
    environment = {name: value for name, value in os.environ.items() if name != "DATA_KEY"} | {"DATABASE_URL": reader}

    def run(**more: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "server", "verify-log", "--json"]
        said = subprocess.run(command, env=environment | more, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr
        return dict(json.loads(said.stdout))

    blind = await asyncio.to_thread(run)
    assert blind["ok"] and blind["first_bad"] is None and blind["payloads_not_opened"] == blind["rows"] > 3
    whole = await asyncio.to_thread(run, DATA_KEY=scene.services.settings.data_key)
    assert whole["ok"] and whole["payloads_not_opened"] == 0 and whole["checkpoints"] == 1
    await owner.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ansim_reader")
