"""Who moves a camera: one hand, of the owning center, on an open incident, of somebody who watches; and how it ends."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from server.cameras import devices, ptz
from server.cameras.onvif.port import DeviceAddress, Motion
from server.console import commands
from server.demo.onvif import OnvifFace
from server.events import read_events
from server.releases import end_releases
from server.services import Services
from tests.server.cameras.onvif.houses import House, house, said

pytestmark = pytest.mark.database
LEFT = {"pan": -1.0, "seconds": 2}


async def lines(the: House, tag: str) -> list[dict[str, Any]]:
    async with the.scene.services.db.begin() as unit:
        events = await read_events(unit, cards=False)
    return [one.line for one in events if one.line["tag"] == tag]


async def steps(the: House) -> list[str]:
    return [line["payload"]["step"] for line in await lines(the, "camera:moved")]


async def bound(the: House, face: OnvifFace, camera_id: str) -> None:
    address = DeviceAddress(await the.plug(face), face.user, face.password)
    wanted = devices.Wanted(address, subnet="127.0.0.0/24")
    await devices.bind(the.scene.services, the.scene.staff["admin"], camera_id, wanted)
    face.said.clear()


async def test_one_hand_moves_a_camera_and_what_it_began_ends(installation_database: str) -> None:
    async with house(installation_database) as the:
        await the.scene.add("colleague", "operator", desk="main")
        face, incident_id = OnvifFace(), await the.scene.emergency()
        await bound(the, face, "cam-1")
        path = f"/api/incidents/{incident_id}/cameras/cam-1/ptz"
        seats = {one: await the.seat(one) for one in ("operator", "colleague", "supervisor", "police", "stranger")}
        operator = seats["operator"]

        assert said(await operator.post(path, json=LEFT)) == (409, "not_watching"), "nobody turns what he does not see"
        release_id = await the.watch("operator", incident_id, "cam-1")
        moved = await operator.post(path, json=LEFT)
        assert moved.status_code == 200 and moved.json()["hand"]["name"] == "operator"
        assert (await operator.post(path, json=LEFT)).status_code == 200 and face.is_moving
        assert await the.keep(seconds=1) == [], "not before its time"
        assert await the.keep(seconds=1.5) == ["stop"] and face.said[-1] == "Stop" and not face.is_moving
        assert await the.keep() == []
        found = (await operator.get(path.replace("/ptz", "/presets"))).json()
        assert [one["token"] for one in found["presets"]] == ["1", "2"] and found["hand"]["name"] == "operator"
        for body in ({"pan": 1.5}, {"pan": 1, "seconds": 2.5}, {"tilt": "NaN"}):
            assert (await operator.post(path, json=body)).status_code == 422

        await others_reach(the, seats, path, incident_id)
        assert await steps(the) == ["taken", "released", "taken"], "a line for each hand, none for each move"
        over = (await lines(the, "camera:moved"))[1]["payload"]
        assert (over["reason"], over["moves"], over["presets"]) == ("taken_over", 2, 0)
        await silence(the, seats, path, face, incident_id)
        await a_move_that_comes_after_its_stop(the, operator, path, face)
        await who_looks_away_lets_go(the, operator, path, face, release_id)


async def others_reach(the: House, seats: dict[str, Any], path: str, incident_id: UUID) -> None:
    await the.watch("colleague", incident_id, "cam-1")
    taken = await seats["colleague"].post(path, json=LEFT | {"take": True})
    assert said(taken) == (409, "ptz_taken") and taken.json()["hand"]["name"] == "operator"
    assert not taken.json()["may_take"], "an operator asks; a supervisor takes"
    for step in ("/stop", "/preset"):
        body = {"token": "2"} if step == "/preset" else None
        assert said(await seats["colleague"].post(path + step, json=body))[0] == 409

    for _ in range(5):
        assert said(await seats["police"].post(path, json=LEFT)) == (403, "ptz_not_yours")
    assert said(await seats["police"].get(path.replace("/ptz", "/presets"))) == (403, "ptz_not_yours")
    assert said(await seats["stranger"].post(path, json=LEFT)) == (404, "unknown_incident")
    refused = [(one["actor"]["kind"], one["payload"]["code"]) for one in await lines(the, "camera:ptz_refused")]
    assert refused == [("operator", "not_watching"), ("agent", "ptz_not_yours"), ("operator", "ptz_not_yours")]

    supervisor = seats["supervisor"]
    assert said(await supervisor.post(path, json=LEFT)) == (409, "not_watching")
    await the.watch("supervisor", incident_id, "cam-1")
    asked = await supervisor.post(path + "/preset", json={"token": "2"})
    assert said(asked) == (409, "ptz_taken") and asked.json()["may_take"]
    assert (await supervisor.post(path + "/preset", json={"token": "2", "take": True})).status_code == 200
    assert said(await seats["operator"].post(path, json=LEFT)) == (409, "ptz_taken")
    assert said(await seats["operator"].post(path + "/stop")) == (409, "no_hand")
    wrong = await supervisor.post(path + "/preset", json={"token": "99"})
    assert said(wrong) == (409, "device_refused") and "preset" in wrong.json()["device_said"]


async def silence(the: House, seats: dict[str, Any], path: str, face: OnvifFace, incident_id: UUID) -> None:
    """A hand that does nothing lets go; the camera stays as it is while somebody watches."""
    assert face.pan == pytest.approx(0.2)
    assert await the.keep(seconds=31) == [] and (await steps(the))[-1] == "released"
    assert await the.keep(seconds=61) == [] and face.pan == pytest.approx(0.2), "three of them look at it"
    assert (await seats["operator"].post(path, json=LEFT)).status_code == 200, "free for whoever comes next"
    await seats["operator"].post(path + "/release")
    assert await the.keep() == ["stop"], "a movement does not outlast the hand"


async def a_move_that_comes_after_its_stop(the: House, operator: Any, path: str, face: OnvifFace) -> None:
    """This process gets to know the device first, and another one has stopped it meanwhile."""
    send = ptz.send

    async def late(services: Services, camera_id: str, motion: Motion) -> None:
        if motion.kind == "continuous":
            assert await the.keep(seconds=3) == ["stop"]
        await send(services, camera_id, motion)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ptz, "send", late)
        assert (await operator.post(path, json=LEFT)).status_code == 200 and face.is_moving
    assert await the.keep() == ["stop"] and not face.is_moving, "it is stopped once more"
    await operator.post(path + "/release")
    await the.keep()


async def who_looks_away_lets_go(the: House, operator: Any, path: str, face: OnvifFace, release_id: UUID) -> None:
    assert (await operator.post(path, json=LEFT)).status_code == 200 and face.is_moving
    watched = await the.scene.one("SELECT release_id FROM ptz_hand WHERE camera_id = 'cam-1'")
    assert watched == release_id
    async with the.scene.services.db.begin() as unit:
        await end_releases(unit, {release_id: "viewer_left"})
    assert await the.keep() == ["stop"] and not face.is_moving
    assert (await lines(the, "camera:moved"))[-1]["payload"]["reason"] == "not_watching"
    assert said(await operator.post(path, json=LEFT)) == (409, "not_watching")


async def test_a_closed_incident_leaves_no_camera_turning(installation_database: str) -> None:
    async with house(installation_database) as the:
        face, still_face = OnvifFace(), OnvifFace(is_ptz=False)
        incident_id = await the.scene.emergency()
        drill, early = await the.scene.emergency(is_drill=True), await the.scene.emergency(phase="pre")
        await bound(the, face, "cam-1")
        await bound(the, still_face, "cam-2")
        operator = await the.seat("operator")
        path = "/api/incidents/{}/cameras/{}/ptz"
        await the.watch("operator", incident_id, "cam-1", sees=False)
        the.clock.forward(61)
        never_seen = await operator.post(path.format(incident_id, "cam-1"), json=LEFT)
        assert said(never_seen) == (409, "not_watching"), "opened a minute ago, and no picture ever came"
        for camera_id in ("cam-1", "cam-2"):
            await the.watch("operator", incident_id, camera_id)
        assert said(await operator.post(path.format(incident_id, "cam-2"), json=LEFT)) == (409, "no_ptz")
        assert said(await operator.post(path.format(incident_id, "cam-3"), json=LEFT)) == (409, "no_ptz")
        assert said(await operator.post(path.format(drill, "cam-1"), json=LEFT)) == (403, "drill")
        assert said(await operator.post(path.format(early, "cam-1"), json=LEFT)) == (403, "not_live")
        assert face.said == []

        both = await asyncio.gather(*(operator.post(path.format(incident_id, "cam-1"), json=LEFT) for _ in range(4)))
        assert [one.status_code for one in both] == [200] * 4 and face.is_moving
        assert await steps(the) == ["taken"]
        staff = the.scene.staff["operator"]
        await commands.run(the.scene.services, staff, "close", incident_id, {"disposition": "handled"})
        assert (await lines(the, "camera:moved"))[-1]["payload"]["reason"] == "incident_closed"
        assert await the.keep() == ["stop"] and not face.is_moving
        assert said(await operator.post(path.format(incident_id, "cam-1"), json=LEFT)) == (403, "incident_closed")
        assert face.pan < 0 and await the.keep(seconds=30) == []
        assert await the.keep(seconds=31) == ["home"] and face.pan == 0
        assert await steps(the) == ["taken", "released", "home"]
        await a_device_that_is_gone(the, face, operator, path)


async def a_device_that_is_gone(the: House, face: OnvifFace, operator: Any, path: str) -> None:
    """A stop that did not arrive is said again, and a device that refuses is told in its own words."""
    incident_id = await the.scene.emergency()
    await the.watch("operator", incident_id, "cam-1")
    assert (await operator.post(path.format(incident_id, "cam-1"), json=LEFT)).status_code == 200
    face.fault = "html"
    assert await the.keep(seconds=2.1) == ["stop"]
    face.fault = ""
    before = face.said.count("Stop")
    assert await the.keep(seconds=1.1) == ["stop"] and face.said.count("Stop") == before + 1
    face.fault = "refuses_moves"
    refused = await operator.post(path.format(incident_id, "cam-1"), json=LEFT)
    assert said(refused) == (409, "device_refused") and "patrol" in refused.json()["device_said"]
