"""A center whose PostgreSQL goes away in the middle of its operators' work, and comes back.

`storm` lets every incident be taken by an operator whose page presses again after a 503, while a second screen follows
the feed by its cursor; `disturb` is done to the database meanwhile. Each command must have taken effect once, each
refusal be a 503 that says when to come back, and the screen must have had each line once.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from websockets.exceptions import WebSocketException

from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from server.events import is_for_seats, read_events
from server.intake import receive
from server.services import Services, make_services
from server.verify_log import verify_chain
from tests.databases import SCRIPTS
from tests.location_router.standby import a_pair
from tests.server.conftest import Desk, add_staff, listening, settings_for
from tests.server.deliveries import delivery

CENTER = "41170"
PATIENCE_S = 40.0
Disturb = Callable[[], Awaitable[object]]


@dataclass
class Screen:
    """A seat that follows the feed, and by its cursor again when it was cut off."""

    cursor: dict[str, int] | None = None
    seen: list[int] = field(default_factory=list)
    snapshots: int = 0
    connections: int = 0
    wrong: list[str] = field(default_factory=list)

    async def follow(self, desk: Desk, browser: httpx.AsyncClient) -> None:
        while True:
            with suppress(WebSocketException, OSError, TimeoutError):
                async with desk.feed(browser, self.cursor) as seat:
                    self.connections += 1
                    async for text in seat:
                        self._take(json.loads(text))
            await asyncio.sleep(0.1)

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "snapshot":
            self.snapshots += 1
            self.cursor = dict(frame["cursor"])
        elif frame["type"] == "catchup":
            for one in frame["events"]:
                self._event(one)
            self.cursor = {**(self.cursor or {}), **frame["cursor"]}
        elif frame["type"] == "event":
            self._event(frame)

    def _event(self, frame: dict[str, Any]) -> None:
        if frame["center"] != CENTER:
            return
        assert self.cursor is not None
        before, seq = self.cursor.get(CENTER, 0), frame["seq"]
        if frame["after"] > before:
            self.wrong.append(f"line {seq} comes after {frame['after']}, and the screen is at {before}")
        if seq in self.seen:
            self.wrong.append(f"line {seq} twice")
        self.seen.append(seq)
        self.cursor[CENTER] = max(before, seq)


@dataclass
class Storm:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    screen: Screen = field(default_factory=Screen)
    wrong: list[str] = field(default_factory=list)

    async def press(self, browser: httpx.AsyncClient, incident_id: UUID) -> None:
        """`acknowledge` until the center has answered something else than "not now"."""
        while True:
            answer = await browser.post(f"/api/incidents/{incident_id}/acknowledge")
            self.statuses[answer.status_code] += 1
            if answer.status_code != 503:
                break
            if not answer.headers.get("Retry-After"):
                self.wrong.append("503 without Retry-After")
            await asyncio.sleep(0.2)
        # her own, when the commit went through and only its answer was lost
        is_own = answer.status_code == 409 and answer.json().get("code") in ("already_taken", "not_allowed")
        if answer.status_code != 200 and not is_own:
            self.wrong.append(f"{answer.status_code}: {answer.text[:200]}")
        if "Traceback" in answer.text:
            self.wrong.append("a stack trace for an operator")


async def storm(services: Services, disturb: Disturb, *, commands: int) -> Storm:
    """`commands` incidents, all taken while `disturb` happens after a quarter of them."""
    seen = Storm()
    async with listening(services) as url:
        desk = Desk(url, services)
        async with desk.browser() as operator, desk.browser("colleague") as colleague:
            following = asyncio.create_task(seen.screen.follow(desk, colleague))
            async with asyncio.timeout(PATIENCE_S):
                while not seen.screen.snapshots:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                incidents = [(await receive(services, delivery())).incident_id for _ in range(commands)]
                presses, disturbing = [], None
                for number, incident_id in enumerate(incidents):
                    presses.append(asyncio.create_task(seen.press(operator, incident_id)))
                    if number == commands // 4:
                        disturbing = asyncio.create_task(_done(disturb))
                    await asyncio.sleep(0.02)
                await asyncio.gather(*presses, *([disturbing] if disturbing else []))
                await _caught_up(services, seen)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await _judge(services, seen, incidents)
    return seen


async def _done(disturb: Disturb) -> None:
    await disturb()


async def _lines(services: Services) -> list[int]:
    """The lines of the center that seats are told of."""
    async with services.db.begin() as unit:
        events = await read_events(unit, center=CENTER, after=0, upto=1_000_000, limit=10_000)
    return [one.seq for one in events if is_for_seats(one.incident_id, one.line["payload"])]


async def _caught_up(services: Services, seen: Storm) -> None:
    while set(await _lines(services)) - set(seen.screen.seen):  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def _judge(services: Services, seen: Storm, incidents: list[UUID]) -> None:
    seen.wrong += seen.screen.wrong
    if seen.screen.snapshots != 1:
        seen.wrong.append(f"the screen had to begin anew {seen.screen.snapshots - 1} times")
    query = (
        "SELECT i.incident_id, i.state, count(e.seq) AS times FROM incident i LEFT JOIN event e"
        " ON e.incident_id = i.incident_id AND e.tag = 'incident:acknowledged' GROUP BY 1, 2"
    )
    async with services.db.begin() as unit:
        rows = await unit.all(query)
        report = await verify_chain(unit, CENTER)
    if {row["incident_id"] for row in rows} != set(incidents):
        seen.wrong.append("the incidents are not those that were taken in")
    seen.wrong += [f"{row['state']}, taken {row['times']} times" for row in rows if row["times"] != 1]
    if not report.ok:
        seen.wrong.append(f"the chain does not verify: {report.finding}")


async def stop_and_start(cluster: PrivateCluster, *, away_s: float = 0.7) -> None:
    """`pg_ctl stop -m immediate`, a while without it, and up again."""
    pid = cluster.pid
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)
    while cluster.pid == pid:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.sleep(away_s)
    await asyncio.to_thread(cluster.restart)


def center_on(admin_url: str, database: str) -> str:
    """A migrated database of an installation on a server of the test's own; the application's URL."""
    return provision(admin_url, database, "installation", scripts=SCRIPTS["installation"])


async def a_center(url: str, **settings: Any) -> Services:
    """Its accounts are there; nothing runs yet. `storm` closes it."""
    services = make_services(settings_for(url, router_url="http://127.0.0.1:9", serves="41170,11110", **settings))
    await add_staff(services)
    return services


def failover(folder: Path, *, commands: int) -> dict[str, Any]:
    """kill -9 of the primary in the middle, and a synchronous standby that takes over."""
    with a_pair(folder) as pair:
        center_on(pair.url("postgres"), "center")

        async def disturb() -> None:
            await asyncio.to_thread(pair.kill_first)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(pair.promote_second)

        async def run() -> Storm:
            return await storm(await a_center(pair.url("center")), disturb, commands=commands)

        seen = asyncio.run(run())
    return {
        "commands": commands,
        "statuses": dict(seen.statuses),
        "connections": seen.screen.connections,
        "wrong": seen.wrong,
    }
