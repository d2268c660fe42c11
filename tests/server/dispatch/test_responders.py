"""An officer in the field: one phone, one dispatch, and nothing more a second after it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.console import commands
from server.dispatch.responder_routes import COOKIE
from server.staff.routes import COOKIE as SESSION
from server.video.app import create_app, server_config
from server.video.gateway import EmbeddedGateway, Quality
from server.video_gate import ReleaseGate
from tests.server.dispatch.lines import Town, town
from tests.server.scene import Scene, client
from tests.video.conftest import KEY as VIDEO_KEY
from tests.video.conftest import RunningCity, city  # noqa: F401 (a fixture)
from tests.video.seat import eventually


@pytest.fixture
async def street(installation_database: str) -> AsyncIterator[Town]:
    async with town(installation_database) as made:
        await made.scene.services.broadcast.start()
        yield made


async def signed_in(scene: Scene, login: str, address: httpx.URL) -> httpx.AsyncClient:
    token = f"token-of-{login}"
    await scene.sql(
        "UPDATE session SET token_digest = :digest WHERE account_id = :id",
        digest=scene.services.sealer.digest(token, context="session"),
        id=scene.staff[login].account_id,
    )
    return client(str(address), cookies={SESSION: token})


@dataclass
class Officer:
    """A phone's browser with its link."""

    street: Town
    incident_id: UUID
    card: dict[str, Any]
    invitation: dict[str, Any]
    browser: httpx.AsyncClient
    desk: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"/api/respond/{self.invitation['link']}"

    async def open(self, code: str | None = None) -> httpx.Response:
        return await self.browser.post(f"{self.path}/open", json={"code": code or self.invitation["code"]})

    def live(self) -> Any:
        url = str(self.street.http.base_url).replace("http", "ws").rstrip("/") + f"{self.path}/live"
        cookie = f"{COOKIE}={self.browser.cookies[COOKIE]}"
        return connect(url, additional_headers={"Cookie": cookie}, proxy=None)


@pytest.fixture
async def officer(street: Town) -> AsyncIterator[Officer]:
    """Invited for an accepted dispatch; the link is not opened yet."""
    incident_id = await street.scene.emergency()
    card = await street.ask(incident_id)
    desk = await signed_in(street.scene, "police", street.http.base_url)
    path = f"/api/agency/dispatches/{card['dispatch_id']}"
    async with desk, client(str(street.http.base_url)) as browser:
        early = await desk.post(f"{path}/responders", json={"name": "이순경"})
        assert (early.status_code, early.json()["allowed"]) == (409, ["accept"]), "nobody goes before it is accepted"
        await desk.get("/api/agency/dispatches")
        await desk.post(f"{path}/accept")
        invitation = await desk.post(f"{path}/responders", json={"name": "이순경", "minutes": 60})
        assert invitation.status_code == 201 and len(invitation.json()["code"]) == 6
        yield Officer(street, incident_id, card, invitation.json(), browser, desk)


async def test_link_and_code_open_one_browser_and_five_wrong_codes_lock_it(officer: Officer) -> None:
    scene = officer.street.scene
    assert (await officer.browser.get(officer.path)).json()["code"] == "not_bound"
    wrong = f"{(int(officer.invitation['code']) + 1) % 10**6:06d}"
    assert (await officer.open(wrong)).json()["attempts_left"] == 4
    view = (await officer.open()).json()
    assert view["position"]["lat"] == pytest.approx(37.3943) and len(view["track"]) == 1
    assert "안심로 3 카메라에서" in view["directions"]["ko"] and view["dispatch"]["case_no"] == officer.card["case_no"]
    assert "보라" not in json.dumps(view, ensure_ascii=False), "who she is is not what an officer's phone needs"
    async with client(str(officer.browser.base_url)) as another:
        answer = await another.post(f"{officer.path}/open", json={"code": officer.invitation["code"]})
        assert answer.json()["code"] == "bound_elsewhere"
        assert (await another.get("/api/respond/nonsense")).status_code == 404
    for _ in range(2):
        await officer.browser.get(officer.path)
    (release,) = await scene.sql(
        "SELECT * FROM release WHERE kind = 'position' AND viewer_id = :id", id=UUID(officer.invitation["responder_id"])
    )
    assert (release["viewer_kind"], release["ended_at"]) == ("agent", None), "one row, however often he looks"

    second = (
        await officer.desk.post(
            f"/api/agency/dispatches/{officer.card['dispatch_id']}/responders", json={"name": "박순경"}
        )
    ).json()
    async with client(str(officer.browser.base_url)) as guesser:
        path = f"/api/respond/{second['link']}/open"
        codes = [f"{(int(second['code']) + n) % 10**6:06d}" for n in range(1, 9)]
        answers = await asyncio.gather(*(guesser.post(path, json={"code": code}) for code in codes))
        assert sorted(one.json()["code"] for one in answers) == ["locked"] * 4 + ["wrong_code"] * 4, "also in parallel"
        assert (await guesser.post(path, json={"code": second["code"]})).json()["code"] == "locked"
    assert (await scene.tags(officer.incident_id)).count("responder:locked") == 1


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("done", "dispatch_over"),
        ("close", "incident_closed"),
        ("agreement", "no_agreement"),
        ("withdraw", "withdrawn"),
        ("expire", "expired"),
    ],
)
async def test_when_it_ends_the_open_socket_is_dark(officer: Officer, ending: str, reason: str) -> None:
    scene = officer.street.scene
    await officer.open()
    async with officer.live() as socket:
        assert json.loads(await socket.recv())["type"] == "view"
        await end(officer, ending)
        frames = []
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(20):
                while True:
                    frames.append(json.loads(await socket.recv()))
    assert (frames[-1]["type"], frames[-1]["reason"]) == ("ended", reason)
    for answer in (
        await officer.browser.get(officer.path),
        await officer.open(),
        await officer.browser.post(f"{officer.path}/messages", json={"text": "?"}),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (410, reason)
    viewer = UUID(officer.invitation["responder_id"])
    assert await scene.one("SELECT count(*) FROM release WHERE viewer_id = :id AND ended_at IS NULL", id=viewer) == 0


async def end(officer: Officer, ending: str) -> None:
    scene, path = officer.street.scene, f"/api/agency/dispatches/{officer.card['dispatch_id']}"
    if ending == "done":
        assert (await officer.desk.post(f"{path}/done")).status_code == 200
    elif ending == "close":
        await commands.run(
            scene.services, scene.staff["operator"], "close", officer.incident_id, {"disposition": "handled"}
        )
    elif ending == "agreement":
        await scene.sql("UPDATE agreement SET ends_at = now()")
    elif ending == "withdraw":
        answer = await officer.desk.delete(f"{path}/responders/{officer.invitation['responder_id']}")
        assert answer.status_code == 200
    else:
        officer.street.forward(3601)


async def test_the_chat_is_the_timelines_and_reaches_the_right_officers(officer: Officer) -> None:
    scene = officer.street.scene
    await officer.open()
    operator = await signed_in(scene, "operator", officer.browser.base_url)
    path = f"/api/incidents/{officer.incident_id}/responder_message"
    async with operator, officer.live() as socket:
        await socket.recv()
        assert (await operator.post(path, json={"text": "골목 끝 파란 대문입니다"})).status_code == 201
        async with asyncio.timeout(15):
            while not (frame := json.loads(await socket.recv())).get("view", {}).get("messages"):
                pass
        (heard,) = frame["view"]["messages"]
        assert (heard["by"], heard["text"]) == ("operator", "골목 끝 파란 대문입니다")
        assert (
            await officer.browser.post(f"{officer.path}/messages", json={"text": " 도착 1분 전 "})
        ).status_code == 201
        assert (await officer.browser.post(f"{officer.path}/messages", json={"text": " "})).status_code == 422
        foreign = {"Origin": "https://elsewhere.example"}
        refused = await officer.browser.post(f"{officer.path}/messages", json={"text": "x"}, headers=foreign)
        assert refused.json()["code"] == "foreign_page"
        nobody = {"text": "119에게", "dispatch_id": officer.invitation["responder_id"]}
        other = await operator.post(path, json=nobody)
        assert other.json()["code"] == "no_responder"
    view = (await officer.browser.get(officer.path)).json()
    assert [(one["by"], one["name"], one["text"]) for one in view["messages"]] == [
        ("operator", "operator", "골목 끝 파란 대문입니다"),
        ("responder", "이순경", "도착 1분 전"),
    ]
    assert (await scene.tags(officer.incident_id)).count("responder:said") == 2
    stranger = await signed_in(scene, "stranger", officer.browser.base_url)
    async with stranger:
        assert (await stranger.post(path, json={"text": "?"})).status_code == 404


class Cameras:
    """The scene's cameras are the city's."""

    def __init__(self, running: RunningCity) -> None:
        self._running = running

    async def stream_url(self, camera_id: str, quality: Quality) -> str:
        return self._running.url(camera_id, quality)


async def test_a_still_goes_from_the_camera_to_the_officer_with_a_row_for_each_step(
    officer: Officer,
    city: RunningCity,  # noqa: F811
) -> None:
    scene = officer.street.scene
    await officer.open()
    app = create_app(ReleaseGate(scene.services), Cameras(city), key=VIDEO_KEY)
    config = server_config(app)
    config.port = 0
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    gateway = EmbeddedGateway(url=f"http://127.0.0.1:{port}", public_url="ws://x", key=VIDEO_KEY)
    scene.services.gateway = gateway
    operator = await signed_in(scene, "operator", officer.browser.base_url)
    async with operator:
        path = f"/api/incidents/{officer.incident_id}/stills"
        sent = await operator.post(path, json={"camera_id": "cam-2"})
        assert sent.status_code == 201, sent.text
        assert (await operator.post(path, json={"camera_id": "cam-of-nobody"})).json()["code"] == "unknown_camera"
    (still,) = (await officer.browser.get(officer.path)).json()["stills"]
    picture = await officer.browser.get(f"{officer.path}/stills/{still['still_id']}")
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert (still["camera"]["name"], picture.headers["cache-control"]) == ("안심로 2", "no-store")
    rows = await scene.sql(
        "SELECT viewer_kind, camera_id, end_reason, first_byte_at FROM release WHERE kind = 'still' ORDER BY granted_at"
    )
    assert [(row["viewer_kind"], row["camera_id"], row["end_reason"]) for row in rows] == [
        ("operator", "cam-2", "taken"),
        ("agent", "cam-2", "delivered"),
    ]
    assert all(row["first_byte_at"] for row in rows)
    assert await gateway.still("cam-2", str(UUID(int=1))) is None, "without a release there is no picture"
    sealed = await scene.one("SELECT image_sealed FROM still")
    assert b"\xff\xd8" not in bytes(sealed)[:64]
    await scene.sql("UPDATE agreement SET may_view_still = false")
    refused = await officer.browser.get(f"{officer.path}/stills/{still['still_id']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "no_agreement")
    assert (await officer.browser.get(officer.path)).json()["stills"] == []
    await gateway.close()
    server.should_exit = True
    await running
