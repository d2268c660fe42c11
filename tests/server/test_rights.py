"""Rights end that second: an agency follows a person live while the last second of its agreement passes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from location_router.runtime.problems import Problem
from server.agencies import routes as agencies
from server.broadcast import PositionFrame
from server.cameras.service import open_cameras
from server.dispatch import routes as dispatch
from server.dispatch import service as dispatches
from server.dispatch.feed import Seat, agency_feed
from server.rights import RightsWatch
from server.staff.routes import COOKIE
from server.video.app import create_app
from server.video.tickets import new_ticket, sign
from server.video_gate import CameraSources, ReleaseGate
from tests.server.scene import CENTER, LAT, LON, SEAT, Scene, app_of, client, installation, listening

KEY = "a key that is long enough"
SECONDS_LEFT = 0.8
AT_MOST_S = 1.0
SLACK_S = 0.5  # two cores, many tests


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        await made.services.broadcast.start()
        yield made


async def cookie(scene: Scene, login: str) -> dict[str, str]:
    token = f"token-of-{login}"
    await scene.sql(
        "UPDATE session SET token_digest = :digest WHERE account_id = :id",
        digest=scene.services.sealer.digest(token, context="session"),
        id=scene.staff[login].account_id,
    )
    return {COOKIE: token}


async def case(scene: Scene) -> UUID:
    """An emergency whose dispatch the police has accepted."""
    incident_id = await scene.emergency()
    async with scene.services.db.begin() as unit:
        actor = scene.staff["operator"].actor
        await dispatches.request(unit, scene.services, incident_id=incident_id, agency="112", actor=actor)
        await unit.execute("UPDATE dispatch SET state = 'accepted'")
    return incident_id


@asynccontextmanager
async def video_process(scene: Scene) -> AsyncIterator[str]:
    """The real video process's app, with the real gate; its cameras are silent."""
    app = create_app(ReleaseGate(scene.services), CameraSources(scene.services), key=KEY)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="websockets-sansio", lifespan="on")
    )
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def stream(scene: Scene, gateway: str, incident_id: UUID) -> str:
    """The address of one opened camera of the police."""
    police = scene.staff["police"]
    one = (await open_cameras(scene.services, police, incident_id))[0]
    ticket = new_ticket(
        release_id=one["release_id"],
        incident_id=str(incident_id),
        camera_id=one["camera_id"],
        viewer_id=str(police.account_id),
        address=SEAT,
        quality="sub",
        now=time.time(),
    )
    return f"{gateway}/video/{one['camera_id']}?{urlencode({'ticket': sign(ticket, KEY)})}"


class Watched:
    """What a browser sees of a socket: frames with their times, and when it was told that it is over."""

    def __init__(self) -> None:
        self.heard: list[tuple[datetime, dict[str, Any]]] = []

    async def listen(self, socket: Any) -> None:
        try:
            async for text in socket:
                self.heard.append((datetime.now(UTC), json.loads(text)))
        except ConnectionClosed:
            pass

    def after(self, at: datetime, kind: str) -> list[dict[str, Any]]:
        return [frame for when, frame in self.heard if when > at and frame["type"] == kind]

    def when(self, fits: Any) -> datetime | None:
        return next((when for when, frame in self.heard if fits(frame)), None)


async def walk(scene: Scene, incident_id: UUID, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        here = {"lat": LAT, "lon": LON, "accuracy_m": 5}
        scene.services.broadcast.position(PositionFrame(CENTER, incident_id, incident_id, here))
        await asyncio.sleep(0.1)


async def end_by_date(scene: Scene, admin: httpx.AsyncClient) -> datetime:
    ends_at = datetime.now(UTC) + timedelta(seconds=SECONDS_LEFT)
    row = await scene.sql(
        "SELECT agreement_id FROM agreement WHERE center_id = :c AND agency_id = '112-demo'", c=CENTER
    )
    answer = await admin.patch(f"/api/agreements/{row[0]['agreement_id']}", json={"ends_at": ends_at.isoformat()})
    assert answer.status_code == 200, answer.text
    return ends_at


async def suspend(scene: Scene, admin: httpx.AsyncClient) -> datetime:
    row = await scene.sql(
        "SELECT agreement_id FROM agreement WHERE center_id = :c AND agency_id = '112-demo'", c=CENTER
    )
    answer = await admin.post(f"/api/agreements/{row[0]['agreement_id']}/suspend", json={"reason": "점검"})
    assert answer.status_code == 200, answer.text
    return datetime.now(UTC)


@pytest.mark.parametrize("ending", [end_by_date, suspend])
async def test_an_agreement_ends_under_an_open_stream_and_an_open_desk(scene: Scene, ending: Any) -> None:
    incident_id, jar, boss = await case(scene), await cookie(scene, "police"), await cookie(scene, "admin")
    watch, desk, screen = RightsWatch(scene.services), Watched(), Watched()
    app = app_of(scene.services, agencies.router, dispatch.router)
    async with (
        listening(app) as address,
        video_process(scene) as gateway,
        client(address, cookies=boss) as admin,
        client(address, cookies=jar) as police,
        connect(
            address.replace("http", "ws") + "/api/agency/feed",
            additional_headers={"Cookie": f"{COOKIE}={jar[COOKIE]}"},
            proxy=None,
        ) as feed,
        connect(await stream(scene, gateway, incident_id), proxy=None) as video,
    ):
        watch.start()
        tasks = [asyncio.create_task(desk.listen(feed)), asyncio.create_task(screen.listen(video))]
        dispatch_id = (await police.get("/api/agency/dispatches")).json()["dispatches"][0]["dispatch_id"]
        await asyncio.sleep(0.5)
        assert screen.heard and not screen.after(datetime.min.replace(tzinfo=UTC), "end"), "the stream is open"
        ended = await ending(scene, admin)
        late = ended + timedelta(seconds=AT_MOST_S + SLACK_S)
        dark = blank = None
        while (dark is None or blank is None) and datetime.now(UTC) < late:
            await walk(scene, incident_id, 0.1)
            dark = screen.when(lambda frame: frame["type"] == "end" and frame["reason"] == "no_agreement")
            blank = desk.when(lambda frame: frame["type"] == "dispatch" and frame["dispatch"]["position"] is None)
        assert dark is not None and blank is not None and min(dark, blank) > ended - timedelta(seconds=0.05)
        await walk(scene, incident_id, 0.5)
        assert desk.after(blank, "position") == [], "she walks on, and the agency does not follow"
        if ending is end_by_date:
            begun = ended - timedelta(seconds=SECONDS_LEFT)
            assert desk.after(begun, "position"), "until then the agency followed her"
        shown = desk.after(ended, "dispatch")[-1]["dispatch"]
        assert (shown["caller"], shown["track"], shown["may_view_live"]) == (None, [], False)
        refused = await police.post(f"/api/agency/dispatches/{dispatch_id}/video")
        assert (refused.status_code, refused.json()["code"]) == (403, "no_agreement")
        await watch.stop()
        for task in tasks:
            task.cancel()
    reasons = await scene.sql("SELECT DISTINCT end_reason FROM release WHERE viewer_kind = 'agent'")
    assert [row["end_reason"] for row in reasons] == ["no_agreement"]
    with pytest.raises(Problem, match="No agreement|in force"):
        async with scene.services.db.begin() as unit:
            actor = scene.staff["operator"].actor
            other = await scene.emergency()
            await dispatches.request(unit, scene.services, incident_id=other, agency="112", actor=actor)


async def test_a_desk_that_sat_down_a_moment_before_the_change_is_told_too(scene: Scene) -> None:
    """Its snapshot is older than the watch's first look, which has nothing to compare with."""
    seat, watch = Seat(scene.staff["police"]), RightsWatch(scene.services)
    agency_feed(scene.services).seats.add(seat)
    told = []
    for change in ("SELECT 1", "SELECT 1", "UPDATE agreement SET suspended_at = now()", "SELECT 1"):
        await scene.sql(change)
        await watch.look()
        told.append(seat.all_again)
        seat.all_again = False
    assert told == [True, False, True, False]


async def test_a_place_on_a_screen_that_nobody_answers_for_is_ended_in_the_log(scene: Scene) -> None:
    """The agent's browser is gone, the process that served it too: the release still ends with the agreement."""
    incident_id = await case(scene)
    jar = await cookie(scene, "police")
    async with listening(app_of(scene.services, dispatch.router)) as address, client(address, cookies=jar) as police:
        assert (await police.get("/api/agency/dispatches")).json()["dispatches"][0]["position"] is not None
    open_places = "SELECT count(*) FROM release WHERE kind = 'position' AND ended_at IS NULL"
    assert await scene.one(open_places) == 1
    await scene.sql("UPDATE agreement SET may_see_position = false")  # by SQL, without any event
    await RightsWatch(scene.services).look()
    assert await scene.one(open_places) == 0
    assert (await scene.tags(incident_id))[-1] == "release:ended"
