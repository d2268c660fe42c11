"""Positions of many walks through the whole path: HTTP → beat → commit → answer, beside a floor in the same run.

Part of `python -m tests.bench.walks`. Durable PostgreSQL, the product's own server process(es), each walk another
person with a device token of her own; a walk is heard every few seconds, all walks over a few kept connections. **Lag**
is from the moment at which a position was due to be sent until its POST is answered, that is until it is on disk, so a
server that falls behind shows. The floor posts the same bodies at the same rate to a bare FastAPI app that inserts and
commits one row for each.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import app_url, provision
from location_router.runtime.seal import new_key
from location_router.runtime.tokens import Device, sign_device_token
from server.demo.children import free_port
from server.people.service import device_keys
from server.seed import seed_centers
from server.services import Services, make_services
from server.settings import Settings
from server.walks.rows import seal_plan
from tests.bench.load import Poster, percentile
from tests.databases import ROOT
from tests.server.scene import CENTER, PLACES

INSTALLATION = "home-1"
LAT, LON = 37.40, 126.92
UP_IN_S = 60.0


@dataclass(frozen=True, slots=True)
class Wish:
    """How hard: `per_s` positions a second of `walks` walks over `connections`, `batch` of them in a body."""

    walks: int
    per_s: float
    batch: int
    connections: int
    seconds: float
    processes: int


async def _people(services: Services, walks: int) -> list[tuple[UUID, str]]:
    """(walk, device token) of people who are on their way; put in by hand, sign-up is not what is measured."""
    now, made = datetime.now(UTC), list[tuple[UUID, str]]()
    async with services.db.begin() as unit:
        private, _ = await device_keys(unit, services)
        people, devices, rows = [], [], []
        for _ in range(walks):
            person, phone, walk = uuid4(), uuid4(), uuid4()
            plan = {"origin": {"lat": LAT, "lon": LON}, "destination": {"lat": LAT + 0.05, "lon": LON}}
            sealed = seal_plan(services, {"walk_id": walk, "center_id": CENTER}, plan)
            people.append((person, CENTER, b"", b"", person.bytes))
            devices.append((phone, CENTER, person))
            rows.append((walk, CENTER, person, phone, uuid4(), sealed, now, now + timedelta(minutes=5)))
            device = Device(INSTALLATION, str(phone), str(person), CENTER)
            made.append((walk, sign_device_token(device, private, now=now)))
        async with unit.driver.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO person (person_id, center_id, nickname_sealed, phone_sealed, phone_digest)"
                " VALUES (%s, %s, %s, %s, %s)",
                people,
            )
            await cursor.executemany(
                "INSERT INTO device (device_id, center_id, person_id) VALUES (%s, %s, %s)", devices
            )
            await cursor.executemany(
                "INSERT INTO walk (walk_id, center_id, person_id, device_id, alert_id, kind, body_digest, plan_sealed,"
                " begun_at, look_at) VALUES (%s, %s, %s, %s, %s, 'route', '', %s, %s, %s)",
                rows,
            )
    return made


def _position(at: float, number: int) -> dict[str, Any]:
    """Northwards at a walker's pace."""
    place = {"lat": LAT + 1.2e-5 * (number + 1), "lon": LON, "accuracy_m": 9.0, "source": "gps"}
    return place | {"fixed_at": datetime.fromtimestamp(at, UTC).isoformat()}


async def _kept_on(poster: Poster, path: str, body: Any, token: str) -> tuple[int, bytes]:
    """Again when the server had just closed an idle connection: positions that come twice are once."""
    for _ in range(3):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            return await poster.post(path, body, token=token, timeout_s=60.0)
    return await poster.post(path, body, token=token, timeout_s=60.0)


async def paced(posters: list[Poster], wish: Wish, body_of: Callable[[int, int], tuple[str, Any, str]]) -> list[float]:
    """Post at an even pace; the lag of each in ms, in the order in which they were due. Raises when one is refused."""
    posts = int(wish.seconds * wish.per_s / wish.batch)
    lags, start = [0.0] * posts, time.perf_counter()
    free = asyncio.Semaphore(2 * wish.connections)

    async def one(number: int) -> None:
        path, body, token = body_of(number % wish.walks, number // wish.walks)
        try:
            status, answer = await _kept_on(posters[number % len(posters)], path, body, token)
        finally:
            free.release()
        assert status in (200, 202), answer
        lags[number] = (time.perf_counter() - start - number * wish.batch / wish.per_s) * 1000

    async with asyncio.TaskGroup() as group:
        for number in range(posts):
            await asyncio.sleep(max(0.0, start + number * wish.batch / wish.per_s - time.perf_counter()))
            await free.acquire()
            group.create_task(one(number))
    return lags


def _env(url: str, key: str, port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": url, "DATA_KEY": key, "INSTALLATION": INSTALLATION, "HOME_CENTER": CENTER, "SERVES": "",
        "PORT": str(port), "VIDEO_GATEWAY": "console", "WEB_PUSH": "off", "LOG_LEVEL": "ERROR",
    }  # fmt: skip


@asynccontextmanager
async def _running(commands: list[tuple[list[str], dict[str, str]]], ports: list[int]) -> AsyncIterator[list[int]]:
    """Child processes that listen on these ports, by their ids; ended by them."""
    children = [
        subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            command, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=str(ROOT)
        )
        for command, env in commands
    ]
    try:
        until = time.monotonic() + UP_IN_S
        for port in ports:
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                assert time.monotonic() < until, f"port {port} did not open"
                await asyncio.sleep(0.1)
        yield [child.pid for child in children]
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(15)


def _cpu_s(pids: list[int]) -> float:
    """CPU that these processes have used."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


async def _floor(cluster: PrivateCluster, wish: Wish) -> list[float]:
    port = free_port()
    url = provision(cluster.admin_url, "walks_floor", "bus").replace("ansim_app@", "postgres@")
    command = [sys.executable, "-m", "tests.bench.floor", url, str(port)]
    async with _running([(command, {})], [port]):
        poster = Poster(f"http://127.0.0.1:{port}", wish.connections)

        def body(walk: int, turn: int) -> tuple[str, Any, str]:
            now = time.time()
            fixes = [_position(now, turn * wish.batch + n) for n in range(wish.batch)]
            return "/alerts", {"alert_id": f"{walk}-{turn}", "positions": fixes}, "x" * 300

        lags = await paced([poster], wish, body)
        await poster.close()
    return lags


async def _product(url: str, key: str, wish: Wish) -> tuple[list[float], int, float]:
    """(lags, positions on disk, µs of the server processes' CPU for one position)."""
    services = make_services(Settings(database_url=url, data_key=key, installation=INSTALLATION, home_center=CENTER))
    async with services.db.begin() as unit:
        await seed_centers(unit, PLACES[:1], desk="main", callback="031-112")
    people = await _people(services, wish.walks)
    ports = [free_port() for _ in range(wish.processes)]
    commands = [([sys.executable, "-m", "server", "serve"], _env(url, key, port)) for port in ports]
    async with _running(commands, ports) as pids:
        share = max(1, wish.connections // wish.processes)
        posters = [Poster(f"http://127.0.0.1:{port}", share) for port in ports]

        def body(walk: int, turn: int) -> tuple[str, Any, str]:
            walk_id, token = people[walk]
            now = time.time()
            fixes = [_position(now - (wish.batch - 1 - n) * 0.01, turn * wish.batch + n) for n in range(wish.batch)]
            return f"/api/people/me/walks/{walk_id}/positions", {"positions": fixes}, token

        warm = replace(wish, per_s=wish.per_s / 4, seconds=2.0)
        warmed = len(await paced(posters, warm, body)) * wish.batch
        used_s = _cpu_s(pids)
        lags = await paced(posters, wish, body)
        used_s = _cpu_s(pids) - used_s
        for poster in posters:
            await poster.close()
    async with services.db.begin() as unit:
        stored = await unit.scalar("SELECT count(*) FROM walk_position")
    await services.close()
    return lags, int(stored) - warmed, 1e6 * used_s / (len(lags) * wish.batch)


def through_the_path(wish: Wish) -> dict[str, Any]:
    """Lags in ms of the first and the last third, the floor's, and whether every answered position is on disk."""
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="bench", durable=True, state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            floor = asyncio.run(_floor(cluster, replace(wish, seconds=min(wish.seconds, 10.0))))
            provision(cluster.admin_url, "walks", "installation", scripts=ROOT / "server" / "migrations")
            began = time.perf_counter()
            lags, stored, cpu_us = asyncio.run(_product(app_url(cluster.url("walks"), "walks"), new_key(), wish))
            took_s = time.perf_counter() - began
        finally:
            cluster.stop()
    third = max(1, len(lags) // 3)
    sent = len(lags) * wish.batch
    assert stored == sent, f"{sent} answered, {stored} on disk"
    return {
        "positions_per_s": round(wish.per_s), "posts_per_s": round(wish.per_s / wish.batch), "walks": wish.walks,
        "connections": wish.connections, "seconds": wish.seconds, "processes": wish.processes, "stored": stored,
        "lag_p50_ms": round(statistics.median(lags), 1),
        "lag_p99_ms_early": round(percentile(lags[:third], 0.99), 1),
        "lag_p99_ms_late": round(percentile(lags[-third:], 0.99), 1),
        "floor_p50_ms": round(statistics.median(floor), 1), "floor_p99_ms": round(percentile(floor, 0.99), 1),
        "cpu_us_per_position": round(cpu_us), "took_s": round(took_s, 1),
    }  # fmt: skip
