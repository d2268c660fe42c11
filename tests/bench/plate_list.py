"""How soon every process of a center hits on a plate that was just pushed, and that none does once it is removed.

Two real `ansim serve` on one database, with so many other plates wanted. Both are sent the vehicle's reads all the
time, and the agency pushes and removes it over its line. `list_update_s`: from the call of the push to the hit on disk
that the slower process found; the slowest of the trials, and the median. `hits_after_removal`: hits found after the
agency had the answer to its removal. `list_read_after_start_s`: from the start of both, together on this machine,
until they compare; until then a reader hears 503.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from location_router.runtime.webhook import signed_call
from server.actor import SYSTEM
from server.demo.children import free_port, python
from server.demo.scene import cameras_around
from server.demo.world import World
from server.dispatch.lines import set_line
from server.plates import readers
from server.plates.service import context
from server.seed import IN_FORCE_SINCE, seed_cameras
from server.services import Services, make_services
from server.settings import Settings
from tests.journeys.world import ANYANG, ANYANG_CODE, rows, small_world
from tests.server.plates.fleet import random_plate

POLICE, BASIS, KEY = "police-bench", "pipa-18-2-7", "a line's key of this run"
GAP_S = 0.01  # between two batches to one process
PATH = f"/api/lines/{POLICE}/plates"
_AGREEMENT = """
INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, auto_triggers, legal_bases, may_see_position,
  starts_at)
VALUES (:id, :center, :agency, ARRAY['wanted_vehicle'], ARRAY['wanted_vehicle'], ARRAY[:basis], true, :since)
"""
_OTHERS = """
INSERT INTO wanted_plate (center_id, entry_id, agency_id, crime, legal_basis, plate_digest, body_sealed, pushed_at,
  expires_at, changed_at)
SELECT :center, id, :agency, 'robbery', :basis, '\\x00', sealed, :at, :until, :at
FROM unnest(CAST(:ids AS uuid[]), CAST(:bodies AS bytea[])) AS new (id, sealed)
"""


async def seed(services: Services, cameras: list[str], wanted: int) -> str:
    """An agency with its line, `wanted` plates, and a reader of these cameras; the reader's key."""
    async with services.db.begin() as unit:
        agency = "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'police', :id, :id)"
        await unit.execute(agency, {"id": POLICE})
        terms = {"id": uuid4(), "center": ANYANG_CODE, "agency": POLICE, "basis": BASIS, "since": IN_FORCE_SINCE}
        await unit.execute(_AGREEMENT, terms)
        eyes = cameras_around(**ANYANG, code=ANYANG_CODE)
        await seed_cameras(unit, services.sealer, center_id=ANYANG_CODE, cameras=eyes, rtsp_base="rtsp://127.0.0.1:1")
        await unit.execute("UPDATE camera SET is_anpr = true WHERE camera_id = ANY(:ids)", {"ids": cameras})
        line = {"agency_id": POLICE, "center_id": None, "kind": "webhook", "url": "http://127.0.0.1:9/", "key": KEY}
        await set_line(unit, services, **line, actor=SYSTEM)  # type: ignore[arg-type]
        reader: dict[str, Any] = {"reader_id": "r-1", "center_id": ANYANG_CODE, "cameras": cameras}
        key = await readers.add(unit, services, **reader, actor=SYSTEM)
        chance = random.Random(7)
        ids = [uuid4() for _ in range(wanted)]
        bodies = [
            services.sealer.seal({"plate": random_plate(chance)}, context=context(one), center=ANYANG_CODE)
            for one in ids
        ]
        now = datetime.now(UTC)
        said = {"center": ANYANG_CODE, "agency": POLICE, "basis": BASIS, "ids": ids, "bodies": bodies}
        await unit.execute(_OTHERS, said | {"at": now - timedelta(hours=1), "until": now + timedelta(days=9)})
    return key


class Reader:
    """Sends one vehicle's reads to one process for as long as it is told to."""

    def __init__(self, http: httpx.AsyncClient, camera: str, key: str) -> None:
        self._http, self._camera, self._key = http, camera, key
        self.refused = 0

    async def send(self, plate: str) -> int:
        at, path = datetime.now(UTC), "/api/readers/r-1/reads"
        read = {"camera": self._camera, "at": at.isoformat(), "plate": plate, "confidence": 0.9999, "lines": 1}
        body = json.dumps([read]).encode()
        headers = signed_call(self._key, str(uuid4()), body, method="POST", path=path, at=int(at.timestamp()))
        return (await self._http.post(path, content=body, headers=headers)).status_code

    async def until_compared(self) -> None:
        """The process has read its lists."""
        while await self.send("11가1111") != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async def run(self, plate: str, until: asyncio.Event) -> None:
        while not until.is_set():
            self.refused += await self.send(plate) != 200
            await asyncio.sleep(GAP_S)


async def said(http: httpx.AsyncClient, method: str, entry_id: UUID, content: dict[str, Any]) -> None:
    body, path = json.dumps(content).encode(), f"{PATH}/{entry_id}"
    headers = signed_call(KEY, str(uuid4()), body, method=method, path=path, at=int(time.time()))
    (await http.request(method, path, content=body, headers=headers)).raise_for_status()


async def trial(world: World, line: httpx.AsyncClient, watching: list[Reader], plate: str) -> tuple[float, int]:
    """Seconds to the slower process's hit; hits after the removal."""
    entry_id, over = uuid4(), asyncio.Event()
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    reading = [asyncio.create_task(one.run(plate, over)) for one in watching]
    await asyncio.sleep(0.2)
    began = datetime.now(UTC)
    await said(line, "PUT", entry_id, {"plate": plate, "crime": "robbery", "legal_basis": BASIS, "expires_at": until})
    found = "SELECT found_at FROM plate_hit WHERE entry_id = %s"
    async with asyncio.timeout(60):
        held: list[dict[str, Any]] = []
        while len(held) < len(watching):
            held = await asyncio.to_thread(rows, world, "serving", found, entry_id)
    await said(line, "DELETE", entry_id, {"reason": "end"})
    removed = datetime.now(UTC)
    forgets = "DELETE FROM plate_hit WHERE entry_id = %s RETURNING 1"  # or what comes belongs to these for a minute
    await asyncio.to_thread(rows, world, "serving", forgets, entry_id)
    await asyncio.sleep(1.0)
    over.set()
    await asyncio.gather(*reading)
    after = await asyncio.to_thread(rows, world, "serving", found, entry_id)
    assert all(one["found_at"] > removed for one in after)
    return max(one["found_at"] for one in held).timestamp() - began.timestamp(), len(after)


async def measured(world: World, wanted: int, trials: int) -> dict[str, Any]:
    settings = Settings(
        database_url=world.databases["serving"], data_key=world.keys["serving_data"], video_gateway="console"
    )
    services, cameras = make_services(settings), [f"{ANYANG_CODE}-000{number}" for number in (1, 2)]
    try:
        key = await seed(services, cameras, wanted)
    finally:
        await services.close()
    second = f"http://127.0.0.1:{free_port(None)}"
    env = world._server_env("serving") | {"PORT": second.rsplit(":", 1)[1]}
    world.children["serving"].kill()
    world.children["serving"] = world.children["serving"].restarted()
    child = world.spawn("serving again", python("-m", "server", "serve"), env)
    for one in (world.children["serving"], child):
        await asyncio.to_thread(one.wait_ready)
    chance = random.Random(8)
    async with (
        httpx.AsyncClient(base_url=world.urls["serving"], timeout=30) as first,
        httpx.AsyncClient(base_url=second, timeout=30) as other,
    ):
        watching = [Reader(first, cameras[0], key), Reader(other, cameras[1], key)]
        began_s = time.monotonic()
        for one in watching:
            await one.until_compared()
        read_s = time.monotonic() - began_s
        found = [
            await trial(world, (first, other)[number % 2], watching, f"{chance.randint(100, 690)}가{1000 + number}")
            for number in range(trials)
        ]
    return {
        "list_update_s": round(max(seconds for seconds, _ in found), 3),
        "list_update_p50_s": round(statistics.median(seconds for seconds, _ in found), 3),
        "list_update_trials": trials,
        "list_update_wanted": wanted,
        "hits_after_removal": sum(after for _, after in found),
        "list_read_after_start_s": round(read_s, 1),
        "refused_reads": sum(one.refused for one in watching),
    }


def measure(wanted: int, trials: int) -> dict[str, Any]:
    options: dict[str, Any] = {"with_home": False, "with_video": False, "serves": ANYANG_CODE}
    quiet = {"ESCALATE_LEADER_S": "3600", "ESCALATE_112_S": "3600", "LINE_NETWORKS": "127.0.0.0/8"}
    with small_world(extra_env=quiet, **options) as world:
        return asyncio.run(measured(world, wanted, trials))
