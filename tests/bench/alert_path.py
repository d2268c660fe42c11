"""Alert POST → durable at router and center → operator's frame, beside the floor in the same run.

`python -m tests.bench.alert_path --json [--seconds 12] [--rates 20,100]`. Prints
`{"rates":[{"per_s","p50_ms","p99_ms","floor_p50_ms","floor_p99_ms","ratio_p50","lost","n"}…]}`; medians of
alternating rounds. Real processes, durable PostgreSQL, one operator's WebSocket; client on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import connect

from location_router.runtime.provision import provision
from server.demo.children import Child, free_port, python
from server.demo.players import Operator
from server.demo.world import World
from tests.bench.load import Poster, alert, new_alert_id, percentile
from tests.journeys.world import small_world

Arrivals = dict[str, float]


async def paced(poster: Poster, path: str, per_s: int, seconds: float, arrivals: Arrivals) -> tuple[list[float], int]:
    """Send at an even pace; latencies in ms of what arrived, and how many acknowledged alerts never did."""
    sent: dict[str, float] = {}
    acked: set[str] = set()

    async def one(alert_id: str) -> None:
        body = alert(alert_id)
        sent[alert_id] = time.perf_counter()
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            status, _ = await poster.post(path, body)
            if status == 202:
                acked.add(alert_id)

    start, tasks = time.perf_counter(), []
    for number in range(int(per_s * seconds)):
        await asyncio.sleep(max(0.0, start + number / per_s - time.perf_counter()))
        tasks.append(asyncio.create_task(one(new_alert_id())))
    await asyncio.gather(*tasks)
    deadline = time.perf_counter() + 30
    while not acked <= arrivals.keys() and time.perf_counter() < deadline:  # noqa: ASYNC110 - arrivals are read elsewhere
        await asyncio.sleep(0.05)
    latencies = [(arrivals[alert_id] - sent[alert_id]) * 1000 for alert_id in acked if alert_id in arrivals]
    return latencies, sum(alert_id not in arrivals for alert_id in acked)


@contextlib.asynccontextmanager
async def two_hops(world: World) -> AsyncIterator[tuple[int, int]]:
    """The ports of two bare hops on databases of their own, the first handing on to the second."""
    admin = world.server.url("postgres")
    urls = [provision(admin, f"{world.prefix}_floor{n}", "bus") for n in (1, 2)]
    ports = [free_port(), free_port()]
    admin_urls = [url.replace("ansim_app@", "postgres@") for url in urls]
    commands = [
        python("-m", "tests.bench.floor", admin_urls[1], str(ports[1])),
        python("-m", "tests.bench.floor", admin_urls[0], str(ports[0]), f"http://127.0.0.1:{ports[1]}"),
    ]
    children = [
        Child(f"floor {n}", command, {}, world.folder / "logs" / f"floor{n}.log").start()
        for n, command in enumerate(commands)
    ]
    try:
        await _until_up(ports)
        yield ports[0], ports[1]
    finally:
        for child in children:
            child.stop()


async def floor_round(world: World, per_s: int, seconds: float) -> tuple[list[float], int]:
    """Two bare hops, started for this round."""
    arrivals: Arrivals = {}
    async with two_hops(world) as (first, second), connect(f"ws://127.0.0.1:{second}/feed", proxy=None) as socket:
        reader = asyncio.create_task(_collect(socket, arrivals, lambda frame: [frame["alert_id"]]))
        poster = Poster(f"http://127.0.0.1:{first}")
        await paced(poster, "/alerts", 20, 1, arrivals)
        result = await paced(poster, "/alerts", per_s, seconds, arrivals)
        reader.cancel()
        await poster.close()
        return result


async def _until_up(ports: list[int]) -> None:
    for port in ports:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.05)


async def _collect(socket: Any, arrivals: Arrivals, ids: Callable[[dict[str, Any]], list[str]]) -> None:
    async for text in socket:
        now = time.perf_counter()
        for alert_id in ids(json.loads(text)):
            arrivals.setdefault(alert_id, now)


def _ids(frame: dict[str, Any]) -> list[str]:
    return list(frame["incident"]["alert_ids"]) if frame.get("type") == "event" else []


async def product_round(world: World, per_s: int, seconds: float) -> tuple[list[float], int]:
    """Through router, bus and center to one operator's feed."""
    login = world.logins["operator"]
    arrivals: Arrivals = {}
    operator = Operator(world.urls["serving"], login.login, login.password)
    answer = await operator.http.post("/api/login", json={"login": login.login, "password": login.password})
    assert answer.status_code == 200, answer.text
    cookie = "; ".join(f"{name}={value}" for name, value in operator.http.cookies.items())
    address = world.urls["serving"].replace("http", "ws", 1) + "/api/feed"
    async with connect(
        address, additional_headers={"Cookie": cookie}, origin=world.urls["serving"], max_size=None, proxy=None
    ) as socket:
        await socket.send(json.dumps({"type": "hello", "seat": str(uuid.uuid4()), "cursor": {}}))
        reader = asyncio.create_task(_collect(socket, arrivals, _ids))
        poster = Poster(world.urls["router"])
        await paced(poster, "/v1/alerts", 20, 1, arrivals)
        result = await paced(poster, "/v1/alerts", per_s, seconds, arrivals)
        reader.cancel()
        await poster.close()
    await operator.http.aclose()
    return result


async def measure(world: World, per_s: int, seconds: float, rounds: int) -> dict[str, Any]:
    ours: list[list[float]] = []
    floors: list[list[float]] = []
    lost = 0
    for _ in range(rounds):
        latencies, _ = await floor_round(world, per_s, seconds)
        floors.append(latencies)
        latencies, missing = await product_round(world, per_s, seconds)
        ours.append(latencies)
        lost += missing

    def middle(rounds_of: list[list[float]], share: float) -> float:
        return round(statistics.median(percentile(latencies, share) for latencies in rounds_of), 2)

    row = {
        "per_s": per_s,
        "p50_ms": middle(ours, 0.5),
        "p99_ms": middle(ours, 0.99),
        "floor_p50_ms": middle(floors, 0.5),
        "floor_p99_ms": middle(floors, 0.99),
        "lost": lost,
        "n": sum(map(len, ours)),
        "rounds": rounds,
    }
    row["ratio_p50"] = round(row["p50_ms"] / row["floor_p50_ms"], 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rates", default="20,100")
    options = parser.parse_args()
    # Nobody acknowledges here: without this the ladder (shift leader at 15 s, 112 at 60 s) would be measured instead.
    calm = {"ESCALATE_LEADER_S": "3600", "ESCALATE_112_S": "3600"}
    with small_world(with_home=False, with_video=False, extra_env=calm) as world:
        rates = [
            asyncio.run(measure(world, int(rate), options.seconds, options.rounds)) for rate in options.rates.split(",")
        ]
    print(json.dumps({"rates": rates}) if options.json else "\n".join(map(str, rates)))
    sys.exit(1 if any(row["lost"] for row in rates) else 0)


if __name__ == "__main__":
    main()
