"""What happened before our recorder began is fetched from the camera's own, looked at and handed over like the rest. A
device of our own over real RTSP, its clock ten minutes off, a real database, the real clips and packages."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import httpx
import pytest
import uvicorn

from location_router.runtime.jobs import Again
from server.cameras.devices import device_pool
from server.demo.night_street import age_s
from server.demo.onvif import OnvifFace
from server.demo.onvif_answers import Recording
from server.evidence import making
from server.evidence.package import read_package
from server.evidence.routes import router as evidence_routes
from server.evidence.service import file_of
from server.recordings.routes import router as recording_routes
from server.replays import fetching
from server.replays.routes import router as fetch_routes
from server.staff.routes import COOKIE
from server.video.app import create_app, server_config
from server.video.clips import clips_router
from server.video.folder import folder_name, reconcile
from server.video.replay.reel import camera_lock
from server.video_gate import CameraSources, ReleaseGate
from server.video_shelf import ReleasedPieces
from tests.server.cameras.onvif.houses import House, house, said
from tests.server.scene import CENTER, app_of, client, listening
from tests.video.conftest import RunningCity, start_city

pytestmark = pytest.mark.database
OFFSET_S, LOOP_S, CLOSE_S = 602.4, 5.0, 1.5
"""The device tells its clock in whole seconds: half a second either way, and on a busy machine the way to it."""
PASSWORD = "p@ss 비밀"


@dataclass
class Night:
    the: House
    city: RunningCity
    face: OnvifFace
    folder: Path
    api: str
    incident: UUID
    now: datetime

    def at(self, seconds_ago: float) -> datetime:
        return self.now - timedelta(seconds=seconds_ago)

    async def seat(self, login: str) -> httpx.AsyncClient:
        await self.the.seat(login)  # its session answers to the login's name
        return await self.the.stack.enter_async_context(client(self.api, cookies={COOKIE: login}))

    async def ask(self, browser: httpx.AsyncClient, begin: float, end: float, **more: Any) -> httpx.Response:
        body = {"camera_id": "cam-1", "from_at": self.at(begin).isoformat(), "until_at": self.at(end).isoformat()}
        body |= {"reason": "되감아 확인", **more}
        return await browser.post(f"/api/incidents/{self.incident}/recordings/fetch", json=body)

    async def work(self, asked: httpx.Response) -> dict[str, Any]:
        """Do the job; the fetch as the page then sees it."""
        assert asked.status_code == 202, asked.text
        fetch_id = asked.json()["fetch"]["fetch_id"]
        await fetching.fetch(self.the.scene.services, UUID(fetch_id))
        operator = await self.seat("operator")
        listed = (await operator.get(f"/api/incidents/{self.incident}/recordings/fetch")).json()["fetches"]
        return dict(next(one for one in listed if one["fetch_id"] == fetch_id))


@asynccontextmanager
async def a_night(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    monkeypatch.setattr(fetching, "LIMITS", replace(fetching.LIMITS, silent_s=2.0))
    monkeypatch.setattr(fetching, "LOOK_S", 0.0)
    camera = {"id": "cam", "loop": True, "records_s": 3600, "clock_offset_s": OFFSET_S, "login": "sha-256"}
    process, city = start_city(spec=[{**camera, "user": "admin", "password": PASSWORD, "has_audio": True}])
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    settings = {"video_gateway": "embedded", "video_key": "k" * 32, "video_url": f"http://127.0.0.1:{port}"}
    settings |= {"video_public_url": f"ws://127.0.0.1:{port}", "video_dir": folder, "video_disk_most_percent": 98}
    try:
        async with house(url, **settings) as the:
            services = the.scene.services
            shows = [clips_router(ReleasedPieces(services))]
            app = create_app(ReleaseGate(services), CameraSources(services), key="k" * 32, extra_routers=shows)
            server = uvicorn.Server(server_config(app))
            task = asyncio.create_task(server.serve(sockets=[door]))
            try:
                api = app_of(services, fetch_routes, recording_routes, evidence_routes)
                address = await the.stack.enter_async_context(listening(api))
                face = OnvifFace(f"rtsp://127.0.0.1:{city.port}/cam", password=PASSWORD, clock_offset_s=OFFSET_S)
                incident = await the.scene.emergency()
                yield Night(the, city, face, folder, address, incident, the.clock())
            finally:
                server.should_exit = True
                await task
    finally:
        process.terminate()
        process.wait(5)
        process.stdout.close()


async def test_the_minutes_before_our_recorder_began(
    installation_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_night(installation_database, tmp_path, monkeypatch) as night:
        the, operator = night.the, await night.seat("operator")
        await _a_device_without_replay(night, operator)
        await _who_may_not(night, operator)
        assert await the.scene.one("SELECT count(*) FROM recording_fetch") == 0

        middle = await night.work(await night.ask(operator, 232, 228))
        assert (middle["state"], middle["progress"], middle["missing_s"]) == ("done", 1, 0), middle
        assert middle["clock_offset_s"] == pytest.approx(OFFSET_S, abs=CLOSE_S)
        before = await the.scene.sql("SELECT segment_id, path FROM segment")
        again = await night.ask(operator, 232, 228)
        assert (again.status_code, again.json()) == (200, {"fetch": None}), "it is all here"

        await _the_rest(night, operator, before)
        await _the_right_second(night)
        assert night.city.state()["cam"]["setups"]["audio"] == 0
        assert await the.scene.one("SELECT count(*) FROM release") == 0, "and nobody has been shown a thing"
        await _looked_at(night, operator)
        await _handed_over(night)
        await _troubles(night, operator)
        tags = [tag for tag in await the.scene.tags(night.incident) if tag.startswith("recording:")]
        assert tags[:4] == ["recording:fetch_asked", "recording:fetched"] * 2


async def _a_device_without_replay(night: Night, operator: httpx.AsyncClient) -> None:
    asked = await night.ask(operator, 240, 220)
    assert said(asked) == (409, "no_replay") and "Profile G" in asked.json()["message_ko"], "no device is bound"
    admin, url = await night.the.seat("admin"), await night.the.plug(night.face)
    right = {"url": url, "user": "admin", "password": PASSWORD}
    assert (await admin.post("/api/cameras/cam-1/device", json=right)).status_code == 200
    assert said(await night.ask(operator, 240, 220)) == (409, "no_replay"), "it records nothing"
    clock = night.now + timedelta(seconds=OFFSET_S)
    card = Recording("r1", "골목 1", clock - timedelta(hours=1), clock)
    night.face.recordings = (card, replace(card, token="r2", name="골목 2"))
    await device_pool(night.the.scene.services).forget("cam-1")
    assert (await admin.post("/api/cameras/cam-1/device", json=right)).json()["has_replay"]
    which = await night.ask(operator, 240, 220)
    assert said(which) == (409, "which_recording") and len(which.json()["recordings"]) == 2, "never guessed"
    night.face.recordings = (card,)


async def _who_may_not(night: Night, operator: httpx.AsyncClient) -> None:
    assert said(await night.ask(operator, 900, 880)) == (422, "before_the_incident")
    assert said(await night.ask(operator, 5, 1)) == (422, "bad_span"), "still being written"
    assert said(await night.ask(operator, 240, 220, camera_id="nowhere")) == (403, "unknown_camera")
    assert said(await night.ask(operator, 240, 220, reason=" ")) == (403, "no_reason")
    for login, answer in (("stranger", (404, "unknown_incident")), ("police", (403, "wrong_role"))):
        assert said(await night.ask(await night.seat(login), 240, 220)) == answer
    night.face.password = "another"
    assert said(await night.ask(operator, 240, 220)) == (409, "wrong_password")
    night.face.password = PASSWORD
    night.face.rtsp = "rtsp://127.9.9.9:554/cam"
    assert said(await night.ask(operator, 240, 220)) == (409, "stream_elsewhere")
    night.face.rtsp = f"rtsp://127.0.0.1:{night.city.port}/cam"


async def _the_rest(night: Night, operator: httpx.AsyncClient, before: list[dict[str, Any]]) -> None:
    """Only what is missing; what a killed worker left goes, and the recorder beside it touches nothing of it."""
    services, owner = night.the.scene.services, (CENTER, "cam-1")
    asked, twice = await asyncio.gather(night.ask(operator, 240, 220), night.ask(operator, 240, 220))
    assert {asked.status_code, twice.status_code} == {202}, asked.text + twice.text
    assert asked.json()["fetch"]["fetch_id"] == twice.json()["fetch"]["fetch_id"], "a double click is one fetch"
    assert said(await night.ask(operator, 200, 190)) == (409, "fetch_running")
    assert (
        await night.the.scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'fetch_recordings'") == 2
    )
    fetch_id = UUID(asked.json()["fetch"]["fetch_id"])
    torn = [night.folder / folder_name(*owner) / f"1-{fetch_id.hex[:12]}{end}" for end in (".mp4", ".part")]
    for path in torn:
        path.write_bytes((night.folder / before[0]["path"]).read_bytes()[:5000])
    found = reconcile(night.folder, {one["path"]: True for one in before}, {folder_name(*owner): owner}, ())
    assert (found.adopted, found.missing, found.strays) == ([], [], 0) and all(path.exists() for path in torn)
    with camera_lock(night.folder, owner), pytest.raises(Again):
        await fetching.fetch(services, fetch_id)

    rest = await night.work(asked)
    assert (rest["state"], rest["missing_s"], rest["code"]) == ("done", 0, ""), rest
    assert not any(path.exists() for path in torn) and not list(night.folder.rglob("*.part"))
    rows = await night.the.scene.sql("SELECT * FROM segment ORDER BY begin_at")
    assert {one["segment_id"] for one in before} < {one["segment_id"] for one in rows}
    assert sum((one["end_at"] - one["begin_at"]).total_seconds() for one in rows) < 20 + 3 * 1.2, "nothing came twice"
    assert {one["source"] for one in rows} == {"device"}
    pins = await night.the.scene.sql("SELECT * FROM pin")
    assert [(one["why"], one["from_at"] <= night.at(240)) for one in pins] == [("asked", True)], "and it is kept"


async def _the_right_second(night: Night) -> None:
    """Each file's first picture shows the moment that its row says, by our clock."""
    for row in await night.the.scene.sql("SELECT path, begin_at FROM segment"):
        with av.open(str(night.folder / row["path"])) as film:
            assert not film.streams.audio
            picture = next(film.decode(video=0)).to_ndarray(format="gray")
        assert _is_of(picture, row["begin_at"].timestamp()), row


def _is_of(picture: Any, at_s: float) -> bool:
    """The picture was taken then, as far as a film of five seconds that plays over and over can tell."""
    age = age_s(picture, at_s, LOOP_S)
    return age is not None and min(age % LOOP_S, -age % LOOP_S) < CLOSE_S


async def _looked_at(night: Night, operator: httpx.AsyncClient) -> None:
    body = {"camera_id": "cam-1", "from_at": night.at(238).isoformat(), "until_at": night.at(224).isoformat()}
    path = f"/api/incidents/{night.incident}/recordings"
    opened = (await operator.post(path, json=body | {"reason": "되감아 확인"})).json()
    assert opened["gaps"] == [], opened
    async with httpx.AsyncClient(trust_env=False, timeout=15) as browser:
        film = await browser.get(opened["url"])
        assert film.status_code == 200, film.text
        times = (await browser.get(opened["url"].replace("?", "/times?"))).json()["times"]
    with av.open(io.BytesIO(film.content)) as shown:
        pictures = [(float(one.time or 0), one.to_ndarray(format="gray")) for one in shown.decode(video=0)]
    assert len(pictures) >= 140
    for second, picture in pictures[::35]:
        piece = max((one for one in times if one["second"] <= second + 0.05), key=lambda one: one["second"])
        at = datetime.fromisoformat(piece["begin_at"]).timestamp() + second - piece["second"]
        assert _is_of(picture, at), second


async def _handed_over(night: Night) -> None:
    supervisor, services = await night.seat("supervisor"), night.the.scene.services
    order = {
        "camera_ids": ["cam-1"],
        "from_at": night.at(231).isoformat(),
        "until_at": night.at(229).isoformat(),
        "reason": "수사 협조 공문 2026-77",
        "recipient": {"name": "김수사", "agency": "112-demo", "case_no": "2026-1234"},
        "expires_at": (night.now + timedelta(days=1)).isoformat(),
    }
    made = (await supervisor.post(f"/api/incidents/{night.incident}/evidence", json=order)).json()
    package_id = UUID(made["package"]["package_id"])
    await making.make(services, package_id)
    read = read_package(file_of(services, package_id), made["password"])
    assert read.findings == [] and read.manifest is not None
    (camera,) = read.manifest["cameras"]
    (segment,) = camera["segments"]
    assert (segment["source"], segment["hashed"], segment["as_recorded"]) == ("device", "while fetching", True)
    assert segment["device_clock_offset_s"] == pytest.approx(OFFSET_S, abs=CLOSE_S) and camera["viewing"]
    assert camera["gaps"] == []


async def _troubles(night: Night, operator: httpx.AsyncClient) -> None:
    night.city.fault("cam", "password", password="changed on the recorder alone")
    failed = await night.work(await night.ask(operator, 100, 95))
    assert (failed["state"], failed["code"]) == ("failed", "replay_password") and "비밀번호" in failed["message_ko"]
    night.city.fault("cam", "password", password=PASSWORD)
    night.city.fault("cam", "down")
    away = await night.ask(operator, 100, 95)
    for _ in range(2):
        with pytest.raises(Again):
            await fetching.fetch(night.the.scene.services, UUID(away.json()["fetch"]["fetch_id"]))
    assert (await night.work(away))["code"] in ("replay_unreachable", "replay_silent")
    night.city.fault("cam", "up")
    last = await night.ask(operator, 100, 95)
    await night.the.scene.sql(
        "UPDATE incident SET state = 'closed', closed_at = now() WHERE incident_id = :id", id=night.incident
    )
    ended = await night.work(last)
    assert (ended["state"], ended["code"], ended["segments"]) == ("ended", "incident_closed", 0)
    assert said(await night.ask(operator, 90, 85)) == (403, "incident_closed")
    assert datetime.fromisoformat(ended["ended_at"]).astimezone(UTC) <= night.the.clock()
