"""The way of an alert through real processes: durable alerts a second, tails, desk to desk, both engines of the bus.

Load generator, routers, worker, desks and PostgreSQL (fsync and synchronous_commit on) share this machine. Each alert
is another person at another place. After every world all answered alerts are counted in the database and at their
desks: `lost` and `undelivered` must be 0. The floor is FastAPI with one INSERT and commit, in the same run.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

from location_router.bench import lookups
from location_router.bench.lost import bench_lost
from location_router.bench.posting import Plan, percentile
from location_router.bench.world import World, a_world, durable_cluster, nats_server, posted
from location_router.index import Index
from location_router.runtime.postgres import Progress

PACE_PER_S = 100
DRAIN_S = 30.0
REROUTED_PER_S, REROUTE_S = 20, 2.0


def measure(index: Index, *, seconds: float, rounds: int, say: Progress, only: str = "") -> dict[str, Any]:
    """All paths, or one of floor, one, two, paced, nats, reroute, lost (`only`)."""
    found: dict[str, Any] = {}
    with durable_cluster(say) as (cluster, folder):
        points = lookups.population_points(5_000).tolist()
        (folder / "points.json").write_text(json.dumps(points), encoding="utf-8")
        if only in ("", "floor"):
            found |= _floor(cluster.admin_url, folder, seconds=seconds, rounds=rounds, say=say)
        if only in ("", "one", "two", "paced", "reroute"):
            with a_world(cluster, folder, "paths") as world:
                found |= _on_pgbus(world, index, seconds=seconds, rounds=rounds, say=say, only=only)
        if only in ("", "nats"):
            found |= _on_nats(cluster, folder, index, seconds=seconds, say=say)
        if only in ("", "lost"):
            say("LoST requests")
            found |= bench_lost(min(seconds, 2.0))
    if found.get("floor_alerts_per_s") and found.get("durable_alerts_per_s"):
        found["durable_to_floor"] = round(found["durable_alerts_per_s"] / found["floor_alerts_per_s"], 2)
    return found


def _floor(admin_url: str, folder: Path, *, seconds: float, rounds: int, say: Progress) -> dict[str, Any]:
    say("floor: FastAPI with one INSERT and commit for each alert")
    world = World(None, folder, "floor", "", {})  # type: ignore[arg-type]
    try:
        url = world.start("floor", "location_router.bench.floor", admin_url)["url"]
        plan = Plan([url], str(folder / "points.json"), str(folder / "floor-acked"), seconds=seconds)
        return _middle([posted(plan) for _ in range(rounds)], "floor_alerts_per_s", "floor_p99_ms")
    finally:
        world.close()


def _middle(rounds: list[dict[str, Any]], rate: str, tail: str) -> dict[str, Any]:
    found = {
        rate: round(statistics.median(one["per_s"] for one in rounds)),
        tail: round(statistics.median(one["p99_ms"] or 0.0 for one in rounds), 2),
    }
    if bad := [one["other"] for one in rounds if one["other"]]:
        found[f"{rate}_other_answers"] = bad
    return found


def _desks(world: World, index: Index) -> None:
    """Two desks with every second center each, so that the next one is another desk's."""
    codes = sorted(index.version().centers)
    for number in (1, 2):
        name = f"bench-{number}"
        words = ("location_router.bench.desk", name, world.urls[0], ",".join(codes[number - 1 :: 2]))
        world.start(name, *words, INSTALLATION_KEY={"bench-1": "one", "bench-2": "two"}[name])
    time.sleep(1.2)  # until the routers have read who serves what


def _on_pgbus(
    world: World, index: Index, *, seconds: float, rounds: int, say: Progress, only: str = ""
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    world.serve("api-1")
    world.start("worker", "location_router", "worker")
    _desks(world, index)
    world.post(seconds=1.0, per_s=50, connections=8)  # statements are prepared, caches are warm
    world.drain(DRAIN_S)
    if only in ("", "paced"):
        say(f"{PACE_PER_S} alerts a second on PgBus")
        found |= _paced(world, "pgbus", seconds=2 * seconds)
    if only in ("", "one"):
        say("flat out, one API process")
        found |= _flat_out(world, "durable_alerts_per_s", "alert_p99_ms", "drain_s", seconds, rounds)
    if only in ("", "two"):
        say("flat out, two API processes")
        world.serve("api-2")
        found |= _flat_out(world, "durable_alerts_2_per_s", "alert_2_p99_ms", "drain_2_s", seconds, rounds)
    if only in ("", "reroute"):
        say("a desk dies")
        found |= _reroute(world)
    return found | world.lost()


def _flat_out(world: World, rate: str, tail: str, drain: str, seconds: float, rounds: int) -> dict[str, Any]:
    made, drained, before = [], [], world.cpu_s()
    for _ in range(rounds):
        made.append(world.post(seconds=seconds))
        drained.append(world.drain(DRAIN_S))
        if drained[-1] >= DRAIN_S:  # what is said then about `undelivered` is worth more than another round
            break
    found = _middle(made, rate, tail)
    found[drain] = max(drained)
    acked = max(1, sum(one["acked"] for one in made))
    used = {part: spent - before.get(part, 0.0) for part, spent in world.cpu_s().items()}
    found[rate.replace("_per_s", "_cpu_us")] = {
        "client": made[-1]["client_us"],
        **{part: round(spent / acked * 1e6) for part, spent in used.items()},
    }
    return found


def _paced(world: World, engine: str, *, seconds: float) -> dict[str, Any]:
    """At an even pace: POST to 202, and INSERT to the owner's receipt."""
    since = world.rows("SELECT clock_timestamp()")[0][0]
    said = world.post(seconds=seconds, per_s=PACE_PER_S, connections=16)
    world.drain(DRAIN_S)
    took = world.rows(
        "SELECT extract(epoch FROM receipt_at - created_at)::float8 * 1000 FROM delivery "
        "WHERE created_at > %s AND NOT is_notice AND receipt_at IS NOT NULL ORDER BY 1",
        (since,),
    )
    ordered = [one for (one,) in took]
    found = {
        f"{engine}_insert_to_receipt_p50_ms": percentile(ordered, 0.5),
        f"{engine}_insert_to_receipt_p99_ms": percentile(ordered, 0.99),
    }
    if engine == "pgbus":
        found |= {"paced_alert_p50_ms": said["p50_ms"], "paced_alert_p99_ms": said["p99_ms"]}
        if said["other"]:
            found["paced_other_answers"] = said["other"]
    return found


def _on_nats(cluster: Any, folder: Path, index: Index, *, seconds: float, say: Progress) -> dict[str, Any]:
    empty = {f"nats_insert_to_receipt_{name}_ms": None for name in ("p50", "p99")}
    with nats_server(folder) as url:
        if url is None:
            return empty
        say(f"{PACE_PER_S} alerts a second on NatsBus")
        with a_world(cluster, folder, "nats", bus_url=url) as world:
            world.serve("api-1")
            world.start("worker", "location_router", "worker")
            _desks(world, index)
            world.post(seconds=0.5, per_s=20, connections=4)
            found = _paced(world, "nats", seconds=2 * seconds)
            lost = world.lost()
            return found | {"nats_lost": lost["lost"], "nats_undelivered": lost["undelivered"]}


def _reroute(world: World) -> dict[str, Any]:
    """Kill a desk and raise alerts that would be its own: from the 202 to the next desk's receipt."""
    world.drain(DRAIN_S)
    since = world.rows("SELECT clock_timestamp()")[0][0]
    world.end("bench-1", kill=True)
    world.post(seconds=REROUTE_S, warm_s=0.0, per_s=REROUTED_PER_S * 2, connections=16)  # half of them are bench-1's
    deadline = time.monotonic() + 20
    rerouted: list[float] = []
    while time.monotonic() < deadline:
        time.sleep(0.3)
        waiting, rerouted = _second_desks(world, since)
        if not waiting:
            break
    ordered = sorted(rerouted)
    return {
        "reroute_p50_s": percentile(ordered, 0.5),
        "reroute_p99_s": percentile(ordered, 0.99),
        "rerouted": len(ordered),
    }


def _second_desks(world: World, since: Any) -> tuple[int, list[float]]:
    """(alerts still without an owner's receipt, seconds of those that a second desk has)."""
    rows = world.rows(
        "SELECT extract(epoch FROM d.receipt_at - a.received_at)::float8, a.assignment_no FROM alert a "
        "JOIN delivery d USING (alert_id, assignment_no) WHERE a.received_at > %s AND NOT d.is_notice",
        (since,),
    )
    return sum(took is None for took, _ in rows), [took for took, number in rows if took is not None and number > 1]


if __name__ == "__main__":
    import argparse
    import sys

    from location_router.ready import ready_index

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    print(
        json.dumps(
            measure(
                ready_index(),
                seconds=given.seconds,
                rounds=given.rounds,
                only=given.only,
                say=lambda line: print(line, file=sys.stderr),
            ),
            indent=1,
        )
    )
