"""How long choosing five of 100,000 cameras takes, on one core, beside PostGIS's nearest neighbours in the same run.

`python -m tests.bench.select_cameras --json [--count 100000] [--scenes 2000] [--no-peer]` prints one JSON object:
`select_p50_ms_100k`, `select_p99_ms_100k` (half even over the country, half in crowded cities: up to 800 cameras on a
square kilometre, four times Gangnam-gu; accuracies 5 to 500 m, standing, walking, driving), the two halves apart, and
`build_s`. With the peer: `postgis_p50_ms`, `postgis_p99_ms`, the query for the nearest 120 of these cameras, which only
finds candidates. Asserts nothing; times are the processor's where nothing waits, the clock's for PostGIS.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

import server
from location_router.bench.world import durable_cluster
from location_router.runtime.db import Database
from location_router.runtime.provision import provision
from server.cameras.index import CameraFacts, CameraIndex
from server.cameras.select import Scene, select
from server.cameras.service import nearest
from tests.bench.load import percentile
from tests.server.cameras.city import NIGHT, city

CENTER = "11110"
SCRIPTS = Path(server.__file__).parent / "migrations"
FILL = f"""
INSERT INTO camera (camera_id, center_id, name, place, heading_deg, range_m, sub_url_sealed)
SELECT id, '{CENTER}', 'bench', ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography, heading, range, '\\x00'
FROM unnest(%s::text[], %s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS q (id, lat, lon, heading, range)"""


def scenes(cameras: Sequence[CameraFacts], count: int, chance: random.Random) -> list[Scene]:
    """People near cameras, as people in cities are."""
    made = []
    for near in chance.choices(cameras, k=count):
        made.append(
            Scene(
                near.lat + chance.gauss(0, 0.0005),
                near.lon + chance.gauss(0, 0.0005),
                chance.choice([5.0, 8.0, 12.0, 20.0, 35.0, 60.0, 120.0, 500.0]),
                NIGHT,
                heading_deg=chance.uniform(0, 360),
                speed_mps=chance.choice([0.0, 0.0, 1.4, 3.0, 12.0]),
            )
        )
    return made


def times_ms(index: CameraIndex, asked: Sequence[Scene]) -> list[float]:
    found = []
    for scene in asked:
        began = time.thread_time()
        select(index, scene)
        found.append((time.thread_time() - began) * 1000)
    return found


def measure(count: int = 100_000, asked: int = 2_000) -> dict[str, float]:
    """`{"select_p50_ms_100k", "select_p99_ms_100k", "even_p99_ms", "crowded_p99_ms", "build_s"}`."""
    found: dict[str, list[float]] = {}
    for name, clusters in (("even", 0), ("crowded", max(1, count // 5_000))):
        chance = random.Random(f"{name}{count}")
        cameras = city(count, clusters=clusters, chance=chance)
        began = time.thread_time()
        index = CameraIndex.build(cameras)
        found["build"] = [time.thread_time() - began]
        wanted = scenes(cameras, asked // 2 + 20, chance)
        times_ms(index, wanted[:20])
        found[name] = times_ms(index, wanted[20:])
    every = found["even"] + found["crowded"]
    return {
        "select_p50_ms_100k": round(percentile(every, 0.5), 3),
        "select_p99_ms_100k": round(percentile(every, 0.99), 3),
        "even_p99_ms": round(percentile(found["even"], 0.99), 3),
        "crowded_p99_ms": round(percentile(found["crowded"], 0.99), 3),
        "build_s": round(found["build"][0], 2),
    }


async def _peer(url: str, count: int, asked: int) -> dict[str, float]:
    chance = random.Random(f"crowded{count}")
    cameras = city(count, clusters=max(1, count // 5_000), chance=chance)
    database, times = Database(url, pool_size=1), []
    try:
        columns = zip(*((one.id, one.lat, one.lon, one.heading_deg, one.range_m) for one in cameras), strict=True)
        async with database.begin() as unit:
            await unit.driver.execute(FILL, [list(column) for column in columns])
        async with database.begin() as unit:
            await unit.conn.execute(text("ANALYZE camera"))
        for scene in scenes(cameras, asked, chance):
            async with database.begin() as unit:
                began = time.perf_counter()
                await nearest(unit, center_id=CENTER, lat=scene.lat, lon=scene.lon, limit=120)
                times.append((time.perf_counter() - began) * 1000)
    finally:
        await database.close()
    shares = {"postgis_p50_ms": 0.5, "postgis_p99_ms": 0.99}
    return {name: round(percentile(times, share), 3) for name, share in shares.items()}


def peer(count: int = 100_000, asked: int = 300) -> dict[str, float]:
    """PostGIS on a cluster of its own: the nearest 120 by `<->` on the GiST index."""
    with durable_cluster(lambda words: print(words, file=sys.stderr, flush=True)) as (cluster, _folder):
        url = provision(cluster.admin_url, "select_peer", "installation", scripts=SCRIPTS)
        return asyncio.run(_peer(url, count, asked))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="as always")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--scenes", type=int, default=2_000)
    parser.add_argument("--no-peer", action="store_true")
    told = parser.parse_args()
    found: dict[str, Any] = {"cameras": told.count, **measure(told.count, told.scenes)}
    if not told.no_peer:
        found |= peer(told.count)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
