"""An evening with scouts: booked, assigned, met by code, brought home, the way back; and everything that goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from server.people import routes as people
from server.people.service import public_key_pem
from server.scouts import deadlines, her_routes, pair_routes, routes, sos
from server.scouts.offer import WEEKDAYS, night_of
from server.staff.routes import COOKIE as SESSION
from tests.location_router.routers import KEYS, Desk, a_world, until
from tests.server.deliveries import Clock
from tests.server.scene import CENTER, LAT, LON, SEAT, Scene, app_of, installation

pytestmark = pytest.mark.database
OFFER = {
    "hours": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    "lead_min": 30,
    "pairs": 1,
    "trip_min": 40,
    "return_min": 20,
    "hubs": [{"hub_id": "station-1", "name_ko": "안양역 1번 출구", "name_en": "Anyang Sta.", "lat": LAT, "lon": LON}],
    "radius_m": 3000,
}
MEET = {"lat": LAT + 0.002, "lon": LON}


@dataclass
class Evening:
    """A center with its dispatcher, two people and a pair's work phone; the clock in the hand."""

    scene: Scene
    clock: Clock
    desk: httpx.AsyncClient
    her: httpx.AsyncClient
    other: httpx.AsyncClient
    phone: httpx.AsyncClient
    leader: httpx.AsyncClient
    pair_id: str = ""
    link: str = ""

    async def ok(self, answer: httpx.Response) -> Any:
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, answer: httpx.Response, code: str) -> dict[str, Any]:
        assert (answer.is_success, answer.json()["code"]) == (False, code), answer.text
        return dict(answer.json())

    def wish(self, at: str, **more: Any) -> dict[str, Any]:
        return {"at": at, "meet": MEET, "meet_text": "편의점 앞", "destination": "비밀아파트 3동"} | more

    async def free(self) -> list[str]:
        told = await self.ok(await self.her.post("/api/people/me/scouts/offered", json=MEET))
        assert told["why"] == "" and told["center"]["code"] == CENTER
        return [slot["at"] for slot in told["slots"]]

    async def booked(self) -> str:
        """A booking of hers that is assigned to the pair, five minutes before its time."""
        at, booking_id = (await self.free())[0], str(uuid4())
        await self.ok(await self.her.put(f"/api/people/me/scouts/{booking_id}", json=self.wish(at)))
        await self.ok(await self.desk.post(f"/api/scouts/bookings/{booking_id}/assign", json={"pair_id": self.pair_id}))
        ahead = datetime.fromisoformat(at) - self.clock() - timedelta(minutes=5)
        self.clock.forward(max(0.0, ahead.total_seconds()))
        return booking_id

    async def mine(self, booking_id: str) -> dict[str, Any]:
        return dict(await self.ok(await self.her.get(f"/api/people/me/scouts/{booking_id}")))

    async def page(self) -> dict[str, Any]:
        return dict(await self.ok(await self.phone.get(f"/api/scout/{self.link}")))

    async def step(self, booking_id: str, step: str) -> httpx.Response:
        return await self.phone.post(f"/api/scout/{self.link}/bookings/{booking_id}/step", json={"step": step})

    async def theirs(self, booking_id: str) -> dict[str, Any]:
        return next(one for one in (await self.page())["bookings"] if one["booking_id"] == booking_id)

    async def reads(self, who: str, booking_id: str, code: str) -> httpx.Response:
        if who == "pair":
            return await self.phone.post(f"/api/scout/{self.link}/bookings/{booking_id}/code", json={"code": code})
        return await self.her.post(f"/api/people/me/scouts/{booking_id}/code", json={"code": code})

    async def walked(self, booking_id: str) -> None:
        """They meet and know each other."""
        await self.ok(await self.step(booking_id, "arrive"))
        await self.ok(await self.reads("pair", booking_id, (await self.mine(booking_id))["code"]["text"]))
        await self.ok(await self.reads("person", booking_id, (await self.theirs(booking_id))["code"]["text"]))

    async def sweep(self, seconds: float) -> None:
        self.clock.forward(seconds)
        while await deadlines.advance_scouts(self.scene.services):
            pass

    async def tags(self) -> list[str]:
        rows = await self.scene.sql("SELECT tag FROM event WHERE starts_with(tag, 'scout:') ORDER BY seq")
        return [row["tag"].partition(":")[2] for row in rows]


@asynccontextmanager
async def an_evening(url: str) -> AsyncIterator[Evening]:
    async with installation(url) as scene, AsyncExitStack() as stack:
        clock = scene.services.clock = Clock()
        app = app_of(scene.services, people.router, routes.router, her_routes.router, pair_routes.router)

        async def browser(**options: Any) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, client=(SEAT, 1))
            return await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://center", **options)
            )

        for login in ("supervisor", "operator"):
            digest = scene.services.sealer.digest(f"token-of-{login}", context="session")
            await scene.sql(
                "UPDATE session SET token_digest = :d, expires_at = now() + interval '3 days' WHERE account_id = :id",
                d=digest,
                id=scene.staff[login].account_id,
            )
        desk, leader = [await browser(cookies={SESSION: f"token-of-{one}"}) for one in ("operator", "supervisor")]
        people_s = [await browser(), await browser()]
        for n, one in enumerate(people_s):
            told = await one.post("/api/people", json={"nickname": f"보라{n}", "phone": f"0101234567{n}"})
            one.headers["Authorization"] = f"Bearer {told.json()['device_token']}"
        put = await leader.put(f"/api/scouts/offers/{CENTER}/2020-01-01", json=OFFER)
        assert put.status_code == 200, put.text
        evening = Evening(scene, clock, desk, *people_s, await browser(), leader)
        now = clock()
        pair = {
            "center": CENTER,
            "name": "1조",
            "members": [{"name": "김길동", "phone": "010-2222-3333"}, {"name": "이순신"}],
            "begins_at": (now - timedelta(minutes=5)).isoformat(),
            "ends_at": (now + timedelta(hours=8)).isoformat(),
        }
        far = pair | {"begins_at": "9999-12-31T23:00:00Z", "ends_at": "9999-12-31T23:30:00Z"}
        assert (await desk.post("/api/scouts/pairs", json=far)).json()["field"] == "begins_at"
        made = (await desk.post("/api/scouts/pairs", json=pair)).json()
        evening.pair_id, evening.link = made["pair_id"], made["link"]
        path = f"/api/scout/{made['link']}"
        await evening.refused(await evening.phone.get(path), "not_bound")
        wrong = f"{(int(made['code']) + 1) % 10**6:06d}"
        assert (await evening.refused(await evening.phone.post(f"{path}/open", json={"code": wrong}), "wrong_code"))[
            "attempts_left"
        ] == 4
        await evening.ok(await evening.phone.post(f"{path}/open", json={"code": made["code"]}))
        await evening.refused(await desk.post(f"{path}/open", json={"code": made["code"]}), "bound_elsewhere")
        yield evening


async def test_an_evening_from_the_wish_to_the_way_back(installation_database: str) -> None:
    async with an_evening(installation_database) as evening:
        await _booked_by_one_only(evening)
        await _met_by_code(evening)
        await _brought_home_and_back(evening)
        await _does_not_come(evening)
        await _a_stranger_with_wrong_codes(evening)
        await _telephoned(evening)
        await _an_offer_tried_and_taken_back(evening)
        await _called_off_and_the_end_of_duty(evening)


async def _booked_by_one_only(evening: Evening) -> None:
    far = await evening.ok(await evening.her.post("/api/people/me/scouts/offered", json={"lat": 37.58, "lon": 126.98}))
    assert (far["why"], far["center"]["code"]) == ("no_offer", "11110"), "the place decides, not her home"
    at, booking_id = (await evening.free())[0], str(uuid4())
    path = f"/api/people/me/scouts/{booking_id}"
    answers = [await evening.ok(await evening.her.put(path, json=evening.wish(at))) for _ in range(2)]
    assert {one["state"] for one in answers} == {"booked"} and len(await evening.tags()) == 4, "twice is once"
    await evening.refused(await evening.other.put(path, json=evening.wish(at)), "no_booking")
    await evening.refused(
        await evening.her.put(f"/api/people/me/scouts/{uuid4()}", json=evening.wish((await evening.free())[-1])),
        "already_booked",
    )
    none_left = await evening.other.put(f"/api/people/me/scouts/{uuid4()}", json=evening.wish(at))
    assert (await evening.refused(none_left, "no_slot"))["next"], "with the next ones that can be had"
    assert (await evening.other.get(path)).status_code == 404
    assert (await evening.mine(booking_id))["shown"] == []
    board = await evening.ok(await evening.desk.get("/api/scouts/board"))
    assert [(one["name"], one["destination"]) for one in board["bookings"]] == [("보라0", "비밀아파트 3동")]
    assert [one["to"] for one in (await evening.mine(booking_id))["shown"]] == ["operator"], "she sees who looked"
    await evening.ok(await evening.her.post(f"{path}/cancel"))
    await evening.refused(
        await evening.desk.post(f"/api/scouts/bookings/{booking_id}/assign", json={"pair_id": evening.pair_id}),
        "not_allowed",
    )


async def _met_by_code(evening: Evening) -> None:
    booking_id = await evening.booked()
    place = {"lat": LAT, "lon": LON, "accuracy_m": 9, "fixed_at": evening.clock().isoformat()}
    await evening.ok(await evening.phone.post(f"/api/scout/{evening.link}/position", json=place))
    hers = await evening.mine(booking_id)
    assert hers["pair"]["name"] == "1조" and hers["pair"]["position"]["lat"] == LAT, "she sees them come"
    await evening.ok(await evening.step(booking_id, "arrive"))
    old = (await evening.mine(booking_id))["code"]["text"]
    evening.clock.forward(90)
    for who, code in (("pair", old), ("person", "000 00"), ("person", hers["code"]["text"])):
        told = await evening.refused(await evening.reads(who, booking_id, code), "wrong_code")
    assert (told["wrong_codes"], told["attempts_left"]) == (3, 2)
    assert {(await evening.mine(booking_id))["wrong_codes"], (await evening.theirs(booking_id))["wrong_codes"]} == {3}
    await evening.ok(await evening.reads("pair", booking_id, (await evening.mine(booking_id))["code"]["text"]))
    assert (await evening.mine(booking_id))["state"] == "waiting", "each has to know the other"
    code = (await evening.theirs(booking_id))["code"]["text"]
    seen = await evening.ok(await evening.reads("person", booking_id, f"ansim-scout:{booking_id}:pair:{code}"))
    assert (seen["state"], seen["code"], seen["pair"]["position"]) == ("accompanying", None, None)


async def _brought_home_and_back(evening: Evening) -> None:
    (booking,) = [one for one in (await evening.page())["bookings"] if one["state"] == "accompanying"]
    safe_by = (await evening.page())["pair"]["safe_by"]
    assert safe_by == (evening.clock() + timedelta(minutes=60)).isoformat().replace("+00:00", "Z")[: len(safe_by)] or (
        safe_by < (evening.clock() + timedelta(minutes=61)).isoformat()
    ), "forty minutes of trip and twenty of way back"
    await evening.ok(await evening.her.post(f"/api/people/me/scouts/{booking['booking_id']}/home"))
    await evening.sweep(21 * 60)
    pair = (await evening.page())["pair"]
    assert pair["late_level"] == 1 and (await evening.tags())[-1] == "overdue"
    await evening.sweep(5 * 60)
    assert (await evening.page())["pair"]["late_level"] == 2 and (await evening.tags())[-1] == "overdue_leader"
    await evening.ok(await evening.phone.post(f"/api/scout/{evening.link}/safe"))
    assert (await evening.page())["pair"]["late_level"] == 0
    over = await evening.theirs(booking["booking_id"])
    assert (over["state"], over["name"], over["destination"], over["meet"]) == ("closed", "", "", None)


async def _does_not_come(evening: Evening) -> None:
    booking_id = await evening.booked()
    await evening.ok(await evening.step(booking_id, "arrive"))
    await evening.sweep(10 * 60)
    early = await evening.desk.post(f"/api/scouts/bookings/{booking_id}/no_show")
    await evening.refused(early, "not_allowed")
    await evening.sweep(6 * 60)
    assert (await evening.mine(booking_id))["state"] == "no_show" == (await evening.theirs(booking_id))["state"]
    texts = await evening.scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_text'")
    assert texts == 5, "two assigned, two waiting, one no-show"
    await evening.ok(await evening.step(booking_id, "come_back"))
    await evening.ok(await evening.reads("pair", booking_id, (await evening.mine(booking_id))["code"]["text"]))
    await evening.ok(
        await evening.desk.post(f"/api/scouts/bookings/{booking_id}/begin", json={"reason": "전화로 확인함"})
    )
    await evening.ok(await evening.step(booking_id, "reach_home"))
    await evening.ok(await evening.phone.post(f"/api/scout/{evening.link}/safe"))


async def _a_stranger_with_wrong_codes(evening: Evening) -> None:
    booking_id = await evening.booked()
    for n in range(5):
        code = f"{(int((await evening.theirs(booking_id))['code']['text']) + 7) % 10**6:06d}"
        await evening.refused(await evening.reads("person", booking_id, code), "locked" if n == 4 else "wrong_code")
    hers = await evening.mine(booking_id)
    assert hers["is_locked"] and hers["code"] is None and (await evening.theirs(booking_id))["code"] is None
    await evening.refused(await evening.reads("pair", booking_id, "123456"), "locked")
    await evening.ok(
        await evening.desk.post(
            f"/api/scouts/bookings/{booking_id}/call_off", json={"reason": "unsafe", "note": "낯선 사람"}
        )
    )
    hers = await evening.mine(booking_id)
    assert (hers["state"], hers["reason"]) == ("called_off", "안전하지 않은 상황 (낯선 사람)")


async def _telephoned(evening: Evening) -> None:
    """Who has no app: the dispatcher books, both codes stand in a text, the pair types hers and she reads theirs."""
    told = await evening.ok(await evening.desk.post("/api/scouts/offered", json=MEET))
    at, booking_id = told["slots"][0]["at"], str(uuid4())
    path = f"/api/scouts/bookings/{booking_id}"
    wish = evening.wish(at, name="전화한이", phone="010-5555-6666")
    await evening.refused(await evening.desk.put(path, json=wish | {"phone": "12"}), "bad_phone")
    for far in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"):
        await evening.refused(await evening.desk.put(path, json=wish | {"at": far}), "no_slot")
    await evening.refused(await evening.desk.put(path, json=wish | {"meet": {"lat": 35.1, "lon": 129.0}}), "not_here")
    for _ in range(2):
        await evening.ok(await evening.desk.put(path, json=wish))
    await evening.refused(await evening.her.get(f"/api/people/me/scouts/{booking_id}"), "no_booking")
    await evening.ok(await evening.desk.post(f"{path}/assign", json={"pair_id": evening.pair_id}))
    board = (await evening.ok(await evening.desk.get("/api/scouts/board")))["bookings"]
    line = next(one for one in board if one["booking_id"] == booking_id)
    spoken = line["spoken"]
    texts = await evening.scene.sql("SELECT message_id, text_sealed FROM text_message ORDER BY created_at, message_id")
    opened = [
        evening.scene.services.sealer.open(one["text_sealed"], context=f"text_message.text:{one['message_id']}")
        for one in texts
    ]
    assert sum("접수했습니다" in one for one in opened) == 1, "asked twice, told once"
    coded = next(one for one in opened if spoken["pair"] in one)
    assert spoken["person"] in coded and "비밀아파트" not in coded and "전화한이" not in coded
    theirs = await evening.theirs(booking_id)
    assert theirs["code"] == {"text": spoken["pair"], "until": None, "qr": None}
    assert spoken["person"] not in str(theirs), "the pair learns her code from her"
    await evening.ok(await evening.step(booking_id, "arrive"))
    await evening.refused(await evening.reads("pair", booking_id, spoken["pair"]), "wrong_code")
    await evening.ok(await evening.reads("pair", booking_id, spoken["person"]))
    assert (await evening.theirs(booking_id))["state"] == "accompanying", "she has compared theirs by eye"
    await evening.refused(await evening.desk.post(f"{path}/cancel"), "not_allowed")
    await evening.ok(await evening.step(booking_id, "reach_home"))
    await evening.ok(await evening.phone.post(f"/api/scout/{evening.link}/safe"))
    again = str(uuid4())
    at = (await evening.ok(await evening.desk.post("/api/scouts/offered", json=MEET)))["slots"][0]["at"]
    await evening.ok(await evening.desk.put(f"/api/scouts/bookings/{again}", json=wish | {"at": at}))
    for _ in range(2):
        await evening.ok(await evening.desk.post(f"/api/scouts/bookings/{again}/cancel"))
    assert (await evening.tags())[-1] == "cancelled"
    shown = "SELECT count(*) FROM scout_shown WHERE booking_id = :id AND viewer_kind = 'operator'"
    assert await evening.scene.one(shown, id=UUID(again)) == 1


async def _an_offer_tried_and_taken_back(evening: Evening) -> None:
    night = night_of(evening.clock()) + timedelta(days=2)
    path = f"/api/scouts/offers/{CENTER}/{night}"
    tried = {"hours": {WEEKDAYS[night.weekday()]: ["22:00-25:00"]}, "slot_min": 60, "pairs": 4}
    told = await evening.ok(await evening.leader.post(f"{path}/preview", json=tried))
    nights = {one["night"]: [slot["left"] for slot in one["slots"]] for one in told["nights"]}
    assert nights == {str(night): [4, 4, 4]}, "ten, eleven and midnight of that night, and of no other"
    before = await evening.ok(await evening.leader.get("/api/scouts/offers"))
    await evening.ok(await evening.leader.put(path, json=tried))
    await evening.ok(await evening.leader.delete(path))
    assert await evening.ok(await evening.leader.get("/api/scouts/offers")) == before
    refused = await evening.refused(await evening.leader.put(path, json={"hours": {"mon": ["25:00-26:00"]}}), "invalid")
    assert [one["field"] for one in refused["fields"]] == ["body.hours"]
    await evening.refused(await evening.leader.put(path, json=tried | {"ends_on": "2020-01-01"}), "order")
    assert (await evening.desk.put(path, json=tried)).status_code == 403


async def _called_off_and_the_end_of_duty(evening: Evening) -> None:
    booking_id = await evening.booked()
    await evening.refused(await evening.phone.post(f"/api/scout/{evening.link}/off_duty"), "has_bookings")
    await evening.sweep(16 * 60)
    assert (await evening.mine(booking_id))["pair_is_late"], "nobody came: she and the center are told"
    assert (await evening.tags())[-1] == "pair_late"
    await evening.ok(await evening.desk.post(f"/api/scouts/bookings/{booking_id}/assign", json={"pair_id": None}))
    await evening.ok(await evening.phone.post(f"/api/scout/{evening.link}/longer", json={"minutes": 60}))
    await evening.ok(await evening.phone.post(f"/api/scout/{evening.link}/off_duty"))
    await evening.refused(await evening.phone.get(f"/api/scout/{evening.link}"), "ended")
    held = await evening.scene.sql("SELECT position_sealed, due_at FROM scout_pair")
    assert held == [{"position_sealed": None, "due_at": None}], "where they were is forgotten, and nobody waits"
    file = (await evening.desk.get("/api/scouts/calendar.ics")).text
    assert "1조" in file and "김길동" not in file
    log = str(await evening.scene.sql("SELECT tag, actor_id FROM event"))
    assert "비밀아파트" not in log and "보라0" not in log


async def test_a_pair_calls_for_help_and_the_router_has_its_name(
    installation_database: str, router_database: str, bus_database: str
) -> None:
    async with an_evening(installation_database) as evening, a_world(router_database, bus_database) as world:
        services = evening.scene.services
        services.settings.installation, services.settings.installation_key = "home-1", KEYS["home-1"]
        await world.register("serving-1", "all")
        await world.register("home-1", [], pem=await public_key_pem(services))
        desk = await Desk("serving-1", world.bus).listen()
        place = {"lat": LAT, "lon": LON, "accuracy_m": 9, "fixed_at": evening.clock().isoformat()}
        cry = {"alert_id": str(uuid4()), "position": place}
        for _ in range(2):
            told = await evening.ok(await evening.phone.post(f"/api/scout/{evening.link}/sos", json=cry))
        assert told["sos"]["accepted_at"] is None
        jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_scout_sos'"
        assert await evening.scene.one(jobs) == 1
        services.router_client = httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False)
        with pytest.raises(Exception, match="away"):
            await sos.send(services, UUID(cry["alert_id"]))
        services.router_client = httpx.AsyncClient(base_url=world.url, trust_env=False)
        for _ in range(2):
            await sos.send(services, UUID(cry["alert_id"]))
        await until(lambda: bool(desk.deliveries))
        alert = desk.deliveries[0].alert
        assert (alert.caller.nickname, alert.caller.phone) == ("안심귀가 스카우트 1조", "01022223333")
        assert alert.position is not None and alert.position.lat == LAT and "unverified" not in desk.deliveries[0].flags
        assert (await evening.page())["sos"]["accepted_at"] is not None
        assert await evening.scene.one("SELECT body_sealed FROM scout_sos") is None
        called = (await evening.scene.sql("SELECT * FROM scout_sos"))[0]
        answer = await sos.follow(services, {"center_id": CENTER}, called, place)
        assert answer is True, "the router takes where they are, by their own token"
