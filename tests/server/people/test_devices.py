"""Buttons of a person who agreed: bound, listed, taken back; and a press through a real router gets her name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from location_router.runtime.device_keys import device_key, device_ref
from location_router.wire import DeviceReport
from server.people import devices, routes
from server.people.service import public_key_pem
from tests.location_router.routers import KEYS, Desk, a_world, an_alert, until
from tests.location_router.senders.vendors import Button
from tests.server.scene import Scene, app_of, client, installation, listening

NEW = {"kind": "button", "name": "빨간 단추", "consent": True}


@pytest.fixture
async def home(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database, serves="") as made:
        made.services.settings.installation, made.services.settings.installation_key = "home-1", KEYS["home-1"]
        yield made


@pytest.fixture
async def api(home: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with listening(app_of(home.services, routes.router)) as address, client(address) as made:
        signed_up = await made.post("/api/people", json={"nickname": "보라", "phone": "010-1234-5678"})
        made.headers["Authorization"] = f"Bearer {signed_up.json()['device_token']}"
        yield made


async def test_a_button_needs_consent_and_its_key_is_shown_once(home: Scene, api: httpx.AsyncClient) -> None:
    refused = await api.post("/api/people/me/devices", json=NEW | {"consent": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_consent")
    made = (await api.post("/api/people/me/devices", json=NEW)).json()
    assert made["device_key"] == device_key(KEYS["home-1"], made["device_id"]).hex()
    assert made["device_ref"] == device_ref("home-1", UUID(made["device_id"]))
    listed = (await api.get("/api/people/me/devices")).json()["devices"]
    assert [(one["name"], one["kind"], one["trouble"]) for one in listed] == [("빨간 단추", "button", "")]
    assert made["device_key"] not in str(listed) + str(await home.sql("SELECT * FROM device"))
    assert await home.one("SELECT consented_at FROM device WHERE kind = 'button'") is not None

    report = DeviceReport(
        report_id=UUID(int=7), device_id=made["device_id"], event="low_battery", battery_percent=9,
        at=home.services.clock(),
    )  # fmt: skip
    for _ in range(2):
        await devices.receive_device_report(home.services, report)
    listed = (await api.get("/api/people/me/devices")).json()["devices"]
    assert (listed[0]["trouble"], listed[0]["battery_percent"]) == ("low_battery", 9)

    path = f"/api/people/me/devices/{made['device_id']}"
    assert [(await api.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await api.get("/api/people/me/devices")).json() == {"devices": []}
    told = await home.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'tell_router_of_device'")
    assert [one["args"]["device_id"] for one in told] == [made["device_id"]] * 2


async def test_only_the_person_herself_binds(api: httpx.AsyncClient) -> None:
    assert (
        await api.post("/api/people/me/devices", json=NEW, headers={"Authorization": "Bearer x"})
    ).status_code == 401


@pytest.mark.database
async def test_a_press_reaches_a_desk_at_once_and_her_name_follows(
    home: Scene, api: httpx.AsyncClient, router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        await world.register("home-1", [], pem=await public_key_pem(home.services))
        home.services.router_client = httpx.AsyncClient(base_url=world.url, trust_env=False)
        desk = await Desk("serving-1", world.bus).listen()
        heard: list[dict[str, Any]] = []

        async def take(_: str, body: bytes) -> None:
            heard.append(json.loads(body))

        await world.bus.subscribe("home.home-1", "home", take)
        bound = (await api.post("/api/people/me/devices", json=NEW)).json()
        await devices.tell_router(home.services, UUID(bound["device_id"]))
        button = Button()
        button.device_id, button.ref = UUID(bound["device_id"]), bound["device_ref"]
        button.key = bytes.fromhex(bound["device_key"])
        pressed = (await world.client.post("/v1/devices/messages", content=button.message(pattern="silent"))).json()
        await until(lambda: desk.deliveries)
        assert desk.deliveries[0].alert.caller.nickname == ""

        report = await until(lambda: next((one for one in heard if one.get("event") == "pressed"), None))
        await devices.receive_device_report(home.services, DeviceReport.model_validate(report))
        (job,) = await home.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'supplement_alert'")
        await asyncio.gather(
            *(devices.supplement(home.services, UUID(job["args"]["alert_id"]), button.device_id) for _ in range(2))
        )
        await until(lambda: desk.deliveries[-1].alert.caller.nickname == "보라")
        last = desk.deliveries[-1]
        assert str(last.alert.alert_id) == pressed["alert_id"] and last.alert.phase == "active"
        assert (last.alert.caller.profile, last.alert.trigger) == ({"call": "silent"}, "device")
        assert "unverified" not in last.flags and last.alert.position is not None
        assert world.rows("SELECT count(*) FROM alert") == [(1,)]
        assigned = await until(lambda: next((one for one in heard if one.get("person_id")), None))
        assert assigned["state"] == "assigned", "her guardians can be told"
        await home.services.router_client.aclose()


def test_the_fixture_alert_is_not_a_device_report() -> None:
    assert not devices.is_device_report(json.dumps(an_alert()).encode()) and not devices.is_device_report(b"x")
