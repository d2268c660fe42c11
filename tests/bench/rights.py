"""How long after its end an agency that asks still sees: the last picture and the desk's word, for each way to end.

`python -m tests.bench.rights --json [--rounds 5]`. The whole center in this process, the real video process beside it,
real cameras; an agency's desk socket, one stream by the socket and one by WebRTC. For each ending
`{"socket_ms", "webrtc_ms", "desk_ms"}` as `[median, worst]`: from the moment at which the command was sent (or its time
was over) until the last picture was here, and until the desk was told; `p99_ms` over all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from tests.bench.load import percentile
from tests.video.asker import ENDINGS, asker, cure, end_by
from tests.video.conftest import RunningCity, start_city

SCRIPTS = Path(__file__).resolve().parents[2] / "server" / "migrations"


async def measure(url: str, city: RunningCity, folder: Path, rounds: int) -> dict[str, Any]:
    late: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in ENDINGS}
    async with asker(url, city, folder) as firm:
        for _ in range(rounds):
            for name in ENDINGS:
                eyes = await firm.look()
                ended = await end_by(firm, eyes, name)
                late[name]["socket_ms"].append((ended.last_by_socket - ended.since) * 1000)
                late[name]["webrtc_ms"].append((ended.last_by_webrtc - ended.since) * 1000)
                late[name]["desk_ms"].append((ended.desk_told - ended.since) * 1000)
                await eyes.leave()
                await cure(firm, name)
    of_all = {kind: [one for found in late.values() for one in found[kind]] for kind in ("socket_ms", "webrtc_ms")}
    of_all["desk_ms"] = [one for found in late.values() for one in found["desk_ms"]]
    found: dict[str, Any] = {"rounds": rounds, "p99_ms": {k: round(percentile(v, 0.99)) for k, v in of_all.items()}}
    found["median_ms"] = {kind: round(statistics.median(values)) for kind, values in of_all.items()}
    for name, kinds in late.items():
        found[name] = {kind: [round(statistics.median(v)), round(max(v))] for kind, v in kinds.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="rights", durable=True, state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        process, city = start_city()
        try:
            url = provision(cluster.admin_url, "rights", "installation", scripts=SCRIPTS)
            found = asyncio.run(measure(url, city, Path(folder), options.rounds))
        finally:
            process.terminate()
            process.wait(5)
            cluster.stop()
    print(json.dumps(found) if options.json else "\n".join(f"{name:20} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
