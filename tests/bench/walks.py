"""What watching walks costs. `python -m tests.bench.walks --json` prints `{"assessed_per_s"}`: positions that one core
assesses, of 200 interleaved made-up walks with a fix every 5 s (median of five rounds).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

from server.walks.memory import Fix, Memory, Walk
from server.walks.model import assess
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
    given = parser.parse_args()
    told = {"assessed_per_s": round(assessed_per_s())}
    print(json.dumps(told) if given.json else told)


if __name__ == "__main__":
    main()
