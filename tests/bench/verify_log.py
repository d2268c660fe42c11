"""How fast a log is proved, and whether memory stays flat.

`python -m tests.bench.verify_log --json [--rows 200000]`. Durable PostGIS; the rows are written through the real chain
(payloads sealed, one line in ten a release with its row), then verified whole as `ansim verify-log` does. Prints
`{"rows_per_s","cpu_us_per_row","without_payloads_rows_per_s",…,"rows","memory_mb","memory_growth_mb"}`; the second is
this process's own work, which a busy machine does not change.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from server.actor import Actor
from server.events import record
from server.log.proof import read
from server.releases import NewRelease, grant
from tests.server.scene import CENTER, Scene, installation

SCRIPTS = Path(__file__).resolve().parents[2] / "server" / "migrations"
TOGETHER = 500
NOTED = "incident:noted"


async def fill(scene: Scene, count: int) -> None:
    incident_id, viewer = await scene.emergency(), uuid4()
    operator = Actor("operator", str(viewer), "김관제")
    for start in range(0, count, TOGETHER):
        async with scene.services.db.begin() as unit:
            for number in range(start, min(start + TOGETHER, count)):
                if number % 10 == 0:
                    seat = ("operator", viewer, "김관제", "127.0.0.1", "pipa-18-2-3", "cam-1")
                    await grant(unit, NewRelease(CENTER, incident_id, "live", *seat))  # type: ignore[arg-type]
                else:
                    note = {"text": f"note {number}"}
                    record(unit, center_id=CENTER, incident_id=incident_id, tag=NOTED, actor=operator, payload=note)


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(scene: Scene, options: argparse.Namespace) -> dict[str, Any]:
    settings = scene.services.settings
    await fill(scene, 5000)
    await read(settings.database_url, settings.data_key, None, [])
    await fill(scene, options.rows - 5000)
    await scene.sql("ANALYZE")
    before, found = _memory_mb(), {}
    for name, key in (("", settings.data_key), ("without_payloads_", None)):
        began, used_s = time.perf_counter(), time.process_time()
        reports = await read(settings.database_url, key, None, [])
        took_s, used_s = time.perf_counter() - began, time.process_time() - used_s
        assert all(one.ok for one in reports) and sum(one.events for one in reports) >= options.rows
        found[f"{name}rows_per_s"] = round(options.rows / took_s)
        found[f"{name}cpu_us_per_row"] = round(used_s / options.rows * 1e6, 1)
    memory = {"memory_mb": round(_memory_mb(), 1), "memory_growth_mb": round(_memory_mb() - before, 1)}
    return {**found, "rows": options.rows, **memory}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="verify", durable=True, state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            url = provision(cluster.admin_url, "verify", "installation", scripts=SCRIPTS)
            found = asyncio.run(_with(url, options))
        finally:
            cluster.stop()
    print(json.dumps(found) if options.json else "\n".join(f"{name:30} {value}" for name, value in found.items()))


async def _with(url: str, options: argparse.Namespace) -> dict[str, Any]:
    async with installation(url) as scene:
        return await measure(scene, options)


if __name__ == "__main__":
    main()
