"""A unit on its way: when it comes, green lights that end with the case, and what crews are told about the door."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.geo import haversine_m
from location_router.runtime.jobs import Again
from server.access_notes import model as notes_model
from server.access_notes import routes as access_routes
from server.access_notes.model import Spot
from server.console import commands
from server.dispatch import line_routes, priority_jobs, responder_routes, routes, traffic_routes
from server.settings import Settings
from server.traffic.gateway import Away, NoTraffic, Verdict, Way
from server.traffic.routes import router as roads_router
from server.traffic.service import Roads
from server.traffic.twin import ConsoleTraffic
from tests.server.dispatch.lines import Town
from tests.server.dispatch.test_responders import signed_in
from tests.server.scene import LAT, LON, app_of, client, installation, listening

CODE = "공동현관 비밀번호 #4821*"


@given(st.floats(-600, 600), st.floats(-600, 600), st.floats(10, 500), st.floats(0, 3000))
def test_a_note_counts_within_its_radius_and_some_of_the_blur(
    north_m: float, east_m: float, radius_m: float, blur_m: float
) -> None:
    lat, lon = LAT + north_m / 111_195, LON + east_m / 88_300
    spot = Spot(LAT, LON, radius_m, datetime(2026, 1, 1, tzinfo=UTC))
    away_m = haversine_m(lat=LAT, lon=LON, to_lat=lat, to_lon=lon)
    found = notes_model.reaches(spot, lat=lat, lon=lon, accuracy_m=blur_m)
    assert (found is not None) == (away_m <= radius_m + min(blur_m, 100))
    west, south, east, north = notes_model.around(lat=lat, lon=lon)
    assert found is None or (west <= LON <= east and south <= LAT <= north)


class Signals(ConsoleTraffic):
    """A signal system that can be away, and keeps what it was told."""

    def __init__(self) -> None:
        self.away, self.says = False, Verdict("granted")
        self.asked: list[Way] = []
        self.ended: list[str] = []

    async def ask_priority(self, way: Way) -> Verdict:
        if self.away:
            raise Away("unreachable")
        self.asked.append(way)
        return self.says

    async def end_priority(self, priority_id: str) -> None:
        if self.away:
            raise Away("unreachable")
        self.ended.append(priority_id)


@pytest.fixture
async def street(installation_database: str) -> AsyncIterator[tuple[Town, Signals]]:
    async with installation(installation_database) as scene:
        signals = Signals()
        scene.services.shared["roads"] = Roads(signals)
        mine = (traffic_routes.router, access_routes.router, roads_router)
        app = app_of(scene.services, responder_routes.router, line_routes.router, *mine, routes.router)
        async with listening(app) as address, client(address) as http:
            yield Town(scene, None, "", http), signals  # type: ignore[arg-type]


async def lines(town: Town, incident_id: UUID, subject: str) -> list[str]:
    return [tag for tag in await town.scene.tags(incident_id) if tag.startswith(subject)]


async def made(desk: httpx.AsyncClient, path: str, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = await desk.post(path, json=body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_green_lights_end_with_the_case(street: tuple[Town, Signals]) -> None:
    town, signals = street
    services = town.scene.services
    incident_id = await town.scene.emergency()
    card = await town.ask(incident_id)
    path, unit = f"/api/incidents/{incident_id}", {"dispatch_id": card["dispatch_id"]}
    desk = await signed_in(town.scene, "operator", town.http.base_url)
    police = await signed_in(town.scene, "police", town.http.base_url)
    stranger = await signed_in(town.scene, "stranger", town.http.base_url)
    admin = await signed_in(town.scene, "admin", town.http.base_url)
    case = f"/api/agency/dispatches/{card['dispatch_id']}"
    async with desk, police, stranger, admin:
        assert (await made(desk, f"{path}/priority", 409, **unit))["code"] == "not_en_route"
        await made(police, f"{case}/accept", 200)
        await made(police, f"{case}/en_route", 200, unit="순찰 21호")
        assert (await made(admin, f"{path}/priority", 403, **unit))["code"] == "wrong_role"
        assert (await made(stranger, f"{path}/priority", 404, **unit))["code"] == "no_incident"

        assert (await desk.get(f"{path}/arrivals")).json() == {"traffic": "console", "etas": []}, "nobody knows"
        place = {"lat": LAT + 0.01, "lon": LON, "at": services.clock().isoformat()}
        await town.scene.sql("UPDATE dispatch SET unit_position = CAST(:p AS jsonb)", p=json.dumps(place))
        (eta,) = (await desk.get(f"{path}/arrivals")).json()["etas"]
        assert (eta["by"], eta["is_simulated"]) == ("traffic", True)
        await made(police, f"{case}/en_route", 200, eta_s=240)
        (eta,) = (await desk.get(f"{path}/arrivals")).json()["etas"]
        assert eta["by"] == "agency", "the crew knows better"

        asked = await made(desk, f"{path}/priority", **unit)
        assert asked["state"] == "requested" and asked == await made(desk, f"{path}/priority", **unit)
        assert await town.jobs_of("ask_priority") == 1, "twice the button, one request"
        priority_id = UUID(asked["priority_id"])
        signals.away = True
        with pytest.raises(Again):
            await priority_jobs.ask(services, priority_id)
        signals.away = False
        await priority_jobs.ask(services, priority_id)
        assert [way.unit for way in signals.asked] == ["순찰 21호"] and signals.asked[0].to.lat == LAT
        (shown,) = (await commands.run(services, town.scene.staff["operator"], "note", incident_id, {"text": "-"}))[
            "incident"
        ]["dispatches"]
        assert shown["priority"]["state"] == "granted"
        released = "SELECT count(*) FROM release WHERE incident_id = :id AND kind = 'position' AND viewer_id = :to"
        assert await town.scene.one(released, id=incident_id, to=priority_id) == 1
        own = "SELECT count(*) FROM release WHERE incident_id = :id AND viewer_kind = 'operator' AND ended_at IS NULL"
        assert await town.scene.one(own, id=incident_id) == 1, "the operator goes on seeing her"

        await made(desk, f"{path}/priority/withdraw", 200, **unit)
        assert (await made(desk, f"{path}/priority/withdraw", 409, **unit))["code"] == "no_priority"
        second = await made(desk, f"{path}/priority", **unit)
        closing = {"disposition": "handled"}
        await commands.run(services, town.scene.staff["operator"], "close", incident_id, closing)
        await priority_jobs.ask(services, UUID(second["priority_id"]))
        assert len(signals.asked) == 1, "what has ended is not asked for any more"
        for one in (asked, second):
            await priority_jobs.give_back(services, UUID(one["priority_id"]))
        assert signals.ended == [asked["priority_id"], second["priority_id"]]
    told = [line.removeprefix("traffic:priority_") for line in await lines(town, incident_id, "traffic:")]
    assert told == ["requested", "granted", "ended", "requested", "ended"]


async def test_no_answer_is_a_refusal_and_a_drill_stays_in_the_house(street: tuple[Town, Signals]) -> None:
    town, signals = street
    services, operator = town.scene.services, town.scene.staff["operator"]
    incident_id = await town.scene.emergency()
    card = await town.ask(incident_id)
    await town.scene.sql("UPDATE dispatch SET state = 'en_route'")
    asked = await priority_jobs.priority.request(services, operator, incident_id, UUID(card["dispatch_id"]))
    signals.away = True
    town.forward(121)
    await priority_jobs.ask(services, UUID(asked["priority_id"]))
    assert (await lines(town, incident_id, "traffic:"))[-1] == "traffic:priority_refused"

    signals.away = False
    again = await priority_jobs.priority.request(services, operator, incident_id, UUID(card["dispatch_id"]))
    await town.scene.sql("UPDATE signal_priority SET is_drill = true")
    await priority_jobs.ask(services, UUID(again["priority_id"]))
    assert signals.asked == [] and (await lines(town, incident_id, "traffic:"))[-1] == "traffic:priority_granted"
    services.shared["roads"] = Roads(NoTraffic())
    third = await priority_jobs.priority.request(services, operator, incident_id, UUID(card["dispatch_id"]))
    assert third["state"] == "granted", "it is still open"


async def test_a_door_code_reaches_the_crew_and_nobody_else(street: tuple[Town, Signals]) -> None:
    town, _ = street
    scene, services = town.scene, town.scene.services
    incident_id = await scene.emergency()
    desk = await signed_in(scene, "operator", town.http.base_url)
    police = await signed_in(scene, "police", town.http.base_url)
    fire = await signed_in(scene, "fire", town.http.base_url)
    stranger = await signed_in(scene, "stranger", town.http.base_url)
    async with desk, police, fire, stranger:
        place = {"lat": LAT, "lon": LON, "kind": "door_code", "radius_m": 50, "incident_id": str(incident_id)}
        note = await made(desk, "/api/access_notes", **place, text=CODE)
        far = place | {"lat": LAT + 0.01}
        await made(desk, "/api/access_notes", **far, text="멀리 있는 문")
        assert (await made(desk, "/api/access_notes", 422, **place, text=" "))["code"] == "invalid"
        gone = {**place, "valid_until": "2020-01-01T00:00:00Z"}
        assert (await made(desk, "/api/access_notes", 422, **gone, text="x"))["fields"][0]["field"] == "valid_until"
        sealed = await scene.one("SELECT words_sealed FROM access_note LIMIT 1")
        assert CODE.encode() not in bytes(sealed)

        beside = f"/api/incidents/{incident_id}/access_notes"
        assert [one["text"] for one in (await desk.get(beside)).json()["access_notes"]] == [CODE]
        assert CODE not in (await desk.get("/api/access_notes")).text, "a list is no place for door codes"
        assert (await stranger.get(beside)).status_code == 404
        assert (await stranger.delete(f"/api/access_notes/{note['access_note_id']}")).status_code == 404

        card = await town.ask(incident_id)
        await town.ask(incident_id, "119")
        assert CODE not in (await police.get("/api/agency/dispatches")).text, "not before the case is taken"
        await made(police, f"/api/agency/dispatches/{card['dispatch_id']}/accept", 200)
        for _ in range(2):
            assert CODE in (await police.get("/api/agency/dispatches")).text
        assert CODE not in (await fire.get("/api/agency/dispatches")).text
        assert await lines(town, incident_id, "access:") == ["access:noted"] * 2 + ["access:shown"] * 2, "once each"

        note_path = f"/api/access_notes/{note['access_note_id']}"
        assert (await desk.delete(note_path)).status_code == 200
        assert CODE not in (await police.get("/api/agency/dispatches")).text
        await made(desk, f"{note_path}/restore", 200)
        changed = await desk.put(note_path, json={"text": "경비실에 문의"})
        assert changed.status_code == 200 and CODE not in (await police.get("/api/agency/dispatches")).text
        assert "경비실에 문의" in (await police.get("/api/agency/dispatches")).text
        await scene.sql("UPDATE agreement SET may_see_position = false WHERE agency_id = '112-demo'")
        assert "경비실" not in (await police.get("/api/agency/dispatches")).text, "it says where she is"
        await scene.sql("UPDATE agreement SET may_see_position = true WHERE agency_id = '112-demo'")
        await commands.run(services, scene.staff["operator"], "close", incident_id, {"disposition": "handled"})
        assert "경비실" not in (await police.get("/api/agency/dispatches")).text
        town.forward(timedelta(days=400).total_seconds())
        other = await scene.emergency()
        assert (await desk.get(f"/api/incidents/{other}/access_notes")).status_code in (200, 401)
    assert await scene.one("SELECT count(*) FROM access_note WHERE valid_until < :now", now=services.clock()) == 2


def test_a_half_set_traffic_line_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="TRAFFIC_URL"):
        Settings(database_url="x", data_key="x", traffic="http", traffic_key=str(uuid4()))
    with pytest.raises(ValueError, match="TRAFFIC_KEY"):
        Settings(database_url="x", data_key="x", traffic="http", traffic_url="https://its.example")
