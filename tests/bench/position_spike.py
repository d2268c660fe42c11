"""Does an alert wait for positions? SOS latency with an ordinary flow of positions, and under ten times as many.

`python -m tests.bench.position_spike --json [--seconds 6] [--lines 40] [--per-s 100] [--sos-per-s 20]`. One router
process (API and worker), one desk that answers, durable PostgreSQL, positions over WebSockets, client on the same
machine. Rounds alternate; prints medians of rounds: `{"idle_p50_ms","idle_p99_ms","spike_p50_ms","spike_p99_ms",
"ratio_p50","ratio_p99","spike_positions_per_s","shed","refused","n"}`. Aim: ratio_p99 ≤ 2.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect

from location_router.pgbus import PgBus
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from location_router.runtime.seal import new_key
from location_router.runtime.signing import sign
from location_router.wire import Delivery
from tests.bench.load import Poster, alert, new_alert_id, percentile
from tests.location_router.routers import receipt_for

NAME, KEY = "bench", "bench-key"


async def _positions(sockets: list[ClientConnection], per_s: float, stop: asyncio.Event) -> int:
    """An even flow over all lines; how many were sent."""
    sent, start = 0, time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0.02)
        due = int((time.perf_counter() - start) * per_s)
        while sent < due:
            at = datetime.now(UTC).isoformat()
            place = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 9, "fixed_at": at, "seq": sent}
            await sockets[sent % len(sockets)].send(json.dumps({"type": "position", "position": place}))
            sent += 1
    return sent


async def _drain(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


async def _round(
    poster: Poster, sockets: list[ClientConnection], *, per_s: float, sos_per_s: float, seconds: float
) -> tuple[list[float], int, int]:
    """(latencies in ms, positions sent, alerts refused)."""
    stop, latencies, refused = asyncio.Event(), list[float](), 0

    async def one() -> None:
        nonlocal refused
        body, began = alert(new_alert_id(), caller={"nickname": "벤치", "phone": new_alert_id()}), time.perf_counter()
        status, _ = await poster.post("/v1/alerts", body)
        refused += status != 202
        latencies.append((time.perf_counter() - began) * 1000)

    flow = asyncio.create_task(_positions(sockets, per_s, stop))
    await asyncio.sleep(0.5)
    start, tasks = time.perf_counter(), []
    for number in range(int(sos_per_s * seconds)):
        await asyncio.sleep(max(0.0, start + number / sos_per_s - time.perf_counter()))
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    stop.set()
    return latencies, await flow, refused


async def _desk(url: str, bus: PgBus) -> None:
    """A center for the whole country that confirms what it gets."""
    body = json.dumps({"installation": NAME, "serves": "all"}).encode()
    path = "/v1/installations/register"
    headers = sign(KEY, installation=NAME, method="POST", path=path, body=body, now=time.time())
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        (await client.post(path, content=body, headers=headers)).raise_for_status()

    async def take(message_id: str, letter: bytes) -> None:
        if json.loads(letter).get("kind") != "delivery":
            return
        receipt = receipt_for(Delivery.model_validate_json(letter), NAME)
        await bus.publish("receipt", message_id, receipt.model_dump_json().encode())

    await bus.subscribe(f"alert.{NAME}", "bench", take, at_once=4)


async def measure(url: str, bus_url: str, options: argparse.Namespace) -> dict[str, float]:
    bus = PgBus(bus_url)
    await _desk(url, bus)
    poster = Poster(url, connections=16)
    sockets: list[ClientConnection] = []
    for _ in range(options.lines):
        alert_id = new_alert_id()
        caller = {"nickname": "벤치", "phone": new_alert_id()}
        _, body = await poster.post("/v1/alerts", alert(alert_id, caller=caller))
        address = f"{url.replace('http', 'ws', 1)}/v1/alerts/{alert_id}/live?token={json.loads(body)['live_token']}"
        sockets.append(await connect(address, proxy=None))
    drains = [asyncio.create_task(_drain(socket)) for socket in sockets]
    found: dict[str, list[float]] = {"idle": [], "spike": []}
    p50s: dict[str, list[float]] = {"idle": [], "spike": []}
    p99s: dict[str, list[float]] = {"idle": [], "spike": []}
    refused, sent = 0, 0
    for _ in range(options.rounds):
        for name, times in (("idle", 1), ("spike", 10)):
            latencies, count, missing = await _round(
                poster, sockets, per_s=options.per_s * times, sos_per_s=options.sos_per_s, seconds=options.seconds
            )
            found[name] += latencies
            p50s[name].append(percentile(latencies, 0.5))
            p99s[name].append(percentile(latencies, 0.99))
            refused += missing
            sent = max(sent, round(count / (options.seconds + 0.5)))
    for drain, socket in zip(drains, sockets, strict=True):
        drain.cancel()
        await socket.close()
    await poster.close()
    await bus.close()
    middle = {name: (statistics.median(p50s[name]), statistics.median(p99s[name])) for name in found}
    return {
        "idle_p50_ms": round(middle["idle"][0], 2),
        "idle_p99_ms": round(middle["idle"][1], 2),
        "spike_p50_ms": round(middle["spike"][0], 2),
        "spike_p99_ms": round(middle["spike"][1], 2),
        "ratio_p50": round(middle["spike"][0] / middle["idle"][0], 2),
        "ratio_p99": round(middle["spike"][1] / middle["idle"][1], 2),
        "spike_positions_per_s": sent,
        "refused": refused,
        "shed": _shed(url),
        "n": len(found["idle"]) + len(found["spike"]),
    }


def _shed(url: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(one.split()[1]) for one in lines if one.startswith("ansim_router_positions_shed_total "))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", type=int, default=40, help="open lines of phones")
    parser.add_argument(
        "--per-s", type=float, default=100, help="positions a second when idle; ten times that in a spike"
    )
    parser.add_argument("--sos-per-s", type=float, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="spike", durable=True, state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            found = _run(cluster.admin_url, options)
        finally:
            cluster.stop()
    print(json.dumps(found) if options.json else "\n".join(f"{name:24} {value}" for name, value in found.items()))


def _run(admin_url: str, options: argparse.Namespace) -> dict[str, float]:
    settings = {
        "DATABASE_URL": provision(admin_url, "spike_router", "router"),
        "BUS_URL": provision(admin_url, "spike_bus", "bus"),
        "DATA_KEY": new_key(),
        "PORT": "0",
        "ROUTER_INLINE_WORKER": "1",
        "ROUTER_INSTALLATION_KEYS": json.dumps({NAME: KEY}),
        "RUNNER_UP_S": "3600",  # nobody acknowledges here: the path is measured, not the ladder
        "DESK_112_S": "3600",
    }
    router = subprocess.Popen(
        [sys.executable, "-m", "location_router", "serve"],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert router.stdout is not None
        ready = next(json.loads(line) for line in router.stdout if line.startswith('{"ready"'))
        return asyncio.run(measure(ready["url"], settings["BUS_URL"], options))
    finally:
        router.terminate()
        router.wait(10)


if __name__ == "__main__":
    main()
