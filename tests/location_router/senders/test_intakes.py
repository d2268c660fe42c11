"""Alerts of other senders, text messages and buttons, through a real router: never refused, never twice."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.runtime.seal import Sealer, new_key
from location_router.senders import gate, store
from location_router.senders.gateways import quarantined
from location_router.sms_text import SmsAlert, encode
from mobile_app.core.ids import uuid7
from tests.location_router.routers import ANYANG, ANYANG_CODE, TEST_KEY, Desk, World, a_world, an_alert, until
from tests.location_router.senders.vendors import Button, a_sender, by_home, send, signed

pytestmark = pytest.mark.database
NUMBER = "010-9876-5432"


@pytest.fixture(autouse=True)
def fresh_register(monkeypatch: pytest.MonkeyPatch) -> None:
    """A revoked key counts for two seconds more; here for a twentieth of one."""
    monkeypatch.setattr(gate, "FRESH_S", 0.05)
    monkeypatch.setattr(gate, "LOOK_AGAIN_S", 0.0)


async def alert_row(world: World, alert_id: Any) -> tuple[list[str], str]:
    ((flags, device_id),) = world.rows("SELECT flags, device_id FROM alert WHERE alert_id = %s", UUID(str(alert_id)))
    return flags, device_id


async def test_a_registered_sender_vouches_and_a_stranger_is_flagged(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        buttons = await a_sender(world, scopes=("alerts", "positions"))
        good = await send(world, buttons, "/v1/alerts", an_alert())
        assert good.status_code == 202 and good.json()["flags"] == []
        by_key = await world.post(an_alert(), token=buttons.key)
        assert by_key.json()["flags"] == []
        body = json.dumps(an_alert()).encode()
        forged = signed(buttons, "/v1/alerts", body) | {"X-Ansim-Signature": "0" * 64}
        bad = await world.client.post("/v1/alerts", content=body, headers=forged)
        assert bad.status_code == 202 and bad.json()["flags"] == ["unverified"], "intake fails open"
        await until(lambda: len(desk.deliveries) == 3)
        assert {one.alert.sender for one in desk.deliveries} == {"buttons"}

        path = f"/v1/alerts/{good.json()['alert_id']}/positions"
        batch = {"positions": [{**ANYANG, "fixed_at": datetime.now(UTC).isoformat()}]}
        assert (await send(world, buttons, path, batch)).status_code == 202, "its own alert"
        other = await a_sender(world, "other", scopes=("alerts", "positions"))
        assert (await send(world, other, path, batch)).status_code == 403, "another sender's"

        async with world.router.pool.transaction() as conn:
            await store.revoke(conn, "buttons")
        await asyncio.sleep(0.06)
        late = await send(world, buttons, "/v1/alerts", an_alert())
        assert late.status_code == 202 and late.json()["flags"] == ["unverified"]
        for scoped in ("/v1/sms", "/v1/els", "/v1/sandbox/alerts"):
            refused = await send(world, buttons, scoped, {})
            assert (refused.status_code, refused.json()["code"]) == (401, "revoked"), scoped
        assert buttons.key not in str(world.rows("SELECT * FROM sender_key")), "no key is kept"


async def test_a_key_sealed_with_another_data_key_costs_nobody_elses_alert(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        good = await a_sender(world)
        async with world.router.pool.transaction() as conn:
            odd = await store.create(
                conn, Sealer(new_key()), sender_id="odd", name="다른 DATA_KEY로", scopes=["alerts", "sandbox"]
            )
        body = json.dumps(an_alert()).encode()
        assert (await send(world, good, "/v1/sandbox/alerts", an_alert())).status_code == 202
        assert (await send(world, good, "/v1/alerts", an_alert())).json()["flags"] == []
        stranger = await world.client.post("/v1/alerts", content=body, headers={"Authorization": "Bearer ansk_x"})
        assert stranger.status_code == 202
        theirs = await send(world, odd, "/v1/alerts", an_alert())
        assert theirs.status_code == 202 and theirs.json()["flags"] == ["unverified"], "its signature can't be checked"
        assert (await world.post(an_alert(), token=odd.key)).json()["flags"] == [], "its key can"


async def test_two_keys_are_good_while_one_replaces_the_other(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        first = await a_sender(world)
        async with world.router.pool.transaction() as conn:
            second = await store.rotate(conn, Sealer(TEST_KEY), "buttons", overlap_s=3600)
        for issued in (first, second):
            assert (await send(world, issued, "/v1/alerts", an_alert())).json()["flags"] == []
        async with world.router.pool.transaction() as conn:
            third = await store.rotate(conn, Sealer(TEST_KEY), "buttons", overlap_s=3600)
            listed = await store.list_senders(conn)
        assert listed[0]["keys"] == 2 and second.older_keys_end_at
        await asyncio.sleep(0.06)
        flags = [(await send(world, one, "/v1/alerts", an_alert())).json()["flags"] for one in (first, second, third)]
        assert flags == [["unverified"], [], []]


def a_text(button: Button, **fields: Any) -> tuple[str, SmsAlert]:
    alert = SmsAlert(
        **{
            "alert_id": UUID(uuid7(datetime.now(UTC), uuid4().int)), "device_ref": button.ref, "trigger": "shake",
            "lat": 37.4015, "lon": 126.9227, "accuracy_m": 12, "fix_offset_s": -5,
        } | fields
    )  # fmt: skip
    return encode(alert, button.key), alert


@pytest.mark.parametrize("first", ["sms", "data"])
async def test_the_text_and_its_data_copy_are_one_alert_and_the_richer_one_wins(
    first: str, router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        gateway = await a_sender(world, "telco", scopes=("sms_gateway",))
        phone = Button()
        text, alert = a_text(phone)
        letter = {"from": NUMBER, "text": text, "message_id": "m1"}
        data = an_alert(alert_id=str(alert.alert_id), caller={"nickname": "지영", "phone": NUMBER, "language": "en"})

        async def by_sms() -> None:
            answer = await send(world, gateway, "/v1/sms", letter)
            assert (answer.status_code, answer.json()["result"]) == (202, "accepted"), answer.text
            assert answer.json()["alert_id"] == str(alert.alert_id)

        steps = [by_sms, lambda: world.post(data)]
        for step in steps if first == "sms" else reversed(steps):
            await step()
            await step()
        await until(lambda: desk.deliveries and desk.deliveries[-1].alert.caller.nickname == "지영")
        assert world.rows("SELECT count(*) FROM alert") == [(1,)]
        last = desk.deliveries[-1].alert
        assert (last.caller.phone, last.caller.language, last.channel) == (NUMBER, "en", "data")
        assert {one.alert.alert_id for one in desk.deliveries} == {alert.alert_id}
        assert len(desk.deliveries) == (2 if first == "sms" else 1), "a poorer copy tells the desk nothing"
        _, device_id = await alert_row(world, alert.alert_id)
        if first == "sms":
            assert device_id == str(phone.id), "proven by the text's signature alone"


async def test_broken_texts_are_alerts_and_junk_is_kept(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        gateway = await a_sender(world, "telco", scopes=("sms_gateway",))
        text, alert = a_text(Button())
        cut = (await send(world, gateway, "/v1/sms", {"from": NUMBER, "text": text[:60]})).json()
        assert set(cut["flags"]) == {"unverified", "truncated"} and cut["alert_id"] == str(alert.alert_id)
        assert cut["center"]["code"] == ANYANG_CODE, "the place was still legible"
        forged, _ = a_text(Button(key="not the home's"))
        bad = (await send(world, gateway, "/v1/sms", {"from": NUMBER, "text": forged})).json()
        assert bad["flags"] == ["unverified"]
        bare = (await send(world, gateway, "/v1/sms", {"from": NUMBER, "text": "ANSIM1;?? 살려"})).json()
        assert {"no_position", "truncated", "unverified"} <= set(bare["flags"])
        again = (await send(world, gateway, "/v1/sms", {"from": NUMBER, "text": "ANSIM1;?? 살려"})).json()
        assert again["alert_id"] == bare["alert_id"], "the gateway's second try is the same alert"
        junk = (await send(world, gateway, "/v1/sms", {"from": NUMBER, "text": "(광고) 대출"})).json()
        assert junk == {"result": "quarantined", "flags": []}
        kept = await quarantined(world.router.pool, Sealer(TEST_KEY))
        assert [one["code"] for one in kept] == ["sms_unreadable"] and "대출" in kept[0]["body"]
        assert world.rows("SELECT count(*) FROM alert") == [(3,)]


async def test_korean_providers_send_forms_in_either_encoding(router_database: str, bus_database: str) -> None:
    from urllib.parse import quote_from_bytes

    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        gateway = await a_sender(world, "telco", scopes=("sms_gateway",))
        text, alert = a_text(Button())
        message = quote_from_bytes(f"[Web발신]\n{text}".encode("cp949"))
        body = f"sender={NUMBER}&msg={message}&msgid=7".encode()
        headers = signed(gateway, "/v1/sms", body) | {
            "Content-Type": "application/x-www-form-urlencoded; charset=euc-kr"
        }
        answer = await world.client.post("/v1/sms", content=body, headers=headers)
        assert answer.json()["alert_id"] == str(alert.alert_id) and answer.json()["flags"] == []


async def test_a_duress_end_by_text_is_delivered_as_such(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        gateway, phone = await a_sender(world, "telco", scopes=("sms_gateway",)), Button()
        text, alert = a_text(phone)
        ended, _ = a_text(phone, alert_id=alert.alert_id, phase="ended", outcome="duress")
        for one in (text, ended):
            answer = await send(world, gateway, "/v1/sms", {"from": NUMBER, "text": one})
        assert answer.json()["phase"] == "ended"
        await until(lambda: desk.deliveries[-1].alert.outcome == "duress" if desk.deliveries else False)
        assert desk.deliveries[-1].alert.phase == "active"


@pytest.mark.parametrize("order", ["alert first", "location first"])
async def test_an_els_location_joins_the_alert_of_its_number(
    order: str, router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        network = await a_sender(world, "telco", scopes=("els",))
        alert = an_alert(position=None, caller={"phone": NUMBER})
        form = {"text": f'A"ML=1;lt=+37.40150;lg=+126.92270;rd=30;top={datetime.now(UTC):%Y%m%d%H%M%S};lc=68;pm=G;ml=0',
                "from": "01098765432"}  # fmt: skip

        async def located() -> dict[str, Any]:
            return (await send(world, network, "/v1/els", form)).json()  # type: ignore[no-any-return]

        if order == "alert first":
            await world.post(alert)
            assert (await located())["alert_id"] == alert["alert_id"]
        else:
            assert (await located())["alert_id"] is None, "it waits, and is no alert by itself"
            assert world.rows("SELECT count(*) FROM alert") == [(0,)]
            await world.post(alert)
        await until(lambda: world.rows("SELECT 1 FROM els_location WHERE alert_id IS NOT NULL"))
        await until(lambda: world.rows("SELECT 1 FROM alert WHERE position_sealed IS NOT NULL"))
        assert NUMBER not in str(world.rows("SELECT * FROM els_location"))


async def test_a_button_is_pressed_replayed_cancelled_and_forged(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk, button = await Desk("serving-1", world.bus).listen(), Button()

        async def says(body: bytes) -> dict[str, Any]:
            answer = await world.client.post("/v1/devices/messages", content=body)
            assert answer.status_code == 202, answer.text
            return answer.json()  # type: ignore[no-any-return]

        press = button.message(pattern="silent")
        first = await says(press)
        assert first["is_new"] and first["flags"] == [] and first["center"]["code"] == ANYANG_CODE
        replay = await says(press)
        assert replay["alert_id"] == first["alert_id"] and not replay["is_new"]
        await until(lambda: desk.deliveries)
        told = desk.deliveries[0].alert
        assert (told.channel, told.trigger, told.caller.profile) == ("device", "device", {"call": "silent"})

        tampered = json.loads(button.message()) | {"lat": 35.1}
        forged = await says(json.dumps(tampered).encode())
        assert forged["flags"] == ["unverified"], "still a cry for help"
        real = await says(button.message(seq=tampered["seq"]))
        assert real["alert_id"] != forged["alert_id"], "a forged press does not occupy the real one's id"

        unsigned_cancel = json.dumps(json.loads(button.message("cancel")) | {"mac": "x"}).encode()
        await says(unsigned_cancel)
        assert (await alert_phase(world, first["alert_id"])) == "active", "nobody cancels without the key"
        assert (await says(button.message("cancel", seq=50)))["is_new"]
        assert (await alert_phase(world, first["alert_id"])) == "ended"

        old = int((datetime.now(UTC) - timedelta(days=3)).timestamp())
        count = world.rows("SELECT count(*) FROM alert")
        assert "alert_id" not in await says(button.message(seq=30, at=old)), "a recording raises nothing"
        assert world.rows("SELECT count(*) FROM alert") == count
        assert (await world.client.post("/v1/devices/messages", content=b"hello")).status_code == 422


async def alert_phase(world: World, alert_id: str) -> str:
    return str(world.rows("SELECT phase FROM alert WHERE alert_id = %s", UUID(alert_id))[0][0])


async def test_a_home_center_hears_of_presses_low_batteries_and_silence(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("home-1", [])
        heard: list[dict[str, Any]] = []

        async def take(_: str, body: bytes) -> None:
            heard.append(json.loads(body))

        await world.bus.subscribe("home.home-1", "home", take)
        button = Button()
        path, body = f"/v1/devices/{button.id}", json.dumps({"kind": "button", "heartbeat_s": 1}).encode()
        headers = by_home(path, body)
        assert (await world.client.put(path, content=body, headers=headers)).status_code == 200
        await world.client.post("/v1/devices/messages", content=button.message())
        await world.client.post("/v1/devices/messages", content=button.message("heartbeat", bat=9))
        await until(lambda: {"pressed", "low_battery"} <= {one.get("event") for one in heard})
        world.rows("UPDATE device SET last_seen_at = now() - interval '4 s'")
        await until(lambda: {"pressed", "low_battery", "silent"} <= {one.get("event") for one in heard}, within_s=9)
        pressed = next(one for one in heard if one.get("event") == "pressed")
        assert pressed["device_id"] == str(button.id) and pressed["alert_id"]
        await world.client.post("/v1/devices/messages", content=button.message("heartbeat", bat=90))
        await until(lambda: any(one.get("event") == "back" for one in heard))

        gone = json.dumps({"kind": "button", "state": "revoked"}).encode()
        headers = by_home(path, gone)
        await world.client.put(path, content=gone, headers=headers)
        answer = (await world.client.post("/v1/devices/messages", content=button.message())).json()
        assert "unverified" in answer["flags"], "a button that was taken back still calls, and is flagged"


async def test_a_page_of_a_home_center_may_send_and_read_the_answer(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("home-1", [], https_url="https://home.example.kr:8443/x")
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        for origin, allowed in (("https://home.example.kr:8443", True), ("https://evil.example", False)):
            preflight = await world.client.options("/v1/alerts", headers=asks | {"Origin": origin})
            assert (preflight.status_code == 200) == allowed
            answer = await world.client.post("/v1/alerts", json=an_alert(), headers={"Origin": origin})
            assert (
                answer.status_code == 202 and (answer.headers.get("access-control-allow-origin") == origin) == allowed
            )
        answer = await world.client.get("/v1/centers", headers={"Origin": "https://home.example.kr:8443"})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("kind", ["expired", "unknown issuer"])
async def test_an_old_or_foreign_token_is_flagged(kind: str, router_database: str, bus_database: str) -> None:
    from location_router.runtime.tokens import LIFE, Device, new_device_keys, sign_device_token

    async with a_world(router_database, bus_database) as world:
        private, public = new_device_keys()
        await world.register("serving-1", "all")
        await world.register("home-1", [], pem=public)
        issuer = "home-1" if kind == "expired" else "nobody"
        at = datetime.now(UTC) - (LIFE + timedelta(days=1) if kind == "expired" else timedelta())
        token = sign_device_token(Device(issuer, "d1", "p1", ANYANG_CODE), private, now=at)
        answer = await world.post(an_alert(), token=token)
        assert answer.status_code == 202
        assert answer.json()["flags"] == (["expired"] if kind == "expired" else ["unverified"])
