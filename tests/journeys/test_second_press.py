"""She presses again while the center is down and the router starts anew: one incident, two presses, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from location_router.bus import PgBus
from location_router.runtime.seal import new_key
from server.incidents.cards import closed_cards, open_cards
from server.services import Services, make_services
from tests.location_router.routers import a_world, an_alert, until
from tests.server.conftest import listening, settings_for

pytestmark = pytest.mark.database


@asynccontextmanager
async def a_center(installation_database: str, bus_url: str, key: str) -> AsyncIterator[tuple[Services, str]]:
    """The desk `serving-1` on the router's bus; leaving the block is its crash: what is on disk stays."""
    settings = settings_for(
        installation_database, data_key=key, bus_url=bus_url, router_url="http://127.0.0.1:9", home_center=""
    )
    services = make_services(settings, bus=PgBus(bus_url))
    async with listening(services) as url:
        yield services, url


async def cards(services: Services) -> list[dict[str, Any]]:
    async with services.db.begin() as unit:
        return await open_cards(unit)


async def until_cards(services: Services, check: Any) -> dict[str, Any]:
    """The one open card, once it looks as it should."""
    for _ in range(600):
        found = await cards(services)
        assert len(found) <= 1, "never a second incident"
        if found and check(found[0]):
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def test_the_second_press_survives_both_crashes(
    router_database: str, bus_database: str, installation_database: str
) -> None:
    key, first, second = new_key(), an_alert(), an_alert(phase="pre", countdown_s=30)
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        async with a_center(installation_database, bus_database, key) as (services, _):
            await world.post(first)
            incident = (await until_cards(services, lambda card: card["phase"] == "active"))["incident_id"]
        assert (await world.post(second)).status_code == 202, "nobody is there, and it is accepted"
    async with a_world(router_database, bus_database) as world:
        await world.post(second | {"phase": "active"})  # the phone goes on, at a router that has just come up
        await world.post(second)  # and an old copy comes late
        async with a_center(installation_database, bus_database, key) as (services, _):
            card = await until_cards(services, lambda card: [one["phase"] for one in card["alerts"]] == ["active"] * 2)
            assert card["incident_id"] == incident
            assert set(card["alert_ids"]) == {first["alert_id"], second["alert_id"]}
            await world.post(second | {"phase": "ended", "outcome": "cancel"})
            card = await until_cards(services, lambda card: card["alerts"][1]["phase"] == "ended")
            assert (card["state"], card["phase"]) == ("received", "active"), "the first cry is still open"
            await until(
                lambda: (
                    world.rows("SELECT count(*) FROM delivery WHERE receipt_at IS NULL AND NOT is_notice")[0][0] == 0
                )
            )
            async with services.db.begin() as unit:
                assert await closed_cards(unit) == []
