"""Her phone takes photos and sound where no camera looks; it is killed in the middle; the operator sees all of it."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from location_router.bus import PgBus
from server.services import make_services
from tests.journeys.test_second_press import until_cards
from tests.location_router.routers import KEYS, World, a_world
from tests.server.conftest import Desk, add_staff, listening, settings_for

pytestmark = pytest.mark.database
ROOT = Path(__file__).resolve().parents[2]
SHAKE = ROOT / "fixtures" / "traces" / "synthetic_shake.csv"


@asynccontextmanager
async def a_phone(folder: Path, router: str, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A headless phone as a process; the block's end kills it if nobody has."""
    command = [sys.executable, "-m", "mobile_app", "--headless", "--json", "--dir", str(folder), "--timeout", "300"]
    where = ["--router-url", router, "--home-url", router, "--lat", "37.4015", "--lon", "126.9227", "--until", "closed"]
    process = await asyncio.create_subprocess_exec(
        *command, *where, *more, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def captures_of(browser: httpx.AsyncClient, incident: str) -> dict[str, Any]:
    answer = await browser.get(f"/api/incidents/{incident}/captures")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def until_told(browser: httpx.AsyncClient, incident: str, wanted: Any, within_s: float = 90.0) -> dict[str, Any]:
    async with asyncio.timeout(within_s):
        while not wanted(told := await captures_of(browser, incident)):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        return told


def of_kind(told: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in told["captures"] if one["kind"] == kind]


async def test_from_her_lens_to_the_operators_panel_through_a_kill(
    router_database: str, bus_database: str, installation_database: str, tmp_path: Path
) -> None:
    more = {"bus_url": bus_database, "router_url": "http://127.0.0.1:9", "home_center": ""}
    settings = settings_for(installation_database, installation_key=KEYS["serving-1"], **more)
    services = make_services(settings, bus=PgBus(bus_database))
    await add_staff(services)
    async with (
        listening(services) as url,
        a_world(router_database, bus_database) as world,
        Desk(url, services).browser() as browser,
    ):
        await world.register("serving-1", "all", https_url=url)
        async with a_phone(tmp_path, world.url, "--replay", str(SHAKE), "--countdown-s", "0") as phone:
            incident = (await until_cards(services, lambda card: card["phase"] == "active"))["incident_id"]
            first = await until_told(browser, incident, lambda told: of_kind(told, "photo"))
            await _looks(browser, incident, of_kind(first, "photo")[0])
            # its battery, in the middle of a stretch of sound: some pieces there, some only on its disk
            await until_told(browser, incident, lambda told: of_kind(told, "sound"))
            phone.send_signal(signal.SIGKILL)
            await phone.wait()
        before = await captures_of(browser, incident)
        async with a_phone(tmp_path, world.url):
            told = await until_told(
                browser,
                incident,
                lambda told: (
                    len(told["captures"]) > len(before["captures"])
                    and all(one["is_whole"] for one in told["captures"][: len(before["captures"])])
                ),
            )
        assert not told["is_broken"], "the chain goes on over the kill"
        sound = next(one for one in of_kind(told, "sound") if one["is_whole"])
        assert sound["pieces"] > 1
        _confirmed(world)


async def _looks(browser: httpx.AsyncClient, incident: str, photo: dict[str, Any]) -> None:
    way = f"/api/incidents/{incident}/captures"
    opened = await browser.post(f"{way}/open")
    assert opened.status_code == 200, opened.text
    picture = await browser.get(f"{way}/{photo['capture_id']}", params={"release_id": opened.json()["release_id"]})
    assert picture.status_code == 200 and picture.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(picture.content)).size == (640, 480)
    without = await browser.get(f"{way}/{photo['capture_id']}", params={"release_id": incident})
    assert without.status_code == 403


def _confirmed(world: World) -> None:
    [(count, kept)] = world.rows(
        "SELECT count(*) FILTER (WHERE is_confirmed), count(*) FILTER (WHERE body_sealed IS NOT NULL)"
        " FROM capture_piece"
    )
    assert count and kept, "kept sealed for who may take over"
