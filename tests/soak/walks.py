"""False escalations in hours of made-up normal life, and how soon made-up trouble is found; nobody ever answers.

`python -m tests.soak.walks --hours 300 --days 600 [--seed 1] --json` prints `{"hours", "escalations", "per_100_h",
"days": {the same of whole recorded days, "without_rooms": of those without hours spent in one building}, "kinds":
{kind: {"hours", "escalations", "raised"}}, "troubles": {"open"|"named": {kind: {"found", "of", "median_min",
"worst_min"}}}}`; `named`: she had said when she would be there. The traces come from `tests/server/walks/traces.py` and
`days.py`: physics, not people. Exit code 1: more than one per 100 hours (days: without rooms), or trouble missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from server.walks.memory import Fix
from server.walks.replay import Watch, replayed
from server.walks.trace import read_fixes
from tests.server.walks.days import DAYS, day
from tests.server.walks.traces import KINDS, TROUBLES, story, trouble

ROOMS = ("work_day", "visit", "evening")
"""Days with hours in one building: whoever is in one place for so long is asked, by design."""


def normal(
    hours: float, seed: int, *, kinds: Sequence[str], made: Callable[[str, int], list[Fix]], show: bool = False
) -> dict[str, dict[str, Any]]:
    """Every kind in turn until `hours` are full."""
    rows: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    total_s, number = 0.0, 0
    while total_s < hours * 3600:
        kind = kinds[number % len(kinds)]
        trace = read_fixes(made(kind, seed * 1_000_000 + number))
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


def found_after_min(kind: str, seed: int, *, named: bool) -> float | None:
    """Minutes from the trouble's beginning to the prompt; None: not found. A prompt before it counts as 0."""
    told = trouble(kind, seed, named=named)
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


def troubles(count: int, seed: int, *, named: bool) -> dict[str, dict[str, Any]]:
    rows = {}
    for kind in TROUBLES:
        after = [found_after_min(kind, seed * 1000 + number, named=named) for number in range(count)]
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
    parser.add_argument("--days", type=float, default=600.0, help="hours of whole recorded days besides")
    parser.add_argument("--troubles", type=int, default=40, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="name the seeds that escalate")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    kinds = normal(given.hours, given.seed, kinds=list(KINDS), made=story, show=given.show)
    days = normal(given.days, given.seed, kinds=list(DAYS), made=day, show=given.show)
    found = {name: troubles(given.troubles, given.seed, named=name == "named") for name in ("open", "named")}
    walks, whole, ordinary = _sum(kinds), _sum(days), _sum({name: days[name] for name in days if name not in ROOMS})
    told = walks | {"days": whole | {"without_rooms": ordinary}, "kinds": kinds | days, "troubles": found}
    if given.json:
        print(json.dumps(told))
    else:
        for name, row in (*kinds.items(), *days.items(), *found["open"].items(), *found["named"].items()):
            print(f"{name:<15}", row)
        print("walks", walks, "| days", whole, "| days without hours in rooms", ordinary)
    is_missed = any(row["found"] < row["of"] for rows in found.values() for row in rows.values())
    return int(max(walks["per_100_h"], ordinary["per_100_h"]) > 1.0 or is_missed)


def _sum(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    hours, count = (sum(row.get(name, 0) for row in rows.values()) for name in ("hours", "escalations"))
    return {"hours": round(hours, 1), "escalations": count, "per_100_h": round(100 * count / max(hours, 1e-9), 2)}


if __name__ == "__main__":
    sys.exit(main())
