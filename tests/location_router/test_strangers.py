"""What somebody can do who knows an alert's id, a device's name or a person's number, and has no credential for it.

An id is no secret: it stands in a guardian's push, in a text message's plain text, in a button's answer.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

import pytest

from location_router import alerts, links
from location_router.devices import IDS
from location_router.linking import claims_of
from location_router.runtime.device_keys import device_key, device_ref
from location_router.runtime.seal import Sealer
from location_router.runtime.tokens import Device, new_device_keys, sign_device_token
from location_router.sms_text import SmsAlert, encode
from location_router.wire import utc_now
from tests.location_router.routers import ANYANG, ANYANG_CODE, KEYS, TEST_KEY, Desk, World, a_world, an_alert, until
from tests.location_router.senders.vendors import Button, a_sender, send

pytestmark = pytest.mark.database
PRIVATE, PEM = new_device_keys()
BUSAN = {"lat": 35.1796, "lon": 129.0756}


def a_token(device: str = "d-1", *, home: str = "home-1") -> str:
    return sign_device_token(Device(home, device, "p-1", ANYANG_CODE), PRIVATE)


async def ready(world: World) -> Desk:
    await world.register("serving-1", "all")
    await world.register("home-1", [], pem=PEM)
    return await Desk("serving-1", world.bus).listen()


@pytest.mark.parametrize("outcome", ["cancel", "duress"])
async def test_who_only_knows_her_alerts_id_can_not_end_it(
    outcome: str, router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        desk = await ready(world)
        hers = an_alert()
        first = (await world.post(hers, token=a_token())).json()
        assert first["flags"] == [] and first["live_token"]
        forged = {"alert_id": hers["alert_id"], "phase": "ended", "outcome": outcome,
                  "caller": {"phone": "010-6666-6666", "nickname": "범인"}}  # fmt: skip
        forged["position"] = {**BUSAN, "fixed_at": datetime.now(UTC).isoformat()}
        for token in ("", a_token("another phone")):
            answer = await world.post(forged, token=token)
            assert answer.status_code == 202, "intake never refuses"
            assert answer.json()["phase"] == "active" and answer.json()["live_token"] == ""
        assert world.rows("SELECT phase, outcome, device_id FROM alert") == [("active", "", "d-1")]
        await asyncio.sleep(0.2)
        assert {one.alert.phase for one in desk.deliveries} == {"active"}
        assert {one.alert.caller.phone for one in desk.deliveries} == {"010-1234-5678"}
        assert all(one.alert.position and one.alert.position.lat == ANYANG["lat"] for one in desk.deliveries)
        path = f"/v1/alerts/{hers['alert_id']}/positions"
        batch = json.dumps({"positions": [forged["position"]]})
        bearer = {"Authorization": f"Bearer {a_token('another phone')}"}
        assert (await world.client.post(path, content=batch, headers=bearer)).status_code == 403
        hers |= {"phase": "ended", "outcome": outcome}
        ended = await world.post(hers, token=a_token())
        assert ended.json()["phase"] == "ended" and ended.json()["live_token"] == first["live_token"]


async def test_a_stranger_may_add_what_is_missing_and_make_it_graver(router_database: str, bus_database: str) -> None:
    """A copy that lost its credential on the way (a cut text message) is still worth something."""
    async with a_world(router_database, bus_database) as world:
        desk = await ready(world)
        hers = an_alert(position=None, phase="pre", countdown_s=30)
        await world.post(hers, token=a_token())
        await world.post(hers | {"phase": "active", "position": {**ANYANG, "fixed_at": hers["raised_at"]}})
        await until(lambda: desk.deliveries and desk.deliveries[-1].alert.phase == "active")
        assert desk.deliveries[-1].alert.position is not None
        assert desk.deliveries[-1].flags == []


async def test_nobody_occupies_the_alert_of_a_press_to_come(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await ready(world)
        button = Button()
        for seq in range(1, 4):  # whoever saw one message knows the device and counts on
            guess = uuid5(IDS, f"{button.ref}/{seq}")
            await world.post(an_alert(alert_id=str(guess), phase="ended", outcome="cancel"))
        answer = await world.client.post("/v1/devices/messages", content=button.message())
        assert answer.status_code == 202
        row = world.rows("SELECT phase FROM alert WHERE alert_id = %s", UUID(answer.json()["alert_id"]))
        assert row == [("active",)], "the press is heard"


async def test_an_installation_can_not_cancel_with_a_device_of_anothers(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await ready(world)
        button = Button()
        pressed = await world.client.post("/v1/devices/messages", content=button.message())
        rogue = Button("serving-2")
        rogue.device_id = button.device_id
        rogue.ref, rogue.seq = device_ref("serving-2", button.device_id), 50
        rogue.key = device_key(KEYS["serving-2"], str(button.device_id))
        await world.client.post("/v1/devices/messages", content=rogue.message("cancel"))
        row = world.rows("SELECT phase FROM alert WHERE alert_id = %s", UUID(pressed.json()["alert_id"]))
        assert row == [("active",)]


async def test_a_recorded_text_from_another_number_changes_no_callback(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        desk = await ready(world)
        gateway = await a_sender(world, "gateway", scopes=("sms_gateway",))
        button = Button()
        place = {**ANYANG, "accuracy_m": 12, "battery_percent": 40}
        text = encode(SmsAlert(alert_id=uuid4(), device_ref=button.ref, **place), button.key)
        await send(world, gateway, "/v1/sms", {"from": "01012345678", "text": text})
        await send(world, gateway, "/v1/sms", {"from": "01066666666", "text": text})
        await until(lambda: desk.deliveries)
        await asyncio.sleep(0.2)
        assert {one.alert.caller.phone for one in desk.deliveries} == {"01012345678"}


async def test_a_forged_number_does_not_draw_her_emergency_location_away(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await ready(world)
        network = await a_sender(world, "network", scopes=("els",))
        hers, forged = an_alert(position=None), an_alert(position=None)
        await world.post(hers, token=a_token())
        await world.post(forged)
        now_ms = int(utc_now().timestamp() * 1000)
        answer = await send(world, network, "/v1/els", {
            "device_number": "+821012345678", "location_latitude": ANYANG["lat"], "location_longitude": ANYANG["lon"],
            "location_accuracy": 20, "location_time": now_ms,
        })  # fmt: skip
        assert answer.json()["alert_id"] == hers["alert_id"]


async def test_a_flood_of_her_number_does_not_hold_her_up(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever types one number again and again makes a queue of that number; nobody has to stand in it."""
    monkeypatch.setattr(alerts, "PATIENCE_S", 0.2)
    async with a_world(router_database, bus_database) as world:
        await ready(world)
        number = Sealer(TEST_KEY).digest("told:01012345678", context="alert.claim")
        async with world.router.alerts._turns.of([number]):
            answer = await asyncio.wait_for(world.post(an_alert()), 3)
        assert answer.status_code == 202
        assert world.rows("SELECT count(*) FROM alert_claim") == [(0,)], "as somebody of her own"


async def test_one_number_raised_often_is_not_dearer_each_time(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        for _ in range(15):  # all at once a busy machine answers some of them with "later"
            await asyncio.gather(*(world.post(an_alert(position=None)) for _ in range(5)))
        digests = links.digests_of(Sealer(TEST_KEY), claims_of(phone="010-1234-5678"))
        async with world.router.pool.connection() as conn:
            found = await links.partners_of(conn, digests, uuid4(), utc_now())
        assert len(found.alert_ids) <= 60 and len(found.partners) == 20
