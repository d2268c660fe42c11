"""Keys of the centers: each center's rows under its own key, rotation beside traffic, and a center that leaves."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from location_router.runtime.seal import SealError, new_key
from server.db import load_tables, metadata
from server.events import SYSTEM, record
from server.key_ring import KeyRing, WrongDataKey, ring_sealer
from server.keys import KeyKeeper, KeyRefused, make_missing, mark_destroyed, rewrap, ring_of, rotate
from server.reseal import BATCH, destroy, reseal, values_by_key
from server.sealed_columns import SEALED_COLUMNS
from server.services import make_services
from server.verify_log import verify_chain
from tests.server.scene import CENTER, OTHER, Scene, installation

NAME, NUMBER = "보라", "01012345678"


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database, home_center="") as made:
        await KeyKeeper(made.services).look(makes=True)
        yield made


async def key_of(scene: Scene, center: str) -> bytes:
    """The id of the key in force."""
    return bytes(
        await scene.one(
            "SELECT key_id FROM center_key WHERE center_id = :c AND purpose = 'seal' AND state = 'active'", c=center
        )
    )


async def callers(scene: Scene) -> list[tuple[bytes, Any]]:
    """The key id of each alert's caller, and what it opens to."""
    rows = await scene.sql("SELECT alert_id, caller_sealed FROM alert ORDER BY alert_id")
    return [
        (
            bytes(row["caller_sealed"])[1:9],
            scene.services.sealer.open(row["caller_sealed"], context=f"alert.caller:{row['alert_id']}"),
        )
        for row in rows
    ]


async def new_active_key(scene: Scene, center: str) -> int:
    async with scene.services.db.begin() as unit:
        number = await rotate(unit, scene.services, center, actor=SYSTEM)
    await asyncio.to_thread(ring_of(scene.services).load)
    return number


def test_no_sealed_column_is_left_out_of_the_registry() -> None:
    load_tables()
    all_of_them = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    registered = {(column.table, column.column) for column in SEALED_COLUMNS}
    assert all_of_them - registered == set(), "add them to server/sealed_columns.py: their keys would never change"
    assert registered - all_of_them == set(), "the registry names what is no column any more"


async def test_each_center_seals_with_its_own_key_and_the_installation_with_its_own(scene: Scene) -> None:
    sealer = scene.services.sealer
    here, there, shared = (sealer.seal(NAME, context="x:1", center=center) for center in (CENTER, OTHER, ""))
    assert len({blob[:9] for blob in (here, there, shared)}) == 3
    assert [sealer.open(blob, context="x:1") for blob in (here, there, shared)] == [NAME] * 3
    with pytest.raises(SealError):
        sealer.open(here, context="x:2")
    assert ring_of(scene.services).missing == set()


async def test_an_unknown_center_is_sealed_for_at_once_and_gets_its_key_soon(scene: Scene) -> None:
    services = scene.services
    blob = services.sealer.seal(NAME, context="x:1", center="50110")
    assert blob[1:9] == await key_of(scene, "-")
    await scene.sql("INSERT INTO center (code, name_ko, name_en, desk) VALUES ('50110', '제주시', 'Jeju', 'main')")
    await KeyKeeper(services).look()
    assert services.sealer.seal(NAME, context="x:1", center="50110")[1:9] == await key_of(scene, "50110")
    created = await scene.sql("SELECT tag FROM event WHERE center_id = '-' AND tag LIKE 'key:%'")
    assert [row["tag"] for row in created] == ["key:created", "key:created"]


async def test_another_process_opens_what_a_rotated_key_has_sealed_without_being_told(scene: Scene) -> None:
    settings = scene.services.settings
    other = ring_sealer(settings.database_url, settings.data_key)
    other.ring._keys = ring_of(scene.services)._keys  # type: ignore[union-attr]
    assert await new_active_key(scene, CENTER) == 2
    blob = scene.services.sealer.seal(NAME, context="x:1", center=CENTER)
    assert other.open(blob, context="x:1") == NAME


async def test_rotation_and_reseal_move_every_value_and_break_neither_log_nor_lookup(scene: Scene) -> None:
    services = scene.services
    incident_id = await scene.emergency()
    async with services.db.begin() as unit:
        record(unit, center_id=CENTER, incident_id=incident_id, tag="incident:noted", payload={"text": NAME})
    before = await key_of(scene, CENTER)
    await new_active_key(scene, CENTER)
    done = await reseal(services)
    assert done.left == 0 and done.unreadable == {}
    # beside the note: the line that tells of the first keys, written before there was one
    assert done.values["alert.caller_sealed"] == 1 and done.values["event_payload.payload_sealed"] == 2
    assert await callers(scene) == [(await key_of(scene, CENTER), {"nickname": NAME, "phone": NUMBER})]
    async with services.db.begin() as unit:
        counted = await values_by_key(unit)
        assert before not in counted and b"" not in counted
        assert (await verify_chain(unit, CENTER)).ok
    assert (await reseal(services)).values == {}, "a second run finds nothing to do"
    assert await scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'reseal'") == 1


async def test_a_new_data_key_touches_keys_only_and_lookups_survive_the_old_one(scene: Scene) -> None:
    services, fresh = scene.services, new_key()
    old = services.settings.data_key
    digest = services.sealer.digest(NUMBER, context="person.phone")
    await scene.emergency()
    await reseal(services)
    sealed = await scene.one("SELECT caller_sealed FROM alert")

    both = make_services(services.settings.model_copy(update={"data_key": f"{fresh},{old}"}))
    async with both.db.begin() as unit:
        assert await rewrap(unit, both, actor=SYSTEM) == await scene.one("SELECT count(*) FROM center_key")
        assert await rewrap(unit, both, actor=SYSTEM) == 0
    await both.close()
    assert await scene.one("SELECT caller_sealed FROM alert") == sealed

    alone = ring_sealer(services.settings.database_url, fresh)
    alert_id = await scene.one("SELECT alert_id FROM alert")
    assert alone.open(sealed, context=f"alert.caller:{alert_id}")["nickname"] == NAME
    assert alone.digest(NUMBER, context="person.phone") == digest
    with pytest.raises(WrongDataKey, match="DATA_KEY=new,old"):
        KeyRing(services.settings.database_url, new_key()).require_open()
    await asyncio.to_thread(ring_of(services).load)  # a process that still has the old setting goes on
    assert services.sealer.open(sealed, context=f"alert.caller:{alert_id}")["phone"] == NUMBER


async def test_a_center_that_leaves_can_not_be_read_again_and_no_other_loses_anything(scene: Scene) -> None:
    services = scene.services
    incident_id, theirs = await scene.emergency(), await scene.emergency(center=OTHER)
    # the other center holds a copy that was sealed under the leaving center's key, as after a handover
    await scene.sql(
        "INSERT INTO handed_alert (alert_id, incident_id, center_id, phase, trigger, assignment_no, assignment, flags,"
        " caller_sealed, home, received_at) SELECT alert_id, :theirs, :other, phase, trigger,"
        " assignment_no, assignment, flags, caller_sealed, home, received_at FROM alert"
        " WHERE incident_id = :mine",
        theirs=theirs,
        other=OTHER,
        mine=incident_id,
    )
    with pytest.raises(KeyRefused, match="open incidents"):
        await destroy(services, CENTER, actor=SYSTEM)
    await scene.sql("UPDATE incident SET state = 'closed' WHERE incident_id = :id", id=incident_id)
    await scene.sql(
        "INSERT INTO legal_hold (hold_id, center_id, incident_id, basis, reason_sealed, until, placed_at, placed_by)"
        " VALUES (gen_random_uuid(), :c, :id, 'court', '', now() + interval '1 day', now(), gen_random_uuid())",
        c=CENTER,
        id=incident_id,
    )
    with pytest.raises(KeyRefused, match="legal holds"):
        await destroy(services, CENTER, actor=SYSTEM)
    await scene.sql("DELETE FROM legal_hold")
    told = await destroy(services, CENTER, actor=SYSTEM)
    assert told["keys"] == 1 and told["values"] >= 1

    copy = (await scene.sql("SELECT alert_id, caller_sealed FROM handed_alert"))[0]
    assert services.sealer.open(copy["caller_sealed"], context=f"alert.caller:{copy['alert_id']}")["phone"] == NUMBER
    mine = await scene.one("SELECT caller_sealed FROM alert WHERE incident_id = :id", id=incident_id)
    assert services.sealer.is_destroyed(mine)
    assert services.sealer.open(mine, context="anything") is None
    for center in (CENTER, OTHER, "-"):
        async with services.db.begin() as unit:
            assert (await verify_chain(unit, center)).ok
    assert (await reseal(services)).left == 0
    async with services.db.begin() as unit:
        assert await make_missing(unit, services) == [], "a center that has left gets no key by itself"


async def test_reseal_waits_for_nobody_and_comes_back_for_what_was_held(scene: Scene) -> None:
    """Somebody works on the incident meanwhile; and a run that is cut off is begun again."""
    services = scene.services
    for _ in range(3):
        await scene.emergency()
    held = asyncio.Event()

    async def works_on_one() -> None:
        async with services.db.begin() as unit:
            await unit.execute("SELECT 1 FROM alert ORDER BY alert_id LIMIT 1 FOR UPDATE")
            held.set()
            await asyncio.sleep(0.5)

    worker = asyncio.create_task(works_on_one())
    await held.wait()
    running = asyncio.create_task(reseal(services))
    async with asyncio.timeout(5):
        while await scene.one("SELECT count(*) FROM alert WHERE substring(caller_sealed FROM 1 FOR 1) = '\\x02'") < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert not worker.done(), "two of three were moved while the third was held"
    done = await running
    await worker
    assert done.left == 0 and done.values["alert.caller_sealed"] == 3


async def test_a_killed_reseal_is_finished_by_the_next(scene: Scene) -> None:
    services, count = scene.services, 3 * BATCH
    ids = [row["id"] for row in await scene.sql("SELECT gen_random_uuid() AS id FROM generate_series(1, :n)", n=count)]
    rows = [(one, services.sealer.seal(NAME, context=f"quarantine:{one}")) for one in ids]
    async with services.db.begin() as unit, unit.driver.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO quarantine (quarantine_id, source, reason, body_sealed) VALUES (%s, 't', 't', %s)", rows
        )
    await new_active_key(scene, "-")
    moved = "SELECT count(*) FROM quarantine WHERE substring(body_sealed FROM 2 FOR 8) = :key"
    async with services.db.begin() as unit:  # one row is held, so that it can't be done before it is killed
        await unit.execute("SELECT 1 FROM quarantine ORDER BY quarantine_id DESC LIMIT 1 FOR UPDATE")
        with await asyncio.to_thread(
            _keys, services.settings.database_url, services.settings.data_key, "reseal"
        ) as run:
            async with asyncio.timeout(20):
                while await scene.one(moved, key=await key_of(scene, "-")) < BATCH:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            run.kill()
    assert await scene.one(moved, key=await key_of(scene, "-")) < count
    assert (await reseal(services)).left == 0
    assert await scene.one(moved, key=await key_of(scene, "-")) == count
    bodies = await scene.sql("SELECT quarantine_id, body_sealed FROM quarantine")
    opened = [services.sealer.open(r["body_sealed"], context=f"quarantine:{r['quarantine_id']}") for r in bodies]
    assert opened == [NAME] * count


def _keys(url: str, data_key: str, *words: str) -> subprocess.Popen[str]:
    return _ansim(url, data_key, "keys", *words)


def _ansim(url: str, data_key: str, *words: str) -> subprocess.Popen[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": url,
        "DATA_KEY": data_key,
        "INSTALLATION": "home-1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-m", "server", *words], env=environment, text=True, **pipes)


async def test_the_commands_list_refuse_and_ask_for_the_code_again(scene: Scene) -> None:
    settings = scene.services.settings

    async def said(*words: str, typed: str = "") -> tuple[int, str]:
        def run() -> tuple[int, str]:
            with _keys(settings.database_url, settings.data_key, *words) as program:
                out, err = program.communicate(typed, timeout=30)
            return program.returncode, out + err

        return await asyncio.to_thread(run)

    rotated, mistyped, no_center = await asyncio.gather(
        said("rotate", "--center", CENTER),
        said("destroy", "--center", OTHER, typed="no\n"),
        said("rotate", "--center", "x"),
    )
    assert rotated[0] == 0 and "key 2" in rotated[1]
    assert mistyped[0] == 2 and "nothing was changed" in mistyped[1]
    assert no_center[0] == 1 and "no center of this installation" in no_center[1]
    listed = [json.loads(line) for line in (await said("list", "--json"))[1].splitlines()]
    states = [row["state"] for row in listed if row["center"] == CENTER]
    assert states == ["retired", "active"] and all(row.get("under_first_data_key", True) for row in listed)


async def test_a_destroyed_key_keeps_no_secret(scene: Scene) -> None:
    async with scene.services.db.begin() as unit:
        await mark_destroyed(unit, scene.services, OTHER, actor=SYSTEM, values=0)
    rows = await scene.sql("SELECT state, wrapped FROM center_key WHERE center_id = :c", c=OTHER)
    assert [(row["state"], row["wrapped"]) for row in rows] == [("destroyed", None)]


async def test_a_start_with_a_data_key_that_opens_nothing_is_refused_in_a_sentence(scene: Scene) -> None:
    def run() -> tuple[int, str]:
        with _ansim(scene.services.settings.database_url, new_key(), "serve") as program:
            _, err = program.communicate(timeout=30)
        return program.returncode, err

    code, said = await asyncio.to_thread(run)
    assert code == 2 and "DATA_KEY=new,old" in said and "Traceback" not in said
