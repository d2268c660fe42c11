"""A detective asks by case number, is refused, agreed to, watches; the period ends, and so does everything."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from server.cameras.service import choose_for_incident
from server.console.observed import Sighting, open_sighting
from server.dispatch import service as dispatches
from server.events import read_events
from server.incidents import service as incidents
from server.incidents.replay import Line, replayed
from server.sightings.banner import request_banner
from server.sightings.deadlines import advance_due
from server.verify_log import verify_chain
from server.video_gate import ReleaseGate
from tests.server.scene import CENTER, LAT, LON, OTHER
from tests.server.sightings.rooms import REASON, Room

pytestmark = pytest.mark.database
SQUARE = [
    [LON - 0.002, LAT - 0.002],
    [LON + 0.002, LAT - 0.002],
    [LON + 0.002, LAT + 0.002],
    [LON - 0.002, LAT + 0.002],
]


async def test_a_detective_asks_by_case_number_watches_and_the_period_ends(room: Room) -> None:
    scene = room.scene
    await scene.sql("UPDATE agreement SET may_view_live = false WHERE agency_id = '112-demo'")
    refused = await room.asks(7)
    assert (refused.status_code, refused.json()["code"]) == (403, "no_agreement"), refused.text
    await scene.sql("UPDATE agreement SET may_view_live = true WHERE agency_id = '112-demo'")

    answers = await asyncio.gather(*(room.asks(7) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 200, 201], "a double click is one request"
    (request_id,) = {one.json()["request"]["request_id"] for one in answers}
    it = f"/video-requests/{request_id}"
    assert (await room.asks(7, place={"lat": LAT + 0.01, "lon": LON})).json()["code"] == "already_asked"
    assert (await room.says("police", f"/agency{it}/video")).json()["code"] == "not_approved"
    assert (await room.says("fire", f"/agency{it}/video")).status_code == 404, "the police's, not the fire brigade's"

    (seen,) = (await room.says("operator", "/video-requests", "GET")).json()["requests"]
    assert (seen["state"], seen["reason"], seen["by"]) == ("asked", REASON, "police")
    assert (await room.says("stranger", "/video-requests", "GET")).json()["requests"] == []
    for what in ("approve", "refuse"):
        answer = await room.says("stranger", f"{it}/{what}", reason="우리 것이 아님")
        assert answer.status_code == 404, "another center's"
    assert (await room.says("admin", f"{it}/approve")).status_code == 403, "an administrator shows no pictures"

    approved = [(await room.says("operator", f"{it}/approve", reason="확인함")).json()["request"] for _ in range(2)]
    assert approved[0] == approved[1] and approved[0]["state"] == "approved", "the second click is the first"
    assert (await room.says("supervisor", f"{it}/approve")).json()["code"] == "not_asked"
    incident_id, dispatch_id = UUID(approved[0]["incident_id"]), approved[0]["dispatch_id"]
    (case,) = (await room.says("police", "/agency/dispatches", "GET")).json()["dispatches"]
    assert (case["dispatch_id"], case["state"], case["may_view_live"]) == (dispatch_id, "accepted", True)
    assert case["receipt_no"] == seen["case_no"] != case["case_no"], "the agency's number beside our own"
    assert await scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver_dispatch'") == 0

    tickets = (await room.says("police", f"/agency{it}/video")).json()["cameras"]
    gate, ids = ReleaseGate(scene.services), [one["release_id"] for one in tickets]
    assert len(ids) == 5 and await gate.still_open(ids) == {}
    bases = await scene.sql("SELECT DISTINCT legal_basis, viewer_kind FROM release WHERE kind = 'live'")
    assert [tuple(one.values()) for one in bases] == [("pipa-18-2-7", "agent")]

    await room.forward(59 * 60)
    assert await gate.still_open(ids) == {}
    await room.forward(61)
    assert set((await gate.still_open(ids)).values()) == {"dispatch_done"}
    assert await scene.one("SELECT count(*) FROM release WHERE ended_at IS NULL AND viewer_kind = 'agent'") == 0
    over = (await room.says("police", f"/agency{it}", "GET")).json()["request"]
    assert (over["state"], over["end_reason"], over["answer"]) == ("ended", "until", "확인함")
    assert (await room.says("police", f"/agency{it}/video")).json()["code"] == "not_approved"
    assert await scene.one("SELECT state FROM incident WHERE incident_id = :id", id=incident_id) == "closed"
    tags = [tag for tag in await scene.tags(incident_id) if tag.split(":")[0] in ("incident", "dispatch", "video")]
    assert tags == (
        ["incident:opened", "dispatch:requested", "dispatch:accepted", "incident:postponed", "video:approved"]
        + ["dispatch:done", "incident:closed", "video:ended"]
    )
    await _the_timeline_tells_the_same(room, incident_id)
    assert (await room.asks(7)).status_code == 201, "the case may be asked about anew"
    await _nothing_tells_where(room)


async def _the_timeline_tells_the_same(room: Room, incident_id: UUID) -> None:
    """The row of the incident follows from its lines alone."""
    async with room.scene.services.db.begin() as unit:
        events = await read_events(unit, incident_id=incident_id, cards=False)
        row = await incidents.find(unit, incident_id)
    told = [event.line for event in events]
    lines = [Line(one["tag"], one["actor"]["id"], datetime.fromisoformat(one["at"]), one["payload"]) for one in told]
    names = ("state", "phase", "origin", "type", "owner_id", "disposition", "role")
    seen = replayed(lines, incident_id)
    assert [getattr(seen, name) for name in names] == [getattr(row, name) for name in names]


async def _nothing_tells_where(room: Room) -> None:
    """The lines of requests, which the center's chain keeps for years, name neither place nor reason; it is whole."""
    async with room.scene.services.db.begin() as unit:
        events = await read_events(unit, center=CENTER, cards=False)
        assert (await verify_chain(unit, CENTER)).finding is None
    lines = [str(event.line) for event in events if event.line["tag"].startswith("video:")]
    assert len(lines) >= 3 and not [line for line in lines if str(LAT)[:6] in line or REASON in line]


async def test_nobody_answers_somebody_refuses_and_somebody_takes_it_back(room: Room) -> None:
    scene = room.scene
    silent, refused, kept = [(await room.asks(number)).json()["request"]["request_id"] for number in (1, 2, 3)]
    answer = await room.says("supervisor", f"/video-requests/{refused}/refuse", reason="관할 밖의 일입니다")
    assert answer.json()["request"]["answered_by"] == "supervisor"
    told = (await room.says("police", f"/agency/video-requests/{refused}", "GET")).json()["request"]
    assert (told["state"], told["answer"], "answered_by" in told) == ("refused", "관할 밖의 일입니다", False)
    assert (await room.says("operator", f"/video-requests/{refused}/approve")).json()["code"] == "not_asked"
    assert (await room.says("operator", f"/video-requests/{kept}/approve")).status_code == 200

    await room.forward(121)
    waiting = (await room.says("operator", "/video-requests", "GET")).json()["requests"]
    assert waiting[0]["request_id"] == silent and waiting[0]["escalated_at"], "it waits first, and its leader knows"
    await room.forward(121)
    await room.forward(800)
    told = (await room.says("police", f"/agency/video-requests/{silent}", "GET")).json()["request"]
    assert (told["state"], told["end_reason"]) == ("expired", "unanswered")
    assert (await room.says("operator", f"/video-requests/{silent}/approve")).json()["code"] == "not_asked"
    async with scene.services.db.begin() as unit:
        events = await read_events(unit, center=CENTER, cards=False)
    frames = [frame for event in events if (frame := request_banner(CENTER, event.line))]
    assert [one["what"] for one in frames if one["request_id"] == silent] == ["requested", "escalated", "expired"]

    tickets = (await room.says("police", f"/agency/video-requests/{kept}/video")).json()["cameras"]
    card = next(one for one in waiting if one["request_id"] == kept)
    async with scene.services.db.begin() as unit:  # somebody sends the fire brigade to what is seen there
        incident_id, actor = UUID(card["incident_id"]), scene.staff["operator"].actor
        await dispatches.request(unit, scene.services, incident_id=incident_id, agency="119", actor=actor)
    for _ in range(2):
        gone = await room.says("police", f"/agency/video-requests/{kept}", "DELETE")
        assert (gone.json()["request"]["state"], gone.json()["request"]["end_reason"]) == ("ended", "withdrawn")
    ids = [one["release_id"] for one in tickets]
    assert set((await ReleaseGate(scene.services).still_open(ids)).values()) == {"dispatch_done"}
    states = await scene.sql("SELECT agency_id, state FROM dispatch WHERE incident_id = :id", id=incident_id)
    assert {one["agency_id"]: one["state"] for one in states} == {"112-demo": "done", "119-demo": "requested"}
    assert await scene.one("SELECT state FROM incident WHERE incident_id = :id", id=incident_id) == "dispatched", (
        "help is on its way: it is not called off because the police look no more"
    )


async def test_what_it_stands_on_ends_and_so_does_it(room: Room) -> None:
    """The incident, the agency's own word, the agreement; and whoever comes at the same moment."""
    scene = room.scene
    for number in (11, 12, 13):
        request_id = (await room.asks(number)).json()["request"]["request_id"]
        it = f"/video-requests/{request_id}"
        answers = await asyncio.gather(
            room.says("operator", f"{it}/approve"),
            room.says("supervisor", f"{it}/approve"),
            room.says("police", f"/agency{it}", "DELETE"),
            advance_due(scene.services),
        )
        assert {one.status_code for one in answers[:3] if isinstance(one, httpx.Response)} <= {200, 409}
        told = (await room.says("police", f"/agency{it}", "GET")).json()["request"]
        assert told["state"] in ("withdrawn", "ended"), "taken back, whoever was first"
    assert await scene.one("SELECT count(*) FROM incident WHERE state <> 'closed'") == 0
    assert await scene.one("SELECT count(*) FROM dispatch WHERE state <> 'done'") == 0
    for number, statement, reason in (
        (1, "UPDATE incident SET state = 'closed', closed_at = now() WHERE state <> 'closed'", "incident_closed"),
        (2, "UPDATE dispatch SET state = 'done' WHERE state = 'accepted'", "agency_done"),
        (3, "UPDATE agreement SET suspended_at = '2026-01-01Z' WHERE agency_id = '112-demo'", "no_agreement"),
    ):
        request_id = (await room.asks(number)).json()["request"]["request_id"]
        assert (await room.says("operator", f"/video-requests/{request_id}/approve")).status_code == 200
        await room.forward(1)
        assert (
            await scene.one("SELECT state FROM video_request WHERE request_id = :id", id=UUID(request_id)) == "approved"
        )
        await scene.sql(statement)
        await room.forward(1)
        told = (await room.says("police", f"/agency/video-requests/{request_id}", "GET")).json()["request"]
        assert (told["state"], told["end_reason"]) == ("ended", reason)
    assert await scene.one("SELECT count(*) FROM incident WHERE state <> 'closed'") == 0


async def test_what_is_asked_for_wrongly_is_told_with_its_cure(room: Room) -> None:
    now = room.clock()
    area = {"type": "Polygon", "coordinates": [[*SQUARE, SQUARE[0]]]}
    wide = {
        "type": "Polygon",
        "coordinates": [[[126.8, 37.3], [127.0, 37.3], [127.0, 37.5], [126.8, 37.5], [126.8, 37.3]]],
    }
    for changes, status, code in (
        ({"case_no": "119-20260301-00001"}, 422, "bad_case_no"),
        ({"case_no": "112-20260230-00001"}, 422, "bad_case_no"),
        ({"case_no": "112-29990101-00001"}, 422, "bad_case_no"),
        ({"until_at": (now + timedelta(hours=25)).isoformat()}, 422, "until_too_late"),
        ({"until_at": now.isoformat()}, 422, "until_in_the_past"),
        ({"area": area}, 422, "place_or_area"),
        ({"place": None}, 422, "place_or_area"),
        ({"place": None, "area": wide}, 422, "bad_area"),
        ({"place": {"lat": 37.5735, "lon": 126.979}, "basis": "lia-29"}, 403, "legal_basis"),
        ({"place": {"lat": 35.18, "lon": 129.07}}, 403, "no_agreement"),
        ({"basis": "pipa-25"}, 403, "legal_basis"),
        ({"type": "picnic"}, 422, "unknown_type"),
        ({"reason": "?"}, 422, "invalid"),
    ):
        answer = await room.asks(1, **changes)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (changes, answer.text)
        assert answer.json()["message_ko"] and answer.json()["message_en"]
    assert await room.scene.one("SELECT count(*) FROM video_request") == 0
    scene = room.scene
    seen = Sighting("robbery", LAT, LON, None, "")
    card = await open_sighting(scene.services, scene.staff["operator"], seen, "observed")
    async with scene.services.db.begin() as unit:
        incident_id, actor = UUID(card["incident_id"]), scene.staff["operator"].actor
        case = await dispatches.request(unit, scene.services, incident_id=incident_id, agency="112", actor=actor)
    await room.says("police", f"/agency/dispatches/{case['dispatch_id']}/accept")
    known = await room.asks(1, case_no=case["case_no"])
    assert (known.json()["code"], known.json()["dispatch_id"]) == ("case_is_open", case["dispatch_id"])


async def test_the_disaster_room_is_shown_an_areas_cameras_and_pictures_only_when_asked_for(room: Room) -> None:
    scene, area = room.scene, {"type": "Polygon", "coordinates": [[*SQUARE, SQUARE[0]]]}
    for login, path in (("operator", "/areas"), ("room", "/agency/areas")):
        shown = (await room.says(login, path, polygon=area, limit=4)).json()
        assert (shown["center"], shown["count"], len(shown["cameras"])) == (CENTER, 6, 4)
        assert not {"url", "ws_url", "plays", "release_id"} & shown["cameras"][0].keys(), "no picture"
    assert (await room.says("stranger", "/areas", polygon=area)).json()["code"] == "other_center"
    assert (await room.says("police", "/agency/areas", polygon=area)).json()["code"] == "wrong_kind"
    assert await scene.one("SELECT count(*) FROM release") == 0
    asked = await room.asks(1, "room", basis="pipa-18-2-10", place=None, area=area)
    request_id = asked.json()["request"]["request_id"]
    card = (await room.says("operator", f"/video-requests/{request_id}/approve")).json()["request"]
    assert (card["type"], card["area"]) == ("disaster", area)
    tickets = (await room.says("room", f"/agency/video-requests/{request_id}/video")).json()["cameras"]
    assert {one["camera_id"] for one in tickets} == {f"cam-{number}" for number in range(1, 7)}, "all of the area"
    await scene.sql("UPDATE camera SET health = 'frozen' WHERE camera_id = 'cam-6'")
    again = await choose_for_incident(scene.services, UUID(card["incident_id"]))
    assert len(again) == 6, "a camera that breaks does not gather the others around the middle"
    assert OTHER not in str(card)
