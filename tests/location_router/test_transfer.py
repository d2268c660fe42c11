"""Handover at the router: one of many processes moves the alert, the old desk watches until the new one has it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from location_router.handover import Track
from location_router.runtime.seal import Sealer
from location_router.wire import State
from tests.location_router.routers import (
    ANYANG_CODE,
    GUNPO_CODE,
    TEST_KEY,
    UIWANG_CODE,
    Desk,
    World,
    a_world,
    an_alert,
    until,
)
from tests.location_router.test_live import a_line

pytestmark = pytest.mark.database
IN_GUNPO = {"lat": 37.355, "lon": 126.93, "accuracy_m": 10}


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy test machine must not thin the walk: under load positions may be dropped."""
    monkeypatch.setattr("location_router.thinning.LATE_S", 3600.0)


async def stand_in_gunpo(world: World, alert: dict[str, Any], token: str, seconds: int, *, start: int = 0) -> None:
    """Fixes of one place, one second apart, as a batch."""
    began = datetime.now(UTC) - timedelta(minutes=5)
    fixes = []
    for second in range(start, start + seconds):
        at = (began + timedelta(seconds=second)).isoformat()
        fixes.append({**IN_GUNPO, "fixed_at": at, "sent_at": at, "seq": second})
    path = f"/v1/alerts/{alert['alert_id']}/positions"
    answer = await world.client.post(path, json={"positions": fixes}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 202


async def two_desks(world: World) -> tuple[Desk, Desk]:
    await world.register("serving-1", [ANYANG_CODE, UIWANG_CODE])
    await world.register("serving-2", [GUNPO_CODE])
    return await Desk("serving-1", world.bus).listen(), await Desk("serving-2", world.bus).listen()


def an_old_alert() -> dict[str, Any]:
    alert = an_alert()
    alert["position"]["fixed_at"] = (datetime.now(UTC) - timedelta(minutes=6)).isoformat()
    return alert


def roles(desk: Desk) -> list[tuple[str, int]]:
    return [(one.role, one.assignment.assignment_no) for one in desk.deliveries]


async def test_warm_until_the_new_owner_has_acknowledged_and_nobody_else_may_say_so(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        old, new = await two_desks(world)
        alert = an_old_alert()
        token = (await world.post(alert)).json()["live_token"]
        await until(lambda: old.deliveries)
        await old.say(State.ACKNOWLEDGED, seq=1)
        await until(lambda: world.rows("SELECT state FROM alert") == [("acknowledged",)])
        await stand_in_gunpo(world, alert, token, 14)
        await until(lambda: roles(old) == [("owner", 1), ("leaving", 2)] and roles(new) == [("owner", 2)])
        assert world.rows("SELECT watchers, leaving FROM alert") == [(["serving-1"], ["serving-1"])]
        seen: dict[str, Any] = {}

        async def watch(key: str, _: bytes) -> None:
            seen[key] = True

        await world.bus.subscribe_latest("position.serving-1", watch)
        await stand_in_gunpo(world, alert, token, 2, start=20)
        await until(lambda: alert["alert_id"] in seen)  # who leaves goes on seeing her

        # the old desk's word by its old number, and by the new one in the name of its own center, moves nothing
        await old.say(State.ACKNOWLEDGED, index=0, seq=5)
        await old.say(State.CLOSED, index=1, center=old.deliveries[0].assignment.center, seq=6)
        await until(lambda: world.rows("SELECT count(*) FROM status WHERE NOT is_adopted") == [(2,)])
        assert world.rows("SELECT closed_at, leaving FROM alert") == [(None, ["serving-1"])]

        await new.say(State.DISPATCHED, seq=7)  # 112 by the escalation: nobody there has taken it yet
        await new.say(State.ACKNOWLEDGED, seq=8)
        await until(lambda: roles(old)[-1] == ("former", 2))
        assert world.rows("SELECT watchers, leaving FROM alert") == [([], [])]


async def test_when_it_is_over_everybody_is_out_of_it(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        old, new = await two_desks(world)
        alert = an_old_alert()
        token = (await world.post(alert)).json()["live_token"]
        await stand_in_gunpo(world, alert, token, 14)
        await until(lambda: new.deliveries)
        await world.post(alert | {"phase": "ended", "outcome": "cancel"})
        await until(lambda: old.deliveries[-1].alert.outcome == "cancel")
        assert old.deliveries[-1].role == "leaving", "who watches hears that she is safe"
        await new.say(State.CLOSED)
        await until(lambda: roles(old)[-1] == ("former", 2))


async def test_two_processes_that_see_the_same_crossing_move_the_alert_once(
    router_database: str, bus_database: str
) -> None:
    async with (
        a_world(router_database, bus_database) as world,
        a_world(router_database, bus_database, worker=False) as other,
    ):
        await two_desks(world)
        alert = an_old_alert()
        token = (await world.post(alert)).json()["live_token"]
        await other.router.registry.refresh()
        await asyncio.gather(*(stand_in_gunpo(one, alert, token, 30) for one in (world, other) * 3))
        assert world.rows("SELECT assignment_no, center_code, reason FROM assignment ORDER BY 1") == [
            (1, ANYANG_CODE, "contains"),
            (2, GUNPO_CODE, "handover"),
        ]


async def test_a_dwell_goes_on_in_another_process_and_holds_no_place_in_clear(
    router_database: str, bus_database: str
) -> None:
    async with (
        a_world(router_database, bus_database) as world,
        a_world(router_database, bus_database, worker=False) as other,
    ):
        await two_desks(world)
        await other.router.registry.refresh()
        alert = an_old_alert()
        token = (await world.post(alert)).json()["live_token"]
        await stand_in_gunpo(world, alert, token, 8)
        await until(lambda: world.rows("SELECT 1 FROM alert WHERE crossing_sealed IS NOT NULL"))
        [(alert_id, sealed)] = world.rows("SELECT alert_id, crossing_sealed FROM alert")
        assert b"37.355" not in sealed
        track = Track.load(str(Sealer(TEST_KEY).open(sealed, context=f"alert.crossing:{alert_id}")))
        assert (track.inside, track.number, track.fixes) == (ANYANG_CODE, 1, 8)
        await stand_in_gunpo(other, alert, token, 5, start=8)
        assert world.rows("SELECT center_code, crossing_sealed FROM alert") == [(GUNPO_CODE, None)]


async def test_nobody_is_handed_to_a_desk_that_is_away(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, offline_after_s=30.0) as world:
        await world.register("serving-2", [GUNPO_CODE])
        world.rows("UPDATE installation SET last_seen_at = now() - interval '1 minute'")
        await world.register("serving-1", [ANYANG_CODE])
        alert = an_old_alert()
        token = (await world.post(alert)).json()["live_token"]
        await stand_in_gunpo(world, alert, token, 30)
        assert world.rows("SELECT assignment_no, center_code FROM alert") == [(1, ANYANG_CODE)]
        await world.register("serving-2", [GUNPO_CODE])
        world.router.live._crossings._refused.clear()  # five seconds later
        await stand_in_gunpo(world, alert, token, 2, start=30)
        await until(lambda: world.rows("SELECT assignment_no, center_code FROM alert") == [(2, GUNPO_CODE)])


async def test_a_phone_that_told_no_place_is_asked_until_it_does(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("location_router.live.ASK_EVERY_S", 0.2)
    monkeypatch.setattr("location_router.live.LOOK_S", 0.1)
    async with a_world(router_database, bus_database) as world:
        desk = await Desk("serving-1", world.bus).listen()
        await world.register("serving-1", "all")
        alert = an_alert(position=None, home=ANYANG_CODE)
        token = (await world.post(alert)).json()["live_token"]
        async with a_line(world, alert["alert_id"], token) as line:
            for _ in range(3):
                assert await line.next("ask") == {"type": "ask", "what": "position"}
            assert "location_asked" in world.rows("SELECT flags FROM alert")[0][0]
            await line.move(1, **IN_GUNPO, fixed_at=datetime.now(UTC).isoformat())
            await until(lambda: desk.deliveries[-1].assignment.center.code == GUNPO_CODE)
            await until(lambda: world.rows("SELECT 1 FROM alert WHERE position_sealed IS NOT NULL"))
            await asyncio.sleep(0.2)
            await line.socket.send('{"type":"ping"}')
            await line.next("pong")  # what was asked before is read away
            await asyncio.sleep(0.5)
            await line.socket.send('{"type":"ping"}')
            frames = []
            async with asyncio.timeout(5):
                while '"pong"' not in (frame := str(await line.socket.recv())):
                    frames.append(frame)
            assert not [frame for frame in frames if '"ask"' in frame]
