"""However an incident ends, what it allowed ends with it; and an operator who looks leaves a row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from location_router.wire import Phase
from server.console import commands
from server.dispatch import service as dispatches
from server.intake import receive
from server.places import show_place
from tests.server.conftest import Desk
from tests.server.console.test_feed import command, until
from tests.server.deliveries import Clock, delivery, rows, sweep
from tests.server.scene import Scene, installation

pytestmark = pytest.mark.database


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database, installation="serving-1") as made:
        yield made


async def run(scene: Scene, name: str, incident_id: UUID, **args: Any) -> dict[str, Any]:
    return await commands.run(scene.services, scene.staff["operator"], name, incident_id, args)


async def look(scene: Scene, incident_id: UUID) -> None:
    async with scene.services.db.begin() as unit:
        await show_place(unit, scene.staff["operator"], incident_id, now=scene.services.clock())


async def open_releases(scene: Scene) -> int:
    return int(await scene.one("SELECT count(*) FROM release WHERE ended_at IS NULL"))


async def test_closing_calls_off_help_that_is_not_there_yet_and_a_reopened_incident_can_ask_again(scene: Scene) -> None:
    incident_id = await scene.emergency()
    police = (await run(scene, "dispatch", incident_id, agency="112"))["dispatch"]
    await run(scene, "dispatch", incident_id, agency="119")
    for step in ("accept", "on_scene"):
        async with scene.services.db.begin() as unit:
            await dispatches.move(
                unit,
                scene.services,
                dispatch_id=UUID(police["dispatch_id"]),
                agency_id="112-demo",
                step=step,
                actor=scene.staff["police"].actor,
            )
    card = (await run(scene, "close", incident_id, disposition="handled"))["incident"]
    states = {one["agency"]["kind"]: one["state"] for one in card["dispatches"]}
    assert states == {"112": "on_scene", "119": "cancelled"}, "who is there says itself when it is done"
    assert (await scene.tags(incident_id))[-1] == "dispatch:cancelled"
    await run(scene, "reopen", incident_id, reason="다시 신고")
    again = [(await run(scene, "dispatch", incident_id, agency="119"))["dispatch"] for _ in range(2)]
    assert again[0]["state"] == "requested" and again[0] == again[1]
    assert (await scene.tags(incident_id)).count("dispatch:requested") == 3


async def test_looking_at_an_incident_leaves_one_row_that_ends_with_it(scene: Scene) -> None:
    incident_id = await scene.emergency()
    await asyncio.gather(*(look(scene, incident_id) for _ in range(5)), run(scene, "open", incident_id))
    shown = await scene.sql("SELECT * FROM release WHERE kind = 'position'")
    assert [(row["viewer_kind"], row["address"], row["ended_at"]) for row in shown] == [("operator", "127.0.0.1", None)]
    await run(scene, "close", incident_id, disposition="handled")
    assert await open_releases(scene) == 0
    await look(scene, incident_id)
    assert await open_releases(scene) == 0, "nothing is released of a closed incident"


async def test_cancel_transfer_and_the_end_of_a_drill_end_the_releases_too(scene: Scene) -> None:
    clock = Clock()
    scene.services.clock = clock
    pre, moved, drill = delivery(phase=Phase.PRE), delivery(), delivery(is_drill=True)
    for one in (pre, moved, drill):
        await look(scene, (await receive(scene.services, one)).incident_id)
    assert await open_releases(scene) == 3
    await receive(scene.services, delivery(alert_id=pre.alert.alert_id, phase=Phase.ENDED, outcome="cancel"))
    assert await open_releases(scene) == 2
    await receive(scene.services, delivery(alert_id=moved.alert.alert_id, number=2, served_by="serving-2"))
    assert await open_releases(scene) == 1
    clock.forward(700)
    await sweep(scene.services)
    assert await open_releases(scene) == 0


async def test_a_seat_that_is_sent_a_place_and_one_that_reads_it_leave_a_row(desk: Desk) -> None:
    incident_id = str((await receive(desk.services, delivery())).incident_id)
    async with desk.browser() as one, desk.browser("colleague") as other, desk.feed(one) as seat:
        assert (await until(seat, "snapshot"))["incidents"][0]["position"] is not None
        assert (await other.get(f"/api/incidents/{incident_id}")).status_code == 200
        names = {row["viewer_id"] for row in await rows(desk.services, "SELECT * FROM release")}
        assert len(names) == 2
        assert (await command(seat, "note", incident_id, text="봄"))["ok"]
