"""MediaMTX as the gateway: against a strict stand-in always, against the real program when there is one."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import ValidationError

from location_router.runtime.told import told
from server.cameras.service import choose_for_incident
from server.settings import Settings
from server.video.gateway import INTERNAL_HEADER, WarmCamera, create_gateway
from server.video.mediamtx import ControlApi, MediaMtxGateway, Paths, Silent, _or_silent, own_password, path_name
from server.video.mediamtx_hook import mediamtx_router
from server.video.tickets import Ticket, for_purpose, new_ticket, sign
from tests.video.asker import ENDINGS, Asker, asker, cancelled, suspended
from tests.video.conftest import KEY, RunningCity, VideoProcess, running_gateway
from tests.video.house import House
from tests.video.media_stand_in import StandIn
from tests.video.seat import Seat, eventually
from tests.video.test_whep import Screen

CONFIGURATION = Path(__file__).resolve().parents[2] / "docs" / "operations" / "mediamtx.yml"


@dataclass
class Park:
    """A video process with MediaMTX beside it, and the center's gateway in front."""

    video: VideoProcess
    media: StandIn
    gateway: MediaMtxGateway

    def knock(self, camera_id: str = "cam-1", *, address: str = "127.0.0.1") -> Ticket:
        self.video.releases += 1
        release_id = f"release-{self.video.releases}"
        self.video.gate.allowed.add(release_id)
        return new_ticket(
            release_id=release_id,
            incident_id="incident",
            camera_id=camera_id,
            viewer_id="account-7",
            address=address,
            now=time.time(),
        )

    async def whep(self, url: str, ticket: str, *, method: str = "POST", address: str = "127.0.0.1") -> httpx.Response:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=15) as browser:
            headers = {"Content-Type": "application/sdp"} | ({"Authorization": f"Bearer {ticket}"} if ticket else {})
            return await browser.request(method, url, content="v=0", headers=headers)

    async def watch(self, ticket: Ticket) -> str:
        """The session's id at MediaMTX."""
        plays = await self.gateway.play(ticket)
        answer = await self.whep(plays[0].url, plays[0].ticket)
        assert answer.status_code == 201, plays
        return answer.headers["id"]


@asynccontextmanager
async def park_of(city: RunningCity) -> AsyncIterator[Park]:
    media = StandIn()
    await media.start()
    paths = Paths(ControlApi(media.url, KEY), KEY, media.rtsp_url)
    async with running_gateway(city, extra_routers=[lambda desk: mediamtx_router(desk, paths)]) as video:
        url = f"http://127.0.0.1:{video.port}"
        media.hook = f"{url}/hooks/mediamtx/auth"
        gateway = MediaMtxGateway(
            url=url, public_url=f"ws://127.0.0.1:{video.port}", key=KEY, whep_url=media.whep_url, timeout_s=5.0
        )
        yield Park(video, media, gateway)
        await gateway.close()
    await media.stop()


@pytest.fixture
async def park(city: RunningCity, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Park]:
    monkeypatch.setattr("server.video.mediamtx.POLL_S", 0.1)
    monkeypatch.setattr("server.video.mediamtx_hook.READY_S", 10.0)
    monkeypatch.setattr("server.video.viewings.POLL_S", 0.1)
    async with park_of(city) as park:
        yield park


async def nobody_else_gets_anything(park: Park) -> None:
    hook = park.media.hook
    ours = {"user": "ansim", "password": own_password(KEY)}
    allowed = [
        ours | {"ip": "127.0.0.1", "action": "api"},
        ours | {"ip": "::1", "action": "read", "protocol": "rtsp", "path": "x", "id": "a"},
    ]
    refused = [
        {},
        {"ip": "127.0.0.1", "action": "api"},
        ours | {"ip": "10.1.1.1", "action": "api"},
        ours | {"ip": "10.1.1.1", "action": "read", "protocol": "rtsp"},
        ours | {"ip": "127.0.0.1", "action": "read", "protocol": "hls"},
        *(ours | {"ip": "127.0.0.1", "action": each} for each in ("publish", "playback", "metrics", "pprof", "")),
        {"user": "ansim", "password": KEY, "ip": "127.0.0.1", "action": "api"},
    ]
    async with httpx.AsyncClient(trust_env=False) as client:
        for question in allowed:
            assert (await client.post(hook, json=question)).status_code == 200, question
        for question in refused:
            assert (await client.post(hook, json=question)).status_code == 401, question
        assert (await client.post(hook, content="no JSON")).status_code == 422
        ready = hook.replace("/hooks/mediamtx/auth", "/internal/mediamtx/ready")
        guess = await client.post(ready, json={"camera_id": "cam-1"}, headers={INTERNAL_HEADER: "guess"})
        assert guess.status_code == 403
    park.media.open_session("stranger", "some-path")  # left over from before the video process was started
    await eventually(lambda: park.media.kicked == ["stranger"])
    park.media.kicked.clear()
    park.media.asked.clear()


async def test_a_viewing_at_mediamtx_is_a_viewing_like_any_other(park: Park) -> None:
    await nobody_else_gets_anything(park)
    gate, media = park.video.gate, park.media
    ticket = park.knock()
    whep, fmp4 = await park.gateway.play(ticket)
    name = path_name("cam-1", "sub", KEY)
    assert (whep.kind, whep.url, fmp4.kind) == ("whep", f"{media.whep_url}/{name}/whep", "ws-fmp4")
    assert "cam" not in name and media.paths[name]["sourceOnDemand"] is True and media.paths[name]["record"] is False

    assert (await park.whep(whep.url, "", method="OPTIONS")).status_code == 401, "empty credentials are asked again"
    assert (await park.whep(whep.url, whep.ticket, method="OPTIONS")).status_code == 204
    assert gate.asked == [] and not media.sessions, "an OPTIONS opens nothing"
    for bad in ("", "abc", fmp4.ticket, sign(for_purpose(ticket, "whep"), "a guessed key")):
        assert (await park.whep(whep.url, bad)).status_code == 401
    assert (await park.whep(whep.url, whep.ticket, address="127.0.0.3")).status_code == 401, "another seat"
    other = (await park.gateway.play(park.knock("cam-2")))[0]
    assert (await park.whep(whep.url, other.ticket)).status_code == 401, "another camera's ticket"
    assert gate.asked == [] and not media.sessions, "none of them came as far as the gate"

    first = await park.watch(ticket)
    assert [(t.release_id, camera, at) for t, camera, at in gate.asked] == [(ticket.release_id, "cam-1", "127.0.0.1")]
    await eventually(lambda: gate.first_bytes == [ticket.release_id])
    second = await park.watch(ticket)
    await eventually(lambda: media.kicked == [first]), "a release is watched at one place"

    third, fourth = await park.watch(one := park.knock()), await park.watch(two := park.knock("cam-2"))
    assert await park.gateway.kick([one.release_id], "incident_closed")
    await eventually(lambda: third in media.kicked)
    gate.ended[two.release_id] = "agreement_ended"
    await eventually(lambda: fourth in media.kicked)
    assert list(media.sessions) == [second], "the neighbour's release is his own"
    gate.ended[ticket.release_id] = "incident_closed"
    whep = (await park.gateway.play(ticket))[0]
    assert (await park.whep(whep.url, whep.ticket)).status_code == 401, "the ticket is young, the gate is shut"
    assert not [one for one in media.asked if one["action"] not in ("api", "read")]


async def test_all_reads_go_by_mediamtx_which_may_be_started_anew(park: Park, monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera has one reader; stills and fMP4 come through it."""
    media, name = park.media, path_name("cam-3", "sub", KEY)
    ticket = park.knock("cam-3")
    seat = await Seat.take((await park.gateway.play(ticket))[1].url)
    await seat.until(lambda s: len(s.pictures) >= 3)
    assert media.rtsp_readers[name] == 1
    park.video.gate.stills["s"] = "cam-3"
    picture = await park.gateway.still("cam-3", "s")
    assert picture and picture.jpeg[:2] == b"\xff\xd8"
    assert [one for one in media.changes if one[1] == name] == [("set", name)], "asked again, changed once"
    health = await park.gateway.health()
    assert health["ok"] and health["mediamtx"] == {"ok": True, "paths": 1, "ready": 1, "with_audio": 0}
    assert not any(secret in str(health) for secret in ("rtsp", name, own_password(KEY)))

    media.restart()
    await eventually(lambda: name in media.paths)
    media.is_down = True
    await eventually(lambda: park.video.desk.hub.detour and not _paths(park).seen)
    monkeypatch.setattr("server.video.mediamtx_hook.READY_S", 0.2)
    assert [one.kind for one in await park.gateway.play(ticket)] == ["ws-fmp4"], "no WebRTC is offered then"
    monkeypatch.setattr(_paths(park), "answered_at", time.monotonic() - 60)
    assert (await park.gateway.health())["ok"] is False
    media.is_down = False
    await eventually(lambda: _paths(park).seen)
    await seat.leave()


async def test_a_camera_that_sends_sound_is_not_offered_by_webrtc(park: Park) -> None:
    """MediaMTX passes on every track: so what it has must be known before, and looked at afterwards."""
    media = park.media
    media.audio.add(park.video.city.url("cam-4"))
    assert [one.kind for one in await park.gateway.play(park.knock("cam-4"))] == ["ws-fmp4"]
    session = await park.watch(park.knock("cam-5"))
    media.audio.add(park.video.city.url("cam-5"))  # somebody switched it on
    await eventually(lambda: session in media.kicked)
    name = path_name("quiet-3", "sub", KEY)
    media.paths[name] = {"source": park.video.city.url("quiet-3")}
    early = sign(for_purpose(park.knock("quiet-3"), "whep"), KEY)
    answer = await park.whep(f"{media.whep_url}/{name}/whep", early)
    assert answer.status_code == 401, "what it sends is not known yet"
    assert park.video.gate.asked[-1][1] == "cam-5"


async def test_a_password_with_a_dollar_sign_is_no_variable_and_unused_paths_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    media = StandIn()
    await media.start()

    async def yes(**_: Any) -> bool:
        return True

    monkeypatch.setattr(media, "authorised", yes)
    paths = Paths(ControlApi(media.url, KEY), KEY, media.rtsp_url)
    address = paths.detour("camera", "main", "rtsp://admin:a$MTX_QUERY@10.1.1.1/1")
    await paths.look()
    (name,) = media.paths
    assert address.endswith(f"/{name}") and media.paths[name]["source"] == "rtsp://admin:a%24MTX_QUERY@10.1.1.1/1"
    paths.detour("camera", "main", "rtsp://admin:new@10.1.1.1/1")
    await paths.look()
    assert media.paths[name]["source"].startswith("rtsp://admin:new@"), "a corrected password"
    monkeypatch.setattr("server.video.mediamtx.UNUSED_S", 0.0)
    media.rtsp_readers[name] = 1
    await paths.look()
    assert name in media.paths, "somebody reads it"
    media.rtsp_readers.clear()
    await asyncio.sleep(0.01)
    await paths.look()
    assert not media.paths and paths.report()["paths"] == 0
    with pytest.raises(Silent) as silent:
        await paths.api.ensure("x", {"source": "rtsp://admin:secret@10.1.1.1", "unknown": 1})
    assert "secret" not in str(silent.value)
    for index in range(5):
        media.open_session(f"s-{index}", "x")
    monkeypatch.setattr("server.video.mediamtx.PAGE", 2)
    assert len(await paths.api.sessions()) == 5
    await media.stop()
    with pytest.raises(Silent):
        await paths.api.sessions()
    await paths.api.close()
    with pytest.raises(ValidationError) as refused:
        Settings(database_url="x", data_key="x", video_gateway="mediamtx")
    assert "MEDIAMTX_PUBLIC_URL: " in told(refused.value)


def _paths(park: Park) -> Paths:
    return park.video.desk.hub.detour.__self__  # type: ignore[union-attr, no-any-return]


def unwritten(home: House, incident_id: UUID, camera_id: str) -> str:
    """A ticket that is signed as it should be, for a release that nobody has written down."""
    viewer_id = str(home.viewer("operator").account_id)
    ticket = new_ticket(
        release_id=str(uuid4()),
        incident_id=str(incident_id),
        camera_id=camera_id,
        viewer_id=viewer_id,
        address="127.0.0.1",
        purpose="whep",
        now=time.time(),
    )
    return sign(ticket, KEY)


async def knock(whep: dict[str, Any], ticket: str) -> int:
    """What MediaMTX answers to a browser with this ticket."""
    async with httpx.AsyncClient(trust_env=False, timeout=15) as browser:
        answer = await browser.post(whep["url"], content="v=0", headers={"Authorization": f"Bearer {ticket}"})
    return answer.status_code


async def until(home: House, ticket: dict[str, Any], name: str) -> dict[str, Any]:
    """The ticket's release, as soon as this column says something."""
    row = "SELECT first_byte_at, ended_at, end_reason FROM release WHERE release_id = :id"
    for _ in range(300):
        (found,) = await home.scene.sql(row, id=ticket["release_id"])
        if found[name] is not None:
            return dict(found)
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} never came")


async def test_the_real_gate_decides_for_mediamtx_too(
    installation_database: str, city: RunningCity, tmp_path: Path
) -> None:
    """`ansim video` as a process, its database, and the center's service: rows first, ended by the incident's end; an
    agency's by the end of its rights."""
    media = StandIn()
    await media.start()
    env = {
        "VIDEO_GATEWAY": "mediamtx",
        "MEDIAMTX_API_URL": media.url,
        "MEDIAMTX_RTSP_URL": media.rtsp_url,
        "MEDIAMTX_PUBLIC_URL": media.whep_url,
        "VIDEO_PATROL_PER_MINUTE": "0",
    }
    async with asker(installation_database, city, tmp_path, away_s=61.0, env=env) as firm:
        home = firm.home
        base = f"127.0.0.1:{home.port}"
        media.hook = f"http://{base}/hooks/mediamtx/auth"
        gateway = create_gateway(
            "mediamtx", url=f"http://{base}", public_url=f"ws://{base}", key=KEY, whep_url=media.whep_url
        )
        services = home.scene.services
        await services.gateway.close()  # type: ignore[attr-defined]
        services.gateway = gateway
        incident_id = await home.scene.emergency()
        await choose_for_incident(services, incident_id)  # as when the alert arrives: the cameras are opened
        await eventually(lambda: len(media.paths) == 5 and sum(media.rtsp_readers.values()) >= 5, 20)
        ticket = (await home.open("operator", incident_id))[0]
        assert [one["kind"] for one in ticket["plays"]] == ["whep", "ws-fmp4"] and ticket["ws_url"].startswith("ws://")
        whep = ticket["plays"][0]
        stray = unwritten(home, incident_id, ticket["camera_id"])
        assert await knock(whep, stray) == 401, "rightly signed, and no committed row"
        assert not media.sessions
        assert await knock(whep, whep["ticket"]) == 201
        assert (await until(home, ticket, "first_byte_at"))["ended_at"] is None
        await home.scene.sql("UPDATE incident SET state = 'closed' WHERE incident_id = :id", id=incident_id)
        assert (await until(home, ticket, "ended_at"))["end_reason"] == "incident_closed"
        await eventually(lambda: not media.sessions, 15)
        assert await knock(whep, whep["ticket"]) == 401
        await an_agencys_rights_end_there_too(firm, media)
        await home.stop(at_once=True)
    await media.stop()


async def an_agencys_rights_end_there_too(firm: Asker, media: StandIn) -> None:
    """By its own cancelling, and by the agreement: the session is ended at MediaMTX, and its ticket is good no more."""
    for end, reasons in ((cancelled, ENDINGS["request_cancelled"][1]), (suspended, {"no_agreement"})):
        login, request_id, _, tickets = await firm.enter()
        whep = tickets[0]["plays"][0]
        assert whep["kind"] == "whep" and await knock(whep, whep["ticket"]) == 201, tickets[0]
        assert (await until(firm.home, tickets[0], "first_byte_at"))["ended_at"] is None
        (session,) = media.sessions
        await end(firm, request_id)
        assert (await until(firm.home, tickets[0], "ended_at"))["end_reason"] in reasons
        await eventually(lambda: not media.sessions, 15)
        assert session in media.kicked and await knock(whep, whep["ticket"]) == 401, login


MEDIAMTX = os.environ.get("MEDIAMTX_BIN") or shutil.which("mediamtx")


@pytest.mark.skipif(MEDIAMTX is None, reason="no mediamtx on PATH and no MEDIAMTX_BIN")
async def test_the_real_program_with_the_configuration_that_we_ship(city: RunningCity, tmp_path: Path) -> None:
    """Addresses come from the environment, which MediaMTX prefers to its file; all else is as we ship it."""
    ports = {name: free_port() for name in ("api", "rtsp", "webrtc", "udp")}
    paths = Paths(ControlApi(f"http://127.0.0.1:{ports['api']}", KEY), KEY, f"rtsp://127.0.0.1:{ports['rtsp']}")
    async with running_gateway(city, extra_routers=[lambda desk: mediamtx_router(desk, paths)]) as video:
        base, whep_url = f"127.0.0.1:{video.port}", f"http://127.0.0.1:{ports['webrtc']}"
        env = {
            "MTX_AUTHHTTPADDRESS": f"http://{base}/hooks/mediamtx/auth",
            "MTX_APIADDRESS": f"127.0.0.1:{ports['api']}",
            "MTX_RTSPADDRESS": f"127.0.0.1:{ports['rtsp']}",
            "MTX_WEBRTCADDRESS": f"127.0.0.1:{ports['webrtc']}",
            "MTX_WEBRTCLOCALUDPADDRESS": f"127.0.0.1:{ports['udp']}",
            "MTX_WEBRTCADDITIONALHOSTS": "127.0.0.1",
            "MTX_WEBRTCTRUSTEDPROXIES": "",
        }
        program = [str(MEDIAMTX), str(CONFIGURATION)]
        process = await asyncio.create_subprocess_exec(*program, env=os.environ | env, cwd=tmp_path)
        gateway = MediaMtxGateway(url=f"http://{base}", public_url=f"ws://{base}", key=KEY, whep_url=whep_url)
        park, screen = Park(video, StandIn(), gateway), Screen(whep_url)
        try:
            await eventually(lambda: paths.answered_at and paths.report()["ok"], 20)
            ticket = park.knock()
            assert await gateway.ensure_source([WarmCamera("cam-1", city.url("cam-1"))])
            await eventually(lambda: paths.is_silent(path_name("cam-1", "sub", KEY)), 20)
            whep = (await gateway.play(ticket))[0]
            assert (await park.whep(whep.url, "abc")).status_code == 401
            await screen.watch(whep)
            await eventually(lambda: len(screen.pictures) >= 10, 30)
            await eventually(lambda: video.gate.first_bytes == [ticket.release_id])
            video.gate.ended[ticket.release_id] = "incident_closed"
            await eventually(lambda: len(video.desk.viewings) == 0, 15)
            assert await paths.api.sessions() == []
        finally:
            await screen.close()
            process.terminate()
            await process.wait()
            await gateway.close()


def test_the_configuration_that_we_ship_opens_no_other_door() -> None:
    said = dict(
        line.split(": ", 1) for line in CONFIGURATION.read_text().splitlines() if line[:1].isalpha() and ": " in line
    )
    assert {name for name, value in said.items() if value == "yes"} == {"api", "rtsp", "webrtc"}
    assert {"rtmp", "hls", "srt", "moq", "metrics", "pprof", "playback"} == {
        n for n, v in said.items() if v == "no"
    } - {"webrtcIPsFromInterfaces"}
    assert said["authMethod"] == "http" and said["authHTTPAddress"].endswith("/hooks/mediamtx/auth")
    assert all(said[name].startswith("127.0.0.1:") for name in ("apiAddress", "rtspAddress", "webrtcAddress"))


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(("said", "heard"), [("path not found", "404 path not found"), ("{url} is no URL", "404")])
def test_an_answer_that_repeats_a_cameras_address_is_not_told_on(said: str, heard: str) -> None:
    request = httpx.Request("POST", "http://127.0.0.1:9997/v3/config/paths/add/x")
    answer = httpx.Response(404, text=said.format(url="'rtsp://admin:pass word@10.0.0.9/1'"), request=request)
    with pytest.raises(Silent) as silent, _or_silent():
        answer.raise_for_status()
    assert str(silent.value) == heard
