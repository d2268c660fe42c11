"""Incidents without an alert: what an operator sees, and a center's exercise that rings and can't dispatch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from location_router.wire import Phase
from server.intake import receive
from server.seed import seed_agencies, seed_cameras
from tests.server.conftest import Desk
from tests.server.deliveries import Clock, delivery, rows, tags
from tests.server.incidents.test_work import Incident
from tests.server.scene import EYES, LAT, LON

pytestmark = pytest.mark.database


@asynccontextmanager
async def watched(desk: Desk, login: str = "operator") -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a desk whose city has cameras and an agreement with 112."""
    async with desk.services.db.begin() as unit:
        await seed_agencies(unit, ["41170"])
        base = "rtsp://127.0.0.1:1"
        await seed_cameras(unit, desk.services.sealer, center_id="41170", cameras=EYES, rtsp_base=base)
    async with desk.browser(login) as seat:
        yield seat


async def opened(seat: httpx.AsyncClient, path: str = "/api/incidents", **body: Any) -> dict[str, Any]:
    answer = await seat.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_an_operator_sees_something_and_has_an_incident_with_cameras_and_help(desk: Desk) -> None:
    async with watched(desk) as seat:
        card = await opened(seat, type="assault", camera_id="cam-3", note="두 사람이 다툼")
        path = f"/api/incidents/{card['incident_id']}"
        assert (card["origin"], card["state"], card["type"]) == ("observed", "acknowledged", "assault")
        assert (card["owner"]["name"], card["center"]["code"], card["alert_ids"]) == ("operator 김", "41170", [])
        assert card["position"]["source"] == "operator" and round(card["position"]["lat"], 4) == LAT
        assert card["stages"]["contact"] == {"due_at": None, "done_at": None}, "nobody has called"
        assert card["stages"]["view"]["done_at"] and card["stages"]["classify"]["done_at"]
        tickets = (await seat.post(f"{path}/open")).json()["cameras"]
        assert len(tickets) == 5 and all(one["release_id"] for one in tickets)
        help_ = await seat.post(f"{path}/dispatch", json={"agency": "112", "legal_basis": "", "note": ""})
        assert help_.json()["incident"]["state"] == "dispatched", help_.text
        closed = await seat.post(f"{path}/close", json={"disposition": "handled", "note": ""})
        assert closed.json()["incident"]["state"] == "closed"
        told = await tags(desk.services, card["incident_id"])
        assert told[0] == "incident:opened" and "release:granted" in told and "dispatch:requested" in told


async def test_a_place_of_somebody_else_is_refused_with_its_name(desk: Desk) -> None:
    async with desk.browser() as seat:
        card = await opened(seat, lat=LAT, lon=LON)
        assert (card["center"]["code"], card["type"], card["classification"]) == ("41170", "observed", None)
        busan = await seat.post("/api/incidents", json={"lat": 35.1587, "lon": 129.1604})
        assert (busan.status_code, busan.json()["code"]) == (409, "other_center")
        assert "해운대구" in busan.json()["center"]["name_ko"] and busan.json()["distance_m"] == 0
        nowhere = await seat.post("/api/incidents", json={"type": "fire"})
        assert (nowhere.status_code, nowhere.json()["code"]) == (422, "invalid")
        odd = await seat.post("/api/incidents", json={"type": "ufo", "lat": LAT, "lon": LON})
        assert (odd.status_code, odd.json()["code"]) == (422, "unknown_type")
        strange = await seat.post("/api/incidents", json={"camera_id": "cam-of-nobody"})
        assert strange.json()["code"] == "unknown_camera"
        assert (await seat.post("/api/incidents", json={"lat": 91, "lon": 0})).status_code == 422


async def test_what_was_seen_and_the_alert_that_follows_become_one(desk: Desk) -> None:
    async with desk.browser() as seat:
        seen = (await opened(seat, lat=LAT, lon=LON))["incident_id"]
        called = (await receive(desk.services, delivery())).incident_id
        linked = await seat.post(f"/api/incidents/{called}/link", json={"with": seen})
        assert (linked.status_code, linked.json()["code"]) == (409, "no_alert_to_link")
        merged = await seat.post(f"/api/incidents/{called}/merge", json={"into": seen})
        assert merged.status_code == 200, merged.text
        card = (await seat.get(f"/api/incidents/{seen}")).json()["incident"]
        assert len(card["alert_ids"]) == 1 and card["caller"]["name_masked"] == "홍○동"
        again = (await opened(seat, lat=LAT, lon=LON))["incident_id"]
        gone = await seat.post(f"/api/incidents/{again}/merge", json={"into": seen})
        assert gone.status_code == 200 and gone.json()["moved"] == []
        second = (await receive(desk.services, delivery())).incident_id
        await seat.post(f"/api/incidents/{second}/acknowledge")
        await seat.post(f"/api/incidents/{second}/classify", json={"type": "stalking", "grave": True})
        await seat.post(f"/api/incidents/{second}/merge", json={"into": seen})
        card = (await seat.get(f"/api/incidents/{seen}")).json()["incident"]
        assert (card["type"], card["classification"]) == ("stalking", "grave"), "as grave as the gravest"
        apart = await seat.post(f"/api/incidents/{seen}/split", json={"alert_id": card["alert_ids"][-1]})
        assert apart.json()["to"] == str(second)
        for one in (seen, called, again, second):
            await Incident(desk, one).is_what_its_log_tells(seat)


async def test_an_exercise_rings_climbs_the_ladder_and_sends_nobody(desk: Desk, clock: Clock) -> None:
    async with watched(desk, "leader") as leader, desk.browser() as seat:
        refused = await seat.post("/api/incidents/exercise", json={"camera_id": "cam-1"})
        assert (refused.status_code, refused.json()["permission"]) == (403, "incidents.supervise")
        card = await opened(leader, "/api/incidents/exercise", type="fire", camera_id="cam-1")
        path = f"/api/incidents/{card['incident_id']}"
        assert (card["is_drill"], card["origin"], card["owner"], card["rank"]) == (True, "exercise", None, 2)
        assert (card["rings"], card["banner"]) == (True, "exercise")
        for level, seconds in ((1, 16), (2, 46)):
            clock.forward(seconds)
            await until_level(desk, card["incident_id"], level)
        taken = (await seat.post(f"{path}/acknowledge")).json()["incident"]
        assert not taken["rings"] and taken["stages"]["contact"]["due_at"] and "dispatch" not in taken["allowed"]
        for seat_ in (seat, leader):
            asked = await seat_.post(f"{path}/dispatch", json={"agency": "112"})
            assert (asked.status_code, asked.json()["code"]) in ((409, "not_allowed"), (409, "drill"))
        assert (await seat.post(f"{path}/open")).json()["code"] == "drill", "and nobody is shown a street for it"
        ended = await seat.post(f"{path}/close", json={"disposition": "drill", "note": ""})
        assert ended.json()["incident"]["state"] == "closed"
    assert await rows(desk.services, "SELECT 1 FROM dispatch") == []


async def until_level(desk: Desk, incident_id: str, level: int) -> None:
    for _ in range(200):
        query = "SELECT escalation_level FROM incident WHERE incident_id = :id"
        if (await rows(desk.services, query, id=incident_id))[0]["escalation_level"] == level:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never reached level {level}")


async def test_the_owners_first_look_is_the_stage_view(desk: Desk) -> None:
    async with watched(desk) as seat, desk.browser("colleague") as other:
        incident_id = (await receive(desk.services, delivery(phase=Phase.ACTIVE))).incident_id
        path = f"/api/incidents/{incident_id}"
        await seat.post(f"{path}/acknowledge")
        helped = (await other.post(f"{path}/open")).json()
        assert len(helped["cameras"]) == 5 and helped["incident"]["stages"]["view"]["done_at"] is None
        looked = await seat.post(f"{path}/cameras/cam-2/view", json={"quality": "sub"})
        assert looked.json()["incident"]["stages"]["view"]["done_at"]
        await seat.post(f"{path}/open")
    assert (await tags(desk.services, incident_id)).count("incident:viewed") == 1


async def test_who_had_the_pictures_open_before_taking_it_is_looking_already(desk: Desk) -> None:
    """An idle desk opens an alert by itself, pictures and all; then comes the key that takes it."""
    async with watched(desk) as seat:
        incident_id = (await receive(desk.services, delivery(phase=Phase.ACTIVE))).incident_id
        path = f"/api/incidents/{incident_id}"
        opened_ = (await seat.post(f"{path}/open")).json()
        assert opened_["incident"]["stages"]["view"]["done_at"] is None, "nobody has it yet"
        taken = (await seat.post(f"{path}/acknowledge")).json()["incident"]
        assert taken["stages"]["view"]["done_at"]
    assert (await tags(desk.services, incident_id)).count("incident:viewed") == 1
