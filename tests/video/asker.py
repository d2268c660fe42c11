"""An agency that asks, before a whole center and its video process: what its desk and its screens get, and each way in
which that ends. For `test_asker.py`, and with a clock for `tests.bench.rights`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from location_router.runtime.webhook import signed_call
from server.actor import SYSTEM
from server.demo.night_street import age_s
from server.dispatch.lines import set_line
from server.seed import AGENCIES
from server.staff.routes import COOKIE
from server.video import peer as peers
from server.video.gateway import Play
from tests.server.conftest import listening
from tests.server.requests.asking import BASIS, FIRM, HELP, KEY, agree
from tests.server.scene import CENTER, LAT, LON, client
from tests.server.test_rights import cookie
from tests.video.conftest import RunningCity
from tests.video.house import House, house
from tests.video.screen import Screen
from tests.video.seat import Seat, eventually

FAR = {
    "type": "MultiPolygon",
    "coordinates": [[[[127.9, 36.1], [127.91, 36.1], [127.91, 36.11], [127.9, 36.11], [127.9, 36.1]]]],
}
# nobody listens on port 9: no router, and the center goes on without it
SETTINGS = {"router_url": "http://127.0.0.1:9", "serves": CENTER, "line_networks": "127.0.0.0/8"}
SECONDS_LEFT = 0.6


@dataclass
class Eyes:
    """An agent with an accepted request: the desk's socket, one camera by the socket and one by WebRTC."""

    login: str
    request_id: str
    incident_id: UUID
    http: httpx.AsyncClient
    socket: Any
    seat: Seat
    screen: Screen
    desk: list[tuple[float, str]] = field(default_factory=list)
    """(Unix time, what a request's frame says; `closed 4401` for the end of the socket)."""

    async def listen(self) -> None:
        try:
            async for text in self.socket:
                frame = json.loads(text)
                if frame["type"] == "request":
                    self.desk.append((time.time(), frame["what"]))
        except ConnectionClosed:
            pass
        self.desk.append((time.time(), f"closed {self.socket.close_code}"))

    async def until_dark(self) -> tuple[set[str], float, float]:
        """The reasons told at both doors; when the last picture of each was here. A gate that a busy machine kept
        silent for three seconds ends them as well, with no last word: `gate_silent`."""
        await self.seat.until(lambda seat: seat.close_code)
        async with asyncio.timeout(15):
            while (told := await self.screen.told())["type"] not in ("end", "left"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)  # what was on its way
        reasons = {(one or {}).get("reason", "gate_silent") for one in (self.seat.last("end"), told)}
        return reasons, self.seat.pictures[-1][0], self.screen.pictures[-1][0]

    async def heard(self, words: frozenset[str], since: float) -> float:
        """When the desk was first told one of them."""
        until = time.time() + 15
        while (found := next((at for at, word in self.desk if word in words and at >= since), None)) is None:
            assert time.time() < until, f"waited for {set(words)}, the desk heard {self.desk}"
            await asyncio.sleep(0.02)
        return found

    def newest_moments(self) -> list[float]:
        """When the newest pictures of both doors were taken, by the clock burnt into them (Unix time)."""
        found = []
        pictures = zip(self.seat.decode(), (at for at, _ in self.seat.pictures), strict=False)
        for luma, at in [*pictures, *((luma, at) for at, luma in self.screen.pictures)]:
            if (age := age_s(luma, at)) is not None:
                found.append(at - age)
        return found

    async def leave(self) -> None:
        await self.screen.close()
        await self.seat.leave()
        await self.socket.close()
        await self.http.aclose()


@dataclass
class Asker:
    """`line` speaks as the firm's own system, `operator` and `admin` as those of the center."""

    home: House
    url: str
    agreement: UUID
    line: httpx.AsyncClient
    operator: httpx.AsyncClient
    admin: httpx.AsyncClient
    agents: int = 0

    async def say(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        body, where = json.dumps(said).encode(), f"/api/lines/{FIRM}/requests{path}"
        headers = signed_call(KEY, str(uuid4()), body, method="POST", path=where)
        return done(await self.line.post(where, content=body, headers=headers))

    async def ask(self) -> str:
        now = self.home.scene.services.clock().isoformat()
        place = {"lat": LAT, "lon": LON, "accuracy_m": 15.0, "fixed_at": now}
        said = {"request_id": str(uuid4()), "agency_id": FIRM, "trigger": "help_request", "legal_basis": BASIS}
        told = await self.say("", {**said, "raised_at": now, "position": place, "subject": HELP})
        assert told["state"] == "accepted", told
        return str(told["request_id"])

    async def enter(self) -> tuple[str, str, dict[str, str], list[dict[str, Any]]]:
        """A new agent asks: login, request, cookies, and the cameras that its desk may open."""
        self.agents += 1
        login, scene = f"agent-{self.agents}", self.home.scene
        with patch.dict(AGENCIES, {FIRM: ("security", "안심경비", "Ansim Guards")}):
            await scene.add(login, "agent", agency_id=FIRM)
        jar, request_id = await cookie(scene, login), await self.ask()
        async with client(self.url, cookies=jar) as http:
            return login, request_id, jar, done(await http.post(f"/api/agency/requests/{request_id}/video"))["cameras"]

    async def look(self) -> Eyes:
        """A new agent asks and watches: pictures flow at both doors when this returns."""
        login, request_id, jar, tickets = await self.enter()
        http, scene = client(self.url, cookies=jar), self.home.scene
        row = await scene.sql("SELECT incident_id FROM agency_request WHERE request_id = :id", id=UUID(request_id))
        socket = await connect(
            self.url.replace("http", "ws") + "/api/agency/feed",
            additional_headers={"Cookie": f"{COOKIE}={jar[COOKIE]}"},
            proxy=None,
        )
        whep, screen = tickets[1]["plays"][1], Screen(f"http://127.0.0.1:{self.home.port}")
        seat = await Seat.take(tickets[0]["ws_url"])
        eyes = Eyes(login, request_id, row[0]["incident_id"], http, socket, seat, screen)
        await screen.watch(Play("whep", whep["url"], whep["ticket"], 0))
        await seat.until(lambda one: one.pictures)
        await eventually(lambda: screen.pictures, 15)
        return eyes


Ending = Callable[[Asker, Eyes], Awaitable[float | None]]
"""Does it; the moment from which it counts, where that is not the call itself."""


async def cancelled(asker: Asker, eyes: Eyes | str) -> None:
    """`eyes`: who watches, or the request's id."""
    request_id = eyes if isinstance(eyes, str) else eyes.request_id
    await asker.say(f"/{request_id}/cancel", {"reason": "오인"})


async def time_over(asker: Asker, eyes: Eyes) -> float:
    until = time.time() + SECONDS_LEFT
    await asker.home.scene.sql(
        "UPDATE agency_request SET ends_at = to_timestamp(:at) WHERE request_id = :id", at=until,
        id=UUID(eyes.request_id),
    )  # fmt: skip
    await asyncio.sleep(max(0.0, until - time.time()))
    return until


async def rejected(asker: Asker, eyes: Eyes) -> None:
    path = f"/api/incidents/{eyes.incident_id}/requests/{eyes.request_id}/reject"
    done(await asker.operator.post(path, json={"reason": "no_danger"}))


async def closed(asker: Asker, eyes: Eyes) -> float:
    path = f"/api/incidents/{eyes.incident_id}"
    done(await asker.operator.post(f"{path}/acknowledge"))
    since = time.time()
    done(await asker.operator.post(f"{path}/close", json={"disposition": "handled"}))
    return since


async def area_moved(asker: Asker, eyes: Eyes) -> None:
    done(await asker.admin.patch(f"/api/agreements/{asker.agreement}", json={"areas": FAR}))


async def suspended(asker: Asker, eyes: Eyes | str) -> None:
    done(await asker.admin.post(f"/api/agreements/{asker.agreement}/suspend", json={"reason": "점검"}))


async def agreement_over(asker: Asker, eyes: Eyes) -> None:
    path = f"/api/agreements/{asker.agreement}/end"
    done(await asker.admin.post(path, json={"reason": "만료", "at_once": True}))


async def address_struck(asker: Asker, eyes: Eyes) -> None:
    account = asker.home.viewer(eyes.login).account_id
    done(await asker.admin.put(f"/api/addresses/account/{account}", json={"networks": ["10.9.0.0/16"]}))


async def account_closed(asker: Asker, eyes: Eyes) -> None:
    account = asker.home.viewer(eyes.login).account_id
    done(await asker.admin.patch(f"/api/accounts/{account}", json={"active": False}))


async def logged_out(asker: Asker, eyes: Eyes) -> None:
    done(await eyes.http.post("/api/logout"))


OVER = frozenset({"no_dispatch", "incident_closed", "no_agreement"})
SEAT_LOST = frozenset({"session_ended", "address_not_registered", "not_your_incident"})
ENDINGS: dict[str, tuple[Ending, frozenset[str], frozenset[str]]] = {
    "request_cancelled": (cancelled, OVER | {"request_cancelled"}, frozenset({"cancelled"})),
    "request_time": (time_over, OVER | {"request_ended"}, frozenset({"ended"})),
    "request_rejected": (rejected, OVER | {"request_rejected"}, frozenset({"rejected"})),
    "incident_closed": (closed, OVER | {"request_ended"}, frozenset({"ended"})),
    "area_moved": (area_moved, frozenset({"outside_area"}), frozenset({"rights"})),
    "agreement_suspended": (suspended, frozenset({"no_agreement"}), frozenset({"rights"})),
    "agreement_ended": (agreement_over, frozenset({"no_agreement"}), frozenset({"rights"})),
    "address_struck": (address_struck, SEAT_LOST, frozenset({"closed 4401"})),
    "account_closed": (account_closed, SEAT_LOST, frozenset({"closed 4401"})),
    "logged_out": (logged_out, SEAT_LOST, frozenset({"closed 4401"})),
}
"""Each with the reasons that a stream may be told, and what the desk hears."""
CURES = {
    "area_moved": "UPDATE agreement SET areas = NULL",
    "agreement_suspended": "UPDATE agreement SET suspended_at = NULL",
    "agreement_ended": "UPDATE agreement SET ends_at = NULL",
}


@dataclass
class Ended:
    """Unix times: when it counted from, the last picture at each door, the desk's word; the reasons told."""

    since: float
    reasons: set[str]
    last_by_socket: float
    last_by_webrtc: float
    desk_told: float


async def end_by(asker: Asker, eyes: Eyes, name: str) -> Ended:
    """This ending, to its end. Whoever goes on afterwards asks for `cure`."""
    ending, _, words = ENDINGS[name]
    listening_task = asyncio.create_task(eyes.listen())
    since = time.time()
    since = await ending(asker, eyes) or since
    reasons, by_socket, by_webrtc = await eyes.until_dark()
    told = await eyes.heard(words, since)
    listening_task.cancel()
    return Ended(since, reasons, by_socket, by_webrtc, told)


async def cure(asker: Asker, name: str) -> None:
    """What this ending changed for others is put right."""
    if name in CURES:
        await asker.home.scene.sql(CURES[name])


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, f"{answer.request.url}: {answer.text}"
    return dict(answer.json()) if answer.content else {}


@asynccontextmanager
async def asker(
    url: str, city: RunningCity, folder: Path, *, away_s: float = 30.0, env: dict[str, str] | None = None
) -> AsyncIterator[Asker]:
    """A firm with a line and an agreement that accepts its requests by rule; the center's whole app, its video process
    and real cameras."""
    peers.offer_only_on(("127.0.0.1",))
    async with (
        house(url, city, folder, away_s=away_s, settings=SETTINGS, env=env) as home,
        AsyncExitStack() as stack,
    ):
        scene = home.scene
        await scene.sql(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'security', :id, :id)", id=FIRM
        )
        async with scene.services.db.begin() as unit:
            await set_line(
                unit, scene.services, agency_id=FIRM, center_id=None, kind="webhook", url="http://127.0.0.1:9/line",
                key=KEY, actor=SYSTEM,
            )  # fmt: skip
        agreement = await agree(scene, auto_triggers=["help_request"])
        address = await stack.enter_async_context(listening(scene.services))
        jars: list[dict[str, str]] = [{}, await cookie(scene, "operator"), await cookie(scene, "admin")]
        clients = [await stack.enter_async_context(client(address, cookies=jar)) for jar in jars]
        yield Asker(home, address, agreement, *clients)
