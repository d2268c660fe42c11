"""Calls: the number only after its release, no ringing against her wish, no recording, durations in the timeline; and
Asterisk, played by a local stand-in that speaks its documented messages."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request, Response, WebSocket

from location_router.runtime.problems import Problem
from server.staff.routes import COOKIE
from server.talk import calls, routes
from server.talk.voice import ConsoleVoice
from tests.server.scene import Scene, app_of, client, installation, listening
from tests.server.talk.talkers import payloads, taken, until

pytestmark = pytest.mark.database
NUMBER = "01012345678"


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made
        await calls.close_voice(made.services)


async def call(scene: Scene, incident_id: UUID, **options: bool) -> dict[str, Any]:
    return await calls.call(scene.services, scene.staff["operator"], incident_id, **options)


async def refused(scene: Scene, incident_id: UUID, **options: bool) -> str:
    with pytest.raises(Problem) as problem:
        await call(scene, incident_id, **options)
    assert problem.value.ko and problem.value.en and NUMBER not in str(problem.value.body())
    return problem.value.code


async def test_the_number_to_dial_by_hand_is_a_disclosure_on_disk_first(scene: Scene) -> None:
    incident_id = await taken(scene)
    placed = await call(scene, incident_id)
    assert (placed["dial"], placed["way"], placed["state"]) == (NUMBER, "callback", "shown")
    (row,) = await scene.sql("SELECT kind, viewer_id, release_id FROM release WHERE incident_id = :i", i=incident_id)
    assert row["kind"] == "identity" and row["viewer_id"] == scene.staff["operator"].account_id
    assert await scene.one("SELECT release_id FROM voice_call") == row["release_id"]
    assert await scene.tags(incident_id) == ["release:granted", "call:dialled"]
    assert NUMBER not in json.dumps(await payloads(scene, incident_id)), "not even sealed"
    end = await calls.end_call(scene.services, scene.staff["operator"], UUID(placed["call_id"]), outcome="no_answer")
    assert end["call_id"] == placed["call_id"]
    told = (await payloads(scene, incident_id))[-1]
    assert told["tag"] == "call:failed" and told["reason"] == "no_answer" and "waited_s" in told
    with pytest.raises(Problem) as over:
        await calls.end_call(scene.services, scene.staff["operator"], UUID(placed["call_id"]), outcome="answered")
    assert over.value.code == "call_over"


async def test_who_sits_at_no_registered_address_gets_no_number(scene: Scene) -> None:
    incident_id = await taken(scene)
    await scene.sql("DELETE FROM allowed_address WHERE account_id = :a", a=scene.staff["operator"].account_id)
    assert await refused(scene, incident_id) == "address_not_registered"
    assert await scene.tags(incident_id) == ["release:refused"]
    assert await scene.one("SELECT count(*) FROM voice_call") == 0


async def test_nobody_is_rung_against_her_wish(scene: Scene) -> None:
    incident_id = await taken(scene, profile={"call": "silent"})
    assert await refused(scene, incident_id) == "silent_caller"
    assert await scene.tags(incident_id) == [] and await scene.one("SELECT count(*) FROM release") == 0
    assert (await call(scene, incident_id, confirm_loud=True))["dial"] == NUMBER
    told = next(one for one in await payloads(scene, incident_id) if one["tag"] == "call:dialled")
    assert told["confirmed_loud"] is True
    other = await taken(scene)
    await scene.sql("UPDATE incident SET is_duress = true WHERE incident_id = :i", i=other)
    assert await refused(scene, other) == "duress"
    drill = await taken(scene, is_drill=True)
    assert await refused(scene, drill, confirm_loud=True) == "drill"
    mute = await taken(scene, phone="")
    assert await refused(scene, mute) == "no_number"


async def test_no_recording_without_a_purpose_and_with_one_it_is_in_the_timeline(scene: Scene) -> None:
    incident_id = await taken(scene)
    assert await refused(scene, incident_id, wants_record=True) == "recording_not_allowed"
    scene.services.settings.voice_recording_purpose = "보이스피싱 수사 협조 (2026-11)"
    assert await refused(scene, incident_id, wants_record=True) == "recording_not_possible"
    scene.services.settings.voice = "console"
    await calls.close_voice(scene.services)
    assert (await call(scene, incident_id))["dial"] is None
    await call(scene, incident_id, wants_record=True)
    await until(lambda: scene.tags(incident_id), lambda tags: tags.count("call:dialled") == 2)
    dialled = [one for one in await payloads(scene, incident_id) if one["tag"] == "call:dialled"]
    assert [one.get("recording_purpose") for one in dialled] == [None, "보이스피싱 수사 협조 (2026-11)"]
    assert await scene.one("SELECT array_agg(is_recorded ORDER BY asked_at) FROM voice_call") == [False, True]
    assert await scene.one("SELECT count(*) FROM release") == 0, "nobody was shown the number"


async def test_the_console_plays_a_call_and_never_prints_the_number(
    scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    async def on_event(event: Any) -> None:
        await calls.became(scene.services, event)

    scene.services.shared["voice"] = ConsoleVoice(on_event, step_s=0.05, talk_s=30)
    incident_id = await taken(scene)
    placed = await call(scene, incident_id)
    await until(lambda: scene.tags(incident_id), lambda tags: "call:answered" in tags)
    await calls.end_call(scene.services, scene.staff["operator"], UUID(placed["call_id"]), outcome="answered")
    await until(lambda: scene.tags(incident_id), lambda tags: "call:ended" in tags)
    assert await scene.tags(incident_id) == ["call:dialled", "call:ringing", "call:answered", "call:ended"]
    told = (await payloads(scene, incident_id))[-1]
    assert told["reason"] == "normal" and told["talked_s"] >= 0 and told["waited_s"] >= 0
    out = capfd.readouterr()
    assert NUMBER not in out.out + out.err and '"state": "ringing"' in out.out


async def test_the_operator_asks_her_to_call(scene: Scene) -> None:
    incident_id = await taken(scene)
    line = (await calls.ask_call(scene.services, scene.staff["operator"], incident_id))["line"]
    assert (line["kind"], line["text"], line["code"]) == ("call", "031-112", "call_us")
    assert await scene.tags(incident_id) == ["talk:call_requested"]
    await scene.sql("UPDATE center SET callback = ''")
    with pytest.raises(Problem) as problem:
        await calls.ask_call(scene.services, scene.staff["operator"], incident_id)
    assert problem.value.code == "no_callback"


# ---- Asterisk


@dataclass
class Asterisk:
    """What ARI documents, as far as a call between two channels needs it."""

    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    bodies_only: bool = True
    picks_up: dict[str, bool] = field(default_factory=lambda: {"operator": True, "person": True})
    cause: int = 19
    events: dict[str, WebSocket] = field(default_factory=dict)
    hung_up: list[str] = field(default_factory=list)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def app(self) -> FastAPI:
        app = FastAPI()
        wanted = "Basic " + base64.b64encode(b"ansim:secret").decode()

        @app.websocket("/ari/events")
        async def events(socket: WebSocket, app: str) -> None:
            if socket.headers.get("authorization") != wanted or "api_key" in socket.query_params:
                return await socket.close(4401)
            await socket.accept()
            self.events[app] = socket
            while True:
                await socket.receive_text()

        @app.api_route("/ari/{path:path}", methods=["POST", "DELETE"])
        async def everything(request: Request, path: str) -> Response:
            if request.headers.get("authorization") != wanted:
                return Response(status_code=401)
            self.bodies_only &= not request.url.query
            body = json.loads(await request.body() or b"{}")
            self.requests.append((request.method, path, body))
            return self._answer(request.method, path, body)

        return app

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> Response:
        if method == "POST" and path == "channels":
            if body["app"] not in self.events:
                return Response('{"message":"Application not found"}', 400)
            leg = body["appArgs"].split(",")[0]
            self._soon(self._dial(body["app"], body["channelId"], leg))
        if method == "DELETE" and path.startswith("channels/"):
            name = path.removeprefix("channels/")
            if name in self.hung_up:
                return Response('{"message":"Channel not found"}', 404)
            self.hung_up.append(name)
            self._soon(self._tell("*", {"type": "ChannelDestroyed", "cause": 16, "channel": _channel(name, "Up")}))
        return Response("{}", 200, media_type="application/json")

    async def _dial(self, app: str, name: str, leg: str) -> None:
        await self._tell(app, {"type": "ChannelCreated", "channel": _channel(name, "Down")})
        await self._tell(app, {"type": "ChannelStateChange", "channel": _channel(name, "Ringing")})
        await self._tell(app, {"type": "ChannelStateChange", "channel": _channel(name, "Ringing")})
        if self.picks_up[leg]:
            await self._tell(app, {"type": "ChannelStateChange", "channel": _channel(name, "Up")})
            args = [leg, name[6:42]]
            await self._tell(app, {"type": "StasisStart", "args": args, "channel": _channel(name, "Up")})
        else:
            self.hung_up.append(name)
            await self._tell(
                app,
                {
                    "type": "ChannelDestroyed",
                    "cause": self.cause,
                    "cause_txt": "x",
                    "channel": _channel(name, "Ringing"),
                },
            )

    def _soon(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _tell(self, app: str, event: dict[str, Any]) -> None:
        for name, socket in self.events.items():
            if app in ("*", name):
                stamp = {"application": name, "timestamp": "2026-11-21T16:03:00.000+0900", "asterisk_id": "00:11:22"}
                await socket.send_text(json.dumps(event | stamp))

    def originated(self) -> list[tuple[str, str]]:
        return [
            (body["appArgs"].split(",")[0], body["endpoint"]) for _, path, body in self.requests if path == "channels"
        ]


def _channel(name: str, state: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": "PJSIP/x-00000018",
        "state": state,
        "caller": {"name": "", "number": ""},
        "connected": {"name": "", "number": ""},
        "accountcode": "",
        "dialplan": {"context": "x", "exten": "s", "priority": 1},
    }


@asynccontextmanager
async def an_asterisk(scene: Scene, **behaviour: Any) -> AsyncIterator[Asterisk]:
    exchange = Asterisk(**behaviour)
    async with listening(exchange.app()) as url:
        settings = scene.services.settings
        settings.voice, settings.ari_url, settings.ari_user, settings.ari_password = "ari", url, "ansim", "secret"
        yield exchange
        await calls.close_voice(scene.services)


async def test_asterisk_rings_the_operator_then_her_and_bridges_the_two(
    scene: Scene, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    incident_id = await taken(scene)
    async with an_asterisk(scene) as exchange:
        placed = await call(scene, incident_id)
        assert placed["dial"] is None and placed["state"] == "dialling"
        await until(lambda: scene.tags(incident_id), lambda tags: "call:answered" in tags)
        assert exchange.originated() == [("operator", "PJSIP/operator"), ("person", f"PJSIP/{NUMBER}@trunk")]
        person = [body for _, path, body in exchange.requests if path == "channels"][1]
        assert person["callerId"] == "031-112" and person["timeout"] == 30
        name = f"ansim-{placed['call_id']}"
        assert [path for _, path, _ in exchange.requests if path.startswith("bridges")] == [
            f"bridges/{name}",
            f"bridges/{name}/addChannel",
            f"bridges/{name}/addChannel",
        ], "bridged, and not recorded"
        assert exchange.bodies_only, "no number in an address"
        await calls.end_call(scene.services, scene.staff["operator"], UUID(placed["call_id"]), outcome="answered")
        await until(lambda: scene.tags(incident_id), lambda tags: "call:ended" in tags)
        assert sorted(exchange.hung_up) == [f"{name}-operator", f"{name}-person"]
    assert await scene.tags(incident_id) == ["call:dialled", "call:ringing", "call:answered", "call:ended"]
    out = capfd.readouterr()
    assert not any(NUMBER in text for text in (out.out, out.err, caplog.text.replace("json=", "")))


@pytest.mark.parametrize(("cause", "reason"), [(17, "busy"), (19, "no_answer"), (21, "rejected"), (127, "error")])
async def test_why_she_was_not_reached(scene: Scene, cause: int, reason: str) -> None:
    incident_id = await taken(scene)
    async with an_asterisk(scene, picks_up={"operator": True, "person": False}, cause=cause):
        await call(scene, incident_id)
        await until(lambda: scene.tags(incident_id), lambda tags: "call:failed" in tags)
    assert (await payloads(scene, incident_id))[-1]["reason"] == reason


async def test_she_is_not_rung_when_the_operator_does_not_pick_up(scene: Scene) -> None:
    incident_id = await taken(scene)
    async with an_asterisk(scene, picks_up={"operator": False, "person": True}) as exchange:
        await call(scene, incident_id)
        await until(lambda: scene.tags(incident_id), lambda tags: "call:failed" in tags)
        assert [leg for leg, _ in exchange.originated()] == ["operator"]
    assert (await payloads(scene, incident_id))[-1]["reason"] == "operator_gone"


async def test_a_recorded_call_is_recorded_in_its_bridge(scene: Scene) -> None:
    incident_id = await taken(scene)
    scene.services.settings.voice_recording_purpose = "수사 협조"
    async with an_asterisk(scene) as exchange:
        placed = await call(scene, incident_id, wants_record=True)
        await until(lambda: scene.tags(incident_id), lambda tags: "call:answered" in tags)
    assert (f"bridges/ansim-{placed['call_id']}/record", {"name": placed["call_id"], "format": "wav"}) in [
        (path, body) for _, path, body in exchange.requests
    ]


async def test_an_exchange_that_is_away_or_says_no_is_loud(scene: Scene) -> None:
    incident_id = await taken(scene)
    async with an_asterisk(scene):
        scene.services.settings.ari_password = "wrong"
        assert await refused(scene, incident_id) == "voice_failed"
    assert await scene.tags(incident_id) == ["call:dialled", "call:failed"]


# ---- over HTTP


async def test_the_routes_and_their_doors(scene: Scene) -> None:
    incident_id = await taken(scene)
    tokens = {}
    for login in ("operator", "admin", "police"):
        tokens[login] = f"token-{login}"
        digest = scene.services.sealer.digest(tokens[login], context="session")
        account = scene.staff[login].account_id
        await scene.sql("UPDATE session SET token_digest = :d WHERE account_id = :a", d=digest, a=account)
    path = f"/api/incidents/{incident_id}"
    async with listening(app_of(scene.services, routes.router)) as url:
        async with client(url) as nobody:
            catalogue = await nobody.get("/api/phrases")
            assert catalogue.json()["codes"]["yes"]["text"]["th"] == "ใช่"
            unchanged = await nobody.get("/api/phrases", headers={"If-None-Match": catalogue.headers["ETag"]})
            assert unchanged.status_code == 304 and not unchanged.content
            assert (await nobody.post(f"{path}/say", json={"text": "x"})).status_code == 401
        for login in ("admin", "police"):
            async with client(url, cookies={COOKIE: tokens[login]}) as browser:
                for answer in (await browser.get(f"{path}/talk"), await browser.post(f"{path}/call", json={})):
                    assert answer.status_code == 403 and answer.json()["permission"] == "talk"
        async with client(url, cookies={COOKIE: tokens["operator"]}) as browser:
            said = await browser.post(f"{path}/say", json={"text": "들리나요?"})
            assert said.status_code == 200 and said.json()["line"]["ko"] == "들리나요?"
            read = (await browser.get(f"{path}/talk")).json()
            assert len(read["lines"]) == 1 and read["may_say"] and read["call_way"] == "callback"
            assert read["must_confirm_call"] == "" and read["silent"]["next"] == "is_it_emergency"
            placed = (await browser.post(f"{path}/call", json={})).json()
            assert placed["dial"] == NUMBER
            asked = await browser.post(f"{path}/ask_call", json={})
            assert asked.json()["line"]["kind"] == "call"
            ended = await browser.post(f"/api/calls/{placed['call_id']}/end", json={"outcome": "answered"})
            assert ended.status_code == 200
            state = (await browser.get(f"{path}/talk")).json()["calls"][0]
            assert state["state"] == "ended" and state["ended_at"]
            assert (await browser.post(f"{path}/call", json={"record": True})).json()["code"] == "recording_not_allowed"
