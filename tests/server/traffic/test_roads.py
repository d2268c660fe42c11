"""What a gateway says is read strictly; one that hangs, lies or is down holds nobody up and is never believed fresh."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st

from server.settings import Settings
from server.traffic import gateway
from server.traffic.gateway import Away, HttpTraffic, Point, Way
from server.traffic.model import LEVELS, STEP_DEG, Links, Unreadable, box_of, features, links_from
from server.traffic.service import Roads
from server.traffic.twin import ConsoleTraffic
from tests.server.scene import listening

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "a key that only this test and its traffic center know"
BOX = box_of(west=126.91, south=37.38, east=126.94, north=37.41)
BOMB = gzip.compress(bytes(60_000_000))
LINE = [[126.92, 37.39], [126.93, 37.39]]
ROAD = {"id": "1", "name": "만안로", "level": "jammed", "speed_kph": 9, "line": LINE}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ROAD, "links", "at"]), inner),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_is_said_is_read_or_refused(said: Any) -> None:
    try:
        read = links_from(said, NOW)
    except Unreadable:
        return
    assert read.at <= NOW and all(link.level in LEVELS and len(link.line) >= 2 for link in read.links)
    json.dumps(features(read), allow_nan=False)


@given(st.floats(124, 131.9), st.floats(33, 38.9), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_a_box_is_whole_steps_around_what_was_asked(west: float, south: float, wide: float, high: float) -> None:
    box = box_of(west=west, south=south, east=west + wide, north=south + high)
    assert box is not None and box.west <= west + 1e-9 and box.north >= south + high - 1e-9
    assert all(abs(side / STEP_DEG - round(side / STEP_DEG)) < 1e-6 for side in box)
    assert box_of(west=west + wide, south=south, east=west, north=south + high) is None


def test_a_few_bad_links_are_left_out_and_mostly_bad_ones_refuse_the_answer() -> None:
    said = {"at": NOW.isoformat(), "source": "T", "links": [ROAD, ROAD | {"level": "fast"}, ROAD | {"speed_kph": "x"}]}
    assert [link.speed_kph for link in links_from(said, NOW).links] == [9, None]
    with pytest.raises(Unreadable, match="most"):
        links_from(said | {"links": [ROAD, {}, {}]}, NOW)
    with pytest.raises(Unreadable, match="at"):
        links_from(said | {"at": "yesterday"}, NOW)


class TrafficCenter:
    """A traffic center's system on a real socket; `does` says how it behaves."""

    def __init__(self) -> None:
        self.does, self.at, self.asked, self.lights = "answer", NOW, [], {}  # type: ignore[var-annotated]
        self.over = asyncio.Event()

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/t/{path:path}")
        async def take(request: Request, path: str) -> Response:
            body = await request.body()
            self.asked.append((path, json.loads(body)))
            head = f"{request.headers['X-Ansim-Time']}.{request.headers['X-Ansim-Id']}.".encode()
            wanted = hmac.new(KEY.encode(), head + body, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(wanted, request.headers["X-Ansim-Signature"]):
                return Response(status_code=401)
            if self.does == "hang":
                await self.over.wait()
            if self.does == "bomb":
                return Response(BOMB, headers={"Content-Encoding": "gzip"})
            if self.does == "garbage":
                return Response(b"<html>\xff\x00 login" * 100)
            return Response(json.dumps(self.answer(path, json.loads(body))), 500 if self.does == "500" else 200)

        return app

    def answer(self, path: str, asked: Any) -> Any:
        if path == "priority/end":
            self.lights.pop(asked["priority_id"], None)
            return {}
        if path == "priority":
            return {"state": self.lights.setdefault(asked["priority_id"], "granted")}
        if path == "travel_time":
            return {"eta_s": 240, "at": self.at.isoformat(), "source": "안양 ITS"}
        return {"at": self.at.isoformat(), "source": "안양 ITS", "links": [ROAD]}


@pytest.fixture
async def center() -> AsyncIterator[tuple[TrafficCenter, Roads]]:
    made = TrafficCenter()
    async with listening(made.app()) as url:
        settings = Settings(database_url="x", data_key="x", traffic="http", traffic_url=f"{url}/t", traffic_key=KEY)
        roads = Roads(HttpTraffic(settings))
        yield made, roads
        await roads.close()
        made.over.set()


async def test_a_gateway_that_hangs_lies_or_is_down(
    center: tuple[TrafficCenter, Roads], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, roads = center
    assert BOX is not None
    told = await roads.links(BOX, NOW)
    assert (told["state"], told["source"], told["is_stale"]) == ("ready", "안양 ITS", False)
    assert told["links"]["features"][0]["properties"]["name_ko"] == "만안로"
    await asyncio.gather(*(roads.links(BOX, NOW) for _ in range(5)))
    assert len(made.asked) == 1, "many seats ask once"

    later = NOW + timedelta(minutes=6)
    for does in ("500", "garbage", "hang"):
        monkeypatch.setattr(gateway, "PATIENCE_S", 0.3 if does == "hang" else 15.0)
        made.does = does
        told = await roads.links(BOX, later)
        assert (told["state"], told["is_stale"]) == ("ready", True), f"{does}: what is old is said to be old"
        asked = len(made.asked)
        assert await roads.travel(Point(37.38, 126.91), Point(37.39, 126.92), later) is None
        assert len(made.asked) == asked, "one that does not answer is left alone for a moment"
        later += timedelta(minutes=1)
    assert (await roads.links(BOX, NOW + timedelta(minutes=40)))["state"] == "away", "too old to be shown"

    made.does, made.at = "answer", NOW + timedelta(hours=1)
    monkeypatch.setattr(gateway, "PATIENCE_S", 15.0)
    again = await roads.links(BOX, made.at)
    assert (again["state"], again["is_stale"]) == ("ready", False)
    travel = await roads.travel(Point(37.381234, 126.911234), Point(37.391234, 126.921234), made.at)
    assert travel is not None and travel.seconds == 240
    assert made.asked[-1][1]["to"] == {"lat": 37.391, "lon": 126.921}, "no better than 100 m"


async def test_what_is_packed_unasked_is_unpacked_no_further_than_wanted(center: tuple[TrafficCenter, Roads]) -> None:
    made, roads = center
    assert BOX is not None
    made.does = "bomb"
    tracemalloc.start()
    assert (await roads.links(BOX, NOW))["state"] == "away"
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


async def test_lights_are_asked_by_id_and_given_back(center: tuple[TrafficCenter, Roads]) -> None:
    made, roads = center
    way = Way("p-1", "112", "순찰 21호", Point(37.39, 126.92), None, NOW)
    assert [(await roads.traffic.ask_priority(way)).state for _ in range(2)] == ["granted", "granted"]
    assert made.lights == {"p-1": "granted"}
    await roads.traffic.end_priority("p-1")
    assert made.lights == {}
    made.does = "garbage"
    with pytest.raises(Away):
        await roads.traffic.ask_priority(way)


async def test_the_twin_covers_the_box_and_moves() -> None:
    assert BOX is not None
    twin = ConsoleTraffic()
    first, second = [await twin.links(BOX, NOW + timedelta(minutes=n)) for n in (0, 9)]
    assert isinstance(first, Links) and 50 < len(first.links) < 1000
    assert {link.level for link in first.links} >= {"free", "slow", "jammed"}
    assert first.links != second.links and [one.line for one in first.links] == [one.line for one in second.links]
