"""False escalations in hours of made-up normal life, and how soon made-up trouble is found; nobody ever answers.

`python -m tests.soak.walks --hours 300 [--seed 1] --json` prints `{"hours", "escalations", "per_100_h", "kinds": {kind:
{"hours", "escalations", "raised"}}, "troubles": {kind: {"found", "of", "median_min", "worst_min"}}}`. The traces come
from `tests/server/walks/traces.py`: physics, not people. Exit code 1: more than one per 100 hours, or trouble missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter
from datetime import datetime
from typing import Any

from server.walks.replay import Watch, replayed
from server.walks.trace import read_fixes
from tests.server.walks.traces import KINDS, TROUBLES, story, trouble


def normal(hours: float, seed: int, *, show: bool = False) -> dict[str, dict[str, Any]]:
    """Every kind in turn until `hours` are full."""
    rows: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    total_s, number = 0.0, 0
    while total_s < hours * 3600:
        kind = list(KINDS)[number % len(KINDS)]
        trace = read_fixes(story(kind, seed * 1_000_000 + number))
        watched = replayed(trace)
        row = rows[kind]
        row["seconds"] += int(trace.duration_s)
        row["traces"] += 1
        row["escalations"] += watched.escalations
        row["raised"] += watched.reached["raised"]
        for one in watched.changes:
            row[f"state_{one['state']}"] += 1
        row["arrived"] += any(one["state"] == "arrived" for one in watched.changes)
        if show and watched.escalations:
            print(
                kind, seed * 1_000_000 + number, [(c["at"], c["trouble"]) for c in watched.changes if c["trouble"]][:2]
            )
        total_s += trace.duration_s
        number += 1
    return {kind: {"hours": round(row.pop("seconds") / 3600, 1), **row} for kind, row in rows.items()}


def found_after_min(kind: str, seed: int) -> float | None:
    """Minutes from the trouble's beginning to the prompt; None: not found. A prompt before it counts as 0."""
    told = trouble(kind, seed)
    watch = Watch(told.walk)
    newest: datetime | None = None
    for fix in told.fixes:
        newest = max(newest or fix.fixed_at, fix.fixed_at)
        watch.until(newest)
        watch.hear(fix, newest)
        if watch.watched.escalations:
            break
    watch.until(told.ends)
    prompted = next((c["at"] for c in watch.watched.changes if c["rung"] != "calm"), None)
    if prompted is None:
        return None
    return max(0.0, (datetime.fromisoformat(prompted) - told.since).total_seconds() / 60)


def troubles(count: int, seed: int) -> dict[str, dict[str, Any]]:
    rows = {}
    for kind in TROUBLES:
        after = [found_after_min(kind, seed * 1000 + number) for number in range(count)]
        found = [one for one in after if one is not None]
        rows[kind] = {
            "found": len(found),
            "of": count,
            "median_min": round(statistics.median(found), 1) if found else None,
            "worst_min": round(max(found), 1) if found else None,
        }
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=300.0)
    parser.add_argument("--troubles", type=int, default=40, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="name the seeds that escalate")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    kinds = normal(given.hours, given.seed, show=given.show)
    found = troubles(given.troubles, given.seed)
    hours, count = (sum(row.get(name, 0) for row in kinds.values()) for name in ("hours", "escalations"))
    per_100_h = round(100 * count / max(hours, 1e-9), 2)
    told = {"hours": round(hours, 1), "escalations": count, "per_100_h": per_100_h, "kinds": kinds, "troubles": found}
    if given.json:
        print(json.dumps(told))
    else:
        for name, row in (*kinds.items(), *found.items()):
            print(f"{name:<15}", row)
        print(f"{hours:.0f} h, {count} escalations: {per_100_h} per 100 h")
    return int(per_100_h > 1.0 or any(row["found"] < row["of"] for row in found.values()))


if __name__ == "__main__":
    sys.exit(main())
