"""She can't speak: the operator asks, her phone answers by taps, the connection breaks, nothing is lost or said twice;
and whoever forces a PIN from her finds no trace of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from location_router.bus import PgBus
from location_router.runtime.seal import new_key
from mobile_app.core.session import Confirmed, Say, Shaken
from server.services import Services, make_services
from tests.journeys.test_second_press import until_cards
from tests.location_router.routers import KEYS, a_world, an_alert, until
from tests.location_router.test_serving import a_process
from tests.mobile_app.test_phone import Running, fix
from tests.server.conftest import Desk, add_staff, listening, settings_for

pytestmark = pytest.mark.database


@asynccontextmanager
async def a_center(database: str, bus_url: str) -> AsyncIterator[tuple[Services, Desk]]:
    settings = settings_for(database, bus_url=bus_url, router_url="http://127.0.0.1:9", home_center="")
    services = make_services(settings, bus=PgBus(bus_url))
    await add_staff(services)
    async with listening(services) as url:
        yield services, Desk(url, services)


async def read(browser: httpx.AsyncClient, incident: str) -> list[tuple[str, str]]:
    answer = await browser.get(f"/api/incidents/{incident}/talk")
    assert answer.status_code == 200, answer.text
    return [(one["by"], one["ko"]) for one in answer.json()["lines"]]


async def until_read(browser: httpx.AsyncClient, incident: str, wanted: Callable[[Any], bool]) -> Any:
    for _ in range(400):
        if wanted(found := await read(browser, incident)):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def say(browser: httpx.AsyncClient, incident: str, **body: str) -> dict[str, Any]:
    answer = await browser.post(f"/api/incidents/{incident}/say", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["line"])


def shown(phone: Running) -> list[tuple[str, str]]:
    return [(one.by, one.text or one.code) for one in phone.phone.session.talk.lines]


def on_disk(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*.json"))


async def test_she_answers_by_taps_through_a_broken_line_and_a_pin_leaves_nothing(
    router_database: str, bus_database: str, installation_database: str, tmp_path: Path
) -> None:
    async with (
        a_world(router_database, bus_database) as world,
        a_center(installation_database, bus_database) as (services, desk),
        desk.browser() as browser,
    ):
        await world.register("serving-1", "all")
        phone = await Running(tmp_path, world.url, language="en").start()
        phone.device.location.give(fix())  # type: ignore[attr-defined]
        alert_id = lambda: phone.phone.session.alert_id  # noqa: E731
        phone.phone.tell(Shaken())
        phone.phone.tell(Confirmed())
        incident = (await until_cards(services, lambda card: card["phase"] == "active"))["incident_id"]
        assert (await browser.post(f"/api/incidents/{incident}/say", json={"text": "x"})).status_code == 409
        assert (await browser.post(f"/api/incidents/{incident}/acknowledge")).status_code == 200

        await say(browser, incident, kind="tap", code="is_it_emergency")
        await until(lambda: shown(phone) == [("operator", "Is this an emergency?")])
        phone.phone.tell(Say("tap", code="yes"))
        await until_read(browser, incident, lambda lines: lines[-1:] == [("person", "네")])
        assert not phone.phone.session.talk.unsaid, "the router has it"
        heard = (await browser.get(f"/api/incidents/{incident}/talk")).json()
        assert heard["lines"][0]["heard_at"] and heard["silent"]["next"] == "is_attacker_near"

        phone.device.radio.on = False  # type: ignore[attr-defined]
        await until(lambda: phone.views[-1].is_reconnecting and not phone.phone._tracking.connected(alert_id()))
        for code in ("hiding", "being_followed", "come_quietly"):
            phone.phone.tell(Say("quick", code=code))
        await say(browser, incident, text="지금 가고 있어요")
        await asyncio.sleep(0.3)
        assert len(shown(phone)) == 5 and len(phone.phone.session.talk.unsaid) == 3
        await phone.stop()  # its battery
        phone = await Running(tmp_path, world.url, language="en").start()
        await until(lambda: ("operator", "지금 가고 있어요") in shown(phone), within_s=10)
        lines = await until_read(browser, incident, lambda lines: len(lines) == 6)
        assert [text for by, text in lines if by == "person"] == [
            "네",
            "숨어 있어요",
            "누가 따라와요",
            "조용히 와 주세요",
        ]
        assert len(shown(phone)) == 6 and not phone.phone.session.talk.unsaid

        await phone.phone._check_pin("9876")  # forced from her
        await until_cards(services, lambda card: card["is_duress"])
        refused = await browser.post(f"/api/incidents/{incident}/say", json={"text": "112가 갑니다"})
        assert refused.status_code == 409 and refused.json()["code"] == "phone_is_quiet"
        assert shown(phone) == [] and not phone.views[-1].talk.lines
        kept = on_disk(tmp_path)
        assert "지금 가고" not in kept and "hiding" not in kept, "nothing of it is on the phone's disk"
        await phone.stop()


async def test_a_router_killed_between_its_answer_and_the_delivery_loses_no_line(
    router_database: str, bus_database: str, installation_database: str
) -> None:
    """kill -9 of a process that has answered and reaches no bus; another process finds the line."""
    key, alert = new_key(), an_alert()
    async with a_center(installation_database, bus_database) as (services, desk), desk.browser() as browser:
        async with a_world(router_database, bus_database, key=key) as world:
            await world.register("serving-1", "all")
            token = (await world.post(alert)).json()["live_token"]
            incident = (await until_cards(services, lambda card: card["phase"] == "active"))["incident_id"]
        environment = {
            "DATABASE_URL": router_database,
            "BUS_URL": "postgresql+psycopg://nobody@127.0.0.1:9/nothing",
            "DATA_KEY": key,
            "PORT": "0",
            "ROUTER_INSTALLATION_KEYS": json.dumps(KEYS),
        }
        async with a_process("serve", environment) as (process, ready):
            async with httpx.AsyncClient(base_url=ready["url"], trust_env=False, timeout=10) as client:
                said = {"said_id": str(uuid4()), "kind": "quick", "code": "hiding"}
                headers = {"Authorization": f"Bearer {token}"}
                for _ in range(2):
                    answer = await client.post(f"/v1/alerts/{alert['alert_id']}/say", json=said, headers=headers)
                    assert answer.status_code == 202, answer.text
            process.kill()
            await process.wait()
        await browser.post(f"/api/incidents/{incident}/acknowledge")
        assert await read(browser, incident) == []
        async with a_world(router_database, bus_database, key=key):
            assert await until_read(browser, incident, bool) == [("person", "숨어 있어요")]
            await asyncio.sleep(0.3)
            assert len(await read(browser, incident)) == 1, "once"
