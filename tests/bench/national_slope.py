"""What the nation costs, as slopes: positions per second through one router process, and cameras in one registry.

`python -m tests.bench.national_slope --json [--rates 250,500,1000] [--lines 50] [--cameras 10000,100000]`

Positions come over WebSockets to one real router process (with its worker), once with PgBus and once with NatsBus where
a nats-server is there; `api_cpu_us` is the router's processor time for one position and must stay flat when the rate
doubles: the nation's 20,000/s need `20,000 × api_cpu_us` of cores. Cameras: the median and 99th percentile of the
query for the nearest 120 of one center, in registries of growing size. Prints one JSON object; asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect

import server
from location_router.bench.world import World, a_world, durable_cluster, nats_server
from location_router.runtime.db import Database
from location_router.runtime.provision import provision
from server.cameras.service import nearest
from tests.bench.load import Poster, alert, new_alert_id, percentile

SCRIPTS = Path(server.__file__).parent / "migrations"
FILL = """
INSERT INTO camera (camera_id, center_id, name, place, sub_url_sealed, main_url_sealed)
SELECT 'c' || n, (11000 + n % 229)::text, 'camera', ST_SetSRID(ST_MakePoint(126 + random() * 3, 34.5 + random() * 3.5),
  4326)::geography, ''::bytea, ''::bytea FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n"""


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


async def _lines(url: str, count: int) -> list[ClientConnection]:
    poster, lines = Poster(url, connections=8), []
    for number in range(count):
        alert_id = new_alert_id()
        caller = {"nickname": "벤치", "phone": f"0109{number:07}"}
        place = {"lat": 37.4015 + number / 300, "lon": 126.9227, "accuracy_m": 9}
        at = datetime.now(UTC).isoformat()
        _, body = await poster.post("/v1/alerts", alert(alert_id, caller=caller, position=place | {"fixed_at": at}))
        address = f"{url.replace('http', 'ws', 1)}/v1/alerts/{alert_id}/live?token={json.loads(body)['live_token']}"
        lines.append(await connect(address, proxy=None))
    await poster.close()
    return lines


async def _flow(lines: list[ClientConnection], per_s: int, seconds: float) -> int:
    sent, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        due = int(spent * per_s)
        while sent < due:
            number = sent % len(lines)
            at = datetime.now(UTC).isoformat()
            place = {"lat": 37.4015 + number / 300, "lon": 126.9227, "accuracy_m": 9, "fixed_at": at, "seq": sent}
            await lines[number].send(json.dumps({"type": "position", "position": place}))
            sent += 1
        await asyncio.sleep(0.01)
    return sent


async def _drain(line: ClientConnection) -> None:
    async for _ in line:
        pass


async def positions(world: World, rates: list[int], *, lines: int, seconds: float) -> list[dict[str, Any]]:
    sockets = await _lines(world.urls[0], lines)
    drains = [asyncio.create_task(_drain(one)) for one in sockets]
    found = []
    for rate in rates:
        before = world.cpu_s()
        sent = await _flow(sockets, rate, seconds)
        await asyncio.sleep(0.5)
        used = {name: spent - before.get(name, 0.0) for name, spent in world.cpu_s().items()}
        found.append(
            {"per_s": rate, "sent_per_s": round(sent / seconds), "api_cpu_us": round(1e6 * used["api"] / sent)}
            | {"postgres_cpu_us": round(1e6 * used.get("postgres", 0.0) / sent)}
        )
        say(f"{rate} positions/s: {found[-1]}")
    for drain in drains:
        drain.cancel()
    for one in sockets:
        await one.close()
    return found


async def cameras(url: str, sizes: list[int]) -> list[dict[str, Any]]:
    database, found, filled = Database(url, pool_size=1), [], 0
    try:
        for size in sizes:
            async with database.begin() as unit:
                await unit.conn.execute(text(FILL), {"first": filled + 1, "last": size})
            async with database.begin() as unit:
                await unit.conn.execute(text("ANALYZE camera"))
            filled, times = size, []
            for number in range(200):
                async with database.begin() as unit:
                    began = time.perf_counter()
                    code, shift = str(11000 + number % 229), number / 80
                    await nearest(unit, center_id=code, lat=35 + shift, lon=126.3 + shift, limit=120)
                    times.append((time.perf_counter() - began) * 1000)
            p50_ms, p99_ms = (round(percentile(times, share), 2) for share in (0.5, 0.99))
            found.append({"cameras": size, "p50_ms": p50_ms, "p99_ms": p99_ms})
            say(f"{size:,} cameras: {found[-1]}")
    finally:
        await database.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="as always")
    parser.add_argument("--rates", default="250,500,1000")
    parser.add_argument("--cameras", default="10000,100000")
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=4.0)
    told = parser.parse_args()
    rates, sizes = ([int(one) for one in said.split(",")] for said in (told.rates, told.cameras))
    found: dict[str, Any] = {}
    with durable_cluster(say) as (cluster, folder), nats_server(folder) as nats:
        for name, bus_url in (("pgbus", ""), ("natsbus", nats)):
            if bus_url is None:
                found[f"positions_{name}"] = None
                continue
            with a_world(cluster, folder, name, bus_url=bus_url) as world:
                world.serve("api")
                world.start("worker", "location_router", "worker")
                found[f"positions_{name}"] = asyncio.run(
                    positions(world, rates, lines=told.lines, seconds=told.seconds)
                )
        found["cameras"] = asyncio.run(
            cameras(provision(cluster.admin_url, "slope_center", "installation", scripts=SCRIPTS), sizes)
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
