"""Eyes on her: twenty cameras along a road over a border, and what befalls them, their viewers and the right to look.

Two centers (server, worker, video process each), the router and the cameras, all processes of their own; operators, an
administrator and the police over HTTP, their players over WebSocket. Each rule by itself: tests/video, tests/server.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from location_router.geo import metres_per_degree
from server.demo.scene import SceneCamera
from server.demo.seeding import assigned_code
from server.demo.world import Login, World
from server.seed import agreement_id
from tests.bench.load import alert, new_alert_id
from tests.journeys.world import ANYANG_CODE, IMPATIENT_VIDEO, rows, small_world
from tests.video.seat import Seat

GUNPO_CODE, LON = "41410", 126.93
ELSEWHERE, POLICE_SEAT = "127.0.0.1", "127.0.0.9"
ENOUGH_S = 40.0
QUIET = {"VIDEO_PATROL_PER_MINUTE": "0", "VIDEO_AFTER_MINUTES": "0"}


# ------------------------------------------------------------------ the road
def border_lat() -> float:
    """Where the meridian LON leaves 안양 for 군포, going south."""
    lats = [37.40 - step / 10_000 for step in range(500)]
    codes = [assigned_code(lat=lat, lon=LON, home=ANYANG_CODE) for lat in lats]
    return lats[list(itertools.pairwise(codes)).index((ANYANG_CODE, GUNPO_CODE)) + 1]


BORDER = border_lat()


def lat_at(beyond_m: float) -> float:
    """Metres beyond the border; negative: still in 안양."""
    return BORDER - beyond_m / metres_per_degree(lat=BORDER)[0]


def the_road() -> list[SceneCamera]:
    """Ten poles on each side, 32 m apart; those of 안양 are recorded all the time."""
    found = []
    for number in range(20):
        beyond_m = -304 + 32 * number
        code = ANYANG_CODE if beyond_m < 0 else GUNPO_CODE
        name, lat, is_buffered = f"경계로 {number + 1}", lat_at(beyond_m), code == ANYANG_CODE
        found.append(SceneCamera(f"{code}-{number + 1}", name, lat, LON, None, 360.0, 60.0, False, is_buffered))
    return found


async def eventually(check: Callable[[], Any], what: str) -> Any:
    """The first true answer; asked in a thread, since it may look into a database."""
    try:
        async with asyncio.timeout(ENOUGH_S):
            while not (found := await asyncio.to_thread(check)):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            return found
    except TimeoutError:
        raise AssertionError(f"never happened: {what}") from None


class Walker:
    """Her phone's line to the router: a fix a second by its own clock, which lies in the past."""

    def __init__(self, http: httpx.Client, beyond_m: float) -> None:
        self.http = http
        self.alert_id, self.beyond_m, self.seq = new_alert_id(), beyond_m, 0
        self.now = datetime.now(UTC) - timedelta(minutes=10)

    def cries(self) -> None:
        body = alert(self.alert_id, home=ANYANG_CODE) | {"position": self._fix()}
        answer = self.http.post("/v1/alerts", json=body)
        assert answer.status_code == 202 and answer.json()["center"]["code"] == ANYANG_CODE, answer.text
        self.http.headers["Authorization"] = f"Bearer {answer.json()['live_token']}"

    async def walks_to(self, beyond_m: float, until: Callable[[], Any], what: str) -> Any:
        """Three metres a second by her clock, ten times as fast by ours; there she stays until it has happened."""

        def step() -> Any:
            self.beyond_m = min(self.beyond_m + 3, beyond_m)
            answer = self.http.post(f"/v1/alerts/{self.alert_id}/positions", json={"positions": [self._fix()]})
            assert answer.status_code == 202, answer.text
            return until()

        return await eventually(step, what)

    def _fix(self) -> dict[str, Any]:
        self.seq, self.now = self.seq + 1, self.now + timedelta(seconds=1)
        moment = self.now.isoformat()
        place = {"lat": lat_at(self.beyond_m), "lon": LON, "accuracy_m": 8.0, "source": "gps"}
        return place | {"fixed_at": moment, "sent_at": moment, "seq": self.seq}


# ------------------------------------------------------------------ the people
class Desk:
    """Somebody of an installation at a screen with this address."""

    def __init__(self, http: httpx.Client, login: Login) -> None:
        self.http, self.login = http, login

    def sign_in(self) -> httpx.Response:
        return self.http.post("/api/login", json={"login": self.login.login, "password": self.login.password})

    def does(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.text}"
        return dict(answer.json())

    def card(self, alert_id: str) -> dict[str, Any] | None:
        cards = self.http.get("/api/incidents").json()["incidents"]
        return next((card for card in cards if alert_id in card["alert_ids"] and card["role"] == "owner"), None)


@dataclass
class Wall:
    """What an operator watches: a seat for each camera."""

    stack: AsyncExitStack
    seats: dict[str, Seat] = field(default_factory=dict)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def watch(self, tickets: list[dict[str, Any]], *, address: str | None = None) -> None:
        """Pictures flow at all of them when this returns."""
        for one in tickets:
            if one["camera_id"] not in self.seats:
                self.tickets[one["camera_id"]] = one
                await self._sit(one["camera_id"], one["ws_url"], address)
        await self.go_on(*(one["camera_id"] for one in tickets))

    async def go_on(self, *camera_ids: str) -> None:
        """More pictures come than came until now."""
        for seat in [self.seats[one] for one in camera_ids or self.seats]:
            count = len(seat.pictures)
            await seat.until(lambda s, count=count: len(s.pictures) > count, ENOUGH_S)

    async def come_back(self) -> None:
        """As the player does: each by the last ticket that its lost socket had told it."""
        for camera_id, lost in list(self.seats.items()):
            await lost.until(lambda s: s.close_code, ENOUGH_S)
            renewed = (lost.last("ticket") or {})["ticket"]
            base = self.tickets[camera_id]["ws_url"].split("?")[0]
            assert renewed not in self.tickets[camera_id]["ws_url"]
            await self._sit(camera_id, f"{base}?ticket={renewed}")
        await self.go_on()

    async def _sit(self, camera_id: str, url: str, address: str | None = None) -> None:
        self.seats[camera_id] = seat = await Seat.take(url, address=address)
        self.stack.push_async_callback(seat.leave)

    async def end(self) -> set[str]:
        """The reasons that all of them are told."""
        for seat in self.seats.values():
            await seat.until(lambda s: s.close_code, ENOUGH_S)
        return {(seat.last("end") or {}).get("reason", "") for seat in self.seats.values()}


# ------------------------------------------------------------------ the story
class Story:
    def __init__(self, world: World, stack: AsyncExitStack) -> None:
        self.world, self.stack, self.incident = world, stack, ""
        self.walker = Walker(self._client("router", ELSEWHERE), -144)
        self.operator, self.admin = self.on_duty("operator"), self.on_duty("admin")
        self.wall = Wall(stack)

    def on_duty(self, login: str, **where: str) -> Desk:
        desk = self.desk(login, **where)
        answer = desk.sign_in()
        assert answer.status_code == 200, answer.text
        return desk

    def desk(self, login: str, *, at: str = "serving", address: str = ELSEWHERE) -> Desk:
        named = {"police": "112"}.get(login, login)
        return Desk(self._client(at, address), self.world.logins[named if at == "serving" else f"{at} {named}"])

    def _client(self, at: str, address: str) -> httpx.Client:
        transport = httpx.HTTPTransport(local_address=address)
        client = httpx.Client(base_url=self.world.urls[at], trust_env=False, timeout=20, transport=transport)
        return self.stack.enter_context(client)

    @property
    def path(self) -> str:
        return f"/api/incidents/{self.incident}"

    def rows(self, query: str, *values: Any, at: str = "serving") -> list[dict[str, Any]]:
        return rows(self.world, at, query, *values)

    def befalls(self, camera_id: str, fault: str) -> None:
        httpx.post(f"{self._control()}/cameras/{camera_id}/{fault}", trust_env=False).raise_for_status()

    def viewers(self, code: str) -> int:
        """How many connections the cameras of this center hold open."""
        cameras = httpx.get(self._control(), trust_env=False).json()
        return sum(state["viewers"] for camera_id, state in cameras.items() if camera_id.startswith(code))

    def _control(self) -> str:
        return f"http://127.0.0.1:{self.world.children['cameras'].ready['control_port']}"

    def chosen(self) -> dict[str, int]:
        """Camera → number on the wall, as the timeline has it last."""
        shown = self.operator.http.get(f"{self.path}/cameras/why").json()
        return {one["camera_id"]: one["number"] for one in shown["cameras"]}

    def health(self, camera_id: str) -> str:
        return str(self.rows("SELECT health FROM camera WHERE camera_id = %s", camera_id)[0]["health"])

    # -- the chapters, in their order
    async def five_open(self) -> None:
        """Rows first, then pictures; nobody but the alert chose."""
        recorded = "SELECT 1 FROM segment WHERE camera_id = %s"
        await eventually(lambda: self.rows(recorded, f"{ANYANG_CODE}-6"), "a buffered camera is recorded")
        self.walker.cries()
        card = await eventually(lambda: self.operator.card(self.walker.alert_id), "the card")
        self.incident = card["incident_id"]
        self.operator.does(f"{self.path}/acknowledge")
        tickets = self.operator.does(f"{self.path}/open")["cameras"]
        granted = self.rows("SELECT camera_id, first_byte_at FROM release WHERE kind = 'live'")
        assert len(tickets) == 5 and {row["camera_id"] for row in granted} == {one["camera_id"] for one in tickets}
        assert not any(row["first_byte_at"] for row in granted), "rows before bytes"
        await self.wall.watch(tickets)
        seen = "SELECT 1 FROM release WHERE kind = 'live' AND first_byte_at > granted_at"
        await eventually(lambda: len(self.rows(seen)) == 5, "the first byte of each is written down")

    async def one_freezes_and_returns(self) -> None:
        before = self.chosen()
        victim = next(iter(before))
        self.befalls(victim, "freeze")
        await self.wall.seats[victim].until(lambda s: s.state() == "frozen", ENOUGH_S)
        await eventually(lambda: self.health(victim) == "frozen", "the registry knows")
        after = await eventually(self._five_working, "five that work")
        assert victim not in after and after.keys() & before.keys(), "one goes, the others stay"
        await self.wall.watch(self.operator.does(f"{self.path}/open")["cameras"])
        self.befalls(victim, "thaw")
        count = len(self.wall.seats[victim].pictures)
        await self.wall.seats[victim].until(lambda s: s.state() == "live" and len(s.pictures) > count, ENOUGH_S)
        await eventually(lambda: self.health(victim) == "working", "it is well again")

    def _five_working(self) -> dict[str, int] | None:
        """The chosen ones, when nothing bad is known of any of them."""
        now = self.chosen()
        return now if len(now) == 5 and {self.health(one) for one in now} <= {"working", "unknown"} else None

    async def back_a_minute(self) -> None:
        """A camera that is buffered has what was before the alert."""
        now, camera_id = datetime.now(UTC), next(iter(self.chosen()))
        asked = {"from_at": (now - timedelta(minutes=1)).isoformat(), "until_at": now.isoformat()}
        clip = self.operator.does(f"{self.path}/recordings", camera_id=camera_id, reason="되감아 확인", **asked)
        opened = self.rows("SELECT opened_at FROM incident WHERE incident_id = %s", self.incident)[0]["opened_at"]
        assert datetime.fromisoformat(clip["begin_at"]) < opened
        film = self.operator.http.get(clip["url"], headers={"Range": "bytes=0-1023"})
        assert film.status_code == 206 and film.content[4:8] == b"ftyp"

    async def police_look(self) -> None:
        """From the address that is registered and from no other, with their own tickets, until their agreement ends."""
        account = self.rows("SELECT account_id FROM account WHERE login = 'police'")[0]["account_id"]
        moved = self.admin.http.put(f"/api/addresses/account/{account}", json={"networks": [f"{POLICE_SEAT}/32"]})
        assert moved.status_code == 200, moved.text
        self.operator.does(f"{self.path}/dispatch", agency="112")
        assert self.desk("police").sign_in().status_code == 403, "a wrong address"
        police = self.on_duty("police", address=POLICE_SEAT)
        dispatch = police.http.get("/api/agency/dispatches").json()["dispatches"][0]["dispatch_id"]
        police.does(f"/api/agency/dispatches/{dispatch}/accept", receipt_no="R-1")
        path = f"/api/agency/dispatches/{dispatch}/video"
        carried = self.desk("police")
        carried.http.cookies = police.http.cookies
        assert carried.http.post(path).status_code in (401, 403), "a session carried elsewhere"
        watched, spare = police.does(path)["cameras"][:2]
        thief = await Seat.take(spare["ws_url"], address=ELSEWHERE)
        self.stack.push_async_callback(thief.leave)
        refused = await thief.until(lambda s: s.close_code and s.last("refused"), ENOUGH_S)
        assert (refused["code"], thief.bytes_received) == ("ticket_other_address", 0)
        wall = Wall(self.stack)
        await wall.watch([watched], address=POLICE_SEAT)
        self.admin.does(
            f"/api/agreements/{agreement_id(ANYANG_CODE, '112-demo')}/end", reason="협약 만료", at_once=True
        )
        assert await wall.end() == {"no_agreement"}
        assert police.http.post(path).json()["code"] == "no_agreement"
        await self.wall.go_on()

    async def video_is_killed(self) -> None:
        """As systemd and the demo do it: the process comes again, and each viewer by the ticket told last."""
        for seat in self.wall.seats.values():
            await seat.until(lambda s: s.last("ticket"), ENOUGH_S)
        self.world.children["video"].kill()
        self.world.children["video"] = self.world.children["video"].restarted()
        await asyncio.to_thread(self.world.children["video"].wait_ready)
        await self.wall.come_back()

    async def she_walks_on(self) -> None:
        """Cameras hand over one after another; who stays keeps the number."""
        before = self.chosen()
        after = await self.walker.walks_to(-70, lambda: self._other_than(before), "others are chosen as she walks")
        stayed = before.keys() & after.keys()
        assert len(after) == 5 and 1 <= len(stayed) < 5, (before, after)
        assert all(before[one] == after[one] for one in stayed)
        await self.wall.watch(self.operator.does(f"{self.path}/open")["cameras"])

    def _other_than(self, before: dict[str, int]) -> dict[str, int] | None:
        now = self.chosen()
        return now if now.keys() != before.keys() else None

    async def over_the_border(self) -> tuple[Desk, Wall]:
        """군포 has her, and its own five; the eyes of 안양 close when 군포 has said so."""
        gunpo, wall = self.on_duty("operator", at="second"), Wall(self.stack)
        card = await self.walker.walks_to(
            200, lambda: gunpo.card(self.walker.alert_id), "the alert is handed over to 군포"
        )
        assert card["assignment"]["reason"] == "handover"
        await self.wall.go_on()
        incident = f"/api/incidents/{card['incident_id']}"
        gunpo.does(f"{incident}/acknowledge")
        assert await self.wall.end() == {"incident_closed"}
        assert self.operator.http.post(f"{self.path}/open").status_code in (403, 409)
        tickets = gunpo.does(f"{incident}/open")["cameras"]
        assert len(tickets) == 5 and all(one["camera_id"].startswith(GUNPO_CODE) for one in tickets)
        await wall.watch(tickets)
        return gunpo, wall

    async def everything_stops(self, gunpo: Desk, wall: Wall) -> None:
        card = gunpo.card(self.walker.alert_id)
        assert card
        gunpo.does(f"/api/incidents/{card['incident_id']}/close", disposition="handled", note="")
        assert await wall.end() == {"incident_closed"}
        standing = "SELECT kind, camera_id FROM release WHERE ended_at IS NULL AND camera_id IS NOT NULL"
        for name in ("serving", "second"):
            await eventually(lambda name=name: not self.rows(standing, at=name), f"no picture is released at {name}")
        await eventually(lambda: self.viewers(GUNPO_CODE) == 0, "the cameras of 군포 are closed")
        assert self.viewers(ANYANG_CODE) <= 10, "one ingest for each buffered camera, whoever watched it"


def are_online(world: World) -> bool:
    centers = httpx.get(f"{world.urls['router']}/v1/centers", trust_env=False).json()["centers"]
    return {ANYANG_CODE, GUNPO_CODE} <= {one["code"] for one in centers if one["state"] in ("online", "degraded")}


@pytest.fixture
def world() -> Iterator[World]:
    options: dict[str, Any] = {"with_home": False, "serves": ANYANG_CODE, "second": GUNPO_CODE, "fps": 5, "films": True}
    with small_world(cameras=the_road(), video_command=IMPATIENT_VIDEO, extra_env=QUIET, **options) as running:
        yield running


async def test_five_of_twenty_cameras_from_the_alert_to_the_close_in_the_next_city(world: World) -> None:
    await eventually(lambda: are_online(world), "both centers are online")
    async with AsyncExitStack() as stack:
        story = Story(world, stack)
        await story.five_open()
        await story.one_freezes_and_returns()
        await story.back_a_minute()
        await story.police_look()
        await story.video_is_killed()
        await story.she_walks_on()
        await story.everything_stops(*await story.over_the_border())
