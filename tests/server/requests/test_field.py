"""An agency that only asks: the trail at its desk, its officers in the field by link, and the end of both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server import lent_desk_routes
from server.actor import SYSTEM
from server.dispatch import asks, field_routes, parts, responder_routes
from server.dispatch.responder_routes import COOKIE
from server.requests import consents, deciding
from server.sightings import routes as sighting_routes
from tests.server.dispatch.test_responders import signed_in
from tests.server.requests.asking import FIRM, Office, agree, office
from tests.server.scene import LAT, LON, client

TERMS: dict[str, Any] = {"triggers": ["wanted_vehicle", "anklet_tamper"], "may_view_still": True}
CAR = {"trigger": "wanted_vehicle", "subject": {"plate": "123가4567", "crime": "abduction"}}
TAMPER = {"trigger": "anklet_tamper", "subject": {"category": "murder", "device_ref": "D-1"}}


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    routers = (field_routes.router, responder_routes.router, sighting_routes.router, lent_desk_routes.router)
    async with office(installation_database, *routers) as made:
        await made.scene.services.broadcast.start()
        yield made


async def asked(room: Office, **said: Any) -> tuple[str, UUID]:
    """A request that waits for the operator; its id and incident."""
    request_id = (await room.ask(**said))["request_id"]
    return request_id, (await room.row(request_id))["incident_id"]


async def accept(room: Office, request_id: str, incident_id: UUID) -> None:
    await deciding.accept(room.scene.services, room.viewer("operator"), incident_id, UUID(request_id))


async def invite(desk: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    made = await desk.post(f"/api/agency/requests/{request_id}/responders", json={"name": "김형사", "minutes": 60})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def opened(phone: httpx.AsyncClient, made: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    path = f"/api/respond/{made['link']}"
    view = await phone.post(f"{path}/open", json={"code": made["code"]})
    assert view.status_code == 200, view.text
    return path, view.json()


async def test_a_detective_follows_the_car_by_link_until_the_request_is_taken_back(room: Office) -> None:
    scene, base = room.scene, room.http.base_url
    await agree(scene, **TERMS)
    request_id, incident_id = await asked(room, **CAR)
    own = f"/api/agency/requests/{request_id}"
    async with (
        await signed_in(scene, "guard", base) as desk,
        await signed_in(scene, "rival", base) as rival,
        await signed_in(scene, "operator", base) as operator,
        client(str(base)) as phone,
    ):
        early = await desk.post(f"{own}/responders", json={"name": "김형사"})
        assert (early.status_code, early.json()["code"]) == (409, "not_allowed"), "nobody has accepted it"
        assert (await desk.get(f"{own}/sightings")).json()["code"] == "no_dispatch"
        assert (await desk.get(f"{own}/field")).json()["code"] == "request_over"
        await accept(room, request_id, incident_id)

        seen = {"camera_id": "cam-1", "seen_at": scene.services.clock().isoformat(), "subject": "vehicle"}
        marked = await operator.post(f"/api/incidents/{incident_id}/sightings", json={**seen, "plate": "123가4567"})
        assert marked.status_code == 201, marked.text
        trail = (await desk.get(f"{own}/sightings")).json()
        (spot,) = trail["sightings"]
        assert (spot["camera_id"], spot["subject"], spot["plate"]) == ("cam-1", "vehicle", None), "identity is closed"
        assert trail["next"] and "struck" not in trail, "the fan of where it comes next"
        for path in ("/sightings", "/field", "/responders"):
            assert (await rival.get(own + path)).status_code == 404

        path, view = await opened(phone, await invite(desk, request_id))
        assert (view["dispatch"]["part"], view["dispatch"]["case_no"]) == ("request", "S-1")
        assert view["position"]["lat"] == pytest.approx(LAT) and view["access_notes"] == []
        assert (await phone.post(f"{path}/step", json={"step": "en_route"})).json()["code"] == "not_allowed"
        await speak(room, desk, operator, phone, own, path, incident_id)
        await answered(scene, desk, operator, own, incident_id)
        await stand(scene, desk, phone, own, path)

        url = str(base).replace("http", "ws").rstrip("/") + f"{path}/live"
        cookie = {"Cookie": f"{COOKIE}={phone.cookies[COOKIE]}"}
        async with connect(url, additional_headers=cookie, proxy=None) as socket:
            assert json.loads(await socket.recv())["type"] == "view"
            assert (await room.send(f"/{request_id}/cancel", {"reason": "found"})).status_code == 200
            frames = []
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(5):
                    while True:
                        frames.append(json.loads(await socket.recv()))
        assert (frames[-1]["type"], frames[-1]["reason"]) == ("ended", "request_over")
        for answer in (await phone.get(path), await phone.post(f"{path}/unit", json={"lat": LAT, "lon": LON})):
            assert (answer.status_code, answer.json()["reason"]) == (410, "request_over")
        assert (await desk.get(f"{own}/sightings")).status_code == 403
        assert (await desk.get(f"{own}/field")).json()["code"] == "request_over"
        (mine,) = (await desk.get("/api/agency/requests")).json()["requests"]
        assert mine["asks"][-1]["state"] == "lapsed", "nobody answers it any more"
    tags = await scene.sql("SELECT tag FROM event WHERE tag LIKE 'request:ask%' ORDER BY seq")
    assert [one["tag"].rpartition("_")[2] for one in tags] == ["answered", "refused", "answered"]
    (row,) = await scene.sql("SELECT * FROM responder")
    assert row["unit_position"] is None and row["ended_at"] is not None
    left = await scene.one("SELECT count(*) FROM release WHERE viewer_kind = 'agent' AND ended_at IS NULL")
    assert left == 0


async def speak(
    room: Office,
    desk: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    phone: httpx.AsyncClient,
    own: str,
    path: str,
    incident_id: UUID,
) -> None:
    """One thread of desk, officer and operator; what is asked for has its name."""
    assert (await desk.post(f"{own}/field/messages", json={"asks": "photo"})).status_code == 201
    assert (await desk.post(f"{own}/field/messages", json={"asks": "everything"})).status_code == 422
    assert (await desk.post(f"{own}/field/messages", json={})).status_code == 422
    assert (await phone.post(f"{path}/messages", json={"text": "보입니다"})).status_code == 201
    answer = {"text": "사진을 보냈습니다", "request_id": own.rpartition("/")[2]}
    said = await operator.post(f"/api/incidents/{incident_id}/responder_message", json=answer)
    assert said.status_code == 201, said.text
    heard = (await desk.get(f"{own}/field")).json()["messages"]
    assert [(one["by"], one["asks"], one["text"]) for one in heard] == [
        ("desk", "photo", ""),
        ("responder", "", "보입니다"),
        ("operator", "", "사진을 보냈습니다"),
    ]
    assert (await phone.get(path)).json()["messages"] == heard
    stranger = {"text": "?", "request_id": str(UUID(int=1))}
    refused = await operator.post(f"/api/incidents/{incident_id}/responder_message", json=stranger)
    assert refused.json()["code"] == "no_responder"


async def answered(
    scene: Any, desk: httpx.AsyncClient, operator: httpx.AsyncClient, own: str, incident_id: UUID
) -> None:
    """What was asked for more has a state of its own, the same at the desk and on the card; one of a kind waits."""
    request_id = own.rpartition("/")[2]

    async def more() -> list[dict[str, Any]]:
        (mine,) = (await desk.get("/api/agency/requests")).json()["requests"]
        (card,) = (await operator.get(f"/api/incidents/{incident_id}/requests")).json()["requests"]
        assert card["asks"] == mine["asks"]
        return list(mine["asks"])

    async def ask(kind: str) -> str:
        assert (await desk.post(f"{own}/field/messages", json={"asks": kind})).status_code == 201
        return str(next(one["ask_id"] for one in await more() if (one["kind"], one["state"]) == (kind, "asked")))

    first, again, route, evidence = await ask("photo"), await ask("photo"), await ask("route"), await ask("evidence")
    assert first == again, "what waits is not asked for twice"
    seen = {"camera_id": "cam-1", "seen_at": datetime.now(UTC).isoformat(), "subject": "vehicle"}
    assert (await operator.post(f"/api/incidents/{incident_id}/sightings", json=seen)).status_code == 201
    path = f"/api/incidents/{incident_id}/requests/{request_id}/asks"
    unknown = await operator.post(f"{path}/{first}/refuse", json={"reason": "because"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_reason")
    assert (await operator.post(f"{path}/{route}/answer")).json()["code"] == "not_allowed", "a sighting has answered it"
    assert (await operator.post(f"{path}/{UUID(int=1)}/answer")).status_code == 404
    assert (await operator.post(f"{path}/{first}/refuse", json={"reason": "no_picture"})).status_code == 200
    assert (await operator.post(f"{path}/{evidence}/answer")).json()["ask"]["answer"] == "words"
    await ask("photo")
    for may in (False, True):  # a still that somebody else was sent is no answer to who may see none
        await scene.sql("UPDATE agreement SET may_view_still = :may", may=may)
        if not may:
            async with scene.services.db.begin() as unit:
                known = {"of": UUID(int=1), "by": None, "now": scene.services.clock()}
                await asks.answer(unit, incident_id, "photo", SYSTEM, **known)
    assert [(one["kind"], one["state"], one["answer"], one["reason"]) for one in await more()] == [
        ("photo", "refused", "", "no_picture"),
        ("route", "answered", "sighting", ""),
        ("evidence", "answered", "words", ""),
        ("photo", "asked", "", ""),
    ]


async def stand(scene: Any, desk: httpx.AsyncClient, phone: httpx.AsyncClient, own: str, path: str) -> None:
    """The officer's place is on the phone until he shares it; then the desk has the newest."""

    async def told() -> Any:
        (officer,) = (await desk.get(f"{own}/responders")).json()["responders"]
        return officer["unit_position"]

    assert await told() is None
    for lat in (LAT, LAT + 0.001):
        assert (await phone.post(f"{path}/unit", json={"lat": lat, "lon": LON})).status_code == 200
    assert (await told())["lat"] == pytest.approx(LAT + 0.001)


async def test_the_desk_lends_its_own_camera_and_takes_it_back_at_once(room: Office) -> None:
    scene, base = room.scene, room.http.base_url
    agreement_id = await agree(scene)
    request_id, incident_id = await asked(room)
    own = f"/api/agency/requests/{request_id}/cameras"
    said = {"name": "로비", "url": "rtsp://127.0.0.1:9/lobby", "user": "viewer", "password": "secret-of-the-lobby"}
    said["consent"] = {"by": "당직", "at": datetime.now(UTC).isoformat(), "purpose": "this_request"}  # type: ignore[assignment]
    async with await signed_in(scene, "guard", base) as desk, await signed_in(scene, "rival", base) as rival:
        assert (await desk.get(own)).json() == {"cameras": [], "networks": []}
        refused = await desk.post(own, json=said)
        assert (refused.status_code, refused.json()["code"]) == (422, "camera_not_agreed")
        here = "UPDATE agreement SET camera_networks = '{127.0.0.0/8}' WHERE agreement_id = :id"
        await scene.sql(here, id=agreement_id)
        refused = await desk.post(own, json=said | {"url": "rtsp://203.0.113.9/lobby"})
        assert (refused.status_code, refused.json()["code"]) == (422, "camera_address")
        rows = await scene.sql("SELECT code FROM request_refusal WHERE agency_id = :id ORDER BY at", id=FIRM)
        assert [one["code"] for one in rows] == ["camera_not_agreed", "camera_address"]
        assert (await desk.post(own, json={**said, "consent": None})).status_code == 422
        assert (await rival.post(own, json=said)).status_code == (await rival.get(own)).status_code == 404

        made = await desk.post(own, json=said)
        assert made.status_code == 202, made.text
        camera_id = made.json()["camera_id"]
        (mine,) = (await desk.get(own)).json()["cameras"]
        assert (mine["camera_id"], mine["ended_at"], mine["consent_by"]) == (camera_id, None, "당직")
        await _lent_anew_in_its_last_second(room, request_id, camera_id)
        assert (await rival.delete(f"{own}/{camera_id}")).status_code == 404
        assert (await desk.delete(f"{own}/lent-none")).json()["code"] == "no_camera"
        for _ in range(2):
            assert (await desk.delete(f"{own}/{camera_id}")).status_code == 200
        (row,) = await scene.sql("SELECT * FROM lent_camera")
        assert (row["url_sealed"], row["end_reason"]) == (None, "withdrawn")
        assert (await room.send(f"/{request_id}/cancel", {"reason": "found"})).status_code == 200
        assert (await desk.post(own, json=said)).json()["code"] == "not_open"
    tags = [one["tag"] for one in await scene.sql("SELECT tag FROM event WHERE incident_id = :id", id=incident_id)]
    assert tags.count("request:camera_lent") == tags.count("request:camera_ended") == 1


async def _lent_anew_in_its_last_second(room: Office, request_id: str, camera_id: str) -> None:
    """Whoever forgets it waits for the request, and sees then that its consent is a new one."""
    scene, known = room.scene, {"id": camera_id, "request": UUID(request_id)}
    until = "UPDATE lent_camera SET until_at = now() + CAST(:for AS interval) WHERE camera_id = :id"
    await scene.sql(until, id=camera_id, **{"for": "-1 second"})
    waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with scene.services.db.begin() as unit:
        await unit.execute("SELECT 1 FROM agency_request WHERE request_id = :request FOR UPDATE", known)
        task = asyncio.create_task(consents.advance_lent(scene.services))
        async with asyncio.timeout(30):
            while await scene.one(waits) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await unit.execute(until, {"id": camera_id, "for": "10 minutes"})
    assert await task == 1
    (row,) = await scene.sql("SELECT * FROM lent_camera")
    assert row["url_sealed"] is not None and row["ended_at"] is None


async def test_no_words_about_somebody_under_monitoring_and_nothing_outside_the_agreed_area(room: Office) -> None:
    scene, base = room.scene, room.http.base_url
    here = [[[[LON - 0.1, LAT - 0.1], [LON + 0.1, LAT - 0.1], [LON + 0.1, LAT + 0.1], [LON - 0.1, LAT + 0.1],
              [LON - 0.1, LAT - 0.1]]]]  # fmt: skip
    await agree(scene, **TERMS, areas={"type": "MultiPolygon", "coordinates": here})
    request_id, incident_id = await asked(room, **TAMPER)
    own = f"/api/agency/requests/{request_id}"
    async with await signed_in(scene, "guard", base) as desk, client(str(base)) as phone:
        await accept(room, request_id, incident_id)
        path, view = await opened(phone, await invite(desk, request_id))
        assert view["position"] is not None and view["dispatch"]["may_write"] is False
        for answer in (
            await phone.post(f"{path}/messages", json={"text": "김철수입니다"}),
            await desk.post(f"{own}/field/messages", json={"text": "김철수입니다"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "free_text")
        assert (await desk.post(f"{own}/field/messages", json={"asks": "route"})).status_code == 201

        await scene.sql("UPDATE position SET lat = :lat", lat=LAT + 1)
        view = (await phone.get(path)).json()
        assert (view["position"], view["track"], view["stills"]) == (None, [], [])
        (row,) = await scene.sql("SELECT ended_at FROM release WHERE kind = 'position' AND viewer_kind = 'agent'")
        assert row["ended_at"] is not None
        await scene.sql("UPDATE agreement SET suspended_at = now()")
        assert (await phone.get(path)).json()["reason"] == "no_agreement"


IDS = st.sampled_from([str(UUID(int=number)) for number in range(3)])


@given(st.sampled_from(["dispatch", "request"]), IDS, st.sampled_from(["dispatch", "request", None]), IDS)
def test_what_is_said_to_one_part_is_read_by_no_other(part: str, own: str, to: str | None, said: str) -> None:
    row = {"part": part, "part_id": UUID(own)}
    payload = {"text": "…", "dispatch_id": None} | ({f"{to}_id": said} if to else {})
    assert parts.is_about(payload, row) == (to is None or (to, said) == (part, own))
