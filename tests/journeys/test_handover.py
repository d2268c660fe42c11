"""She walks from 안양 into 군포 with a noisy phone: one handover, both rooms see her until the second has accepted.
Another one walks home there without any trouble: her dot goes along (`walk_dots.py`).

A real router and two real center servers on databases of their own, one bus, two operators' browsers, one phone's line.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from location_router import geo
from server.demo.scene import cameras_around
from server.nodes import services_on_bus
from server.seed import seed_cameras
from server.services import Services
from tests.databases import TestDatabase, TestServer
from tests.journeys.walk_dots import a_walk_through_three_centers, place
from tests.location_router.routers import (
    ANYANG_CODE,
    GUNPO_CODE,
    INDEX,
    KEYS,
    UIWANG_CODE,
    World,
    a_world,
    an_alert,
    until,
)
from tests.server.conftest import PASSWORD, add_staff, listening, settings_for

pytestmark = pytest.mark.database
LON = 126.93
NOISE_M = 15.0


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy test machine must not thin the walk: under load positions may be dropped."""
    monkeypatch.setattr("location_router.thinning.LATE_S", 3600.0)


@pytest.fixture
def two_databases(database_server: TestServer) -> Iterator[tuple[TestDatabase, TestDatabase]]:
    one, other = database_server.fresh("installation"), database_server.fresh("installation")
    yield one, other
    for each in (one, other):
        database_server.drop(each.name)


class Room:
    """A center's server with an operator signed in."""

    def __init__(self, services: Services, browser: httpx.AsyncClient) -> None:
        self.services, self.browser = services, browser

    async def card(self, alert_id: str) -> dict[str, Any] | None:
        """The newest incident of the alert, open or not."""
        shown = await self.browser.get("/api/incidents")
        ended = await self.browser.post("/api/incidents/search", json={"reason": "the story of a test"})
        for answer in (shown, ended):
            for card in answer.json()["incidents"]:
                if alert_id in card["alert_ids"]:
                    return dict(card)
        return None

    async def do(self, card: dict[str, Any], command: str, **body: Any) -> httpx.Response:
        return await self.browser.post(f"/api/incidents/{card['incident_id']}/{command}", json=body)

    async def tags(self, card: dict[str, Any]) -> list[str]:
        answer = (await self.browser.get(f"/api/incidents/{card['incident_id']}")).json()
        return [line["tag"] for line in answer["timeline"]]

    async def releases(self) -> list[tuple[str, str | None]]:
        async with self.services.db.begin() as unit:
            return [
                (row["kind"], row["end_reason"])
                for row in await unit.all("SELECT kind, end_reason FROM release ORDER BY granted_at")
            ]


@asynccontextmanager
async def a_room(
    world: World, database: TestDatabase, bus: str, name: str, code: str, *others: str
) -> AsyncIterator[Room]:
    settings = settings_for(
        database.url,
        bus_url=bus,
        router_url=world.url,
        installation=name,
        installation_key=KEYS[name],
        serves=",".join((code, *others)),
    )
    services = services_on_bus(settings)
    await add_staff(services)
    async with services.db.begin() as unit:
        cameras = cameras_around(lat=border_lat() + 0.001, lon=LON, code=code)
        await seed_cameras(unit, services.sealer, center_id=code, cameras=cameras, rtsp_base="rtsp://127.0.0.1:1")
    async with listening(services) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as browser:
        answer = await browser.post("/api/login", json={"login": "operator", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        services.settings.public_url = url  # the next heartbeat tells the router
        await until(lambda: world.router.registry.installations[name].https_url == url)
        yield Room(services, browser)


@asynccontextmanager
async def two_rooms(
    router_database: str, bus: str, databases: tuple[TestDatabase, TestDatabase]
) -> AsyncIterator[tuple[World, World, Room, Room]]:
    """Two processes of the router, the room of 안양, and the one of 군포 and 의왕."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(a_world(router_database, bus))
        other = await stack.enter_async_context(a_world(router_database, bus, worker=False))
        anyang = await stack.enter_async_context(a_room(world, databases[0], bus, "serving-1", ANYANG_CODE))
        gunpo = await stack.enter_async_context(a_room(world, databases[1], bus, "serving-2", GUNPO_CODE, UIWANG_CODE))
        await until(lambda: {ANYANG_CODE, GUNPO_CODE, UIWANG_CODE} <= online(world))
        yield world, other, anyang, gunpo


def border_lat() -> float:
    """Where the line at LON leaves 안양 for 군포, going south."""
    lats = [37.40 - step / 10_000 for step in range(500)]
    codes = INDEX.version().containing_many(lats, [LON] * len(lats)).tolist()
    at = next(n for n in range(1, len(codes)) if (codes[n - 1], codes[n]) == (ANYANG_CODE, GUNPO_CODE))
    return lats[at]


class Phone:
    """Fixes one second apart by its own clock, sent in batches, now to one process of the router, now to the other."""

    def __init__(self, line: ClientConnection, worlds: list[World], alert_id: str, token: str) -> None:
        self.line, self.seq, self.dice = line, 0, random.Random(7)
        self.worlds, self.path = worlds, f"/v1/alerts/{alert_id}/positions"
        self.headers = {"Authorization": f"Bearer {token}"}
        self.now = datetime.now(UTC) - timedelta(minutes=10)

    async def walk(self, metres: range) -> None:
        """Metres beyond the border."""
        fixes = [self._fix(beyond) for beyond in metres]
        for start in range(0, len(fixes), 6):
            self.worlds.append(self.worlds.pop(0))
            body = {"positions": fixes[start : start + 6]}
            answer = await self.worlds[0].client.post(self.path, json=body, headers=self.headers)
            assert answer.status_code == 202, answer.text
            await asyncio.sleep(0.3)  # what one process knows is on disk for the other

    def _fix(self, beyond: float) -> dict[str, Any]:
        sigma, border = geo.sigma_m(accuracy_m=NOISE_M), border_lat()
        north, east = geo.metres_per_degree(lat=border)
        self.seq, self.now = self.seq + 1, self.now + timedelta(seconds=1)
        return {
            "lat": border - (beyond + self.dice.gauss(0, sigma)) / north,
            "lon": LON + self.dice.gauss(0, sigma) / east,
            "accuracy_m": NOISE_M,
            "fixed_at": self.now.isoformat(),
            "sent_at": self.now.isoformat(),
            "seq": self.seq,
        }

    async def hears(self, state: str, code: str) -> None:
        async with asyncio.timeout(5):
            while True:
                frame = json.loads(await self.line.recv())
                told = frame.get("status") or {"state": "", "center": {}}
                if (told["state"], told["center"].get("code")) == (state, code):
                    return


async def _eventually(check: Any, *, within_s: float = 6.0) -> Any:
    async with asyncio.timeout(within_s):
        while not (found := await check()):  # noqa: ASYNC110
            await asyncio.sleep(0.03)
        return found


async def test_a_walk_over_a_border_is_one_handover_that_nobody_drops(
    router_database: str,
    bus_database: str,
    two_databases: tuple[TestDatabase, TestDatabase],
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with AsyncExitStack() as stack:
        rooms = two_rooms(router_database, bus_database, two_databases)
        world, other, anyang, gunpo = await stack.enter_async_context(rooms)
        start = {"lat": border_lat() + 200 / 111_000, "lon": LON, "accuracy_m": NOISE_M}
        start["fixed_at"] = (datetime.now(UTC) - timedelta(minutes=11)).isoformat()
        alert = an_alert(position=start)
        alert_id, token = alert["alert_id"], (await world.post(alert)).json()["live_token"]
        first = await _eventually(lambda: anyang.card(alert_id))
        assert (await anyang.do(first, "acknowledge")).status_code == 200
        assert len((await anyang.do(first, "open")).json()["cameras"]) == 5

        address = f"{world.url.replace('http', 'ws')}/v1/alerts/{alert_id}/live?token={token}"
        line = await stack.enter_async_context(connect(address, proxy=None))
        phone = Phone(line, [world, other], alert_id, token)
        await phone.walk(range(-60, 160, 5))
        await phone.hears("assigned", GUNPO_CODE)

        second = await _eventually(lambda: gunpo.card(alert_id))
        assert (second["role"], second["state"], second["assignment"]["reason"]) == ("owner", "received", "handover")
        left = await _eventually(lambda: _in_role(anyang, alert_id, "leaving"))
        assert left["state"] == "acknowledged" and left["elsewhere"]["accepted"] is False
        assert left["elsewhere"]["center"]["code"] == GUNPO_CODE
        assert (await anyang.do(left, "dispatch", agency="112")).status_code == 409, "only the owner acts"
        assert ("live", None) in await anyang.releases(), "its eyes stay on her until the other room has accepted"

        await phone.walk(range(160, 220, 5))
        for room in (anyang, gunpo):
            await _eventually(lambda room=room: _is_at(room, alert_id, phone.now))
        assert (await gunpo.do(second, "acknowledge")).status_code == 200
        await phone.hears("acknowledged", GUNPO_CODE)
        gone = await _eventually(lambda: _in_state(anyang, alert_id, "transferred"))
        assert gone["elsewhere"]["accepted"] is True
        assert all(reason == "incident_closed" for kind, reason in await anyang.releases() if kind == "live")
        assert (await anyang.do(gone, "open")).status_code in (403, 409)
        await phone.walk(range(220, 160, -5))

        told = [tag for tag in await anyang.tags(gone) if tag.startswith(("alert:", "incident:"))]
        assert told == [
            "alert:received", "alert:activated", "incident:acknowledged", "incident:viewed", "alert:handed_over",
            "alert:superseded",
        ]  # fmt: skip
        assert (await gunpo.tags(second))[:2] == ["alert:received", "alert:activated"]
        decided = world.rows("SELECT assignment_no, center_code, reason FROM assignment ORDER BY 1")
        assert decided == [(1, ANYANG_CODE, "contains"), (2, GUNPO_CODE, "handover")]
        assert world.rows("SELECT watchers, leaving FROM alert") == [([], [])]
        assert world.rows("SELECT role FROM delivery WHERE receipt_at IS NULL") == []
        await a_walk_through_three_centers(
            world, bus_database, (anyang.services, anyang.browser), (gunpo.services, gunpo.browser)
        )
    said = "".join(capfd.readouterr())  # all three servers are this process
    assert "dots_not_taken" in said, "the logs are looked at"
    assert not [code for code in (GUNPO_CODE, UIWANG_CODE) if f"{place(code)['lat']:.3f}" in said]


def online(world: World) -> set[str]:
    registry = world.router.registry
    return {code for code in registry.centers if registry.state(code) == "online"}


async def _in_role(room: Room, alert_id: str, role: str) -> dict[str, Any] | None:
    card = await room.card(alert_id)
    return card if card and card["role"] == role else None


async def _in_state(room: Room, alert_id: str, state: str) -> dict[str, Any] | None:
    card = await room.card(alert_id)
    return card if card and card["state"] == state else None


async def _is_at(room: Room, alert_id: str, at: datetime) -> bool:
    card = await room.card(alert_id)
    shown = await room.browser.get(f"/api/incidents/{card['incident_id']}") if card else None  # with its release row
    position = shown.json()["incident"]["position"] if shown else None
    fixed_at = position and position["fixed_at"]
    return bool(fixed_at) and abs((datetime.fromisoformat(fixed_at) - at).total_seconds()) < 1.5
