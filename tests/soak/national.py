"""The national bus under fire: a hub of three, two leaves, and nothing may be lost or handled twice.

`python -m tests.soak.national --seconds 60 --json`. Alerts go out to two centers at 20/s, each is answered by a
receipt and a status. Meanwhile one leaf is frozen (SIGSTOP: a black hole, worse than a cut) and thawed, the leader of
the alerts' stream is killed with -9 and brought back, and the second leaf is killed and brought back. The centers keep
an inbox by delivery id, as the real ones do; what a handler saw twice is counted apart (`repeated`): at least once is
the bus's promise, one effect is the inbox's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from location_router.bus import Unavailable
from location_router.natsbus import NatsBus
from location_router.natsconfig import HubServer, Leaf, Plan, write
from location_router.runtime.logs import set_up_logs
from tests.contract.bus_conformance import Registry
from tests.nats import NatsServer, free_ports, nats_server_binary

CENTERS = {"serving-1": "c41170", "serving-2": "c41410"}


@dataclass
class Tally:
    sent: int = 0
    publish_retries: int = 0
    longest_publish_gap_s: float = 0.0
    inbox: dict[str, int] = field(default_factory=dict)
    receipts: int = 0
    statuses: int = 0
    repeated: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    healed_s: float = 0.0
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.refused) and self.sent > 0


class Center:
    """An inbox by id, and receipts and statuses that are repeated until the leaf holds them, as the outbox does."""

    def __init__(self, name: str, bus: NatsBus) -> None:
        self.name, self.bus = name, bus
        self.inbox: Counter[str] = Counter()
        self.calls = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, message_id: str, _: bytes) -> None:
        self.calls += 1
        if message_id in self.inbox:
            return
        self.inbox[message_id] += 1
        for subject in ("receipt", "status"):
            task = asyncio.create_task(insist(self.bus, subject, message_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def insist(bus: NatsBus, subject: str, message_id: str, tally: Tally | None = None) -> None:
    while True:
        try:
            return await bus.publish(subject, message_id, json.dumps({"id": message_id}).encode())
        except Unavailable:
            if tally:
                tally.publish_retries += 1
            await asyncio.sleep(0.2)


class Nation:
    def __init__(self, folder: Path) -> None:
        ports, binary = free_ports(16), nats_server_binary()
        hub = [HubServer(f"hub-{n + 1}", "127.0.0.1", *ports[4 * n : 4 * n + 4]) for n in range(3)]
        leaves = [Leaf(name, CENTERS[name], *ports[12 + 2 * n : 14 + 2 * n]) for n, name in enumerate(CENTERS)]
        self.plan = Plan(hub, leaves, folder, store=str(folder / "store"))
        files = write(self.plan)
        self.hub = {one.name: NatsServer(files[one.name], one.client_port, binary) for one in hub}
        self.leaves = {
            one.installation: NatsServer(files[f"leaf-{one.installation}"], one.client_port, binary) for one in leaves
        }

    def start(self) -> None:
        for one in (*self.hub.values(), *self.leaves.values()):
            one.start(wait=False)
        for one in (*self.hub.values(), *self.leaves.values()):
            one.wait()

    def stop(self) -> None:
        for one in (*self.leaves.values(), *self.hub.values()):
            one.kill()


async def fire(nation: Nation, router: NatsBus, seconds: float, tally: Tally) -> None:
    """What happens while the load runs."""
    began = time.monotonic()

    def say(step: str) -> None:
        tally.steps.append(f"{time.monotonic() - began:.1f} s: {step}")

    await asyncio.sleep(seconds * 0.15)
    frozen = nation.leaves["serving-1"]
    frozen.freeze()
    say("leaf of serving-1 frozen")
    await asyncio.sleep(seconds * 0.2)
    frozen.thaw()
    say("thawed")
    await asyncio.sleep(seconds * 0.15)
    leader = (await router.api("STREAM.INFO.ansim_ALERT"))["cluster"]["leader"]
    nation.hub[leader].kill()
    say(f"{leader}, leader of the alerts' stream, killed -9")
    await asyncio.sleep(seconds * 0.2)
    await asyncio.to_thread(nation.hub[leader].start)
    say("brought back")
    nation.leaves["serving-2"].kill()
    say("leaf of serving-2 killed -9")
    await asyncio.sleep(seconds * 0.1)
    await asyncio.to_thread(nation.leaves["serving-2"].start)
    say("brought back")


async def load(router: NatsBus, seconds: float, per_s: float, tally: Tally, times: dict[str, float]) -> None:
    tasks, number, began = [], 0, time.monotonic()

    async def send(name: str, message_id: str) -> None:
        times[message_id] = time.monotonic()
        await insist(router, f"alert.{name}", message_id, tally)
        tally.longest_publish_gap_s = max(tally.longest_publish_gap_s, time.monotonic() - times[message_id])

    while time.monotonic() - began < seconds:
        name = list(CENTERS)[number % 2]
        number += 1
        tasks.append(asyncio.create_task(send(name, f"{name}:{uuid4()}")))
        await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
    await asyncio.wait_for(asyncio.gather(*tasks), 60)
    tally.sent = number


async def mend(router: NatsBus) -> None:
    """What the router's worker does beside its work."""
    while True:
        await asyncio.sleep(2)
        try:
            for domain in CENTERS.values():
                await router.link_leaf(domain)
            await router.mend()
        except Unavailable:
            continue


async def soak(nation: Nation, *, seconds: float, per_s: float) -> Tally:
    tally, times, delays = Tally(), dict[str, float](), list[float]()
    nodes = Registry.of(router="router", **{name.replace("-", "_"): "installation" for name in CENTERS})
    router = NatsBus(nation.plan.hub_url(), guard=nodes.guard("router"))
    centers = [
        Center(
            one.installation, NatsBus(nation.plan.leaf_url(one), guard=nodes.guard(one.installation.replace("-", "_")))
        )
        for one in nation.plan.leaves
    ]
    heard: dict[str, Counter[str]] = {"receipt": Counter(), "status": Counter()}

    async def hear(subject: str, message_id: str) -> None:
        if subject == "receipt" and message_id not in heard[subject]:
            delays.append(time.monotonic() - times[message_id])
        heard[subject][message_id] += 1

    mending = asyncio.create_task(mend(router))
    began = time.monotonic()
    try:
        for subject in heard:
            await router.subscribe(subject, "router", lambda message_id, _, subject=subject: hear(subject, message_id))
        for one in centers:
            await one.bus.subscribe(f"alert.{one.name}", "center", one.take, at_once=3)
        await insist(router, "alert.serving-1", "serving-1:warm")
        times["serving-1:warm"] = time.monotonic()
        await asyncio.gather(load(router, seconds, per_s, tally, times), fire(nation, router, seconds, tally))
        ended = time.monotonic()
        for _ in range(600):
            if all(len(one) >= len(times) for one in heard.values()):
                break
            await asyncio.sleep(0.1)
        tally.healed_s = round(time.monotonic() - ended, 1)
        await count_stored(tally, len(times), router, centers)
    finally:
        mending.cancel()
        await asyncio.gather(router.close(), *(one.bus.close() for one in centers), return_exceptions=True)
    count(tally, times, centers, heard, delays, nodes)
    tally.seconds = round(time.monotonic() - began, 1)
    return tally


async def count_stored(tally: Tally, alerts: int, router: NatsBus, centers: list[Center]) -> None:
    """A message that a stream holds twice would stand here; so would one it does not hold."""
    streams = {"ansim_ALERT": (router, alerts), "ansim_UP": (router, 2 * alerts)}
    streams |= {f"ansim_UP_{CENTERS[one.name]}": (one.bus, 2 * len(one.inbox)) for one in centers}
    streams |= {f"ansim_ALERT_{one.name}_{CENTERS[one.name]}": (one.bus, len(one.inbox)) for one in centers}
    for name, (bus, expected) in streams.items():
        held = (await bus.api(f"STREAM.INFO.{name}"))["state"]["messages"]
        if held != expected:
            (tally.lost if held < expected else tally.doubled).append(f"{name} holds {held}, not {expected}")


def count(
    tally: Tally,
    times: dict[str, float],
    centers: list[Center],
    heard: dict[str, Counter[str]],
    delays: list[float],
    nodes: Registry,
) -> None:
    kept = sum((one.inbox for one in centers), Counter[str]())
    tally.inbox = {one.name: len(one.inbox) for one in centers}
    tally.receipts, tally.statuses = len(heard["receipt"]), len(heard["status"])
    tally.lost += sorted(set(times) - set(kept)) + [
        f"{subject} {one}" for subject, found in heard.items() for one in sorted(set(times) - set(found))
    ]
    tally.repeated = sum(one.calls - len(one.inbox) for one in centers)
    tally.repeated += sum(found.total() - len(found) for found in heard.values())
    tally.refused = len(nodes.refused)
    delays.sort()
    if delays:
        tally.p50_ms = round(delays[len(delays) // 2] * 1000, 1)
        tally.p99_ms = round(delays[int(len(delays) * 0.99)] * 1000, 1)
    tally.longest_publish_gap_s = round(tally.longest_publish_gap_s, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--per-s", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    set_up_logs()
    folder = Path(tempfile.mkdtemp(prefix="ansim-national-"))
    nation = Nation(folder)
    try:
        nation.start()
        tally = asyncio.run(soak(nation, seconds=options.seconds, per_s=options.per_s))
    finally:
        nation.stop()
        shutil.rmtree(folder, ignore_errors=True)
    result = asdict(tally) | {"ok": tally.ok}
    print(json.dumps(result) if options.json else "\n".join(f"{key}: {value}" for key, value in result.items()))
    sys.exit(0 if tally.ok else 1)


if __name__ == "__main__":
    main()
