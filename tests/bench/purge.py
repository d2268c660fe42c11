"""How long it takes until a million positions are gone, with proof: whole days dropped, and batches deleted.

`python -m tests.bench.purge --json [--rows 1000000]`. Durable PostgreSQL (fsync on), row-level security on, the real
purge in both cases: with one policy for all the days are dropped; with one center that keeps longer, the other's rows
go by batches of 1,000 from days that stay, with the pauses that let alerts through. Beside it the same write that an
alert does, again and again: how long it waits, idle and while the purge runs. Prints `{"drop_s","batched_s",
"batched_busy_s","ratio","alert_idle_p99_ms","alert_beside_drop_p99_ms","alert_beside_drop_max_ms",
"alert_beside_batches_p99_ms","alert_beside_batches_max_ms","n"}`; `batched_busy_s` is without the pauses.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import app_url, provision
from location_router.runtime.seal import new_key
from location_router.wire import Position
from server.events import record
from server.positions import store_positions
from server.retention import purge as purging
from server.retention.kinds import kind_named
from server.services import Services, make_services
from server.settings import Settings
from tests.bench.load import percentile
from tests.databases import ROOT

DAYS = 4
CENTER, LONGER = "41170", "11110"


def fill(admin: str, rows: int, now: datetime) -> None:
    """Old positions of one center over some days, and a few of another."""
    with psycopg.connect(conninfo(admin), autocommit=True) as owner:
        for day in range(DAYS):
            start = (now - timedelta(days=40 + day)).replace(hour=0, minute=0, second=0, microsecond=0)
            owner.execute("SELECT position_days_ensure(%s::date, 1)", [start])
            for center, count in ((CENTER, rows // DAYS), (LONGER, 1000)):
                owner.execute(
                    "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m)"
                    " SELECT md5(%(c)s || n %% 2000)::uuid, %(start)s + n * interval '0.08 s', %(c)s,"
                    " md5(n %% 2000 || %(c)s)::uuid, 37, 127, 9 FROM generate_series(1, %(count)s) n",
                    {"c": center, "start": start, "count": count},
                )
        owner.execute("ANALYZE")
        owner.execute("CHECKPOINT")


async def alerts(services: Services, stop: asyncio.Event, waits_ms: list[float]) -> None:
    """What an alert writes and a card reads, 50 times a second."""
    while not stop.is_set():
        began, incident = time.perf_counter(), uuid4()
        fix = Position(lat=37, lon=127, accuracy_m=9, fixed_at=services.clock())
        async with services.db.begin() as unit:
            await unit.driver.execute(
                "INSERT INTO incident (incident_id, center_id, state, phase) VALUES (%s, %s, 'received', 'active')",
                [incident, CENTER],
            )
            await store_positions(unit, [(uuid4(), incident, CENTER, fix)], now=services.clock())
            record(unit, center_id=CENTER, incident_id=incident, tag="incident:received")
        waits_ms.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)


async def measure(services: Services, rows: int) -> tuple[float, list[float]]:
    """Seconds of the purge of `positions`, and the alerts' waits beside it."""
    kind = kind_named("positions")
    assert kind is not None
    stop, waits_ms = asyncio.Event(), list[float]()
    beside = asyncio.create_task(alerts(services, stop, waits_ms))
    began = time.perf_counter()
    report = await purging.purge(services, kinds=[kind])
    took_s = time.perf_counter() - began
    stop.set()
    await beside
    assert not report.failed and report.deleted[CENTER, "positions"] == rows // DAYS * DAYS, "every row, and proved"
    return took_s, waits_ms


async def run(url: str, admin: str, rows: int) -> dict[str, float]:
    now = datetime.now(UTC)
    services = make_services(Settings(database_url=url, data_key=new_key(), video_gateway="console"))
    try:
        await purging.purge(services)  # first statements of every kind are prepared
        stop, idle_ms = asyncio.Event(), list[float]()
        beside = asyncio.create_task(alerts(services, stop, idle_ms))
        await asyncio.sleep(3)
        stop.set()
        await beside
        fill(admin, rows, now)
        drop_s, drop_ms = await measure(services, rows)
        fill(admin, rows, now)
        async with services.db.begin() as unit:
            await unit.execute(
                "INSERT INTO retention_policy (center_id, kind, days, version, changed_by)"
                " VALUES (:center, 'positions', 20, 1, 'bench')",
                {"center": CENTER},
            )
        # 25 to 28 days old by this clock: over for that center, not for the others
        services.clock = lambda: datetime.now(UTC) - timedelta(days=15)
        batched_s, batched_ms = await measure(services, rows)
    finally:
        await services.close()
    pauses_s = rows / purging.BATCH_ROWS * purging.PAUSE_S
    return {
        "drop_s": round(drop_s, 2),
        "batched_s": round(batched_s, 1),
        "batched_busy_s": round(batched_s - pauses_s, 1),
        "ratio": round(batched_s / drop_s, 1),
        "alert_idle_p99_ms": round(percentile(idle_ms, 0.99), 1),
        "alert_beside_drop_p99_ms": round(percentile(drop_ms, 0.99), 1),
        "alert_beside_drop_max_ms": round(max(drop_ms), 1),
        "alert_beside_batches_p99_ms": round(percentile(batched_ms, 0.99), 1),
        "alert_beside_batches_max_ms": round(max(batched_ms), 1),
        "n": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="bench", state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            provision(cluster.admin_url, "bench", "installation", scripts=ROOT / "server" / "migrations")
            admin = cluster.url("bench")
            result = asyncio.run(run(app_url(admin, "bench"), admin, options.rows))
        finally:
            cluster.stop()
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
