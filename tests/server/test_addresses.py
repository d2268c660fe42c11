"""Registered addresses: one spelling, no open doors by mistake, nobody locks everybody out unasked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from server import address_routes
from server.__main__ import app as ansim
from server.addresses import plain_networks, too_wide
from server.cameras.service import open_cameras
from server.dispatch import service as dispatches
from server.staff.model import is_registered
from server.staff.routes import COOKIE, router
from server.video_gate import ReleaseGate
from tests.server.scene import OTHER, SEAT, Scene, app_of, installation

V4 = st.ip_addresses(v=4).map(str)


@given(V4, st.integers(8, 32))
def test_a_network_written_in_ipv6_is_the_same_network(address: str, bits: int) -> None:
    (plain,) = plain_networks([f"{address}/{bits}"])
    assert plain_networks([f"::ffff:{address}/{bits + 96}", plain]) == [plain]
    assert is_registered(address, [plain]) and is_registered(f"::ffff:{address}", [plain])


def test_what_is_no_network_is_named_with_a_cure() -> None:
    for wrong in ("10.20.0.300", "seat 7", "", "10.0.0.0/33"):
        with pytest.raises(ValueError, match="write one like"):
            plain_networks([wrong])
    assert plain_networks(["10.20.0.7/24", "2001:db8::1/64"]) == ["10.20.0.0/24", "2001:db8::/64"]


def test_the_whole_internet_is_seen_in_any_disguise() -> None:
    assert too_wide(["10.20.0.0/16", "2001:db8::/32"]) == []
    for disguise in (["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], plain_networks(["::ffff:0:0/96"]), ["::/0"]):
        assert too_wide(disguise), disguise


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made


async def browser(scene: Scene, login: str) -> httpx.AsyncClient:
    """A signed-in browser: the session's token, whose digest the table gets."""
    token, viewer = f"token-of-{login}", scene.staff[login]
    digest = scene.services.sealer.digest(token, context="session")
    await scene.sql("UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id)
    transport = httpx.ASGITransport(app_of(scene.services, address_routes.router, router), client=(viewer.address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://center", cookies={COOKIE: token})


async def accepted(scene: Scene, incident_id: UUID) -> None:
    async with scene.services.db.begin() as unit:
        actor = scene.staff["operator"].actor
        await dispatches.request(unit, scene.services, incident_id=incident_id, agency="112", actor=actor)
        await unit.execute("UPDATE dispatch SET state = 'accepted'")


async def lines(scene: Scene) -> list[str]:
    return [row["tag"] for row in await scene.sql("SELECT tag FROM event WHERE tag LIKE 'address:%' ORDER BY seq")]


async def test_whoever_would_lock_himself_out_is_asked_first(scene: Scene) -> None:
    me = f"/api/addresses/account/{scene.staff['admin'].account_id}"
    async with await browser(scene, "admin") as admin:
        told = await admin.put(me, json={"networks": ["10.1.2.3"]})
        said = told.json()
        assert (told.status_code, said["code"], said["what"]) == (409, "locks_you_out", ["caller", "every_admin"])
        assert said["networks"] == ["10.1.2.3/32"] and said["sessions_ended"] == 1
        assert (await admin.get(me)).json()["networks"][0]["network"] == "127.0.0.0/8", "a preview changes nothing"
        for wrong in ("", "0" * 32):
            assert (await admin.put(me, json={"networks": ["10.1.2.3"], "confirm": wrong})).status_code == 409
        other = await admin.put(me, json={"networks": ["10.9.9.9"], "confirm": said["confirm"]})
        assert other.status_code == 409, "the token is of that preview"
        done = await admin.put(me, json={"networks": ["10.1.2.3"], "confirm": said["confirm"]})
        assert (done.status_code, done.json()["sessions_ended"]) == (200, 1)
        assert (await admin.get(me)).status_code == 401
    assert await lines(scene) == ["address:changed"]


async def test_the_last_administrator_is_not_shut_out_by_a_colleague(scene: Scene) -> None:
    """Two administrators of one desk: the second may lose his seat, but not when the first has lost hers."""
    await scene.add("admin2", "admin", desk="main")
    first, second = (f"/api/addresses/account/{scene.staff[login].account_id}" for login in ("admin", "admin2"))
    async with await browser(scene, "admin") as admin, await browser(scene, "admin2") as colleague:
        assert (await admin.put(second, json={"networks": []})).status_code == 200, "one of the two still gets in"
        assert (await colleague.get(first)).status_code == 401
        refused = await admin.put(first, json={"networks": ["10.0.0.0/24"]})
        assert refused.json()["what"] == ["caller", "every_admin"]
        wide = await admin.put(second, json={"networks": ["0.0.0.0/0"]})
        assert (wide.status_code, wide.json()["code"], wide.json()["too_wide"]) == (409, "too_wide", ["0.0.0.0/0"])
        assert (await admin.put(second, json={"networks": ["seat 7"]})).json()["code"] == "bad_network"
        stranger = f"/api/addresses/account/{scene.staff['stranger'].account_id}"
        assert (await admin.put(stranger, json={"networks": []})).status_code == 404, "another desk's people"


async def test_an_agencys_network_lets_its_agents_in_and_its_end_ends_what_they_see(scene: Scene) -> None:
    police, incident_id = scene.staff["police"], await scene.emergency()
    await scene.sql("DELETE FROM allowed_address WHERE account_id = :id", id=police.account_id)
    await accepted(scene, incident_id)
    async with await browser(scene, "admin") as admin, await browser(scene, "police") as agent:
        assert (await agent.get("/api/me")).status_code == 401
        url = "/api/addresses/agency/112-demo"
        everybodys = await admin.put(url, json={"networks": []})
        assert (everybodys.status_code, everybodys.json()["code"]) == (409, "shared_agency"), "another desk's, too"
        refused = await admin.put(f"/api/addresses/account/{police.account_id}", json={"networks": []})
        assert (refused.status_code, refused.json()["code"]) == (409, "shared_agency")
        await scene.sql("UPDATE agreement SET ends_at = now() WHERE center_id = :other", other=OTHER)
        assert (await admin.put(url, json={"networks": [f"::ffff:{SEAT}"]})).json()["networks"][0][
            "network"
        ] == "127.0.0.1/32"
        assert (await agent.get("/api/me")).status_code == 200
        own = (await admin.get(f"/api/addresses/account/{police.account_id}")).json()
        assert own["networks"] == [] and own["inherited"][0]["network"] == "127.0.0.1/32"
        ids = [one["release_id"] for one in await open_cameras(scene.services, police, incident_id)]
        gate = ReleaseGate(scene.services)
        assert ids and await gate.still_open(ids) == {}
        assert (await admin.put(url, json={"networks": ["10.0.0.0/24"]})).json()["sessions_ended"] == 1
        assert (await agent.get("/api/me")).status_code == 401
        assert await gate.still_open(ids) == dict.fromkeys(ids, "address_not_registered")
    assert await lines(scene) == ["address:changed"] * 2


async def test_the_way_back_on_the_machine_itself(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.sql("DELETE FROM allowed_address")
    settings = scene.services.settings
    for name in ("database_url", "data_key"):
        monkeypatch.setenv(name.upper(), getattr(settings, name))

    async def command(*words: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, ansim, ["address", *words])

    wide = await command("add", "admin", "--network", "0.0.0.0/0")
    assert wide.exit_code == 2 and "strangers" in wide.stderr
    assert (await command("add", "nobody", "--network", SEAT)).exit_code == 2
    added = await command("add", "admin", "--network", SEAT)
    assert added.exit_code == 0, added.stderr
    held = [json.loads(line) for line in (await command("list", "--json")).stdout.splitlines()]
    assert held == [{"kind": "account", "name": "admin", "network": "127.0.0.1/32"}]
    async with await browser(scene, "admin") as admin:
        assert (await admin.get("/api/me")).status_code == 200
        gone = await command("remove", "admin", "--network", SEAT)
        assert "ended: 1" in gone.stdout
        assert (await admin.get("/api/me")).status_code == 401
    assert await lines(scene) == ["address:changed"] * 2
