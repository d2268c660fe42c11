"""The example clients of docs/examples do what they say, against a real router."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from location_router.devices import read
from tests.location_router.routers import ANYANG_CODE, KEYS, a_world
from tests.location_router.senders.vendors import Button, a_sender

pytestmark = pytest.mark.database
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


async def example(name: str, *words: str) -> list[dict[str, object]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(EXAMPLES / name), *words, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in out.decode().splitlines()]


async def test_the_example_button_presses_restarts_and_cancels(
    router_database: str, bus_database: str, tmp_path: Path
) -> None:
    async with a_world(router_database, bus_database) as world:
        button = Button()
        common = ("--url", world.url, "--ref", button.ref, "--key", button.key.hex(), "--state", str(tmp_path / "seq"))
        place = ("--lat", "37.4015", "--lon", "126.9227", "--accuracy-m", "20", "--battery", "81")
        (pressed,) = await example("device_client.py", *common, *place, "--silent", "press")
        assert pressed["is_new"] and "unverified" not in pressed["flags"]  # type: ignore[operator]
        assert pressed["center"]["code"] == ANYANG_CODE  # type: ignore[index]
        (beat,) = await example("device_client.py", *common, "heartbeat")
        (cancelled,) = await example("device_client.py", *common, "cancel")
        assert beat["is_new"] and cancelled["is_new"]
        assert world.rows("SELECT phase FROM alert") == [("ended",)]


async def test_the_example_vendor_raises_moves_and_cancels(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        vendor = await a_sender(world, "my-app", scopes=("alerts", "positions", "sandbox"))
        words = ("--url", world.url, "--sender", "my-app", "--secret", vendor.signing_secret)
        tried = await example("vendor_client.py", *words, "--sandbox")
        assert tried[1] == {"stored": 1} and world.rows("SELECT count(*) FROM alert") == [(0,)]
        real = await example("vendor_client.py", *words)
        assert real[1] == {"stored": 1} and "unverified" not in real[0]["flags"]  # type: ignore[operator]
        assert world.rows("SELECT phase FROM alert") == [("ended",)]


async def test_the_example_agency_asks_follows_and_takes_back(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        firm = await a_sender(world, "firm", scopes=("requests", "sandbox"))
        words = ("--url", world.url, "--sender", "firm", "--secret", firm.signing_secret)
        asked, moved, state, over = await example("request_client.py", *words, "--sandbox")
        assert (asked["state"], moved, state["state"], over["state"]) == (
            "received", {"stored": 1}, "accepted", "cancelled",
        )  # fmt: skip
        assert state["ends_at"] and world.rows("SELECT count(*) FROM alert") == [(0,)]
        real = await example("request_client.py", *words, "--drill", "--wait-s", "0")
        assert real[0]["center"]["code"] == ANYANG_CODE and real[0]["is_drill"]  # type: ignore[index]
        assert real[3] == {"state": "cancelled"} and world.rows("SELECT phase FROM alert") == [("ended",)]


async def test_what_is_refused_is_one_line(router_database: str, bus_database: str, tmp_path: Path) -> None:
    async def said(name: str, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(EXAMPLES / name), *words, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
        assert process.returncode and b"Traceback" not in errors
        return errors.decode()

    async with a_world(router_database, bus_database) as world:
        await a_sender(world, "my-app")
        words = ("--url", world.url, "--sender", "my-app", "--secret", "wrong", "--sandbox")
        assert "401" in await said("vendor_client.py", *words)
        assert "401" in await said("request_client.py", *words)
        words = ("--url", world.url, "--ref", "REF", "--state", str(tmp_path / "seq"), "press", "--key")
        assert "--key" in await said("device_client.py", *words, "HEX")


def test_numbers_are_signed_as_they_are_written() -> None:
    """37.40150 and 37.4015 are two texts; the router checks the one that came."""
    button = Button()
    body = button.message(lat=37.4)
    assert (said := read(body, KEYS)) is not None and said.home == "home-1"
    other = read(body.replace(b"37.4", b"37.40"), KEYS)
    assert other is not None and other.home == ""
