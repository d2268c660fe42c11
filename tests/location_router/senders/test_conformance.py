"""The vendor's kit against a real router: everything passes with a good key, and a bad one is told what to do."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

from location_router.conformance import CHECKS, for_people, run
from location_router.conformance_requests import REQUEST_CHECKS
from tests.location_router.routers import TEST_KEY, a_world, an_alert
from tests.location_router.senders.vendors import a_sender

pytestmark = pytest.mark.database


async def test_a_good_vendor_passes_every_check_and_no_desk_hears_of_it(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        vendor = await a_sender(world, "vendor", scopes=("alerts", "sandbox"), rate_per_minute=60_000)
        report = await run(world.url, sender="vendor", key=vendor.key)
        assert report["ok"] and len(CHECKS) >= 20, for_people(report)
        for table in ("alert", "assignment", "delivery", "status"):
            assert world.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
        assert "지영" not in str(world.rows("SELECT * FROM sandbox_alert"))

        other = await a_sender(world, "other", scopes=("sandbox",))
        await asyncio.sleep(0.2)
        ours = world.rows("SELECT alert_id FROM sandbox_alert LIMIT 1")[0][0]
        headers = {"Authorization": f"Bearer {other.key}"}
        assert (await world.client.get(f"/v1/sandbox/alerts/{ours}", headers=headers)).status_code == 404


async def test_a_good_agency_passes_every_check_of_requests(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        firm = await a_sender(world, "firm", scopes=("sandbox",), agency_id="security-demo", rate_per_minute=60_000)
        report = await run(world.url, sender="firm", key=firm.key, checks=REQUEST_CHECKS)
        assert report["ok"] and len(REQUEST_CHECKS) >= 18, for_people(report)
        for table in ("alert", "agency_request", "delivery", "status"):
            assert world.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
        other = await a_sender(world, "other", scopes=("sandbox",), agency_id="112")
        wrong = await run(world.url, sender="other", key=firm.key, checks=REQUEST_CHECKS)
        failed = [one for one in wrong["checks"] if not one["ok"]]
        assert [one["name"] for one in failed] == ["signed_request"] and "--agency" in failed[0]["cure"]
        assert "wrong_signature" in failed[0]["why"] and other.key != firm.key


async def test_a_wrong_key_fails_with_the_cure(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await a_sender(world, "vendor", scopes=("sandbox",))
        report = await run(world.url, sender="vendor", key="ansk_wrong")
        failed = {one["name"]: one for one in report["checks"] if not one["ok"]}
        assert "signed_alert" in failed and failed["signed_alert"]["cure"] and "401" in failed["signed_alert"]["why"]
        assert list(failed) == ["signed_alert"] and report["skipped"] == len(CHECKS) - 2, "not 24 times the same"
        assert f"{report['skipped']} 건너뜀 skipped" in for_people(report)
        nowhere = await run("http://127.0.0.1:9", sender="vendor", key="x")
        assert [one["name"] for one in nowhere["checks"]] == ["reachable"] and not nowhere["ok"]


async def test_the_command_line_registers_rotates_lists_and_revokes(router_database: str, bus_database: str) -> None:
    async def command(*words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "location_router", *words,
            env=os.environ | {"DATABASE_URL": router_database, "DATA_KEY": TEST_KEY},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode()

    async with a_world(router_database, bus_database) as world:
        code, out = await command("sender", "add", "proxied", "--name", "x", "--certificate", "AB:12")
        assert code == 2 and "64 hex letters" in out
        code, out = await command("sender", "add", "loose", "--name", "x", "--scopes", "requests")
        assert code == 2 and "agency_id" in out
        words = ("sender", "add", "agency", "--name", "보호관찰소", "--scopes", "alerts,requests", "--agency", "anklet")
        code, out = await command(*words, "--json")
        assert code == 0, out
        answer = await world.post(an_alert(), token=json.loads(out)["key"])
        assert "unverified" not in answer.json()["flags"]
        assert (await command("sender", "add", "agency", "--name", "또"))[0] == 2
        assert (await command("sender", "rotate", "agency"))[0] == 0
        code, out = await command("sender", "list", "--json")
        assert [(one["sender_id"], one["keys"]) for one in json.loads(out)] == [("agency", 2)]
        assert json.loads(out)[0]["agency_id"] == "anklet"
        assert (await command("sender", "revoke", "agency"))[0] == 0
        recorded = world.rows("SELECT action FROM admin_event WHERE subject = 'agency' ORDER BY event_no")
        assert [one[0] for one in recorded] == ["sender:created", "sender:rotated", "sender:revoked"]
