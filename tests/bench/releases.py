"""How many disclosures a second the gate decides and writes down.

`python -m tests.bench.releases --json [--seconds 6] [--at-once 8]`. Durable PostGIS, the real gate: facts read, rule
asked, release row and chain line committed, for each decision. Prints `{"decisions_per_s","decision_p50_ms",
"decision_p99_ms","refusals_per_s","places_rows_per_s","judge_per_s","n"}`: `decisions_per_s` are granted live pictures
of many incidents, `refusals_per_s` refused ones (a line and no row), `places_rows_per_s` the rows of places shown to a
room of 30 in one unit each, `judge_per_s` the rule alone in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from server.gate import Facts, Refused, judge, open_views
from server.places import release_places
from tests.bench.load import percentile
from tests.server.scene import SEAT, Scene, installation

SCRIPTS = Path(__file__).resolve().parents[2] / "server" / "migrations"
ROOM = 30


async def _timed(seconds: float, at_once: int, work: Callable[[int], Awaitable[None]]) -> list[float]:
    """Latencies in ms of what `at_once` workers get done."""
    latencies: list[float] = []
    end, count = time.perf_counter() + seconds, 0

    async def worker() -> None:
        nonlocal count
        while time.perf_counter() < end:
            count += 1
            began = time.perf_counter()
            await work(count)
            latencies.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return latencies


async def measure(scene: Scene, options: argparse.Namespace) -> dict[str, Any]:
    incidents: list[UUID] = [await scene.emergency() for _ in range(50)]
    viewers = [await scene.add(f"b-{number}", "operator", desk="main") for number in range(ROOM)]

    def look(viewer_of: Callable[[int], Any], granted: bool) -> Callable[[int], Awaitable[None]]:
        async def work(number: int) -> None:
            async with scene.services.db.begin() as unit:
                answer = await open_views(
                    unit,
                    incident_id=incidents[number % len(incidents)],
                    camera_ids=[f"cam-{number % 6 + 1}"],
                    viewer=viewer_of(number),
                    legal_basis=None,
                    now=datetime.now(UTC),
                )
            assert isinstance(answer, Refused) != granted

        return work

    async def place(_: int) -> None:
        incident_id = await scene.emergency()
        async with scene.services.db.begin() as unit:
            shown = await release_places(unit, [incident_id], viewers, now=datetime.now(UTC))
        assert len(shown.seats[incident_id]) == ROOM

    live = await _timed(options.seconds, options.at_once, look(lambda number: viewers[number % ROOM], True))
    refused = await _timed(options.seconds / 2, options.at_once, look(lambda _: scene.staff["stranger"], False))
    places = await _timed(options.seconds / 2, options.at_once, place)
    return {
        "decisions_per_s": round(len(live) / options.seconds, 1),
        "decision_p50_ms": round(percentile(live, 0.5), 2),
        "decision_p99_ms": round(percentile(live, 0.99), 2),
        "refusals_per_s": round(len(refused) / (options.seconds / 2), 1),
        "places_rows_per_s": round(ROOM * len(places) / (options.seconds / 2), 1),
        "judge_per_s": _judge_per_s(),
        "n": len(live),
    }


def _judge_per_s(count: int = 100_000) -> float:
    facts = Facts(
        "acknowledged",
        role="operator",
        own_desk=True,
        networks=("127.0.0.0/8",),
        session_addresses=(SEAT,),
        address=SEAT,
    )
    kinds, now = (facts, replace(facts, kind="position"), replace(facts, role="agent")), datetime.now(UTC)
    began = time.perf_counter()
    for number in range(count):
        judge(kinds[number % 3], now)
    return round(count / (time.perf_counter() - began))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--at-once", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="releases", durable=True, state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            url = provision(cluster.admin_url, "releases", "installation", scripts=SCRIPTS)
            found = asyncio.run(_with(url, options))
        finally:
            cluster.stop()
    print(json.dumps(found) if options.json else "\n".join(f"{name:24} {value}" for name, value in found.items()))


async def _with(url: str, options: argparse.Namespace) -> dict[str, Any]:
    async with installation(url) as scene:
        return await measure(scene, options)


if __name__ == "__main__":
    main()
