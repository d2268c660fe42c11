"""From the alert to the last file: recorded before anybody may look, opened by the gate alone, ended with the incident,
kept as the policy says. Real cameras, the real video process, a real database."""

from __future__ import annotations

import asyncio
import base64
import io
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import httpx
import pytest
import uvicorn

from location_router.runtime.problems import Problem
from server import line_view_routes, request_routes
from server.actor import SYSTEM
from server.cameras.service import choose_for_incident
from server.demo.night_street import age_s
from server.dispatch.lines import set_line
from server.endings import end_with_incident
from server.gate import Refused
from server.incidents import service as incidents
from server.incidents.model import CancelByPerson, Close
from server.incidents.state import Who
from server.recordings import service
from server.recordings.findings import recording_findings
from server.recordings.service import Asked
from server.requests import deciding
from server.retention.kinds import kind_named
from server.retention.purge import purge
from server.seed import seed_cameras
from server.video.app import create_app, server_config
from server.video.recorder import Recorder
from server.video.tickets import new_ticket, sign
from server.video_gate import CameraSources, ReleaseGate
from server.video_shelf import RecordingShelf, recording_routers
from tests.server.requests.asking import Office
from tests.server.scene import CENTER, EYES, Scene, app_of, client, installation, listening
from tests.video.conftest import RunningCity, start_city

Stop = Callable[[], Awaitable[None]]
KEY = "a key that only tests know"
NEAR = ("cam-1", "cam-2", "cam-3", "cam-4", "cam-5", "cam-6")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.video.recorder.LOOK_S", 0.2)
    monkeypatch.setattr("server.video.recorder.KEEP_S", 0.3)
    monkeypatch.setattr("server.video_shelf.Recorder", partial(Recorder, segment_s=0.8))


@asynccontextmanager
async def running(url: str, folder: Path) -> AsyncIterator[tuple[Scene, httpx.AsyncClient, Stop]]:
    """An installation, its video process on a real socket, its cameras."""
    process, city = start_city(spec=[{"id": one, "name": one} for one in (*NEAR, "far-1")])
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings = {"video_gateway": "embedded", "video_key": KEY, "video_url": f"http://127.0.0.1:{port}"}
    settings |= {"line_networks": "127.0.0.0/8"}
    settings |= {"video_public_url": f"ws://127.0.0.1:{port}", "video_dir": folder, "video_after_minutes": 0}
    try:
        async with installation(url, **settings) as scene:
            await _cameras(scene, city)
            services = scene.services
            app = create_app(
                ReleaseGate(services), CameraSources(services), key=KEY, extra_routers=recording_routers(services)
            )
            server = uvicorn.Server(server_config(app))
            task = asyncio.create_task(server.serve(sockets=[listener]))

            async def stop() -> None:
                server.should_exit = True
                await task

            try:
                async with httpx.AsyncClient(trust_env=False, timeout=15) as browser:
                    yield scene, browser, stop
            finally:
                await stop()
    finally:
        process.terminate()
        process.wait(5)
        process.stdout.close()


async def _cameras(scene: Scene, city: RunningCity) -> None:
    base = f"rtsp://127.0.0.1:{city.port}"
    far = replace(EYES[0], camera_id="far-1", name="먼 길", lat=EYES[0].lat + 0.05)
    async with scene.services.db.begin() as unit:
        await seed_cameras(unit, scene.services.sealer, center_id=CENTER, cameras=(*EYES, far), rtsp_base=base)
    await scene.sql("UPDATE camera SET is_buffered = true WHERE camera_id IN ('far-1', 'cam-6')")


async def until(scene: Scene, statement: str, timeout_s: float = 30, **values: Any) -> Any:
    end = time.monotonic() + timeout_s
    while not (found := await scene.one(statement, **values)):
        assert time.monotonic() < end, statement
        await asyncio.sleep(0.1)
    return found


async def piece(scene: Scene, who: str, incident_id: UUID, camera_id: str, seconds: float = 60, **more: Any) -> Any:
    now = scene.services.clock()
    asked = Asked(camera_id, now - timedelta(seconds=seconds), now, **{"reason": "되감아 확인", **more})
    return await service.open_recording(scene.services, scene.staff[who], incident_id, asked)


async def refused(scene: Scene, who: str, incident_id: UUID, camera_id: str = "cam-1", **more: Any) -> str:
    with pytest.raises((Refused, Problem)) as error:
        await piece(scene, who, incident_id, camera_id, **more)
    return str(error.value.code)


async def test_recorded_from_the_alert_on_and_shown_by_the_gate_alone(
    installation_database: str, tmp_path: Path
) -> None:
    async with running(installation_database, tmp_path) as (scene, browser, stop):
        drill = await scene.emergency(is_drill=True)
        await choose_for_incident(scene.services, drill)
        incident_id = await scene.emergency(state="received", phase="pre")
        await choose_for_incident(scene.services, incident_id)
        assert await scene.one("SELECT count(*) FROM pin WHERE incident_id = :id", id=drill) == 0, (
            "a drill keeps nothing"
        )
        pins = await scene.sql("SELECT camera_id, why, from_at FROM pin WHERE incident_id = :id", id=incident_id)
        assert {one["camera_id"] for one in pins} == set(NEAR), "the five, and the buffered one nearby; not the far one"
        await until(
            scene,
            "SELECT count(DISTINCT camera_id) = 7 FROM segment WHERE gone_at IS NULL",
        )  # while it is only a pre-alert
        assert await scene.one("SELECT count(*) FROM release") == 0, "and nobody has been shown a thing"
        assert await refused(scene, "operator", incident_id) == "not_live"

        await scene.sql(
            "UPDATE incident SET phase = 'active', active_at = now() WHERE incident_id = :id", id=incident_id
        )
        assert await refused(scene, "stranger", incident_id) == "not_your_incident"
        assert await refused(scene, "operator", incident_id, reason=" ") == "no_reason"
        assert await refused(scene, "operator", incident_id, seconds=3600) == "bad_span"
        assert await refused(scene, "operator", incident_id, seconds=900) == "before_the_incident"
        assert await refused(scene, "police", incident_id) == "no_dispatch"
        assert await refused(scene, "operator", incident_id, camera_id="nowhere") == "unknown_camera"
        assert await scene.one("SELECT count(*) FROM release") == 0
        for who, knows in (("stranger", False), ("police", False), ("operator", True)):
            with nullcontext() if knows else pytest.raises(Problem, match="no such incident"):
                await service.require_known(scene.services, scene.staff[who], incident_id)

        opened = await piece(scene, "operator", incident_id, "cam-1")
        await _plays(browser, opened)
        await _only_this_way(scene, browser, opened, incident_id)
        listed = await service.listed(scene.services, scene.staff["operator"], incident_id)
        mine = next(one for one in listed if one["camera_id"] == "cam-1")
        assert mine["is_running"] and mine["begin_at"] and mine["seconds"] > 0 and "url" not in mine
        await _what_is_listed_can_be_opened(scene, incident_id)

        operator = scene.staff["operator"].account_id
        await scene.sql("UPDATE session SET ended_at = now() WHERE account_id = :id", id=operator)
        assert (await browser.get(opened["url"])).json()["code"] == "session_ended"
        assert (
            await scene.one("SELECT end_reason FROM release WHERE release_id = :id", id=UUID(opened["release_id"]))
            == "session_ended"
        )
        await _closed(scene, browser, incident_id)
        await _asked_for_by_a_case_number(scene, browser)
        await stop()
        await _kept_as_the_policy_says(scene, tmp_path, incident_id)


async def _asked_for_by_a_case_number(scene: Scene, browser: httpx.AsyncClient) -> None:
    """112's own system asks, which nobody has dispatched: five cameras, what was recorded before, stills, the end."""
    services, police = scene.services, "112-demo"
    terms = "may_view_live = true, may_view_recorded = true, may_view_still = true, may_see_position = true"
    await scene.sql(f"UPDATE agreement SET {terms} WHERE agency_id = :id", id=police)
    await scene.sql("INSERT INTO agency_address (agency_id, network) VALUES (:id, '127.0.0.0/8')", id=police)
    async with services.db.begin() as unit:
        line = {"agency_id": police, "center_id": None, "kind": "webhook", "url": "http://127.0.0.1:9", "key": KEY}
        await set_line(unit, services, actor=SYSTEM, **line)  # type: ignore[arg-type]
    app = app_of(services, request_routes.router, line_view_routes.router)
    async with listening(app) as address, client(address) as http:
        room = Office(scene, http, None)  # type: ignore[arg-type]
        subject = {"case_kind": "112", "note": "납치 의심 차량"}
        letter = room.letter(agency_id=police, trigger="dispatch", case_no="2026-112-42", subject=subject)
        by = {"agency": police, "key": KEY}
        told = await room.send("", letter, **by)
        assert (told.status_code, told.json()["state"]) == (202, "received"), told.text
        request_id = told.json()["request_id"]
        row = await room.row(request_id)
        incident_id, viewer = row["incident_id"], {"viewer": "kim-07"}
        assert (await room.send(f"/{request_id}/video", viewer, **by)).json()["code"] == "no_dispatch"
        assert await refused(scene, "police", incident_id, camera_id="cam-6") == "no_dispatch"
        await deciding.accept(services, scene.staff["supervisor"], incident_id, UUID(request_id))

        cameras = (await room.send(f"/{request_id}/video", viewer, **by)).json()["cameras"]
        assert len({one["camera_id"] for one in cameras}) == 5
        stills = (await room.send(f"/{request_id}/stills", {**viewer, "count": 5}, **by)).json()["stills"]
        assert len(stills) == 5 and all(base64.b64decode(one["jpeg"]).startswith(b"\xff\xd8") for one in stills)
        before = await piece(scene, "police", incident_id, "cam-6", seconds=120)
        assert before["begin_at"] < row["received_at"], "from the buffer: what was there before anybody asked"
        await _plays(browser, before)
        shown = await scene.sql("SELECT kind, agreement_id FROM release WHERE incident_id = :id", id=incident_id)
        kinds = [one["kind"] for one in shown if one["agreement_id"] is not None]
        assert (kinds.count("live"), kinds.count("still"), kinds.count("recorded")) == (5, 5, 1)

        await _end(scene, incident_id, Close("handled", "", Who(scene.staff["supervisor"].account_id)))
        assert ((row := await room.row(request_id))["state"], row["reason"]) == ("ended", "incident_closed")
        assert (await browser.get(before["url"])).json()["code"] == "incident_closed"
        assert (await room.send(f"/{request_id}/video", viewer, **by)).status_code == 409
        running = "SELECT count(*) FROM release WHERE incident_id = :id AND ended_at IS NULL"
        assert await scene.one(running, id=incident_id) == 0
    await scene.sql("DELETE FROM pin WHERE incident_id = :id", id=incident_id)


async def _plays(browser: httpx.AsyncClient, opened: dict[str, Any]) -> None:
    whole = await browser.get(opened["url"])
    assert whole.status_code == 200 and whole.headers["accept-ranges"] == "bytes", whole.text
    with av.open(io.BytesIO(whole.content)) as film:
        first = next(film.decode(video=0))
        length_s = float(film.duration) / av.time_base
    begin = datetime.fromisoformat(whole.headers["x-ansim-begin"])
    assert abs(age_s(first.to_ndarray(format="gray"), begin.timestamp()) or 0) < 1.5, "the true start is told"
    half = len(whole.content) // 2
    part = await browser.get(opened["url"], headers={"Range": f"bytes={half}-{half + 999}"})
    assert part.status_code == 206 and part.content == whole.content[half : half + 1000]
    assert part.headers["content-range"] == f"bytes {half}-{half + 999}/{len(whole.content)}"
    assert part.headers["etag"] == whole.headers["etag"]
    beyond = await browser.get(opened["url"], headers={"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    head = await browser.head(opened["url"])
    assert head.content == b"" and int(head.headers["content-length"]) == len(whole.content)
    times = (await browser.get(opened["url"].replace("?", "/times?"))).json()
    assert abs(times["duration_s"] - length_s) < 0.2 and times["times"][0]["second"] == 0


async def _what_is_listed_can_be_opened(scene: Scene, incident_id: UUID) -> None:
    """From its first moment on, also when the file with it began before what the incident may reach."""
    services, operator = scene.services, scene.staff["operator"]
    began = await scene.one("SELECT min(begin_at) FROM segment WHERE camera_id = 'cam-3'")
    reach = began + timedelta(seconds=0.3)
    await scene.sql("UPDATE pin SET from_at = :at WHERE camera_id = 'cam-3'", at=reach)
    opened = await scene.one("SELECT opened_at FROM incident WHERE incident_id = :id", id=incident_id)
    await scene.sql("UPDATE incident SET opened_at = :at WHERE incident_id = :id", at=reach, id=incident_id)
    before, services.settings.video_before_minutes = services.settings.video_before_minutes, 0
    listed = await service.listed(services, operator, incident_id)
    told = next(one for one in listed if one["camera_id"] == "cam-3")
    assert told["begin_at"] == reach and told["seconds"] > 0
    asked = Asked("cam-3", told["begin_at"], told["end_at"], "되감아 확인")
    assert (await service.open_recording(services, operator, incident_id, asked))["begin_at"] == reach
    services.settings.video_before_minutes = before
    await scene.sql("UPDATE incident SET opened_at = :at WHERE incident_id = :id", at=opened, id=incident_id)


async def _only_this_way(scene: Scene, browser: httpx.AsyncClient, opened: dict[str, Any], incident_id: UUID) -> None:
    """First byte noted; the ticket is bound to the seat; a ticket that is over opens only what has begun."""
    release_id = UUID(opened["release_id"])
    row = (await scene.sql("SELECT kind, camera_id, first_byte_at FROM release WHERE release_id = :id", id=release_id))[
        0
    ]
    assert row["kind"] == "recorded" and row["first_byte_at"] is not None
    async with httpx.AsyncClient(
        trust_env=False, transport=httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    ) as elsewhere:
        assert (await elsewhere.get(opened["url"])).json()["code"] == "ticket_other_address"
    assert (await browser.get(opened["url"][:-3] + "abc")).json()["code"] == "ticket_invalid"
    fresh = await piece(scene, "operator", incident_id, "cam-2")
    for known, code in ((opened, 200), (fresh, 401)):
        ticket = new_ticket(
            release_id=known["release_id"],
            incident_id=str(incident_id),
            camera_id=known["camera_id"],
            viewer_id=str(scene.staff["operator"].account_id),
            address="127.0.0.1",
            now=time.time() - 600,
            purpose="clip",
        )
        address = known["url"].split("?")[0]
        assert (await browser.get(address, params={"ticket": sign(ticket, KEY)})).status_code == code
        moved = sign(replace(ticket, address="127.0.0.2"), KEY)
        async with httpx.AsyncClient(
            trust_env=False, transport=httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        ) as elsewhere:
            refusal = await elsewhere.get(address, params={"ticket": moved})
        assert refusal.json()["code"] == "address_not_registered", "the row's address counts, not the ticket's"
        stolen = sign(replace(ticket, release_id=opened["release_id"], camera_id="cam-3"), KEY)
        assert (await browser.get(opened["url"].split("?")[0], params={"ticket": stolen})).status_code == 403


async def _end(scene: Scene, incident_id: UUID, command: Any) -> None:
    async with scene.services.db.begin() as unit:
        before = await incidents.locked(unit, incident_id)
        after = await incidents.perform(unit, scene.services, incident_id, command, SYSTEM, state=before)
        await end_with_incident(unit, scene.services, before, after)


async def _closed(scene: Scene, browser: httpx.AsyncClient, incident_id: UUID) -> None:
    """The end stops showing and recording. A pre-alert that is cancelled keeps nothing."""
    opened = await piece(scene, "supervisor", incident_id, "cam-1")
    assert (await browser.get(opened["url"])).status_code == 200
    cancelled = await scene.emergency(state="received", phase="pre")
    await choose_for_incident(scene.services, cancelled)
    await _end(scene, cancelled, CancelByPerson())
    assert await scene.one("SELECT count(*) FROM pin WHERE incident_id = :id", id=cancelled) == 0
    await scene.sql("UPDATE incident SET state = 'acknowledged' WHERE incident_id = :id", id=incident_id)
    await _end(scene, incident_id, Close("handled", "", Who(scene.staff["operator"].account_id)))
    assert (await browser.get(opened["url"])).json()["code"] == "incident_closed"
    await until(scene, "SELECT 1 FROM recorder WHERE recording = 2")  # the two buffered cameras go on
    assert await scene.one("SELECT count(*) FROM pin WHERE until_at IS NULL") == 0
    async with scene.services.db.begin() as unit:
        assert all(ok for ok, _, _ in await recording_findings(unit, scene.services))
        settings = scene.services.settings
        here, settings.video_dir = settings.video_dir, Path("/nowhere")
        told = await recording_findings(unit, scene.services)
        assert [en for ok, _, en in told if not ok and "/nowhere" in en], "server and worker look in another folder"
        settings.video_dir = here
        await unit.execute("UPDATE recorder SET trouble = 'disk_kept', trouble_since = now()")
        told = await recording_findings(unit, scene.services)
        assert [en for ok, _, en in told if not ok and "STOPPED" in en], "the doctor says it loudly"


async def _kept_as_the_policy_says(scene: Scene, folder: Path, incident_id: UUID) -> None:
    """The buffer rolls over what nobody keeps; pictures of an incident stay 30 days, and longer under a hold."""
    services, now = scene.services, scene.services.clock()
    shelf = RecordingShelf(services, "sub")
    kept = {row["path"] for row in await scene.sql(PINNED_PATHS)}
    assert kept
    services.clock = lambda: now + timedelta(hours=2)
    while await shelf.let_go(for_disk=False, most=50):
        for one in await shelf.let_go(for_disk=False, most=50):
            folder.joinpath(one.path).unlink(missing_ok=True)
            await shelf.forget([one.segment_id])
    left = {row["path"] for row in await scene.sql("SELECT path FROM segment WHERE gone_at IS NULL")}
    assert left == kept, "the buffer has rolled, and has passed by what the incident keeps"
    assert all(folder.joinpath(path).exists() for path in kept)

    hold = uuid4()
    await scene.sql(
        "INSERT INTO legal_hold (hold_id, center_id, incident_id, basis, reason_sealed, until, placed_at, placed_by)"
        " VALUES (:hold, :center, :id, 'pipa-18-2-7', 'x', now() + interval '1 year', now(), :hold)",
        hold=hold,
        center=CENTER,
        id=incident_id,
    )
    services.clock = lambda: now + timedelta(days=31)
    recordings = [kind for kind in (kind_named("recordings"),) if kind]
    assert not (await purge(services, kinds=recordings)).deleted, "a hold keeps the films"
    await scene.sql("UPDATE legal_hold SET ended_at = now() WHERE hold_id = :id", id=hold)
    report = await purge(services, kinds=recordings)
    assert not report.failed and report.deleted[CENTER, "recordings"] >= len(kept)
    assert not any(folder.joinpath(path).exists() for path in kept)
    rows = await scene.sql("SELECT gone_why FROM segment WHERE path = ANY(:paths)", paths=sorted(kept))
    assert [row["gone_why"] for row in rows] == ["retention"] * len(kept), "what was there can still be said"
    proof = await scene.one("SELECT deleted FROM retention_proof WHERE kind = 'recordings' AND deleted > 0")
    assert proof is not None and proof >= len(kept)


PINNED_PATHS = """
SELECT path FROM segment s WHERE gone_at IS NULL AND EXISTS (SELECT 1 FROM pin p WHERE p.camera_id = s.camera_id
AND p.from_at < s.end_at AND coalesce(p.until_at > s.begin_at, true))
"""
