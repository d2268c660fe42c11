"""An agency raises a request at a center → the incident is on disk → its own system hears the state, with 1,700 firms.

`python -m tests.bench.agencies --json [--count 600] [--rounds 3] [--firms 1700]`. Prints `requests_per_s` (raised and
heard, `at_once` callers), `raise_p50_ms`, `raise_p99_ms` (POST → 202), `heard_p50_ms`, `heard_p99_ms` (POST → state at
the firm), the same of a floor in the same run (two bare FastAPI commits in a row and one WebSocket), and `ratio`.
Medians of alternating rounds; real processes, durable PostgreSQL, firms and clients on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from websockets.asyncio.client import connect

from location_router.runtime.webhook import signed_call
from server.demo.world import World
from server.seed import IN_FORCE_SINCE
from server.services import make_services
from server.settings import Settings
from server.simulate.cases import Scene
from server.simulate.security import case
from tests.bench.alert_path import two_hops
from tests.bench.load import Poster, alert, new_alert_id, percentile
from tests.journeys.world import ANYANG, ANYANG_CODE, small_world

CALM = {"ESCALATE_LEADER_S": "3600", "ESCALATE_112_S": "3600", "LINE_NETWORKS": "127.0.0.0/8"}
LONGEST_S = 60.0
_FIRMS = """
INSERT INTO agency (agency_id, kind, name_ko, name_en)
SELECT one, 'security', one, one FROM unnest(CAST(:firms AS text[])) one
"""
_AGREEMENTS = """
INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, legal_bases, may_view_live, may_see_position,
                       starts_at, verify_s)
SELECT id, :center, firm, ARRAY['help_request'], ARRAY['pipa-18-2-3'], true, true, :since, 3600
FROM unnest(CAST(:ids AS uuid[]), CAST(:firms AS text[])) AS new (id, firm)
"""
_LINES = """
INSERT INTO agency_line (line_id, agency_id, kind, url, key_sealed)
SELECT id, firm, 'webhook', :url, sealed
FROM unnest(CAST(:ids AS uuid[]), CAST(:firms AS text[]), CAST(:keys AS bytea[])) AS new (id, firm, sealed)
"""


@dataclass
class Ear:
    """All firms' own systems in one process: when the first state of each request came."""

    url: str
    heard: dict[str, float]


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    app, heard = FastAPI(), dict[str, float]()

    @app.post("/states")
    async def states(request: Request) -> Response:
        said = json.loads(await request.body())
        heard.setdefault(said["request_id"], time.perf_counter())
        return Response(b"{}", media_type="application/json")

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield Ear(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/states", heard)
    finally:
        server.should_exit = True
        await task


async def seed_firms(world: World, count: int, url: str) -> dict[str, str]:
    """So many firms with agreement, line and key at one center; keys by firm."""
    keys = {f"firm-{number:04}": uuid4().hex for number in range(count)}
    settings = Settings(
        database_url=world.databases["serving"], data_key=world.keys["serving_data"], video_gateway="console"
    )
    services = make_services(settings)
    ids = [uuid5(NAMESPACE_URL, firm) for firm in keys]
    sealed = [
        services.sealer.seal(key, context=f"agency_line.key:{line}", center="")
        for key, line in zip(keys.values(), ids, strict=True)
    ]
    try:
        async with services.db.begin() as unit:
            firms = {"ids": ids, "firms": list(keys)}
            await unit.execute(_FIRMS, firms)
            await unit.execute(_AGREEMENTS, firms | {"center": ANYANG_CODE, "since": IN_FORCE_SINCE})
            await unit.execute(_LINES, firms | {"url": url, "keys": sealed})
    finally:
        await services.close()
    return keys


@dataclass
class Round:
    per_s: float
    raised_ms: list[float]
    heard_ms: list[float]
    lost: int


async def run_round(ask: Callable[[int], Awaitable[str]], heard: dict[str, float], count: int, at_once: int) -> Round:
    """`ask(n)` raises one and gives its id once it is on disk; every caller goes on with the next at once."""
    sent: dict[str, float] = {}
    raised: list[float] = []
    numbers = iter(range(count))

    async def caller() -> None:
        for number in numbers:
            before = time.perf_counter()
            request_id = await ask(number)
            raised.append((time.perf_counter() - before) * 1000)
            sent[request_id] = before

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    while not sent.keys() <= heard.keys() and time.perf_counter() - start < LONGEST_S:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    told = {one: heard[one] for one in sent if one in heard}
    took_s = max(told.values(), default=time.perf_counter()) - start
    heard_ms = [(at - sent[one]) * 1000 for one, at in told.items()]
    return Round(len(told) / took_s, raised, heard_ms, len(sent) - len(told))


async def product_round(world: World, keys: dict[str, str], ear: Ear, count: int, at_once: int, seed: int) -> Round:
    dice, firms = Random(seed), list(keys)
    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(base_url=world.urls["serving"], trust_env=False, timeout=30, limits=limits) as http:

        async def ask(_: int) -> str:
            firm = dice.choice(firms)
            asked = case(Scene(firm, ANYANG["lat"], ANYANG["lon"], dice))
            path = f"/api/lines/{firm}/requests"
            headers = signed_call(keys[firm], asked.request_id, asked.body, method="POST", path=path)
            answer = await http.post(path, content=asked.body, headers=headers)
            assert answer.status_code == 202, answer.text
            return asked.request_id

        return await run_round(ask, ear.heard, count, at_once)


async def floor_round(world: World, count: int, at_once: int) -> Round:
    heard: dict[str, float] = {}

    async def listen(socket: Any) -> None:
        async for text in socket:
            heard.setdefault(json.loads(text)["alert_id"], time.perf_counter())

    async with two_hops(world) as (first, second), connect(f"ws://127.0.0.1:{second}/feed", proxy=None) as socket:
        reader = asyncio.create_task(listen(socket))
        poster = Poster(f"http://127.0.0.1:{first}", at_once)

        async def ask(_: int) -> str:
            alert_id = new_alert_id()
            await poster.post("/alerts", alert(alert_id))
            return alert_id

        result = await run_round(ask, heard, count, at_once)
        reader.cancel()
        await poster.close()
        return result


async def measure(world: World, *, firms: int, count: int, rounds: int, at_once: int) -> dict[str, Any]:
    ours: list[Round] = []
    floors: list[Round] = []
    async with listening() as ear:
        keys = await seed_firms(world, firms, ear.url)
        await product_round(world, keys, ear, max(count // 10, at_once), at_once, seed=0)  # everything is loaded
        for number in range(rounds):
            floors.append(await floor_round(world, count, at_once))
            ours.append(await product_round(world, keys, ear, count, at_once, seed=number + 1))

    def middle(of: list[Round], value: Callable[[Round], float]) -> float:
        return round(statistics.median(map(value, of)), 2)

    found: dict[str, Any] = {"firms": firms, "count": count, "rounds": rounds, "at_once": at_once}
    for name, of in (("", ours), ("floor_", floors)):
        found[f"{name}requests_per_s"] = middle(of, lambda one: one.per_s)
        for share, word in ((0.5, "p50"), (0.99, "p99")):
            found[f"{name}raise_{word}_ms"] = middle(of, lambda one: percentile(one.raised_ms, share))  # noqa: B023
            found[f"{name}heard_{word}_ms"] = middle(of, lambda one: percentile(one.heard_ms, share))  # noqa: B023
    found["ratio"] = round(found["requests_per_s"] / found["floor_requests_per_s"], 3)
    return found | {"lost": sum(one.lost for one in ours)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--firms", type=int, default=1700)
    parser.add_argument("--at-once", type=int, default=8)
    options = parser.parse_args()
    wanted = {"firms": options.firms, "count": options.count, "rounds": options.rounds, "at_once": options.at_once}
    with small_world(with_home=False, with_video=False, serves=ANYANG_CODE, extra_env=CALM) as world:
        found = asyncio.run(measure(world, **wanted))
    print(json.dumps(found) if options.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    sys.exit(1 if found["lost"] else 0)


if __name__ == "__main__":
    main()
