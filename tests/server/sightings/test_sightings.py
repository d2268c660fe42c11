"""An operator marks where somebody was seen: in any order, once, undone; read by whoever may know the place, only."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from server.dispatch import service as dispatches
from server.events import read_events
from server.incidents import service as incidents
from server.incidents.model import Close
from server.sightings.telling import proof_of
from server.verify_log import verify_chain
from tests.server.scene import CENTER, OTHER
from tests.server.sightings.rooms import Room

pytestmark = pytest.mark.database
WORDS = {"note": "회색 외투, 검은 모자", "plate": "12가3456"}


async def marks(
    room: Room, incident_id: UUID, camera: int, ago_s: float, login: str = "operator", **more: Any
) -> httpx.Response:
    seen_at = (room.clock() - timedelta(seconds=ago_s)).isoformat()
    body = {"camera_id": f"cam-{camera}", "seen_at": seen_at, "subject": "person"} | more
    return await room.says(login, f"/incidents/{incident_id}/sightings", **body)


async def test_five_sightings_out_of_order_one_undone(room: Room) -> None:
    scene, incident_id = room.scene, await room.scene.emergency()
    path, began = f"/incidents/{incident_id}/sightings", room.clock()
    for camera, ago_s in ((3, 60), (1, 120), (6, 1), (2, 90), (4, 30)):
        seen_at = (began - timedelta(seconds=ago_s)).isoformat()
        answer = await marks(room, incident_id, camera, 0, seen_at=seen_at, **WORDS)
        assert answer.status_code == 201, answer.text
    told = (await room.says("supervisor", path, "GET")).json()
    assert [one["camera_id"] for one in told["sightings"]] == ["cam-1", "cam-2", "cam-3", "cam-4", "cam-6"]
    assert [one["number"] for one in told["sightings"]] == [1, 2, 3, 4, 5]
    legs = [one["leg"] for one in told["sightings"]]
    assert legs[0] is None and [one["seconds"] for one in legs[1:]] == [30, 30, 30, 29]
    assert 0.3 < legs[1]["speed_mps"] < 2.5 and legs[1]["flag"] is None
    assert legs[1]["distance_m"] == pytest.approx(25.9, abs=3) and 0 <= legs[1]["heading_deg"] < 45, "to the north"
    assert (told["sightings"][0]["note"], told["sightings"][0]["plate"]) == tuple(WORDS.values())
    assert told["sightings"][0]["marked_by"]["name"] == "operator" and not told["is_drill"]

    await _what_comes_next(room, incident_id, told)
    wrong = told["sightings"][1]["sighting_id"]
    for _ in range(2):
        struck = (await room.says("supervisor", f"{path}/{wrong}", "DELETE")).json()
    assert [one["camera_id"] for one in struck["sightings"]] == ["cam-1", "cam-3", "cam-4", "cam-6"]
    assert [(one["sighting_id"], one["struck_by"]["name"]) for one in struck["struck"]] == [(wrong, "supervisor")]
    tags = [tag for tag in await scene.tags(incident_id) if tag.startswith("sighting")]
    assert tags == ["sighting:marked"] * 5 + ["sighting:struck"]
    assert (await room.says("operator", f"{path}/{uuid4()}", "DELETE")).json()["code"] == "no_sighting"
    await _the_log_proves_and_tells_nothing(room, incident_id)
    await _who_closes_ends_it(room, incident_id)


async def _what_comes_next(room: Room, incident_id: UUID, told: dict[str, Any]) -> None:
    """Left the sixth camera northwards on foot: the others, by time, from the moment of that sighting."""
    last, coming = told["sightings"][-1], told["next"]
    assert {one["camera_id"] for one in coming} and "cam-6" not in {one["camera_id"] for one in coming}
    assert [one["likely_s"] for one in coming] == sorted(one["likely_s"] for one in coming)
    assert all(last["seen_at"] <= one["from_at"] <= one["until_at"] and one["name"] for one in coming)
    by_car = (await room.says("operator", f"/incidents/{incident_id}/escape?mode=car", "GET")).json()
    assert (by_car["mode"], by_car["from"]["camera_id"]) == ("car", "cam-6")
    on_foot = {one["camera_id"]: one["until_s"] for one in coming}
    assert all(one["until_s"] < on_foot[one["camera_id"]] for one in by_car["passages"] if one["camera_id"] in on_foot)


async def _the_log_proves_and_tells_nothing(room: Room, incident_id: UUID) -> None:
    """Seats hear the lines before they have a row for the place: no camera, no time, no word; a changed row shows."""
    scene = room.scene
    async with scene.services.db.begin() as unit:
        events = await read_events(unit, incident_id=incident_id, cards=False)
        assert (await verify_chain(unit, CENTER)).finding is None
        rows = await unit.all("SELECT * FROM sighting WHERE incident_id = :id", {"id": incident_id})
    lines = {one.line["payload"]["sighting_id"]: one.line for one in events if one.line["tag"] == "sighting:marked"}
    assert not [line for line in lines.values() if "cam-" in str(line) or WORDS["plate"] in str(line)]
    assert all(lines[str(row["sighting_id"])]["payload"]["digest"] == proof_of(scene.services, row) for row in rows)
    moved = dict(rows[0]) | {"camera_id": "cam-5"}
    assert lines[str(moved["sighting_id"])]["payload"]["digest"] != proof_of(scene.services, moved)
    assert not [row for row in rows if WORDS["note"].encode() in bytes(row["words_sealed"])]


async def _who_closes_ends_it(room: Room, incident_id: UUID) -> None:
    async with room.scene.services.db.begin() as unit:
        actor = room.scene.staff["operator"].actor
        await incidents.perform(unit, room.scene.services, incident_id, Close("handled"), actor)
    for answer in (
        await room.says("operator", f"/incidents/{incident_id}/sightings", "GET"),
        await room.says("operator", f"/incidents/{incident_id}/escape", "GET"),
        await marks(room, incident_id, 1, 1),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "incident_closed")


async def test_a_double_click_is_one_and_what_cannot_be_is_told(room: Room) -> None:
    scene, incident_id = room.scene, await room.scene.emergency()
    mine, seen_at = str(uuid4()), (room.clock() - timedelta(seconds=20)).isoformat()
    same = {"sighting_id": mine, "seen_at": seen_at}
    answers = await asyncio.gather(*(marks(room, incident_id, 1, 0, **same) for _ in range(4)))
    assert {one.status_code for one in answers} == {201} and await scene.one("SELECT count(*) FROM sighting") == 1
    assert (await scene.tags(incident_id)).count("sighting:marked") == 1
    assert (await marks(room, incident_id, 2, 0, **same)).json()["code"] == "id_used"
    other = await scene.emergency()
    assert (await marks(room, other, 1, 0, **same)).json()["code"] == "id_used"
    for camera, ago_s, code in ((1, -60, "in_the_future"), (1, 31 * 86400, "too_long_ago"), (9, 5, "unknown_camera")):
        answer = await marks(room, incident_id, camera, ago_s)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    await scene.sql(
        "UPDATE camera SET place = ST_SetSRID(ST_MakePoint(127.1, 37.5), 4326)::geography WHERE camera_id = 'cam-6'"
    )
    await marks(room, incident_id, 6, 10, subject="vehicle")
    far = (await marks(room, incident_id, 6, 10)).json()
    legs = {(one["camera_id"], one["subject"]): one["leg"] for one in far["sightings"]}
    assert legs["cam-6", "person"]["flag"] == "too_fast", "17 km in ten seconds: flagged, and kept"
    assert legs["cam-6", "vehicle"] is None, "the first of the car"
    await scene.sql("UPDATE incident SET merged_into = :into WHERE incident_id = :id", into=other, id=incident_id)
    merged = (await room.says("operator", f"/incidents/{other}/sightings", "GET")).json()["sightings"]
    assert len(merged) == len(far["sightings"]) == 3, "what came together is one trail"


async def test_who_is_not_the_owner_is_refused(room: Room) -> None:
    scene, incident_id = room.scene, await room.scene.emergency()
    await marks(room, incident_id, 1, 5)
    paths = [(f"/incidents/{incident_id}/{what}", "GET") for what in ("sightings", "escape")]
    for path, method in paths:
        answer = await room.says("stranger", path, method)
        assert (answer.status_code, answer.json()["code"]) == (403, "unknown_incident"), "another desk"
        assert (await room.says("admin", path, method)).json()["code"] == "wrong_role"
        assert (await room.says("police", path, method)).json()["code"] == "wrong_role"
    assert (await marks(room, incident_id, 1, 5, login="stranger")).status_code == 403
    await scene.sql("UPDATE incident SET role = 'leaving' WHERE incident_id = :id", id=incident_id)
    assert (await room.says("operator", paths[0][0], "GET")).status_code == 200, "until the new owner has it"
    assert (await marks(room, incident_id, 2, 5)).json()["code"] == "not_owner"
    await scene.sql("UPDATE incident SET role = 'runner_up' WHERE incident_id = :id", id=incident_id)
    for path, method in paths:
        answer = await room.says("operator", path, method)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_owner"), "a runner-up sees no picture either"
    refused = [tag for tag in await scene.tags(incident_id) if tag == "release:refused"]
    assert len(refused) == 3, "each is on record"
    await _the_trail_goes_with_the_alert(room, incident_id)


async def _the_trail_goes_with_the_alert(room: Room, incident_id: UUID) -> None:
    """She crossed a border inside this installation: the new owner reads what was seen before, the old one no more."""
    scene, theirs = room.scene, await room.scene.emergency(center=OTHER)
    alert_id = await scene.one("SELECT alert_id FROM alert WHERE incident_id = :id", id=theirs)
    await scene.sql(
        "INSERT INTO handed_alert (alert_id, incident_id, center_id, phase, trigger, assignment_no, assignment,"
        " caller_sealed, home, received_at) SELECT alert_id, :old, :center, phase, trigger, assignment_no, assignment,"
        " caller_sealed, home, received_at FROM alert WHERE alert_id = :alert",
        old=incident_id,
        center=CENTER,
        alert=alert_id,
    )
    await scene.sql("UPDATE incident SET state = 'transferred', role = 'owner' WHERE incident_id = :id", id=incident_id)
    told = (await room.says("stranger", f"/incidents/{theirs}/sightings", "GET")).json()
    assert [one["camera_id"] for one in told["sightings"]] == ["cam-1"]
    kept = told["sightings"][0]["sighting_id"]
    gone = await room.says("stranger", f"/incidents/{theirs}/sightings/{kept}", "DELETE")
    assert gone.json()["code"] == "no_sighting", "read, not rewritten"
    answer = await room.says("operator", f"/incidents/{incident_id}/sightings", "GET")
    assert answer.json()["code"] == "incident_closed"


async def test_an_agency_reads_it_by_its_agreement_and_a_drill_says_so(room: Room) -> None:
    scene, incident_id = room.scene, await room.scene.emergency()
    await marks(room, incident_id, 1, 5, **WORDS)
    async with scene.services.db.begin() as unit:
        actor = scene.staff["operator"].actor
        case = await dispatches.request(unit, scene.services, incident_id=incident_id, agency="112", actor=actor)
    path = f"/agency/dispatches/{case['dispatch_id']}/sightings"
    assert (await room.says("police", path, "GET")).json()["code"] == "no_dispatch", "not accepted yet"
    await room.says("police", f"/agency/dispatches/{case['dispatch_id']}/accept")
    assert (await room.says("fire", path, "GET")).status_code == 404, "the police's"
    told = (await room.says("police", path, "GET")).json()
    assert (told["sightings"][0]["plate"], "struck" in told, "marked_by" in told["sightings"][0]) == (
        WORDS["plate"],
        False,
        False,
    )
    kinds = await scene.sql("SELECT kind FROM release WHERE viewer_kind = 'agent' AND ended_at IS NULL ORDER BY kind")
    assert [one["kind"] for one in kinds] == ["identity", "position"], "rows first, and once"
    await scene.sql("UPDATE agreement SET may_see_identity = false WHERE agency_id = '112-demo'")
    told = (await room.says("police", path, "GET")).json()
    assert (told["sightings"][0]["note"], told["sightings"][0]["camera_id"]) == (None, "cam-1")
    await scene.sql("UPDATE agreement SET may_see_position = false WHERE agency_id = '112-demo'")
    assert (await room.says("police", path, "GET")).json()["code"] == "no_agreement"

    drill = await scene.emergency(is_drill=True)
    told = (await marks(room, drill, 2, 5)).json()
    assert told["is_drill"] and [one["camera_id"] for one in told["sightings"]] == ["cam-2"]
    await _from_her_place_before_there_is_a_sighting(room)
    empty = await scene.emergency(with_position=False)
    assert (await room.says("operator", f"/incidents/{empty}/escape", "GET")).json()["code"] == "no_place"


async def _from_her_place_before_there_is_a_sighting(room: Room) -> None:
    place = "ST_SetSRID(ST_MakePoint(126.9568, 37.3970), 4326)::geography"
    await room.scene.sql(f"UPDATE camera SET place = {place} WHERE camera_id = 'cam-5'")
    path = f"/incidents/{await room.scene.emergency()}/escape"
    async with asyncio.timeout(15):  # the index of before serves until the new one is built
        while not (told := (await room.says("operator", path, "GET")).json())["passages"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (told["from"]["camera_id"], told["mode"]) == (None, "foot")
    assert [(one["camera_id"], one["side"]) for one in told["passages"]] == [("cam-5", "N")]
