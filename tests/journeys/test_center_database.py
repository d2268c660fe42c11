"""The center's PostgreSQL is restarted under load, and its disk fills up: 503, nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from location_router.runtime.db import Unavailable
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.signing import sign
from location_router.wire import Delivery
from server.intake import receive_body
from server.services import Services
from server.verify_log import verify_chain
from tests.databases import open_folder
from tests.server.conftest import listening
from tests.server.deliveries import delivery, rows
from tests.soak.center_database import CENTER, a_center, center_on, stop_and_start, storm

pytestmark = pytest.mark.database
DISK_MB = 320
COMMANDS = 20


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder on a small disk of its own, where this account may mount one; an ordinary folder otherwise."""
    place = open_folder("ansim-disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(place)]
    mounted = os.getuid() == 0 and shutil.which("mount") and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield place
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], check=True)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[PrivateCluster]:
    own = PrivateCluster(name="disk", state=folder, on_progress=lambda line: None)
    own.start()
    yield own
    own.stop()


async def test_postgresql_restarts_in_the_middle_of_twenty_commands(cluster: PrivateCluster) -> None:
    services = await a_center(await asyncio.to_thread(center_on, cluster.admin_url, "restarted"))
    seen = await storm(services, lambda: stop_and_start(cluster), commands=COMMANDS)
    assert seen.wrong == []
    assert seen.statuses[503] > 0, "nobody noticed: the restart came too late to prove anything"
    assert set(seen.statuses) <= {200, 409, 503}
    assert seen.screen.seen == sorted(seen.screen.seen)


@pytest.fixture
def small_disk(folder: Path) -> Path:
    if not folder.is_mount():
        pytest.skip("a small disk can't be mounted here: that needs root")
    return folder


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


@asynccontextmanager
async def _post_box(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with listening(services) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
        yield http


async def _deliver(http: httpx.AsyncClient, letter: Delivery) -> httpx.Response:
    body = letter.model_dump_json().encode()
    now = letter.received_at.timestamp()
    headers = sign("secret", installation="serving-1", method="POST", path="/v1/inbox", body=body, now=now)
    return await http.post("/v1/inbox", content=body, headers=headers)


async def test_a_full_disk_takes_no_receipt_and_the_alert_stays_with_the_router(
    cluster: PrivateCluster, small_disk: Path
) -> None:
    services = await a_center(await asyncio.to_thread(center_on, cluster.admin_url, "filled"))
    async with _post_box(services) as http:
        before = delivery()
        assert (await _deliver(http, before)).status_code == 200
        filler = await asyncio.to_thread(_fill, small_disk)
        refused, taken = [], [before]
        for _ in range(400):
            letter = delivery()
            answer = await _deliver(http, letter)
            assert answer.status_code in (200, 503), answer.text
            if answer.status_code == 200:
                taken.append(letter)
                continue
            assert answer.headers["Retry-After"] and answer.json()["message_ko"] and "Traceback" not in answer.text
            refused.append(letter)
            if len(refused) == 3:
                break
        assert len(refused) == 3, "the disk never was full"
        with pytest.raises(Unavailable):  # to the bus it is not handled either, so it comes again
            await receive_body(services, "bus", refused[0].model_dump_json().encode())
        filler.unlink()
        if cluster.pid is None:  # its log of changes found no room: it ended, as after a power cut
            await asyncio.to_thread(cluster.restart)
        async with asyncio.timeout(20):
            for letter in refused:
                while (await _deliver(http, letter)).status_code != 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        for letter in taken:
            assert (await _deliver(http, letter)).status_code == 200, "the same receipt again"
        held = await rows(services, "SELECT alert_id, incident_id FROM alert")
        assert {row["alert_id"] for row in held} == {one.alert.alert_id for one in taken + refused}
        assert len({row["incident_id"] for row in held}) == len(held)
        assert await rows(services, "SELECT 1 FROM incident HAVING count(*) <> :n", n=len(held)) == []
        async with services.db.begin() as unit:
            assert (await verify_chain(unit, CENTER)).ok
