"""What heartbeats, administrators and policies make of the centers, on a running router; and why, afterwards."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from typer.testing import CliRunner

from location_router import policy_store
from location_router.__main__ import app
from location_router.policy import read_rule
from location_router.runtime.pool import Pool
from location_router.states import StaffedHours
from tests.location_router.routers import ANYANG_CODE, GUNPO_CODE, TEST_KEY, World, a_world, an_alert

pytestmark = pytest.mark.database
BEAT = "/v1/centers/heartbeat"


async def beat(world: World, *, installation: str = "serving-1", ago_s: float = 0.0, **fields: Any) -> httpx.Response:
    body = {
        "installation": installation,
        "centers": [ANYANG_CODE],
        "sent_at": (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat(),
    } | fields
    return await world.signed(BEAT, json.dumps(body).encode(), installation=installation)


async def row_of(world: World, code: str) -> dict[str, Any]:
    await world.router.registry.refresh()
    centers = (await world.client.get("/v1/centers")).json()["centers"]
    return {one["code"]: one for one in centers}[code]


def somebody(**fields: Any) -> dict[str, Any]:
    """A new person each time, so that no two alerts have to do with each other."""
    return an_alert(caller={}, **fields)


async def test_a_heartbeat_says_how_the_desk_is(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", [ANYANG_CODE])
        said = {"queue_length": 7, "operators_online": 2, "capabilities": ["cctv", "112"], "troubles": ["video_silent"]}
        assert (await beat(world, **said)).status_code == 200
        row = await row_of(world, ANYANG_CODE)
        assert (row["state"], row["queue_length"], row["operators_online"]) == ("degraded", 7, 2)
        assert (row["capabilities"], row["troubles"]) == (["112", "cctv"], ["video_silent"])
        assert (await world.post(somebody())).json()["center"]["code"] == ANYANG_CODE, "degraded still takes alerts"
        assert (await beat(world)).status_code == 200
        assert (await row_of(world, ANYANG_CODE))["state"] == "online"


async def test_a_recorded_heartbeat_does_not_revive_a_dead_desk(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", [ANYANG_CODE])
        body = json.dumps(
            {"installation": "serving-1", "centers": [ANYANG_CODE], "sent_at": datetime.now(UTC).isoformat()}
        ).encode()
        assert (await world.signed(BEAT, body)).status_code == 200
        world.rows("UPDATE installation SET last_seen_at = now() - interval '1 hour'")
        again = await world.signed(BEAT, body)
        assert (again.status_code, again.json()["code"]) == (409, "repeated_heartbeat")
        assert (await beat(world, ago_s=60)).status_code == 409
        assert (await row_of(world, ANYANG_CODE))["state"] == "offline"
        assert (await beat(world)).status_code == 200
        assert (await row_of(world, ANYANG_CODE))["state"] == "online"
        unknown = await beat(world, installation="serving-2")
        assert (unknown.status_code, unknown.json()["code"]) == (409, "not_registered")


async def test_what_an_administrator_says_of_a_center_counts(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE])
        pool = Pool(router_database, size=1, name="admin")
        await pool.open()
        async with pool.transaction() as conn:
            assert await policy_store.set_draining(conn, ANYANG_CODE, is_draining=True)
            assert await policy_store.set_callback(conn, GUNPO_CODE, "031-390-0000")
            assert await policy_store.set_capabilities(conn, GUNPO_CODE, ["119", "112"])
            assert not await policy_store.set_draining(conn, "nowhere", is_draining=True)
        assert (await row_of(world, ANYANG_CODE))["state"] == "draining"
        assert (await row_of(world, GUNPO_CODE))["capabilities"] == ["112", "119"]
        answer = (await world.post(somebody())).json()
        assert (answer["center"]["code"], answer["center"]["callback"]) == (GUNPO_CODE, "031-390-0000")
        async with pool.transaction() as conn:
            await policy_store.set_draining(conn, ANYANG_CODE, is_draining=False)
            await policy_store.set_hours(conn, ANYANG_CODE, StaffedHours(weekly={}))
        assert (await row_of(world, ANYANG_CODE))["state"] == "closed"
        async with pool.transaction() as conn:
            await policy_store.set_hours(conn, ANYANG_CODE, None)
        assert (await row_of(world, ANYANG_CODE))["state"] == "online"
        await pool.close()


async def test_a_policy_decides_from_its_date_and_explain_repeats_it(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE])
        now, rule = datetime.now(UTC), read_rule("pilot", {"centers": [ANYANG_CODE]})
        pool = Pool(router_database, size=1, name="admin")
        await pool.open()
        async with pool.transaction() as conn:
            await policy_store.put_policy(
                conn, rule_id="pilot", rule=rule, valid_from=now + timedelta(days=1), created_by="jiyoung"
            )
        await world.router.registry.refresh()
        before = somebody(position=an_alert()["position"] | {"accuracy_m": 900})
        assert (await world.post(before)).json()["center"]["code"] == ANYANG_CODE
        async with pool.transaction() as conn:
            await policy_store.put_policy(
                conn, rule_id="pilot", rule=rule, valid_from=now - timedelta(days=1), created_by="jiyoung"
            )
            rows = await policy_store.list_policies(conn)
        assert [(row.rule_id, row.valid_from < now) for row in rows] == [("pilot", True)], "the later one never begins"
        await world.router.registry.refresh()
        during = somebody()
        answer = (await world.post(during)).json()
        assert (answer["center"]["code"], answer["reason"]) == (GUNPO_CODE, "failover")
        async with pool.transaction() as conn:
            assert await policy_store.end_policy(conn, rule_id="pilot", at=now) == 1
        await world.router.registry.refresh()
        assert (await world.post(somebody())).json()["center"]["code"] == ANYANG_CODE
        await pool.close()
        [(record,)] = world.rows("SELECT record FROM assignment WHERE alert_id = %s", UUID(during["alert_id"]))
        assert record["rule"] == "failover:pilot:pilot" and record["policy_version"] and record["inputs"]["states"]
        assert "37.4" not in json.dumps(record), "the place stands only in what is sealed"
        for alert in (before, during):
            said = await _explain(router_database, "--alert", alert["alert_id"], "--json")
            assert said.exit_code == 0, said.output
            [told] = json.loads(said.stdout)
            assert told["is_reproduced"] is True and told["differs_in"] == [], told
        text = (await _explain(router_database, "--alert", during["alert_id"])).stdout
        assert "failover:pilot:pilot" in text and "안양시" in text and "같은 결정 · the same decision" in text
        world.rows("UPDATE assignment SET record = jsonb_set(record, '{distance_m}', '1')")
        forged = await _explain(router_database, "--alert", during["alert_id"])
        assert forged.exit_code == 1 and "DIFFERENT in distance_m" in forged.stdout
        world.rows("UPDATE delivery SET body_sealed = NULL")
        assert "the place has been deleted" in (await _explain(router_database, "--alert", during["alert_id"])).stdout


async def test_abroad_the_local_numbers_are_told(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        tokyo = an_alert()["position"] | {"lat": 35.6812, "lon": 139.7671}
        there = (await world.post(somebody(position=tokyo, home=ANYANG_CODE, network_country="44010"))).json()
        assert (there["center"]["code"], there["reason"]) == (ANYANG_CODE, "home") and "abroad" in there["flags"]
        assert there["local_emergency"] == {"country": "JP", "police": "110", "ambulance": "119", "fire": "119"}
        lost = (await world.post(somebody(position=None, home=ANYANG_CODE, network_country="FR"))).json()
        assert {"abroad", "no_position"} <= set(lost["flags"])
        assert lost["local_emergency"]["police"] == "17"
        assert (await world.post(somebody(network_country="45005"))).json()["local_emergency"] is None


async def _explain(database: str, *arguments: str) -> Any:
    command = CliRunner(env={"DATABASE_URL": database, "DATA_KEY": TEST_KEY})
    return await asyncio.to_thread(command.invoke, app, ["explain", *arguments])
