"""A firm's own camera, lent to its request: real pictures through the same gate, for as long as its consent stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from server import lent_camera_routes, request_routes
from server.actor import SYSTEM
from server.cameras.service import open_cameras
from server.dispatch import service as dispatches
from server.dispatch.lines import set_line
from server.gate import Refused
from server.requests import deciding, desk_routes, lending
from server.seed import AGENCIES
from server.sweepers import sweep
from tests.server.requests.asking import FIRM, KEY, Office, agree
from tests.server.scene import app_of, client, listening
from tests.video.conftest import RunningCity
from tests.video.house import House, house
from tests.video.seat import Seat


async def lend(room: Office, request_id: str, **changed: Any) -> Any:
    now = room.scene.services.clock().isoformat()
    said = {"name": "로비 카메라", "url": "", "consent": {"by": "안심경비 당직", "at": now, "purpose": "this_request"}}
    return await room.send(f"/{request_id}/cameras", said | changed)


async def seen(home: House, login: str, incident_id: UUID, camera_id: str) -> str:
    """`pictures`, or the gate's word."""
    try:
        tickets = await open_cameras(home.scene.services, home.viewer(login), incident_id, camera_id=camera_id)
    except Refused as refused:
        return refused.code
    seat = await Seat.take(tickets[0]["ws_url"])
    await seat.until(lambda one: one.pictures)
    await seat.leave()
    return "pictures"


async def test_a_firms_own_camera_is_seen_while_its_consent_stands(
    installation_database: str, city: RunningCity, tmp_path: Path
) -> None:
    async with house(installation_database, city, tmp_path, away_s=2) as home:
        scene = home.scene
        agreement_id = await _firm(home)
        app = app_of(scene.services, request_routes.router, lent_camera_routes.router, desk_routes.router)
        async with listening(app) as address, client(address) as http:
            room = Office(scene, http, None)  # type: ignore[arg-type]
            request_id = (await room.ask())["request_id"]
            incident_id = UUID(str((await room.row(request_id))["incident_id"]))
            await _what_is_refused(room, request_id, agreement_id, city)
            lent = (await lend(room, request_id, url=city.url("cam-2"))).json()
            again = (await lend(room, request_id, url=city.url("cam-2"))).json()
            camera_id = lent["camera_id"]
            assert again["camera_id"] == camera_id and camera_id.startswith("lent-"), "the same camera, said twice"

            assert await seen(home, "operator", incident_id, camera_id) == "pictures", "before anybody has decided"
            assert await seen(home, "stranger", incident_id, camera_id) == "not_your_incident"
            elsewhere = await scene.emergency()
            assert await seen(home, "operator", elsewhere, camera_id) == "unknown_camera", "for this request alone"
            await deciding.accept(scene.services, home.viewer("operator"), incident_id, UUID(request_id))
            await _police(home, incident_id)
            assert await seen(home, "police", incident_id, camera_id) == "unknown_camera", (
                "the consent names no one else"
            )
            assert await seen(home, "guard", incident_id, camera_id) == "pictures", "its own"

            now = scene.services.clock()
            consent = {"by": "건물주", "at": now.isoformat(), "purpose": "this_request", "for_dispatched": True}
            consent["until"] = (now + timedelta(minutes=20)).isoformat()
            assert (await lend(room, request_id, url=city.url("cam-2"), consent=consent)).status_code == 202
            await _only_asking(home, incident_id, camera_id)
            tickets = await open_cameras(scene.services, home.viewer("police"), incident_id)
            assert [one.get("lent_by") for one in tickets] == [None] * 5 + ["안심경비"], (
                "beside the five, and whose it is"
            )
            card = {one["camera_id"]: one for one in await _cards(home, incident_id)}[camera_id]
            assert (card["consent_by"], card["is_for_dispatched"]) == ("건물주", True)

            seat = await Seat.take(tickets[5]["ws_url"])
            await seat.until(lambda one: one.pictures)
            assert (await room.send(f"/{request_id}/cameras/{camera_id}", method="DELETE")).status_code == 200
            await seat.until(lambda one: one.close_code and one.last("end"))
            assert await seen(home, "operator", incident_id, camera_id) == "unknown_camera"
            (row,) = await scene.sql("SELECT * FROM lent_camera WHERE camera_id = :id", id=camera_id)
            assert row["url_sealed"] is None and row["end_reason"] == "withdrawn", "its address goes at once"
            late = await lend(room, request_id, url=city.url("cam-2"), consent=consent)
            assert (late.status_code, late.json()["code"]) == (422, "no_consent"), "a call that comes late"

            lent = (await lend(room, request_id, url=city.url("cam-3"))).json()
            tickets = await open_cameras(
                scene.services, home.viewer("operator"), incident_id, camera_id=lent["camera_id"]
            )  # fmt: skip
            seat = await Seat.take(tickets[0]["ws_url"])
            await seat.until(lambda one: one.pictures)
            assert (await room.send(f"/{request_id}/cancel", {})).status_code == 200
            await seat.until(lambda one: one.close_code and one.last("end"))
            assert (await lend(room, request_id, url=city.url("cam-4"))).status_code == 409
            await _what_is_left(home, incident_id)


async def _it_runs_out(room: Office, request_id: str, city: RunningCity) -> None:
    """With its consent, while the request goes on: nothing waits for the request's end to forget where it is."""
    camera_id = (await lend(room, request_id, url=city.url("cam-5"))).json()["camera_id"]
    lent = "SELECT * FROM lent_camera WHERE camera_id = :id"
    await sweep(room.scene.services)
    (row,) = await room.scene.sql(lent, id=camera_id)
    assert row["url_sealed"] is not None and row["ended_at"] is None
    over = "UPDATE lent_camera SET until_at = :now WHERE camera_id = :id"
    await room.scene.sql(over, now=room.scene.services.clock(), id=camera_id)
    await sweep(room.scene.services)
    (row,) = await room.scene.sql(lent, id=camera_id)
    assert (row["url_sealed"], row["end_reason"]) == (None, "consent_over")
    assert (await room.row(request_id))["state"] == "received"


async def _what_is_left(home: House, incident_id: UUID) -> None:
    """Lines of it, and nothing open; among the city's cameras it never was."""
    scene = home.scene
    open_now = "SELECT count(*) FROM release WHERE ended_at IS NULL AND camera_id LIKE 'lent-%'"
    assert await scene.one(open_now) == 0
    tags = await scene.tags(incident_id)
    assert tags.count("request:camera_lent") == 5 and tags.count("request:camera_ended") == 3
    assert await scene.one("SELECT count(*) FROM camera WHERE camera_id LIKE 'lent%'") == 0


async def _firm(home: House) -> UUID:
    scene = home.scene
    await scene.sql(
        "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'security', '안심경비', 'Guards')", id=FIRM
    )
    async with scene.services.db.begin() as unit:
        line = {"agency_id": FIRM, "center_id": None, "kind": "webhook", "url": "http://127.0.0.1:9", "key": KEY}
        await set_line(unit, scene.services, actor=SYSTEM, **line)  # type: ignore[arg-type]
    with patch.dict(AGENCIES, {FIRM: ("security", "안심경비", "Guards")}):
        await scene.add("guard", "agent", agency_id=FIRM)
    return await agree(scene)


async def _police(home: House, incident_id: UUID) -> None:
    actor = home.viewer("operator").actor
    async with home.scene.services.db.begin() as unit:
        await dispatches.request(unit, home.scene.services, incident_id=incident_id, agency="112", actor=actor)
    await home.scene.sql("UPDATE dispatch SET state = 'accepted' WHERE incident_id = :id", id=incident_id)


async def _only_asking(home: House, incident_id: UUID, camera_id: str) -> None:
    """An agency that asks for something in the same incident is not dispatched there, whatever the consent says."""
    sql = home.scene.sql
    await sql("UPDATE dispatch SET state = 'cleared' WHERE incident_id = :id", id=incident_id)
    await sql("UPDATE agreement SET triggers = triggers || ARRAY['help_request'] WHERE agency_id = '112-demo'")
    await sql(
        "INSERT INTO agency_request SELECT (jsonb_populate_record(r, jsonb_build_object('request_id',"
        " CAST(:id AS text), 'agency_id', '112-demo', 'agreement_id', (SELECT agreement_id FROM agreement g"
        " WHERE g.agency_id = '112-demo' AND g.center_id = r.center_id)))).*"
        " FROM agency_request r WHERE incident_id = :incident",
        id=str(uuid4()),
        incident=incident_id,
    )
    assert await seen(home, "police", incident_id, "cam-2") == "pictures", "the city's, by its request"
    assert await seen(home, "police", incident_id, camera_id) == "unknown_camera"
    assert len(await open_cameras(home.scene.services, home.viewer("police"), incident_id)) == 5
    await sql("DELETE FROM agency_request WHERE agency_id = '112-demo'")
    await sql("UPDATE dispatch SET state = 'accepted' WHERE incident_id = :id", id=incident_id)


async def _cards(home: House, incident_id: UUID) -> list[dict[str, Any]]:
    async with home.scene.services.db.begin() as unit:
        return [
            card for one in (await lending.of_incident(unit, home.scene.services, incident_id)).values() for card in one
        ]


async def _what_is_refused(room: Office, request_id: str, agreement_id: UUID, city: RunningCity) -> None:
    """Each with its code; an address may lead only where the agreement says."""

    async def code(**changed: Any) -> str:
        answer = await lend(room, request_id, **changed)
        assert answer.status_code in (403, 422), answer.text
        return str(answer.json()["code"])

    assert await code(url=city.url("cam-2")) == "camera_not_agreed"
    for networks, url, said in (
        ("203.0.113.0/24", city.url("cam-2"), "camera_address"),
        ("127.0.0.0/8", "rtsp://localhost:554/1", "camera_address"),
        ("127.0.0.0/8", "http://127.0.0.1:80/still.jpg", "camera_address"),
        ("127.0.0.0/8", "rtsp://me:secret@127.0.0.1/1", "camera_address"),
        ("127.0.0.0/8", "rtsp://169.254.169.254/latest", "camera_address"),
    ):
        change = "UPDATE agreement SET camera_networks = ARRAY[:one] WHERE agreement_id = :id"
        await room.scene.sql(change, one=networks, id=agreement_id)
        assert await code(url=url) == said, url
    now = room.scene.services.clock()
    await room.scene.sql("UPDATE agreement SET suspended_at = :now WHERE agreement_id = :id", now=now, id=agreement_id)
    assert await code(url=city.url("cam-2")) == "camera_not_agreed", "who is suspended lends nothing"
    await room.scene.sql("UPDATE agreement SET suspended_at = NULL WHERE agreement_id = :id", id=agreement_id)
    for consent in (
        {"by": "", "at": now.isoformat(), "purpose": "this_request"},
        {"by": "당직", "at": now.isoformat(), "purpose": "marketing"},
        {"by": "당직", "at": now.isoformat(), "purpose": "this_request", "until": (now - timedelta(1)).isoformat()},
    ):
        assert await code(url=city.url("cam-2"), consent=consent) == "no_consent"
    assert (await room.send(f"/{uuid4()}/cameras", {})).status_code == 404
    rows = await room.scene.sql("SELECT code FROM request_refusal WHERE request_id = :id", id=UUID(request_id))
    assert len(rows) == 10, "each is a row"
    await _it_runs_out(room, request_id, city)
