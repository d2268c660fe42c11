"""How fast positions get to disk: the product's batch write beside one INSERT and commit per row.

`python -m tests.bench.positions --json [--rows 100000] [--batch 5000] [--rounds 5]`. Durable PostgreSQL (fsync on), one
connection, every batch committed, row-level security on; `store_positions` from parsed positions to COMMIT. Rounds
alternate; medians. A tenth of each batch repeats the batch before it, and the count is checked: written once.
Prints `{"rows_per_s","naive_rows_per_s","ratio","partitioned_rows_per_s","executemany_rows_per_s","batch","n"}`;
`rows_per_s` is on a plain table with the same columns and key, `partitioned_…` on the real one of days.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import app_url, provision
from location_router.runtime.seal import new_key
from location_router.wire import Position
from server import positions
from server.services import Services, make_services
from server.settings import Settings
from tests.databases import ROOT

Row = tuple[UUID, UUID, str, Position]
WALKS = 500


def fixes(rows: int, batch: int, now: datetime) -> list[list[Row]]:
    """Batches of fixes of some hundred people who walk, a tenth of each sent again with the next."""
    walks = [(uuid4(), uuid4()) for _ in range(WALKS)]
    made: list[list[Row]] = []
    for start in range(0, rows, batch):
        new = []
        for number in range(start, start + batch):
            alert_id, incident_id = walks[number % WALKS]
            at = now - timedelta(seconds=(rows - number) / WALKS, microseconds=random.randrange(900))
            place = Position(
                lat=37.4 + random.random() / 100,
                lon=126.9 + random.random() / 100,
                accuracy_m=9.0,
                fixed_at=at,
                sent_at=at,
                received_at=now,
                speed_mps=1.3,
            )
            new.append((alert_id, incident_id, "41170", place))
        made.append(new + made[-1][: batch // 10] if made else new)
    return made


async def written(services: Services, batches: list[list[Row]], now: datetime) -> float:
    """Rows per second, each batch committed."""
    count, began = 0, time.perf_counter()
    for batch in batches:
        async with services.db.begin() as unit:
            await positions.store_positions(unit, batch, now=now)
        count += len(batch)
    return count / (time.perf_counter() - began)


async def naive(services: Services, rows: list[Row], now: datetime) -> float:
    """One INSERT and one commit per row, on one connection, without anything else around it."""
    statement = positions._INSERT.encode()
    async with await psycopg.AsyncConnection.connect(conninfo(services.settings.database_url)) as conn:
        await conn.execute("SELECT set_config('ansim.center', '*', false)")
        await conn.commit()
        began = time.perf_counter()
        for alert_id, incident_id, center, place in rows:
            values = [alert_id, place.fixed_at, center, incident_id, place.lat, place.lon, place.accuracy_m]
            await conn.execute(statement, [*values, place.speed_mps, place.heading_deg, place.source, now])
            await conn.commit()
        return len(rows) / (time.perf_counter() - began)


def make_plain(admin: str) -> None:
    """In this database positions lie in a plain table of the same columns, key and rules."""
    with psycopg.connect(conninfo(admin), autocommit=True) as owner:
        rule = owner.execute("SELECT qual FROM pg_policies WHERE tablename = 'position'").fetchone()
        assert rule is not None
        owner.execute("CREATE TABLE plain_position (LIKE position INCLUDING ALL)")
        owner.execute("DROP TABLE position")
        owner.execute("ALTER TABLE plain_position RENAME TO position")
        owner.execute("ALTER TABLE position ENABLE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE position FORCE ROW LEVEL SECURITY")
        owner.execute(f"CREATE POLICY center_separation ON position USING ({rule[0]})")  # type: ignore[arg-type]
        owner.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON position TO ansim_app")


def empty(admin: str) -> None:
    with psycopg.connect(conninfo(admin), autocommit=True) as owner:
        owner.execute("TRUNCATE position")
        owner.execute("CHECKPOINT")


async def measure(days: str, plain: str, options: argparse.Namespace) -> dict[str, float]:
    """Medians of the rounds."""
    found: dict[str, list[float]] = {name: [] for name in ("rows", "partitioned", "executemany", "naive")}
    for _ in range(options.rounds):
        now = datetime.now(UTC)
        batches = fixes(options.rows, options.batch, now)
        for name in ("partitioned", "rows", "executemany", "naive"):
            admin = days if name == "partitioned" else plain
            empty(admin)
            url = app_url(admin, "days" if name == "partitioned" else "plain")
            services = make_services(Settings(database_url=url, data_key=new_key(), video_gateway="console"))
            few = batches[:1]
            positions.COPY_FROM = 10**9 if name == "executemany" else 100
            if name == "naive":
                found[name].append(await naive(services, batches[0][: options.naive], now))
            else:
                found[name].append(await written(services, few * 4 if name == "executemany" else batches, now))
                async with services.db.begin() as unit:
                    stored = await unit.scalar("SELECT count(*) FROM position")
                assert stored == (options.batch if name == "executemany" else options.rows), "each fix is there once"
            await services.close()
    medians = {name: statistics.median(values) for name, values in found.items()}
    return {
        "rows_per_s": round(medians["rows"]),
        "naive_rows_per_s": round(medians["naive"]),
        "ratio": round(medians["rows"] / medians["naive"], 1),
        "partitioned_rows_per_s": round(medians["partitioned"]),
        "executemany_rows_per_s": round(medians["executemany"]),
        "batch": options.batch,
        "n": options.rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=5000)
    parser.add_argument("--naive", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="bench", state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            for name in ("days", "plain"):
                provision(cluster.admin_url, name, "installation", scripts=ROOT / "server" / "migrations")
            make_plain(cluster.url("plain"))
            result = asyncio.run(measure(cluster.url("days"), cluster.url("plain"), options))
        finally:
            cluster.stop()
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
