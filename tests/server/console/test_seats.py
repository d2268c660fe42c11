"""Two processes of one installation: monitors follow their console through the server, whichever holds them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect

from server.services import make_services
from tests.server.conftest import Desk, listening
from tests.server.console.test_feed import until

pytestmark = pytest.mark.database

GOOD = dict.fromkeys(("sound", "video", "link", "clock", "screen", "keys"), "ok")
GOOD |= {"round_trip_ms": 12.5, "skew_s": 0.1, "frames_per_s": 25, "screens": 3}


@asynccontextmanager
async def page(url: str, browser: httpx.AsyncClient, kind: str, seat_id: str = "") -> AsyncIterator[Any]:
    """A page that has had its first frames."""
    cookie = f"ansim_session={browser.cookies['ansim_session']}"
    address = url.replace("http", "ws") + "/api/feed"
    async with connect(address, additional_headers={"Cookie": cookie}, proxy=None) as socket:
        await say(socket, type="hello", seat=seat_id or str(uuid4()), kind=kind, cursor=None)
        await until(socket, "snapshot")
        yield socket


async def say(socket: Any, **frame: Any) -> None:
    await socket.send(json.dumps(frame))


async def heard(socket: Any, kind: str, **fields: Any) -> dict[str, Any]:
    async with asyncio.timeout(20):
        return await until(socket, kind, **fields)


async def seats_where(socket: Any, is_so: Any) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            frame = await until(socket, "seats")
            if is_so(frame):
                return frame


async def test_monitors_follow_their_console_across_processes(desk: Desk) -> None:
    second = make_services(desk.services.settings, clock=desk.services.clock)
    one, two = str(uuid4()), str(uuid4())
    async with listening(second) as other_url, desk.browser() as mine, desk.browser("colleague") as hers:
        async with page(other_url, mine, "wall") as wall:
            assert (await heard(wall, "following"))["leader"] is None
            console_id = str(uuid4())
            async with page(desk.url, mine, "console", console_id) as console:
                first = await heard(wall, "following", selected=None)
                while first["leader"] is None:
                    first = await heard(wall, "following")
                assert (first["leader"]["name"], first["leader"]["same_browser"]) == ("operator 김", True)
                await say(console, type="seat", selected=one, sound="running")
                await heard(wall, "following", selected=one)
                async with page(other_url, mine, "queue") as queue:  # a reload: what is open there is told again
                    await heard(queue, "following", selected=one)
                    await say(queue, type="select", incident_id=two)
                    assert (await heard(console, "select"))["incident_id"] == two
                    await heard(wall, "following", selected=two)
                    await _her_console_is_not_ours(desk, hers, wall, queue)
                await _only_hearing_seats_count(desk, hers, console)
                await _nobody_sits_on_anothers_chair(desk, hers, console_id, console, wall)
            gone = await heard(wall, "following", selected=None)
            assert gone["leader"] is None, "a console that was closed leads nobody"
        await _a_broken_line_is_seen(desk, other_url, mine, hers)


async def _her_console_is_not_ours(desk: Desk, hers: httpx.AsyncClient, wall: Any, queue: Any) -> None:
    third = str(uuid4())
    async with page(desk.url, hers, "console") as console:
        await say(console, type="seat", selected=str(uuid4()), sound="running")
        await seats_where(console, lambda frame: frame["online"] == 2)
        await say(queue, type="select", incident_id=third)
        assert (await heard(wall, "following"))["selected"] == third
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await until(console, "select")


async def _nobody_sits_on_anothers_chair(
    desk: Desk, hers: httpx.AsyncClient, taken: str, console: Any, wall: Any
) -> None:
    """Colleagues are told each other's seats; who claims one is seated elsewhere, moves nothing and learns nothing."""
    mine, evil = str(uuid4()), str(uuid4())
    async with page(desk.url, hers, "console", taken) as thief, page(desk.url, hers, "wall", taken) as spy:
        told = await seats_where(thief, lambda frame: frame["online"] == 2)
        assert told["seat_id"] != taken
        await say(thief, type="seat", selected=evil, sound="running")
        await heard(spy, "following", selected=evil)  # her own
        await say(spy, type="select", incident_id=str(uuid4()))
        assert (await heard(thief, "select"))["incident_id"] != evil
        await say(console, type="seat", selected=mine, sound="running")
        assert (await heard(wall, "following"))["selected"] == mine
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await until(spy, "following", selected=mine)


async def _only_hearing_seats_count(desk: Desk, hers: httpx.AsyncClient, console: Any) -> None:
    """Who is the only one to hear is told so: her page does not offer to mute."""
    await seats_where(console, lambda frame: (frame["online"], frame["others_hear"]) == (1, 0))
    async with page(desk.url, hers, "console") as other:
        await seats_where(console, lambda frame: (frame["online"], frame["others_hear"]) == (2, 0))
        await say(other, type="seat", selected=None, sound="running")
        await seats_where(console, lambda frame: frame["others_hear"] == 1)
        await say(other, type="seat", selected=None, sound="muted")
        told = await seats_where(console, lambda frame: frame["others_hear"] == 0)
        assert {(seat["name"], seat["sound"]) for seat in told["seats"] if seat["kind"] == "console"} == {
            ("operator 김", "running"),
            ("colleague 김", "muted"),
        }


async def _a_broken_line_is_seen(desk: Desk, other_url: str, mine: httpx.AsyncClient, hers: httpx.AsyncClient) -> None:
    clock: Any = desk.services.clock
    seat_id = str(uuid4())
    async with page(desk.url, hers, "console") as colleague:
        async with page(other_url, mine, "console", seat_id) as console:
            await seats_where(colleague, lambda frame: frame["online"] == 2)
            console.transport.abort()
        told = await seats_where(colleague, lambda frame: frame["online"] == 1)
        assert all(seat["lost_at"] is None for seat in told["seats"]), "a hiccup alarms nobody"
        clock.forward(15)
        told = await seats_where(colleague, lambda frame: any(seat["lost_at"] for seat in frame["seats"]))
        assert [seat["name"] for seat in told["seats"] if seat["lost_at"]] == ["operator 김"]
        async with page(desk.url, mine, "console", seat_id):  # the same page is back, at the other process
            told = await seats_where(colleague, lambda frame: frame["online"] == 2)
            assert not any(seat["lost_at"] for seat in told["seats"])
            assert len(told["seats"]) == 2


async def test_the_check_of_a_shift_is_kept_and_its_leader_sees_what_failed(desk: Desk) -> None:
    async with desk.browser() as mine, desk.browser("leader") as leader, page(desk.url, leader, "console") as screen:
        begun = (await mine.post("/api/shift/start", json={"check": GOOD | {"sound": "failed"}})).json()
        assert begun["failed"] == ["sound"]
        again = (await mine.post("/api/shift/start", json={"check": GOOD | {"skew_s": -9.5, "keys": "skipped"}})).json()
        assert again["shift_id"] == begun["shift_id"] and again["failed"] == ["clock", "keys"]
        bad = await mine.post("/api/shift/start", json={"check": GOOD | {"sound": "maybe"}})
        assert bad.status_code == 422 and "sound" in bad.text
        people = (await leader.get("/api/supervision")).json()["operators"]
        assert [one["check"]["failed"] for one in people] == [["clock", "keys"]]
        async with page(desk.url, mine, "console"):
            told = await seats_where(screen, lambda frame: any(seat["failed"] for seat in frame["seats"]))
            assert [seat["failed"] for seat in told["seats"] if seat["failed"]] == [["clock", "keys"]]
        assert (await mine.post("/api/shift/start", json={"check": GOOD})).json()["failed"] == []
        assert (await mine.post("/api/shift/start")).json()["failed"] is None, "a check is not asked of anybody"


async def test_a_session_is_extended_by_one_press_but_not_without_end(desk: Desk) -> None:
    clock: Any = desk.services.clock
    async with desk.browser() as mine:
        clock.forward(11 * 3600 + 55 * 60)
        before = (await mine.get("/api/me")).json()["session"]
        assert before["ends_soon"]
        more = (await mine.post("/api/me/session/extend")).json()
        assert more["expires_at"] > before["expires_at"] and more["extended"]
        for _ in range(40):
            answer = await mine.post("/api/me/session/extend")
            if answer.status_code != 200:
                break
            clock.forward(600)
        assert (answer.status_code, answer.json()["code"]) == (409, "longest_session")
