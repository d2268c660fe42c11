"""Accepting: commit before 202, one effect for one id, nothing parsable refused."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from location_router.runtime.seal import Sealer
from location_router.runtime.tokens import Device, new_device_keys, sign_device_token
from tests.databases import TestDatabase
from tests.location_router.routers import ANYANG_CODE, GUNPO_CODE, TEST_KEY, Desk, a_world, an_alert, until

pytestmark = pytest.mark.database


async def test_the_containing_center_is_named_and_the_caller_is_sealed(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        answer = await world.post(an_alert())
        assert answer.status_code == 202
        body = answer.json()
        assert body["center"]["code"] == ANYANG_CODE and body["center"]["name_ko"] and body["center"]["name_en"]
        assert (body["reason"], body["assignment_no"], len(body["live_token"])) == ("contains", 1, 32)
        stored = str(world.rows("SELECT row_to_json(a), row_to_json(d) FROM alert a JOIN delivery d USING (alert_id)"))
        assert "지영" not in stored and "010-1234" not in stored
        record = world.rows("SELECT record FROM assignment")[0][0]
        assert record["boundary_version"] and [one["code"] for one in record["candidates"]] == [ANYANG_CODE]


async def test_no_202_before_the_commit(router_db: TestDatabase, bus_database: str) -> None:
    with psycopg.connect(conninfo(router_db.admin), autocommit=True) as admin:
        admin.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END$$"
        )
        admin.execute(
            "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON alert DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION hold()"
        )
        async with a_world(router_db.url, bus_database) as world:
            admin.execute("SELECT pg_advisory_lock(77)")
            posting = asyncio.create_task(world.post(an_alert()))
            await asyncio.sleep(0.4)
            assert not posting.done(), "the commit hangs, so nothing is promised"
            assert world.rows("SELECT 1 FROM alert") == []
            admin.execute("SELECT pg_advisory_unlock(77)")
            assert (await posting).status_code == 202
            assert len(world.rows("SELECT 1 FROM alert JOIN delivery USING (alert_id)")) == 1


async def test_five_copies_in_parallel_and_after_a_restart_are_one_alert(
    router_database: str, bus_database: str
) -> None:
    alert, bodies = an_alert(), []
    for _ in range(2):
        async with a_world(router_database, bus_database) as world:
            answers = await asyncio.gather(*(world.post(alert) for _ in range(5)))
            assert [answer.status_code for answer in answers] == [202] * 5
            bodies += [answer.text for answer in answers]
            counts = world.rows(
                "SELECT (SELECT count(*) FROM alert), (SELECT count(*) FROM assignment), "
                "(SELECT count(*) FROM delivery), (SELECT count(*) FROM status)"
            )
            assert counts == [(1, 1, 1, 1)]
    assert len({json.dumps({**json.loads(body), "flags": []}) for body in bodies}) == 1


async def test_phases_only_move_forward(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        alert = an_alert(phase="pre", countdown_s=5)
        said = [
            (await world.post(alert | {"phase": phase, **more})).json()["phase"]
            for phase, more in (
                ("pre", {}),
                ("active", {}),
                ("pre", {}),
                ("ended", {"outcome": "cancel"}),
                ("active", {}),
            )
        ]
        assert said == ["pre", "active", "active", "ended", "ended"]
        await until(lambda: len(desk.deliveries) == 3)
        pre, active, ended = desk.deliveries
        assert pre.active_at is None and pre.pre_deadline_at and active.active_at
        assert (ended.alert.phase, ended.alert.outcome, ended.active_at) == ("ended", "cancel", active.active_at)
        assert world.rows("SELECT state FROM status") == [("assigned",)], "assigned once, at activation"


async def test_duress_looks_like_cancel_and_is_delivered_as_active(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        sizes, shapes = [], []
        for outcome in ("cancel", "duress"):
            alert = an_alert(phase="pre", countdown_s=5)
            await world.post(alert)
            answer = await world.post(alert | {"phase": "ended", "outcome": outcome})
            sizes.append(len(answer.content) + len(str(answer.headers)))
            shapes.append({**answer.json(), "alert_id": "", "live_token": "", "received_at": ""})
        assert sizes[0] == sizes[1] and shapes[0] == shapes[1]
        assert shapes[0]["phase"] == "ended"
        await until(lambda: len(desk.deliveries) == 4)
        assert [(one.alert.phase, one.alert.outcome) for one in desk.deliveries] == [
            ("pre", ""),
            ("ended", "cancel"),
            ("pre", ""),
            ("active", "duress"),
        ]


async def test_a_cancel_changes_nothing_after_duress(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        alert = an_alert()
        for outcome in ("duress", "cancel"):
            assert (await world.post(alert | {"phase": "ended", "outcome": outcome})).json()["phase"] == "ended"
        assert world.rows("SELECT outcome FROM alert") == [("duress",)]


async def test_a_device_token_tells_who_calls_and_a_bad_one_is_only_a_flag(
    router_database: str, bus_database: str
) -> None:
    private, public = new_device_keys()
    device = Device("home-1", "device-9", "person-7", GUNPO_CODE)
    token = sign_device_token(device, private)
    async with a_world(router_database, bus_database) as world:
        await world.register("home-1", [], pem=public)
        good = await world.post(an_alert(), token=token)
        assert good.json()["flags"] == ["defaulted"], "no desk is online, and nothing else is odd"
        home = Desk("home-1", world.bus)
        got: list[dict[str, Any]] = []

        async def keep(_: str, body: bytes) -> None:
            got.append(json.loads(body))

        await home.bus.subscribe("home.home-1", "home", keep)
        await until(lambda: got)
        assert (got[0]["state"], got[0]["person_id"], got[0]["home"]) == ("assigned", "person-7", GUNPO_CODE)
        for bad in ("", "x.y.z", token[:-4] + "AAAA", sign_device_token(device, new_device_keys()[0])):
            answer = await world.post(an_alert(), token=bad)
            assert answer.status_code == 202 and "unverified" in answer.json()["flags"]
        nowhere = await world.post(an_alert(position=None), token=token)
        assert nowhere.json()["reason"] == "last_known" and nowhere.json()["center"]["code"] == ANYANG_CODE


async def test_without_a_position_home_gets_it_until_the_phone_knows_better(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", [GUNPO_CODE])
        await world.register("serving-2", [ANYANG_CODE])
        first, second = await Desk("serving-1", world.bus).listen(), await Desk("serving-2", world.bus).listen()
        alert = an_alert(phase="pre", position=None, home=GUNPO_CODE)
        guess = (await world.post(alert)).json()
        assert (guess["reason"], guess["center"]["code"]) == ("home", GUNPO_CODE)
        assert "no_position" in guess["flags"]
        sure = (await world.post(alert | {"phase": "active", "position": an_alert()["position"]})).json()
        assert (sure["reason"], sure["center"]["code"], sure["assignment_no"]) == ("handover", ANYANG_CODE, 2)
        assert "no_position" not in sure["flags"]
        await until(lambda: second.deliveries and len(first.deliveries) == 2)
        assert first.deliveries[1].assignment.served_by == "serving-2", "the first desk sees who has it now"


async def test_what_is_no_alert_goes_to_quarantine(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        megabyte = b'{"a":"' + b"x" * 1_000_000 + b'"}'
        for body, status in ((b"\x00help", 400), (b'{"alert_id": 1}', 422), (megabyte, 413)):
            answer = await world.post(body)
            assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["field"] and answer.json()["message_ko"] and answer.json()["message_en"]
        rows = world.rows("SELECT quarantine_id, code, body_sealed FROM quarantine ORDER BY received_at")
        assert [code for _, code, _ in rows] == ["not_json", "no_alert_id", "too_large"]
        number, _, sealed = rows[1]
        assert Sealer(TEST_KEY).open(sealed, context=f"quarantine.body:{number}") == '{"alert_id": 1}'
        assert "ansim_alerts_refused_total" in (await world.client.get("/metrics")).text


async def test_without_postgis_503_and_afterwards_202_again(cluster_folder: Path, bus_database: str) -> None:
    cluster = PrivateCluster(name="router", durable=True, state=cluster_folder, on_progress=lambda line: None)
    cluster.start()
    try:
        database = provision(cluster.url("postgres"), "router", "router")
        async with a_world(database, bus_database) as world:
            alert = an_alert()
            assert (await world.post(alert)).status_code == 202
            assert cluster.pid is not None
            os.kill(cluster.pid, signal.SIGKILL)
            await asyncio.sleep(0.2)
            away = await world.post(alert)
            assert (away.status_code, away.headers["retry-after"]) == (503, "1")
            assert (await world.client.get("/healthz")).json() == {"ok": True, "role": "router"}
            assert (await world.client.get("/v1/centers")).status_code == 200
            await asyncio.to_thread(cluster.restart)
            for _ in range(50):
                if (answer := await world.post(alert)).status_code == 202:
                    break
                await asyncio.sleep(0.1)
            assert answer.json()["assignment_no"] == 1
            assert (await world.post(an_alert())).status_code == 202
            assert world.rows("SELECT count(*) FROM alert") == [(2,)]
    finally:
        cluster.stop()
