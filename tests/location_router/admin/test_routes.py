"""What an administrator changes takes effect, stands on record, and nobody else may."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import shapely

from location_router.boundaries.area import Area
from location_router.boundaries.importing import Draft
from location_router.boundaries.versions import store_draft
from location_router.envelope import key_id
from location_router.nodelist import trust_from
from location_router.runtime.pool import Pool
from tests.location_router.routers import ANYANG_CODE, INDEX, World, a_world, an_alert, until

pytestmark = pytest.mark.database
ACTIONS = "SELECT action FROM admin_event WHERE admin <> 'itself' ORDER BY event_no"
HEADERS = {"Authorization": "Bearer sesame"}


@pytest.fixture(autouse=True)
def _token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"hana:{hashlib.sha256(b'sesame').hexdigest()}\n", encoding="utf-8")
    monkeypatch.setenv("ADMIN_TOKENS", str(path))


def _somebody() -> dict[str, Any]:
    """An alert of a person of its own: a second press of the same one would go where the first is."""
    return an_alert(caller={"nickname": "지영", "phone": f"010-{uuid4().int % 10**8:08}"})


async def _ask(world: World, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    answer = await world.client.request(method, f"/admin{path}", json=body, headers=HEADERS)
    return answer.status_code, answer.json()


async def test_nobody_else_reads_or_changes_anything(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        schema = (await world.client.get("/openapi.json")).json()
        tried = 0
        for path, methods in schema["paths"].items():
            for method in methods:
                if path.startswith("/admin"):
                    filled = path.replace("{", "").replace("}", "")
                    answer = await world.client.request(method.upper(), filled, json={})
                    assert answer.status_code == 401, (method, path, answer.status_code)
                    tried += 1
        assert tried >= 18
        assert world.rows("SELECT count(*) FROM admin_event WHERE admin <> 'itself'") == [(0,)]


async def test_a_draining_center_gets_nothing_new_and_the_change_is_on_record(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        assert (await world.post(_somebody())).json()["center"]["code"] == ANYANG_CODE
        hours = {"weekly": {"mon": [["09:00", "18:00"]]}}
        status, changed = await _ask(
            world,
            "PATCH",
            f"/centers/{ANYANG_CODE}",
            {"is_draining": True, "callback": "031-8045-2119", "hours": hours},
        )
        assert status == 200 and changed["before"]["is_draining"] is False and changed["after"]["is_draining"] is True
        accepted = (await world.post(_somebody())).json()
        assert accepted["center"]["code"] != ANYANG_CODE and accepted["reason"] == "failover"
        status, problem = await _ask(world, "PATCH", "/centers/99999", {"is_draining": True})
        assert (status, problem["code"]) == (404, "no_center")
        status, problem = await _ask(world, "PATCH", f"/centers/{ANYANG_CODE}", {"hours": {"weekly": {"mon": "all"}}})
        assert status == 422
        events = (await _ask(world, "GET", "/events"))[1]["events"]
        assert [(one["admin"], one["action"], one["subject"]) for one in events if one["admin"] != "itself"] == [
            ("hana", "center:changed", ANYANG_CODE)
        ]
        assert (await _ask(world, "GET", "/events/verify"))[1]["ok"]


async def test_a_policy_holds_from_its_date_to_its_end(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        pilot = {"kind": "pilot", "parameters": {"centers": [ANYANG_CODE]}, "note": "시범 운영"}
        status, put = await _ask(world, "PUT", "/policies/pilot-anyang", pilot)
        assert status == 200 and put["policy_no"], put
        assert (await world.post(_somebody())).json()["center"]["code"] != ANYANG_CODE
        shown = (await _ask(world, "GET", "/policies"))[1]["policies"]
        assert [(one["rule_id"], one["in_force"], one["created_by"]) for one in shown] == [
            ("pilot-anyang", True, "hana")
        ]
        assert (await _ask(world, "DELETE", "/policies/pilot-anyang"))[0] == 200
        assert (await world.post(_somebody())).json()["center"]["code"] == ANYANG_CODE
        assert (await _ask(world, "DELETE", "/policies/pilot-anyang"))[0] == 404
        for wrong, field in (
            ({"kind": "pilots", "parameters": {}}, "kind"),
            ({"kind": "pilot", "parameters": {"centers": []}}, "parameters.centers"),
            (pilot | {"valid_from": "2026-12-02T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z"}, "valid_until"),
        ):
            status, problem = await _ask(world, "PUT", "/policies/wrong", wrong)
            assert (status, problem["field"]) == (422, field), problem


async def test_a_sender_s_key_is_shown_once_and_never_recorded(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        new = {"sender_id": "bell-maker", "name": "비상벨", "scopes": ["alerts"]}
        status, issued = await _ask(world, "POST", "/senders", new)
        assert status == 201 and issued["key"]
        assert (await _ask(world, "POST", "/senders", new))[0] == 409
        rotated = (await _ask(world, "POST", "/senders/bell-maker/rotate"))[1]
        assert rotated["key"] != issued["key"]
        assert (await _ask(world, "POST", "/senders/bell-maker/revoke"))[0] == 200
        listed = (await _ask(world, "GET", "/senders"))[1]["senders"]
        assert [(one["sender_id"], one["state"]) for one in listed] == [("bell-maker", "revoked")]
        written = str(world.rows("SELECT * FROM admin_event")) + str(listed)
        for secret in (issued["key"], issued["signing_secret"], rotated["key"], rotated["signing_secret"]):
            assert secret not in written
        actions = [
            row[0] for row in world.rows("SELECT action FROM admin_event WHERE admin <> 'itself' ORDER BY event_no")
        ]
        assert actions == ["sender:created", "sender:rotated", "sender:revoked"]


async def test_a_boundary_version_is_previewed_activated_and_rolled_back(
    router_database: str, bus_database: str
) -> None:
    """Two squares over Anyang: the version takes effect in a running router, and goes again."""
    squares = {
        code: Area(code, name, name, 37.4, lon, shapely.box(lon - 0.1, 37.3, lon + 0.1, 37.5))
        for code, name, lon in (("90001", "서쪽", 126.85), ("90002", "동쪽", 127.05))
    }
    async with a_world(router_database, bus_database) as world:
        pool = Pool(router_database, size=1, name="draft")
        await pool.open()
        try:
            async with pool.transaction() as conn:
                label = await store_draft(
                    conn, Draft(squares, {"file": "two squares"}), effective=INDEX.version().effective
                )
        finally:
            await pool.close()
        shown = (await _ask(world, "GET", f"/boundaries/{label}/geojson"))[1]
        assert [one["properties"]["code"] for one in shown["features"]] == ["90001", "90002"]
        now = (await _ask(world, "GET", "/boundaries"))[1]["in_force"]
        diff = (await _ask(world, "GET", f"/boundaries/{now}/diff/{label}"))[1]
        assert any(one["from"]["code"] == ANYANG_CODE for one in diff["changes"] if one["from"])
        status, problem = await _ask(world, "POST", f"/boundaries/{label}/activate", {})
        assert (status, problem["code"]) == (409, "centers_missing")
        status, active = await _ask(world, "POST", f"/boundaries/{label}/activate", {"allow_missing": True})
        assert status == 200 and active["state"] == "active", active
        await until(lambda: world.router.registry.jurisdictions.boundary_version == label)
        assert (await world.post(_somebody())).json()["center"]["code"] == "90001"
        assert (await _ask(world, "POST", "/boundaries/rollback"))[0] == 200
        await until(lambda: world.router.registry.jurisdictions.boundary_version == now)
        assert (await world.post(_somebody())).json()["center"]["code"] == ANYANG_CODE
        assert (await _ask(world, "POST", "/boundaries/no-such/activate", {}))[0] == 404
        actions = [
            row[0] for row in world.rows("SELECT action FROM admin_event WHERE admin <> 'itself' ORDER BY event_no")
        ]
        assert actions == ["boundary:imported", "boundary:activated", "boundary:rolled_back"]


async def test_a_node_is_revoked_and_believed_again(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        listed = (await _ask(world, "GET", "/nodes"))[1]["nodes"]
        (key,) = trust_from(listed[0]["public_key"])  # what NODE_TRUST takes
        assert key_id(key) == listed[0]["key_id"]
        node = next(one["node"] for one in listed if one["kind"] == "router")
        assert (await _ask(world, "POST", f"/nodes/{node}/revoke", {"reason": "the disk was stolen"}))[0] == 200
        assert (await _ask(world, "POST", f"/nodes/{node}/revoke", {"reason": "twice"}))[0] == 404
        revoked = (await _ask(world, "GET", "/nodes"))[1]["nodes"]
        assert [one["revoked"] for one in revoked if one["node"] == node] == [True]
        assert (await _ask(world, "POST", f"/nodes/{node}/reinstate"))[0] == 200
        written = world.rows("SELECT admin, action FROM admin_event WHERE admin = 'hana' ORDER BY event_no")
        assert written == [("hana", "node:revoked"), ("hana", "node:reinstated")]
