"""The center under fire: kill -9 at every await of alert → incident → dispatch, and its PostgreSQL failing over.

`python -m tests.soak.center [--every 1] [--seed 1] --json`; prints what it saw and ends with 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import time
from typing import Any

from tests.databases import TestServer, open_folder
from tests.soak.center_crash import crashes
from tests.soak.center_database import failover


async def every_await(server: TestServer, *, every: int, first: int) -> dict[str, Any]:
    """A death at each `every`-th point, from `first` on; the points beyond the end of a shorter life kill nobody."""
    started, databases = time.monotonic(), [server.fresh(kind) for kind in ("installation", "bus")]
    wrong: list[str] = []
    async with crashes(databases[0].url, databases[1].url) as campaign:
        points = sum((await campaign.clean()).values())
        for point in range(first % every, points, every):
            wrong += await campaign.at(point)
        deaths = dict(campaign.deaths)
    for database in databases:
        server.drop(database.name)
    seconds = round(time.monotonic() - started, 1)
    return {"points": points, "deaths": deaths, "wrong": wrong, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only each so many-th await")
    parser.add_argument("--seed", type=int, default=1, help="where to begin with --every")
    parser.add_argument("--commands", type=int, default=60, help="commands while PostgreSQL fails over")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    server = TestServer(None)
    server.start()
    try:
        result: dict[str, Any] = {"crashes": asyncio.run(every_await(server, every=options.every, first=options.seed))}
    finally:
        server.stop()
    folder = open_folder("ansim-soak-center-")
    try:
        result["failover"] = failover(folder, commands=options.commands)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result["ok"] = not any(part["wrong"] for part in result.values())
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))
    sys.exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
