"""Every WebSocket of the app × every role, nobody, an ended session, a foreign page; and what arrives on the open ones
while the other side of the wall is busy: nothing of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIWebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from location_router.wire import CenterRef, Position, PositionUpdate, State, Status
from server.app import create_app
from server.broadcast import PositionFrame
from server.dispatch import service as dispatches
from server.events import record
from server.people import follow_routes
from server.people import service as people
from server.staff.permissions import AGENCY_ROLES, Permission, may
from server.staff.routes import COOKIE
from tests.server.matrix import ROLES
from tests.server.scene import CENTER, LAT, LON, OTHER, Scene, installation, listening

SOCKETS: dict[str, Permission | None] = {
    "/api/feed": "incidents.read",
    "/api/agency/feed": "dispatch.answer",
    "/api/follow/{link}/live": None,
    "/api/respond/{link}/live": None,
    "/api/notices/{link}/walk/live": None,
    "/api/people/me/walks/{walk_id}/line": None,
    "/api/lines/{agency_id}/requests/{request_id}/live": None,
}
"""What opens each: a permission, or (None) a link and its cookie, her own phone's token, the signature of a line."""
HELLO = json.dumps({"type": "hello", "seat": "s", "cursor": None})
HERE, THERE = 37.111111, 37.999999  # latitudes, as they are looked for in frames
FENCE, BEHIND = "이쪽의 마지막 줄", "건너편의 한 줄"


def sockets(router: FastAPI | APIRouter) -> Iterator[str]:
    for route in router.routes:
        inside = getattr(route, "original_router", None)
        if inside is not None:
            yield from sockets(inside)
        elif isinstance(route, APIWebSocketRoute):
            yield route.path


@dataclass
class Room:
    scene: Scene
    app: FastAPI
    address: str

    def open(self, path: str, who: str = "", **headers: str) -> Any:
        cookie = {"Cookie": f"{COOKIE}=token-of-{who}"} if who else {}
        url = self.address.replace("http", "ws") + path
        return connect(url, additional_headers=cookie | headers, proxy=None)


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Room]:
    async with installation(installation_database, public_url="http://home.test", follow_precision="exact") as scene:
        for role in ROLES:
            agency = "112-demo" if role in AGENCY_ROLES else None
            await scene.add(f"as-{role}", role, desk=None if agency else "main", agency_id=agency)
        await scene.add("ended", "admin", desk="main")
        for login in (*(f"as-{role}" for role in ROLES), "ended", "stranger", "fire"):
            token = f"token-of-{login.removeprefix('as-')}"
            digest, account = scene.services.sealer.digest(token, context="session"), scene.staff[login].account_id
            await scene.sql("UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=account)
        await scene.sql("UPDATE session SET ended_at = now() WHERE account_id = :id", id=account_of(scene, "ended"))
        await scene.services.broadcast.start()
        app = create_app(scene.services.settings, services=scene.services)
        async with listening(app) as address:
            yield Room(scene, app, address)


def account_of(scene: Scene, login: str) -> UUID:
    return scene.staff[login].account_id


async def first_frame(socket: Any) -> dict[str, Any] | int:
    """The first frame, or the code of the close that came instead."""
    try:
        await socket.send(HELLO)
        async with asyncio.timeout(30):
            return dict(json.loads(await socket.recv()))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


async def test_every_socket_opens_for_those_who_may_and_for_nobody_else(room: Room) -> None:
    await room.scene.emergency()
    assert set(sockets(room.app)) == set(SOCKETS), "say in SOCKETS what opens the new one"
    wrong = []
    for path, permission in SOCKETS.items():
        asked = path.format(link="no-such-link", walk_id=UUID(int=7), agency_id="112-demo", request_id=UUID(int=7))
        for who in (*ROLES, "", "ended"):
            async with room.open(asked, who) as socket:
                answer = await first_frame(socket)
            opens = permission is not None and who in ROLES and may(who, permission)
            if isinstance(answer, dict) != opens or (isinstance(answer, int) and not 4400 <= answer < 4500):
                wrong.append(f"{path} as {who or 'nobody'}: {answer}")
        foreign = "agent" if permission == "dispatch.answer" else "operator"
        async with room.open(asked, foreign, Origin="https://evil.example") as socket:
            if isinstance(answer := await first_frame(socket), dict):
                wrong.append(f"{path} from a foreign page: {answer}")
    assert wrong == []


@dataclass
class Listener:
    name: str
    text: str = ""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def listen(self, socket: Any) -> None:
        try:
            async for frame in socket:
                self.text += f"{frame}\n"
        except ConnectionClosed:
            self.text += "<cut off>\n"

    async def hears(self, word: str) -> None:
        async with asyncio.timeout(30):
            while word not in self.text:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@asynccontextmanager
async def listeners(
    room: Room, whose: dict[str, tuple[str, str]], **cookies: str
) -> AsyncIterator[dict[str, Listener]]:
    """Open sockets by name: path, and who (a login, or the name of a cookie in `cookies`)."""
    async with AsyncExitStack() as stack:
        heard = {name: Listener(name) for name in whose}
        for name, (path, who) in whose.items():
            headers = {"Cookie": cookies[who]} if who in cookies else {}
            socket = await stack.enter_async_context(room.open(path, "" if headers else who, **headers))
            await socket.send(HELLO)
            heard[name].tasks.append(asyncio.create_task(heard[name].listen(socket)))
        for one in heard.values():
            await one.hears('"type"')
        yield heard
        for one in heard.values():
            for task in one.tasks:
                task.cancel()


async def busy(scene: Scene, center: str, incident_id: UUID, lat: float, words: str) -> None:
    """A line on the timeline and a step of the person."""
    alert_id = await scene.one("SELECT alert_id FROM alert WHERE incident_id = :id", id=incident_id)
    position = {"lat": lat, "lon": LON, "accuracy_m": 5, "fixed_at": datetime.now(UTC).isoformat()}
    scene.services.broadcast.position(PositionFrame(center, incident_id, alert_id, position))
    async with scene.services.db.begin() as unit:
        record(unit, center_id=center, incident_id=incident_id, tag="incident:noted", payload={"text": words})


async def case(scene: Scene, incident_id: UUID, agency: str) -> UUID:
    async with scene.services.db.begin() as unit:
        actor = scene.staff["operator"].actor
        made = await dispatches.request(unit, scene.services, incident_id=incident_id, agency=agency, actor=actor)
        await unit.execute("UPDATE dispatch SET state = 'accepted'")
    return UUID(made["dispatch_id"])


async def test_frames_of_another_center_and_of_another_agency_never_arrive(room: Room) -> None:
    scene = room.scene
    here, there = await scene.emergency(), await scene.emergency(center=OTHER)
    ours = await case(scene, here, "112")
    theirs, elsewhere = await case(scene, here, "119"), await case(scene, there, "119")
    seats = {role: ("/api/feed", role) for role in ROLES if may(role, "incidents.read")}
    seats |= {"stranger": ("/api/feed", "stranger")}
    desks = {"agent": ("/api/agency/feed", "agent"), "fire": ("/api/agency/feed", "fire")}
    async with listeners(room, seats | desks) as heard:
        for _ in range(3):
            await busy(scene, OTHER, there, THERE, BEHIND)
            await busy(scene, CENTER, here, HERE, FENCE)
        third = await scene.emergency(center=OTHER)
        far = await case(scene, third, "119")
        await busy(scene, OTHER, there, THERE, BEHIND)
        await busy(scene, CENTER, here, HERE, FENCE)
        await heard["stranger"].hears(str(third))
        await heard["stranger"].hears(str(THERE))
        await heard["fire"].hears(str(far))
        for seat in seats:
            await heard[seat].hears(FENCE if seat != "stranger" else BEHIND)
        await heard["operator"].hears(str(HERE))
        await heard["agent"].hears(str(HERE))
        await asyncio.sleep(0.3)
        beyond = [str(there), str(third), str(elsewhere), str(far), str(THERE), BEHIND, OTHER]
        for name, one in heard.items():
            secrets = {"stranger": [str(here), str(HERE), FENCE], "fire": [str(ours)]}.get(name, beyond)
            secrets = [*secrets, str(theirs)] if name == "agent" else secrets
            assert [word for word in secrets if word in one.text] == [], f"{name} heard it"
            assert "<cut off>" not in one.text


async def test_a_familys_page_and_an_officers_phone_hear_of_their_own_person_only(room: Room) -> None:
    scene = room.scene
    (first, mother), (second, other) = await family(room, "1111"), await family(room, "2222")
    here, there = await scene.emergency(), await scene.emergency(center=OTHER)
    officer, colleague = await officer_of(room, here, "112", "agent"), await officer_of(room, there, "119", "fire")
    whose = {"mother": mother[0], "other": other[0], "officer": officer[0], "colleague": colleague[0]}
    cookies = {"mother": mother[1], "other": other[1], "officer": officer[1], "colleague": colleague[1]}
    async with listeners(room, {name: (path, name) for name, path in whose.items()}, **cookies) as heard:
        for alert_id, lat in ((second, THERE), (first, HERE)):
            fix = Position(lat=lat, lon=LON, accuracy_m=9, fixed_at=datetime.now(UTC) + timedelta(seconds=1))
            await people.receive_home_position(scene.services, PositionUpdate(alert_id=alert_id, position=fix))
        for center, incident_id, lat in ((OTHER, there, THERE), (CENTER, here, HERE)):
            await scene.sql("UPDATE position SET lat = :lat WHERE incident_id = :id", lat=lat, id=incident_id)
            await busy(scene, center, incident_id, lat, FENCE)
        for name, lat in (("mother", HERE), ("other", THERE), ("officer", HERE), ("colleague", THERE)):
            await heard[name].hears(str(lat))
        await asyncio.sleep(0.6)
        for name, lat in (("mother", THERE), ("other", HERE), ("officer", THERE), ("colleague", HERE)):
            assert str(lat) not in heard[name].text, f"{name} heard of somebody else"


async def family(room: Room, last4: str) -> tuple[UUID, tuple[str, str]]:
    """A person in need; her alert, and the page (path and cookie) of her mother."""
    scene, alert_id = room.scene, uuid4()
    signed = await people.sign_up(scene.services, nickname="보라", phone=f"010-3333-{last4}")
    user = await people.device_user(scene.services, signed.device_token)
    named = await people.designate(scene.services, user, name="엄마", phone=f"010-9999-{last4}")
    await people.accept(scene.services, named["invitation"], push_token=f"t-{last4}")
    status = Status(
        status_id=uuid4(),
        alert_id=alert_id,
        assignment_no=1,
        state=State.ASSIGNED,
        center=CenterRef(code=CENTER, name_ko="안양", name_en="Anyang", callback="031-112"),
        at=datetime.now(UTC),
        home="home-1",
        person_id=str(signed.person_id),
    )
    await people.receive_home_status(scene.services, status)
    fix = Position(lat=LAT, lon=LON, accuracy_m=9, fixed_at=datetime.now(UTC))
    await people.receive_home_position(scene.services, PositionUpdate(alert_id=alert_id, position=fix))
    row = (await scene.sql("SELECT follow_id, link_sealed FROM follow WHERE alert_id = :id", id=alert_id))[0]
    link = scene.services.sealer.open(row["link_sealed"], context=f"follow.link:{row['follow_id']}")
    cookie = await opened(room, f"/api/follow/{link}/open", {"last4": last4}, follow_routes.COOKIE)
    return alert_id, (f"/api/follow/{link}/live", cookie)


async def officer_of(room: Room, incident_id: UUID, agency: str, agent: str) -> tuple[str, str]:
    """An officer in the field: path and cookie of the phone's page."""
    dispatch_id = await case(room.scene, incident_id, agency)
    cookies = {COOKIE: f"token-of-{agent}"}
    async with httpx.AsyncClient(base_url=room.address, trust_env=False, cookies=cookies) as desk:
        made = await desk.post(
            f"/api/agency/dispatches/{dispatch_id}/responders", json={"name": "순찰 3", "minutes": 60}
        )
        assert made.status_code == 201, made.text
    link, code = made.json()["link"], made.json()["code"]
    return f"/api/respond/{link}/live", await opened(room, f"/api/respond/{link}/open", {"code": code}, "ansim_respond")


async def opened(room: Room, path: str, body: dict[str, Any], cookie: str) -> str:
    async with httpx.AsyncClient(base_url=room.address, trust_env=False) as browser:
        answer = await browser.post(path, json=body)
        assert answer.status_code == 200, answer.text
    return f"{cookie}={answer.cookies[cookie]}"
