"""What the pages ask beside the administrators' API: a file of borders becomes a draft, drawings, why this center."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.location_router.boundaries.maps import geojson, rows
from tests.location_router.routers import ANYANG, ANYANG_CODE, World, a_world

pytestmark = pytest.mark.database
HEADERS = {"Authorization": "Bearer sesame"}


@pytest.fixture(autouse=True)
def _token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"hana:{hashlib.sha256(b'sesame').hexdigest()}\n", encoding="utf-8")
    monkeypatch.setenv("ADMIN_TOKENS", str(path))


async def _upload(world: World, body: bytes, **asked: str) -> list[dict[str, Any]]:
    asked = {"file": "../경계.geojson", "effective": "2027-01-01"} | asked
    answer = await world.client.post(
        "/admin/boundaries/import", params=asked, content=body, headers=HEADERS, timeout=600
    )
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_an_uploaded_file_becomes_a_draft_in_her_name_or_says_why_not(
    router_database: str, bus_database: str, tmp_path: Path
) -> None:
    borders = geojson(tmp_path / "borders.geojson", rows()).read_bytes()
    async with a_world(router_database, bus_database, worker=False) as world:
        lines = await _upload(world, borders)
        report = lines[-1]["report"]
        assert report["version"] == "2027-01-01.1" and report["file"].endswith("경계.geojson"), report
        assert all(set(one) == {"progress"} for one in lines[:-1])
        event = (await world.client.get("/admin/events/newest", params={"action": "boundary"}, headers=HEADERS)).json()
        assert [(one["admin"], one["subject"]) for one in event["events"]] == [("hana", "2027-01-01.1")]
        drawn = (await world.client.get("/admin/boundaries/2027-01-01.1/outlines?codes=41110", headers=HEADERS)).json()
        assert [one["properties"]["code"] for one in drawn["features"]] == ["41110"]
        changed = "/admin/boundaries/2027-01-01.1/diff/2027-01-01.1?geojson=true"
        assert (await world.client.get(changed, headers=HEADERS)).json()["features"] == []

        refused = (await _upload(world, b'{"type": "nothing"}'))[-1]["problem"]
        assert refused["message_ko"] and refused["message_en"] and str(tmp_path.parent) not in str(refused)
        assert (await _upload(world, borders, name="--dry-run"))[-1]["problem"], "a value is never an option"
        for body, asked, code in ((b"", {}, "empty_file"), (b"x", {"effective": "soon"}, "")):
            params = {"file": "a.zip", "effective": "2027-01-01"} | asked
            answer = await world.client.post("/admin/boundaries/import", params=params, content=body, headers=HEADERS)
            assert answer.status_code == 422 and code in answer.json()["code"]
        assert len(world.rows("SELECT label FROM boundary_version")) == 1

        path, forced = "/admin/boundaries", {"allow_missing": True}
        done = await world.client.post(f"{path}/2027-01-01.1/activate", json=forced, headers=HEADERS)
        assert done.json()["state"] == "scheduled"
        assert (await world.client.get(path, headers=HEADERS)).json()["newest_activation"] == "2027-01-01.1"
        other = await world.client.post(f"{path}/rollback?expected=2026-12-01.1", headers=HEADERS)
        assert (other.status_code, other.json()["code"]) == (409, "changed_meanwhile")
        back = await world.client.post(f"{path}/rollback?expected=2027-01-01.1", headers=HEADERS)
        assert back.json()["withdrawn"] == "2027-01-01.1"


async def test_why_a_place_belongs_to_its_center(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", "all")
        ask = {"url": "/admin/explain", "headers": HEADERS}
        told = (await world.client.post(json=ANYANG | {"accuracy_m": 30}, **ask)).json()
        assert told["center"]["code"] == ANYANG_CODE and told["reason"] == "contains" and told["is_now"]
        assert told["states"][ANYANG_CODE] == "online" and len(told["candidates"]) > 1
        await world.client.patch(f"/admin/centers/{ANYANG_CODE}", json={"is_draining": True}, headers=HEADERS)
        assert (await world.client.post(json=ANYANG, **ask)).json()["center"]["code"] != ANYANG_CODE
        then = (await world.client.post(json=ANYANG | {"as_of": "2024-01-01"}, **ask)).json()
        assert then["center"]["code"] == ANYANG_CODE and not then["is_now"], "of a day: by its borders alone"
        for body, code in (({"as_of": "1950-01-01"}, "no_version_then"), ({"version": "nowhere"}, "no_version")):
            assert (await world.client.post(json=ANYANG | body, **ask)).json()["code"] == code
        full = (await world.client.get(f"/admin/centers/{ANYANG_CODE}", headers=HEADERS)).json()
        assert full["is_draining"] and full["desk"]["installation"] == "serving-1" and full["desk"]["centers"] > 200


async def test_a_sender_is_suspended_and_comes_back_but_not_from_revoked(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        new = {"sender_id": "my-app", "name": "앱", "scopes": ["alerts", "sandbox"]}
        assert (await world.client.post("/admin/senders", json=new, headers=HEADERS)).status_code == 201

        async def change(**said: Any) -> tuple[int, dict[str, Any]]:
            answer = await world.client.patch("/admin/senders/my-app", json=said, headers=HEADERS)
            return answer.status_code, answer.json()

        status, told = await change(state="suspended", note="이상함")
        assert status == 200 and told["before"]["state"] == "active" and told["after"]["state"] == "suspended"
        assert (await change(state="active", rate_per_minute=60))[1]["after"]["rate_per_minute"] == 60
        assert (await change(scopes=["all"]))[1]["code"] == "bad_scope"
        assert (await change(state="revoked"))[0] == 422
        assert (await change(name=""))[0] == 422
        await world.client.post("/admin/senders/my-app/revoke", headers=HEADERS)
        assert (await change(state="active"))[1]["code"] == "revoked"
        (row,) = (await world.client.get("/admin/senders", headers=HEADERS)).json()["senders"]
        assert row["state"] == "revoked" and row["rate_per_minute"] == 60
