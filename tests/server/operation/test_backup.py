"""A backup is believed when it was restored: all is there, the log is proved, a damaged file makes nothing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.runtime.db import conninfo
from location_router.runtime.seal import new_key
from server.events import record
from server.operation import backup, vault
from server.operation.vault import BadBackup
from tests.databases import TestDatabase, TestServer
from tests.server.scene import CENTER, installation

KEY = os.urandom(32)


async def _lived_in(database: TestDatabase) -> str:
    """An installation in which something has happened; returns its DATA_KEY."""
    async with installation(database.url) as scene:
        services, incident_id = scene.services, await scene.emergency()
        async with services.db.begin() as unit:
            for number in range(20):
                record(unit, center_id=CENTER, incident_id=incident_id, tag="incident:noted", payload={"n": number})
        return services.settings.data_key


@pytest.fixture
def names(database_server: TestServer):
    made: list[str] = []

    def name(word: str) -> str:
        made.append(f"t{os.getpid()}_restored_{word}")
        return made[-1]

    yield name
    for each in made:
        database_server.drop(each)


async def test_what_was_backed_up_is_there_again(
    installation_db: TestDatabase, database_server: TestServer, names: Any, tmp_path: Path
) -> None:
    data_key = await _lived_in(installation_db)
    file = tmp_path / "night.ansim"
    told = backup.back_up(installation_db.admin, file, key=KEY)
    assert told["chains"][CENTER]["seq"] > 0
    assert file.stat().st_mode & 0o777 == 0o600, "nobody else reads it"

    done = await asyncio.to_thread(
        backup.restore, database_server.admin_url, names("whole"), file, key=KEY, data_key=data_key
    )
    assert done["ok"] and done["chains"][CENTER] == {"ok": True, "seq": told["chains"][CENTER]["seq"]}
    counts = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM incident), (SELECT count(*) FROM camera)"
    with psycopg.connect(conninfo(installation_db.admin)) as old, psycopg.connect(conninfo(done["url"])) as new:
        new.execute("SELECT set_config('ansim.center', '*', true)")
        assert new.execute(counts).fetchone() == old.execute(counts).fetchone()
        owner = new.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'incident'").fetchone()
        assert owner == (True,), "row-level security came back, too"


async def test_a_log_that_was_changed_before_the_backup_is_found_at_the_restore(
    installation_db: TestDatabase, database_server: TestServer, names: Any, tmp_path: Path
) -> None:
    data_key = await _lived_in(installation_db)
    with psycopg.connect(conninfo(installation_db.admin)) as thief:
        thief.execute("UPDATE event SET tag = 'incident:closed' WHERE seq = 3")
    file = tmp_path / "night.ansim"
    backup.back_up(installation_db.admin, file, key=None)
    done = await asyncio.to_thread(
        backup.restore, database_server.admin_url, names("changed"), file, key=None, data_key=data_key
    )
    assert not done["ok"] and not done["chains"][CENTER]["ok"]


async def test_a_cut_off_file_makes_no_database(
    installation_db: TestDatabase, database_server: TestServer, names: Any, tmp_path: Path
) -> None:
    data_key = await _lived_in(installation_db)
    file, name = tmp_path / "night.ansim", names("cut")
    backup.back_up(installation_db.admin, file, key=KEY)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BadBackup, match="changed or cut off"):
        await asyncio.to_thread(backup.restore, database_server.admin_url, name, file, key=KEY, data_key=data_key)
    with psycopg.connect(conninfo(database_server.admin_url)) as admin:
        assert admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None


def test_the_applications_login_may_not_back_up(installation_db: TestDatabase, tmp_path: Path) -> None:
    with pytest.raises(BadBackup, match="administrator"):
        backup.back_up(installation_db.url, tmp_path / "half.ansim", key=None)
    assert list(tmp_path.iterdir()) == []


def _sealed(tmp_path: Path, dump: bytes, key: bytes | None) -> Path:
    file = tmp_path / "a"
    with file.open("wb") as target:
        vault.write(target, {"n": 1}, iter([dump[i : i + 1000] for i in range(0, len(dump), 1000)]), key=key)
    return file


def _opened(file: Path, key: bytes | None) -> bytes:
    with file.open("rb") as source:
        told, line = vault.read_header(source)
        return b"".join(vault.read(source, told, line, key=key))


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("size", [0, 1, vault.PIECE - 1, vault.PIECE, vault.PIECE + 1, 2 * vault.PIECE])
def test_the_file_gives_back_what_it_took(tmp_path: Path, size: int, key: bytes | None) -> None:
    dump = os.urandom(size)
    assert _opened(_sealed(tmp_path, dump, key), key) == dump


def test_another_key_or_none_opens_nothing(tmp_path: Path) -> None:
    file = _sealed(tmp_path, b"secret", KEY)
    assert b"secret" not in file.read_bytes()
    for key in (None, os.urandom(32)):
        with pytest.raises(BadBackup):
            _opened(file, key)


@given(st.data())
def test_no_byte_can_be_changed_and_no_piece_moved(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from([None, KEY]))
    file = _sealed(tmp_path_factory.mktemp("v"), b"x" * 3000, key)
    blob = bytearray(file.read_bytes())
    at = data.draw(st.integers(blob.index(b"\n") + 1, len(blob) - 1))
    blob[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(blob)
    with pytest.raises(BadBackup):
        _opened(file, key)


def test_pieces_can_not_be_reordered(tmp_path: Path) -> None:
    file = _sealed(tmp_path, os.urandom(3 * vault.PIECE), KEY)
    blob = file.read_bytes()
    start, size = blob.index(b"\n") + 1, vault.PIECE + vault.TAG
    file.write_bytes(
        blob[:start] + blob[start + size : start + 2 * size] + blob[start : start + size] + blob[start + 2 * size :]
    )
    with pytest.raises(BadBackup):
        _opened(file, KEY)


def test_what_is_no_backup_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(os.urandom(500))
    with pytest.raises(BadBackup, match="no backup"):
        backup.look(file)
    assert len(new_key()) == 44
