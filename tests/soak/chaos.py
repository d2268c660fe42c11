"""kill -9 of anything while alerts come in: what was acknowledged must be on the operator's screen exactly once.

`python -m tests.soak.chaos --kills 200 --seed 1 --json`; the journeys run 12 kills. The client behaves as a phone
does: it repeats an alert with the same id until it gets its 202. A supervisor restarts what was killed, as systemd
would. Victims: router, its worker, the center server, its worker, and PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster
from server.demo.players import StoryFailed
from server.demo.world import World
from tests.bench.load import Poster, alert, new_alert_id
from tests.journeys.world import small_world

VICTIMS = ("router", "router worker", "serving", "serving worker", "postgres")
SETTLE_S = 20.0


@dataclass
class Tally:
    """What a run saw. Lost or doubled must be empty."""

    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    acknowledged: int = 0
    retries: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    not_on_screen: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.not_on_screen) and self.acknowledged == self.sent


async def send_until_acknowledged(poster: Poster, tally: Tally, acked: set[str]) -> None:
    """One phone: same id until 202."""
    alert_id = new_alert_id()
    body = alert(alert_id, lat=37.39 + random.random() * 0.02, lon=126.91 + random.random() * 0.02)
    tally.sent += 1
    while alert_id not in acked:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            status, _ = await poster.post("/v1/alerts", body, timeout_s=3)
            if status == 202:
                acked.add(alert_id)
                continue
        tally.retries += 1
        await asyncio.sleep(0.25)


async def send_steadily(poster: Poster, tally: Tally, acked: set[str], per_s: float, stop: asyncio.Event) -> None:
    tasks = []
    while not stop.is_set():
        tasks.append(asyncio.create_task(send_until_acknowledged(poster, tally, acked)))
        await asyncio.sleep(1 / per_s)
    await asyncio.wait_for(asyncio.gather(*tasks), 60)


async def kill_one(world: World, cluster: PrivateCluster, victim: str, rng: random.Random) -> None:
    """kill -9, a short while dead, and up again."""
    if victim == "postgres":
        pid = cluster.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(rng.uniform(0.05, 0.5))
        await asyncio.to_thread(cluster.restart)
        return
    world.children[victim].kill()
    await asyncio.sleep(rng.uniform(0.05, 0.5))
    child = world.children[victim].restarted()
    world.children[victim] = child
    await asyncio.to_thread(child.wait_ready)


async def cards_on_screen(world: World) -> dict[str, int]:
    """How many cards of the operator's queue hold each alert."""
    login = world.logins["operator"]
    async with httpx.AsyncClient(base_url=world.urls["serving"], timeout=60, trust_env=False) as http:
        answer = await http.post("/api/login", json={"login": login.login, "password": login.password})
        if answer.status_code != 200:
            raise StoryFailed(f"sign-in after the chaos refused: {answer.text}")
        cards = (await http.get("/api/incidents", params={"state": "open"})).json()["incidents"]
    counts: dict[str, int] = {}
    for card in cards:
        for alert_id in card["alert_ids"]:
            counts[alert_id] = counts.get(alert_id, 0) + 1
    return counts


def stored_incidents(world: World) -> dict[str, int]:
    """How many incidents of the center's own database hold each alert (as its owner, past row-level security)."""
    url = conninfo(world.server.url(f"{world.prefix}_serving"))
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT alert_id::text, count(DISTINCT incident_id) FROM alert GROUP BY 1").fetchall()
    return dict(rows)


async def settle(world: World, acked: set[str], tally: Tally) -> None:
    """Wait until every acknowledged alert is on the screen, or nothing has moved for `SETTLE_S`; then judge."""
    quiet_since, cards = time.monotonic(), dict[str, int]()
    while time.monotonic() < quiet_since + SETTLE_S:
        with contextlib.suppress(httpx.HTTPError, StoryFailed):
            before, cards = len(cards), await cards_on_screen(world)
            if acked <= cards.keys():
                break
            if len(cards) > before:
                quiet_since = time.monotonic()
        await asyncio.sleep(1)
    stored = stored_incidents(world)
    tally.acknowledged = len(acked)
    tally.lost = sorted(acked - stored.keys())
    tally.doubled = sorted(a for a in stored if stored[a] > 1) + sorted(a for a in cards if cards[a] > 1)
    tally.not_on_screen = sorted(acked - cards.keys())


async def chaos(
    world: World,
    *,
    kills: int,
    seed: int,
    per_s: float = 20,
    pause_s: tuple[float, float] = (0.6, 2.0),
) -> Tally:
    """`kills` seeded kills under `per_s` alerts a second."""
    assert isinstance(world.server, PrivateCluster)
    rng, tally, acked, stop = random.Random(seed), Tally(seed), set[str](), asyncio.Event()
    poster, started = Poster(world.urls["router"], connections=12), time.monotonic()
    load = asyncio.create_task(send_steadily(poster, tally, acked, per_s, stop))
    # each victim comes in turn, in a seeded order, so that twelve kills really visit them all
    order = [victim for _ in range(kills // len(VICTIMS) + 1) for victim in rng.sample(VICTIMS, len(VICTIMS))][:kills]
    for victim in order:
        await asyncio.sleep(rng.uniform(*pause_s))
        await kill_one(world, world.server, victim, rng)
        tally.kills[victim] = tally.kills.get(victim, 0) + 1
    await asyncio.sleep(1)
    stop.set()
    await load
    await settle(world, acked, tally)
    await poster.close()
    tally.seconds = round(time.monotonic() - started, 1)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with small_world(with_home=False, with_video=False) as world:
        tally = asyncio.run(chaos(world, kills=options.kills, seed=options.seed))
    result: dict[str, Any] = asdict(tally) | {"ok": tally.ok}
    print(json.dumps(result) if options.json else "\n".join(f"{key}: {value}" for key, value in result.items()))
    sys.exit(0 if tally.ok else 1)


if __name__ == "__main__":
    main()
