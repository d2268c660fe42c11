"""What watching walks costs.

`python -m tests.bench.walks --json [--seconds 180] [--per-s 2000] [--walks 10000] [--connections 200] [--batch 1]
[--processes 1] [--guardians 500]` prints `{"assessed_per_s", "path": {…, "lag_p99_ms_early", "lag_p99_ms_late",
"floor_p99_ms"}, "push_500_s", …}`. `assessed_per_s`: positions that one core assesses, of 200 interleaved made-up walks
with a fix every 5 s (median of five rounds); `path`: tests/bench/walk_positions.py; pushes: tests/bench/walk_pushes.py.
`--only assess|path|push` for one of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

from server.walks.memory import Fix, Memory, Walk
from server.walks.model import assess
from tests.bench.walk_positions import Wish, through_the_path
from tests.bench.walk_pushes import push_500_s
from tests.server.walks.traces import KINDS, story

WALKS, ROUNDS = 200, 5


def _walks() -> list[tuple[Walk, list[Fix]]]:
    found = []
    for number in range(WALKS):
        fixes = story(list(KINDS)[number % len(KINDS)], number, spoilt=False)[:300]
        begin, end = fixes[0], fixes[-1]
        walk = Walk(begin.fixed_at, origin=(begin.lat, begin.lon), destination=(end.lat, end.lon))
        found.append((walk, fixes))
    return found


def assessed_per_s() -> float:
    walks = _walks()
    turns = [(at, fixes[number]) for number in range(300) for at, (_, fixes) in enumerate(walks) if number < len(fixes)]
    rounds = []
    for _ in range(ROUNDS):
        memories = [Memory() for _ in walks]
        started = time.process_time()
        for at, fix in turns:
            memories[at], _ = assess(walks[at][0], memories[at], fix, fix.fixed_at)
        rounds.append(len(turns) / (time.process_time() - started))
    return statistics.median(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=("assess", "path", "push"))
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--per-s", type=float, default=2000.0, help="positions a second")
    parser.add_argument("--walks", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--batch", type=int, default=1, help="positions in a body")
    parser.add_argument("--processes", type=int, default=1, help="of the server")
    parser.add_argument("--guardians", type=int, default=500)
    given = parser.parse_args()
    told: dict[str, Any] = {}
    if given.only in (None, "assess"):
        told["assessed_per_s"] = round(assessed_per_s())
    if given.only in (None, "path"):
        path = through_the_path(
            Wish(given.walks, given.per_s, given.batch, given.connections, given.seconds, given.processes)
        )
        told |= {"path": path} | {name: path[name] for name in ("lag_p99_ms_early", "lag_p99_ms_late")}
    if given.only in (None, "push"):
        told |= push_500_s(given.guardians)
    print(json.dumps(told) if given.json else told)


if __name__ == "__main__":
    main()
