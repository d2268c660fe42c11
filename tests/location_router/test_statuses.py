"""What the centers say: the alert stands as the newest word of its owner has it, whatever order the bus brings."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.wire import AssignmentRecord, State, Status, utc_now
from tests.location_router.routers import Desk, World, a_world, an_alert, until

pytestmark = pytest.mark.database


async def say(world: World, alert_id: str, state: State, seq: int) -> None:
    record = AssignmentRecord.model_validate(world.rows("SELECT record FROM assignment")[0][0])
    fields: dict[str, Any] = {"status_id": uuid4(), "alert_id": UUID(alert_id), "assignment_no": 1, "at": utc_now()}
    await world.router.statuses.told(Status(state=state, seq=seq, center=record.center, **fields))


def standing(world: World) -> tuple[Any, ...]:
    row: tuple[Any, ...] = world.rows("SELECT state, closed_at IS NOT NULL FROM alert")[0]
    return row


async def test_a_status_that_comes_late_changes_nothing_and_a_reopened_alert_is_open(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.post(alert := an_alert())
        await say(world, alert["alert_id"], State.CLOSED, 2)
        await say(world, alert["alert_id"], State.ACKNOWLEDGED, 1)
        assert standing(world) == ("closed", True)
        await say(world, alert["alert_id"], State.ACKNOWLEDGED, 3)
        assert standing(world) == ("acknowledged", False)


async def test_after_a_forced_cancel_that_closed_the_alert_a_duress_code_is_followed_again(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.post(alert := an_alert(phase="pre"))
        cancelled = (await world.post(alert | {"phase": "ended", "outcome": "cancel"})).content
        await say(world, alert["alert_id"], State.CANCELLED, 1)
        assert (await world.post(alert | {"phase": "ended", "outcome": "duress"})).content == cancelled
        known = await world.router.live.standing(UUID(alert["alert_id"]))
        assert known is not None and known.is_tracked


async def test_a_drill_that_turns_real_while_it_runs_is_delivered_as_real(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        await world.post(alert := an_alert(service="urn:service:test.sos"))
        await until(lambda: len(desk.deliveries) == 1)
        for _ in range(2):
            await world.post(alert | {"service": "urn:service:sos"})
        await until(lambda: len(desk.deliveries) == 2)
        assert [one.alert.service for one in desk.deliveries] == ["urn:service:test.sos", "urn:service:sos"]
