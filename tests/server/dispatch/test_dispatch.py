"""Asking 112: once, never for a drill, loud when nobody takes it; and the agency's desk over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from procrastinate import JobContext
from procrastinate.jobs import Job
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from location_router.runtime.problems import Problem
from server.broadcast import PositionFrame
from server.dispatch import routes, service
from server.dispatch.jobs import deliver_dispatch, dispatch_overdue
from server.jobs import jobs
from server.staff.routes import COOKIE
from tests.server.scene import CENTER, LAT, LON, Scene, app_of, client, installation, listening


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made


async def request(scene: Scene, incident_id: UUID, agency: str = "112", **options: Any) -> dict[str, Any]:
    async with scene.services.db.begin() as unit:
        return await service.request(
            unit, scene.services, incident_id=incident_id, agency=agency, actor=scene.staff["operator"].actor, **options
        )


async def cookie(scene: Scene, login: str) -> dict[str, str]:
    """A signed-in browser: the session's token, whose digest the table gets."""
    token = f"token-of-{login}"
    await scene.sql(
        "UPDATE session SET token_digest = :digest WHERE account_id = :id",
        digest=scene.services.sealer.digest(token, context="session"),
        id=scene.staff[login].account_id,
    )
    return {COOKIE: token}


def context(scene: Scene) -> JobContext:
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="by hand")
    return JobContext(
        app=jobs, job=job, start_timestamp=0, abort_reason=lambda: None, additional_context={"services": scene.services}
    )


async def test_a_double_click_at_the_same_moment_is_one_dispatch(scene: Scene) -> None:
    incident_id = await scene.emergency()
    cards = await asyncio.gather(*(request(scene, incident_id) for _ in range(8)))
    assert len({card["dispatch_id"] for card in cards}) == 1
    assert len({card["case_no"] for card in cards}) == 1
    tags = await scene.tags(incident_id)
    assert tags.count("dispatch:requested") == 1
    assert await scene.one("SELECT state FROM incident WHERE incident_id = :id", id=incident_id) == "dispatched"
    assert await scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver_dispatch'") == 1
    assert await scene.one("SELECT count(*) FROM outbox WHERE subject = 'status'") == 1


async def test_112_and_119_are_two_dispatches_with_their_own_numbers(scene: Scene) -> None:
    incident_id = await scene.emergency()
    police, fire = await request(scene, incident_id), await request(scene, incident_id, "119")
    again = await request(scene, await scene.emergency())
    assert police["case_no"].startswith("112-") and fire["case_no"].startswith("119-")
    assert (police["case_no"][-5:], fire["case_no"][-5:], again["case_no"][-5:]) == ("00001", "00001", "00002")


@pytest.mark.parametrize(
    ("emergency", "agency", "options", "code"),
    [
        ({"is_drill": True}, "112", {}, "drill"),
        ({"state": "received"}, "112", {}, "not_allowed"),
        ({"state": "closed", "phase": "ended"}, "112", {}, "not_allowed"),
        ({"phase": "pre"}, "112", {}, "not_allowed"),
        ({}, "coast guard", {}, "no_agreement"),
        ({}, "112", {"legal_basis": "curiosity"}, "legal_basis"),
    ],
)
async def test_what_may_not_be_dispatched_leaves_nothing_behind(
    scene: Scene, emergency: dict[str, Any], agency: str, options: dict[str, Any], code: str
) -> None:
    incident_id = await scene.emergency(**emergency)
    with pytest.raises(Problem) as refused:
        await request(scene, incident_id, agency, **options)
    assert refused.value.code == code
    for table in ("dispatch", "event", "outbox", "procrastinate_jobs"):
        assert await scene.one(f"SELECT count(*) FROM {table}") == 0


async def test_the_automatic_call_may_come_before_anybody_acknowledged(scene: Scene) -> None:
    card = await request(scene, await scene.emergency(state="received"), automatic=True)
    assert card["state"] == "requested"


async def test_without_an_agreement_in_force_nobody_is_called(scene: Scene) -> None:
    await scene.sql("UPDATE agreement SET ends_at = now() WHERE center_id = :code", code=CENTER)
    with pytest.raises(Problem) as refused:
        await request(scene, await scene.emergency())
    assert refused.value.code == "no_agreement"


async def test_nobody_accepts_for_a_minute_and_it_gets_loud_once(scene: Scene) -> None:
    incident_id = await scene.emergency()
    dispatch_id = UUID((await request(scene, incident_id))["dispatch_id"])
    await dispatch_overdue(context(scene), str(dispatch_id))
    assert "dispatch:overdue" not in await scene.tags(incident_id)
    scene.services.clock = lambda: datetime.now(UTC) + timedelta(seconds=61)
    for _ in range(2):
        await dispatch_overdue(context(scene), str(dispatch_id))
    assert (await scene.tags(incident_id)).count("dispatch:overdue") == 1
    assert await scene.one("SELECT is_overdue FROM dispatch")
    planned = await scene.one(
        "SELECT scheduled_at - now() FROM procrastinate_jobs WHERE task_name = 'dispatch_overdue'"
    )
    assert timedelta(seconds=50) < planned <= timedelta(seconds=60)


async def test_the_desk_page_is_no_delivery_until_somebody_has_it(scene: Scene) -> None:
    incident_id = await scene.emergency()
    card = await request(scene, incident_id)
    await deliver_dispatch(context(scene), card["dispatch_id"])
    assert await scene.one("SELECT state FROM dispatch") == "requested"


async def test_the_case_from_request_to_done_at_the_agencys_desk(scene: Scene) -> None:
    incident_id = await scene.emergency()
    case = await request(scene, incident_id, note="골목 안쪽")
    async with (
        listening(app_of(scene.services, routes.router)) as address,
        client(address, cookies=await cookie(scene, "police")) as desk,
    ):
        (shown,) = (await desk.get("/api/agency/dispatches")).json()["dispatches"]
        assert (shown["state"], shown["open"], shown["may_view_live"]) == ("delivered", True, False)
        assert shown["caller"] == {"name": "보라", "phone": "01012345678"} and shown["note"] == "골목 안쪽"
        assert shown["position"] is not None and len(shown["track"]) == 1
        path = f"/api/agency/dispatches/{case['dispatch_id']}"
        assert (await desk.post(f"{path}/video")).json()["code"] == "no_dispatch"
        accepted = (await desk.post(f"{path}/accept", json={"receipt_no": "A-7"})).json()["dispatch"]
        assert (accepted["state"], accepted["receipt_no"], accepted["may_view_live"]) == ("accepted", "A-7", True)
        assert len((await desk.post(f"{path}/video")).json()["cameras"]) == 5
        assert len((await desk.post(f"/api/agency/cases/{case['case_no']}/video")).json()["cameras"]) == 5
        for step in ("en_route", "on_scene", "on_scene"):
            assert (await desk.post(f"{path}/{step}")).status_code == 200
        backwards = await desk.post(f"{path}/en_route")
        assert (backwards.status_code, backwards.json()["allowed"]) == (409, ["done"])
        done = (await desk.post(f"{path}/done", json={"reason": "귀가"})).json()["dispatch"]
        assert (done["open"], done["caller"], done["position"], done["track"]) == (False, None, None, [])
    tags = [tag for tag in await scene.tags(incident_id) if tag.startswith("dispatch:")]
    assert tags == [
        f"dispatch:{state}" for state in ("requested", "delivered", "accepted", "en_route", "on_scene", "done")
    ]
    assert await scene.one("SELECT state FROM incident WHERE incident_id = :id", id=incident_id) == "on_scene"
    assert await scene.one("SELECT count(*) FROM release WHERE kind = 'position' AND viewer_kind = 'agent'") == 1
    assert await scene.one("SELECT end_reason FROM release WHERE kind = 'position'") == "dispatch_done"


async def test_an_agency_sees_nothing_of_another_one(scene: Scene) -> None:
    case = await request(scene, await scene.emergency(), "119")
    async with listening(app_of(scene.services, routes.router)) as address:
        async with client(address, cookies=await cookie(scene, "police")) as police:
            assert (await police.get("/api/agency/dispatches")).json() == {"dispatches": []}
            for path in (
                f"dispatches/{case['dispatch_id']}/accept",
                f"dispatches/{case['dispatch_id']}/video",
                f"cases/{case['case_no']}/video",
            ):
                assert (await police.post(f"/api/agency/{path}")).status_code == 404
        async with client(address, cookies=await cookie(scene, "operator")) as operator:
            assert (await operator.get("/api/agency/dispatches")).status_code == 403
        async with client(address) as nobody:
            assert (await nobody.get("/api/agency/dispatches")).status_code == 401


async def test_without_the_right_to_see_place_and_person_there_is_neither_and_no_release(scene: Scene) -> None:
    await scene.sql("UPDATE agreement SET may_see_position = false, may_see_identity = false")
    await request(scene, await scene.emergency())
    async with (
        listening(app_of(scene.services, routes.router)) as address,
        client(address, cookies=await cookie(scene, "police")) as desk,
    ):
        (shown,) = (await desk.get("/api/agency/dispatches")).json()["dispatches"]
    assert (shown["position"], shown["track"], shown["caller"]) == (None, [], None)
    assert await scene.one("SELECT count(*) FROM release") == 0


async def test_the_feed_brings_a_new_dispatch_and_its_next_step(scene: Scene) -> None:
    await scene.services.broadcast.start()
    incident_id = await scene.emergency()
    jar = await cookie(scene, "police")
    async with listening(app_of(scene.services, routes.router)) as address:
        url = address.replace("http", "ws") + "/api/agency/feed"
        async with connect(url, additional_headers={"Cookie": f"{COOKIE}={jar[COOKIE]}"}, proxy=None) as socket:
            await socket.send(json.dumps({"type": "hello", "seat": "one"}))
            assert json.loads(await socket.recv()) | {"now": ""} == {"type": "snapshot", "now": "", "dispatches": []}
            await request(scene, incident_id)
            states = []
            while states[-1:] != ["delivered"]:
                frame = json.loads(await asyncio.wait_for(socket.recv(), 3))
                assert frame["type"] == "dispatch" and frame["dispatch"]["incident_id"] == str(incident_id)
                states.append(frame["dispatch"]["state"])
        async with connect(url, proxy=None) as stranger:
            with pytest.raises(Exception, match="4401"):
                await asyncio.wait_for(stranger.recv(), 3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE agreement SET ends_at = now()", "no_agreement"),
        ("UPDATE agreement SET suspended_at = now()", "no_agreement"),
        ("UPDATE agreement SET may_see_position = false", "no_agreement"),
        ("UPDATE session SET ended_at = now()", "session"),
        ("UPDATE allowed_address SET network = '10.0.0.0/8'", "session"),
    ],
)
async def test_positions_stop_with_the_agreement_and_the_session(scene: Scene, change: str, reason: str) -> None:
    """None of these makes an event: the feed has to look by itself before it shows a place."""
    await scene.services.broadcast.start()
    incident_id = await scene.emergency()
    await request(scene, incident_id)
    jar = await cookie(scene, "police")
    places: list[dict[str, Any]] = []

    async def listen(socket: Any) -> None:
        async for frame in socket:
            if (heard := json.loads(frame))["type"] in ("position", "dispatch"):
                places.extend([heard["position"]] if heard["type"] == "position" else heard["dispatch"]["track"])

    async def walk(seconds: float) -> None:
        for _ in range(int(seconds * 10)):
            scene.services.broadcast.position(
                PositionFrame(CENTER, incident_id, incident_id, {"lat": LAT, "lon": LON, "accuracy_m": 5})
            )
            await asyncio.sleep(0.1)

    async with listening(app_of(scene.services, routes.router)) as address:
        url = address.replace("http", "ws") + "/api/agency/feed"
        async with connect(url, additional_headers={"Cookie": f"{COOKIE}={jar[COOKIE]}"}, proxy=None) as socket:
            assert json.loads(await socket.recv())["dispatches"][0]["position"] is not None
            listener = asyncio.create_task(listen(socket))
            await walk(0.5)
            assert places, "the agency follows while it may"
            await scene.sql(change)
            await walk(1.2)
            places.clear()
            await walk(0.5)
            assert places == []
            if reason == "session":
                with pytest.raises(ConnectionClosedError, match="4401"):
                    await asyncio.wait_for(listener, 3)
            listener.cancel()
    if reason == "no_agreement":
        assert await scene.one("SELECT end_reason FROM release WHERE kind = 'position'") == reason
