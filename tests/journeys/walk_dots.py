"""A shared walk through three centers of two installations: part of the border's story, which has the rooms for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from websockets.asyncio.client import ClientConnection, connect

from location_router.runtime.db import conninfo
from location_router.runtime.signing import sign
from server.services import Services, make_services
from server.verify_log import verify_chain
from server.walks import elsewhere, seen
from tests.location_router.routers import ANYANG_CODE, GUNPO_CODE, INDEX, KEYS, UIWANG_CODE, World, until

AWAY = "http://127.0.0.1:9"
SEA = {"lat": 36.0, "lon": 125.2}


def place(code: str) -> dict[str, float]:
    center = INDEX.version().centers[code]
    return {"lat": center.lat, "lon": center.lon}


class Screen:
    """An operator's feed, as far as walks go."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def frame(self, *, within_s: float = 15.0) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            while True:
                told: dict[str, Any] = json.loads(await self._socket.recv())
                if told["type"] == "walk":
                    return told

    async def dot(self, where: dict[str, float]) -> dict[str, Any]:
        """The first one at that place."""
        while True:
            for one in (await self.frame())["walks"]:
                if one["position"]["lat"] == where["lat"]:
                    return dict(one)

    async def gone(self) -> str:
        while True:
            if gone := (await self.frame())["gone"]:
                return str(gone[0])

    async def is_still(self, *, for_s: float = 0.5) -> bool:
        try:
            await self.frame(within_s=for_s)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def screen(browser: httpx.AsyncClient) -> AsyncIterator[Screen]:
    address = str(browser.base_url).replace("http", "ws").rstrip("/") + "/api/feed"
    headers = {"Cookie": f"ansim_session={browser.cookies['ansim_session']}"}
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        await socket.send(json.dumps({"type": "hello", "seat": "s", "cursor": None}))
        yield Screen(socket)


class Walker:
    def __init__(self, api: httpx.AsyncClient, token: str) -> None:
        self._api, self._headers, self.walk_id, self.no = api, {"Authorization": f"Bearer {token}"}, uuid4(), 0
        until = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
        self.plan = {"kind": "timer", "alert_id": str(uuid4()), "until": until}
        self.path = f"/api/people/me/walks/{self.walk_id}"

    async def ask(self, method: str, path: str = "", body: Any = None) -> Any:
        answer = await self._api.request(method, self.path + path, json=body, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def shares(self, is_shared: bool) -> None:
        await self.ask("PUT", body=self.plan | {"share_with_centers": is_shared})

    async def at(self, where: dict[str, float], *, accuracy_m: float = 10) -> None:
        fix = where | {"accuracy_m": accuracy_m, "fixed_at": datetime.now(UTC).isoformat()}
        await self.ask("POST", "/positions", {"positions": [fix]})

    async def says(self, what: str) -> None:
        self.no += 1
        await self.ask("POST", "/answer", {"what": what, "no": self.no})

    async def ledger(self) -> list[str]:
        told = await self.ask("GET", "/disclosures")
        assert all(one["kind"] == "walk" for one in told["disclosures"])
        return [one["center_ko"] for one in told["disclosures"]]


async def a_walk_through_three_centers(
    world: World, bus_url: str, home: tuple[Services, httpx.AsyncClient], other: tuple[Services, httpx.AsyncClient]
) -> None:
    """`home` serves 안양, `other` 군포 and 의왕."""
    (services, browser), (theirs, their_browser) = home, other
    before = _rows_of(world.database)
    signed = (await browser.post("/api/people", json={"nickname": "보라", "phone": "010-1234-5678"})).json()
    walker = Walker(browser, signed["device_token"])
    async with screen(browser) as anyang, screen(their_browser) as gunpo:
        await walker.shares(True)
        await walker.at(place(ANYANG_CODE))
        assert (await anyang.dot(place(ANYANG_CODE)))["center"] == ANYANG_CODE
        await walker.at(place(GUNPO_CODE))
        assert await anyang.gone(), "handed over"
        dot = await gunpo.dot(place(GUNPO_CODE))
        assert set(dot) == {"walk", "center", "state", "eta", "position"} and dot["center"] == GUNPO_CODE
        own = {str(walker.walk_id), str(seen.seen_id(services, walker.walk_id))}
        assert dot["walk"] not in own and "보라" not in str(dot)
        await walker.at(place(UIWANG_CODE), accuracy_m=400)
        assert (await gunpo.dot(place(UIWANG_CODE)))["center"] == GUNPO_CODE, "a vague fix hands nobody over"
        await walker.at(place(UIWANG_CODE))
        assert (await _in(gunpo, UIWANG_CODE))["walk"] == dot["walk"]
        await _ledger_has(walker, 3)
        await walker.shares(False)
        assert await gunpo.gone() == dot["walk"], "her word: gone there too"
        await walker.at(place(UIWANG_CODE))
        await walker.shares(True)
        assert (await _in(gunpo, UIWANG_CODE))["walk"] == dot["walk"]
        await _strangers(world, theirs, services, walker, gunpo)
        await _router_away(services, walker, gunpo)
        await _who_serves_all(services)
        assert await anyang.is_still(for_s=0.1), "her own installation's desk was not shown what others were"
        await walker.says("cancel")
        assert await gunpo.gone() == dot["walk"], "gone there, at once"
        await _over(theirs, services, walker, gunpo)
    assert await walker.ledger() == ["경기도 안양시", "경기도 군포시", "경기도 의왕시"]
    for where, code in ((services, ANYANG_CODE), (theirs, GUNPO_CODE), (theirs, UIWANG_CODE)):
        async with where.db.begin() as unit:
            assert (await verify_chain(unit, code)).finding is None, "rows and log say the same"
    words = [str(walker.walk_id), str(seen.seen_id(services, walker.walk_id)), f"{place(UIWANG_CODE)['lat']:.4f}"]
    assert _holds(words, world.database, bus_url) == [], "neither router nor bus has written down anything of it"
    grown = {name for name, count in _rows_of(world.database).items() if count > before[name]}
    assert grown <= {"status", "alert_step", "outbox"}, "at most the alert that is still open has had news"


async def _in(screen: Screen, code: str) -> dict[str, Any]:
    while True:
        dot = await screen.dot(place(code))
        if dot["center"] == code:
            return dot


async def _ledger_has(walker: Walker, count: int) -> None:
    """With the next dot, at the latest: a look is answered to it."""
    async with asyncio.timeout(15):
        while len(await walker.ledger()) < count:
            await walker.at(place(UIWANG_CODE))
            await asyncio.sleep(0.3)


async def _strangers(world: World, theirs: Services, services: Services, walker: Walker, gunpo: Screen) -> None:
    """Nobody but her home speaks of her walk; nobody floods; a place in no center is nobody's."""
    walk, at = str(seen.seen_id(services, walker.walk_id)), datetime.now(UTC).isoformat()
    while not await gunpo.is_still():
        pass

    async def send(installation: str, *dots: dict[str, Any], name: str = "", key: str = "") -> httpx.Response:
        body = json.dumps({"installation": name or installation, "dots": list(dots)}).encode()
        return await world.signed("/v1/walks/dots", body, installation=installation, key=key)

    gone = {"walk": walk, "at": at, "left": [GUNPO_CODE, UIWANG_CODE]}
    told = (await send("home-1", gone)).json()
    assert told["shown"] == [] and await gunpo.is_still(), "a home that is not hers"
    assert (await send("home-1", gone, name="serving-1")).json()["code"] == "other_installation"
    assert (await send("serving-1", gone, key="guessed")).status_code == 401
    assert (await send("home-1", {"walk": walk, "at": at, "lat": 91, "lon": 0})).status_code == 422
    lost = {"walk": str(uuid4()), "at": at, "center": GUNPO_CODE, "accuracy_m": 10} | SEA
    (answer,) = (await send("home-1", lost)).json()["taken"]
    assert (answer["center"], answer["is_taken"]) == ("", False), "in the sea"
    some = [{"walk": str(uuid4()), "at": at, **SEA}] * 200
    codes = [(await send("home-1", *some)).status_code for _ in range(40)]
    assert 429 in codes and set(codes) == {200, 429}
    assert (await send("serving-1", lost)).status_code == 200, "a flood is its own home's trouble"
    body = json.dumps({"installation": "serving-1", "dots": [gone]}).encode()
    refused = await _to_desk(theirs, body, key="guessed")
    assert refused.status_code == 401
    async with theirs.db.begin() as unit:
        assert await unit.scalar("SELECT count(*) FROM walk_visit WHERE lat IS NOT NULL") == 1


async def _router_away(services: Services, walker: Walker, gunpo: Screen) -> None:
    """The walk goes on, the dot pauses; then it is there again, and what was left in between is gone."""
    client = services.router_client
    services.router_client = httpx.AsyncClient(base_url=AWAY, trust_env=False, timeout=1.0)
    await walker.at(place(GUNPO_CODE))
    assert await gunpo.is_still()
    await services.router_client.aclose()
    services.router_client = client
    await walker.at(place(GUNPO_CODE))
    assert (await _in(gunpo, GUNPO_CODE))["position"]["accuracy_m"] == 10


async def _who_serves_all(services: Services) -> None:
    """An installation for all that nobody else serves asks, also in a process that has no walks; without the router it
    shows what it has."""
    for router_url, shown in ((services.settings.router_url, {ANYANG_CODE}), (AWAY, {ANYANG_CODE, GUNPO_CODE})):
        twin = make_services(services.settings.model_copy(update={"serves": "all", "router_url": router_url}))
        there = elsewhere.elsewhere_of(twin)
        assert not there.shows_here(ANYANG_CODE), "asks first"
        await until(partial(there.shows_here, ANYANG_CODE))
        assert {code for code in (ANYANG_CODE, GUNPO_CODE) if there.shows_here(code)} == shown
        await twin.close()


async def _over(theirs: Services, services: Services, walker: Walker, gunpo: Screen) -> None:
    """What comes late brings nobody back; nothing of her place is left; the job behind it says the same again."""
    walk = seen.seen_id(services, walker.walk_id)
    late = {"walk": str(walk), "at": (datetime.now(UTC) - timedelta(seconds=30)).isoformat(), "center": GUNPO_CODE}
    body = json.dumps({"installation": "serving-1", "dots": [late | place(GUNPO_CODE)]}).encode()
    assert (await _to_desk(theirs, body, key=KEYS["serving-2"])).status_code == 200
    assert await gunpo.is_still(), "an older word after `gone`"
    async with services.db.begin() as unit:
        jobs = await unit.all("SELECT args FROM procrastinate_jobs WHERE task_name = 'leave_center'")
    assert [one["args"]["center"] for one in jobs] == [GUNPO_CODE, UIWANG_CODE, UIWANG_CODE, GUNPO_CODE]
    args = jobs[-1]["args"]
    await elsewhere.leave(services, UUID(args["walk_id"]), walk, args["center"], datetime.fromisoformat(args["at"]))
    async with theirs.db.begin() as unit:
        assert await unit.scalar("SELECT count(*) FROM walk_visit WHERE lat IS NOT NULL") == 0
        assert await unit.scalar("SELECT count(*) FROM release WHERE kind = 'walk' AND ended_at IS NULL") == 0
        assert await unit.scalar("SELECT count(*) FROM walk_position") == 0


async def _to_desk(theirs: Services, body: bytes, *, key: str) -> httpx.Response:
    path, now = "/v1/walks/dots", datetime.now(UTC).timestamp()
    headers = sign(key, installation="serving-2", method="POST", path=path, body=body, now=now)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return await client.post(theirs.settings.origin + path, content=body, headers=headers)


def _holds(words: list[str], *urls: str) -> list[str]:
    """Tables in which any of these stands, in text or in bytes."""
    forms = [form for word in words for form in (word, word.encode().hex())]
    found = []
    for url in urls:
        with psycopg.connect(conninfo(url), autocommit=True) as connection:
            for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
                query = f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE ANY(%s)'
                row = connection.execute(query, ([f"%{form}%" for form in forms],)).fetchone()
                found += [name] if row and row[0] else []
    return found


def _rows_of(url: str) -> dict[str, int]:
    """Rows of each table of the router's database, whose columns are sealed."""
    found: dict[str, int] = {}
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            row = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
            found[name] = row[0] if row else 0
    return found
