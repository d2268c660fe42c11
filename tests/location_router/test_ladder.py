"""The upper steps: a desk that is silent about an alert. Runner-up, 112 desk, and the timeline that tells of both."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.ladder import Climb, Facts, decide
from location_router.steps import timeline
from location_router.wire import State
from tests.location_router.routers import (
    ANYANG_CODE,
    GUNPO_CODE,
    UIWANG_CODE,
    Desk,
    World,
    a_world,
    until,
)
from tests.location_router.routers import an_alert as alert_of

SOON: dict[str, Any] = {"runner_up_s": 0.6, "desk_112_s": 1.6, "offline_after_s": 0.3}
START = datetime(2026, 11, 22, tzinfo=UTC)


def facts(age_s: float, **more: Any) -> Facts:
    known: dict[str, Any] = {
        "is_received": True,
        "has_heartbeat": True,
        "silent_since": None,
        "has_spoken": False,
        "is_acknowledged": False,
        "runner_up_told": False,
        "desk_112_called": False,
    }
    return Facts(START + timedelta(seconds=age_s), START, **(known | more))


def climb(known: Facts) -> Climb:
    return decide(known, runner_up_s=30, desk_112_s=60, offline_after_s=6)


def test_a_desk_that_beats_but_says_nothing_keeps_it_and_the_runner_up_looks_too() -> None:
    assert climb(facts(29)).tell_runner_up is False
    at_30 = climb(facts(30))
    assert (at_30.tell_runner_up, at_30.relieve, at_30.call_112) == (True, False, False)
    at_60 = climb(facts(60, runner_up_told=True))
    assert (at_60.tell_runner_up, at_60.call_112) == (False, True)
    assert climb(facts(90, runner_up_told=True, desk_112_called=True)).call_112 is False
    asked = climb(facts(60, is_request=True))
    assert (asked.tell_runner_up, asked.call_112) == (True, False), "112 may be the one that asks"


def test_a_desk_without_heartbeat_loses_it_but_not_for_our_own_absence() -> None:
    assert climb(facts(45, has_heartbeat=False, silent_since=START + timedelta(seconds=44))).relieve is False
    assert climb(facts(45, has_heartbeat=False, silent_since=START + timedelta(seconds=39))).relieve is True
    assert climb(facts(60, has_heartbeat=False, has_spoken=True)).call_112 is True


@given(age_s=st.floats(0, 1e5), beats=st.booleans(), told=st.booleans(), called=st.booleans())
def test_whom_an_operator_has_nobody_else_is_told_of(age_s: float, beats: bool, told: bool, called: bool) -> None:
    known = facts(
        age_s,
        has_heartbeat=beats,
        runner_up_told=told,
        desk_112_called=called,
        is_acknowledged=True,
        silent_since=START,
    )
    assert climb(known) == Climb(None)


@given(age_s=st.floats(0, 1e5), beats=st.booleans(), spoken=st.booleans(), told=st.booleans())
def test_as_long_as_nobody_acts_it_is_looked_at_again(age_s: float, beats: bool, spoken: bool, told: bool) -> None:
    known = facts(age_s, has_heartbeat=beats, has_spoken=spoken, runner_up_told=told)
    found = climb(known)
    assert found.look_at is not None and found.look_at > known.now
    if beats and spoken:
        assert not (found.relieve or found.tell_runner_up or found.call_112), "a desk at work is left to its own ladder"


def an_alert(**fields: Any) -> dict[str, Any]:
    """Of somebody else each time: alerts of one person belong together, and that is another test's story."""
    return alert_of(**{"caller": {"nickname": "지영", "phone": f"010{random.randrange(10**8):08}"}} | fields)


async def steps_of(world: World, alert: dict[str, Any]) -> list[tuple[str, str]]:
    lines = await timeline(world.router.pool, alert["alert_id"])
    return [(one["step"], one["detail"].get("way") or one["detail"].get("role") or "") for one in lines]


async def beats(world: World, *installations: str) -> None:
    """These send heartbeats from now on, the others have been silent for long."""
    world.rows(
        "UPDATE installation SET last_seen_at = now() + interval '1 hour' * "
        "CASE WHEN installation_id = ANY(%s) THEN 1 ELSE -1 END",
        list(installations),
    )
    await world.router.registry.refresh()


async def two_desks(world: World) -> tuple[Desk, Desk]:
    await world.register("serving-1", [ANYANG_CODE])
    await world.register("serving-2", [GUNPO_CODE])
    return await Desk("serving-1", world.bus).listen(), await Desk("serving-2", world.bus).listen()


@pytest.mark.database
async def test_a_mute_desk_the_runner_up_and_then_112(
    router_database: str, bus_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_world(router_database, bus_database, **SOON) as world:
        first, second = await two_desks(world)
        await beats(world, "serving-1", "serving-2")
        mute, taken, drill = an_alert(), an_alert(), an_alert(service="urn:service:test.sos")
        for alert in (mute, taken, drill):
            await world.post(alert)
        await until(lambda: len(first.deliveries) == 3)
        index = [str(one.alert.alert_id) for one in first.deliveries].index(taken["alert_id"])
        await first.say(State.RECEIVED, index=index, seq=1)
        await until(lambda: len(second.deliveries) == 2)
        told = {str(one.alert.alert_id): one for one in second.deliveries}
        assert set(told) == {mute["alert_id"], drill["alert_id"]}, "the desk that spoke is at work"
        letter = told[mute["alert_id"]]
        assert (letter.role, letter.assignment.assignment_no, letter.assignment.served_by) == (
            "runner_up",
            1,
            "serving-1",
        )
        owner = world.rows("SELECT served_by, watchers FROM alert WHERE alert_id = %s", mute["alert_id"])
        assert owner == [("serving-1", ["serving-2"])], "told, not the owner"
        await until(lambda: len(world.rows("SELECT 1 FROM call_112 WHERE answered_at IS NOT NULL")) == 2)
        assert world.rows("SELECT step FROM call_112 ORDER BY step") == [("desk_112",), ("desk_112_drill",)]
        steps = await steps_of(world, mute)
        assert [one for one in steps if one[0] != "status"] == [
            ("accepted", ""),
            ("active", ""),
            ("assigned", ""),
            ("delivered", "bus"),
            ("runner_up_told", "runner_up"),
            ("delivered", "bus"),
            ("desk_112_called", ""),
            ("desk_112_answered", ""),
        ]
        await asyncio.sleep(0.7)
        assert len(second.deliveries) == 2 and len(world.rows("SELECT 1 FROM call_112")) == 2, "each once"
    said = [json.loads(line)["desk_112"] for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert sorted(one["step"] for one in said) == ["desk_112", "desk_112_drill"]
    assert not any({"position", "callback"} & one.keys() for one in said), "nothing about her on the console"


@pytest.mark.database
async def test_a_silent_phone_with_a_silent_center_after_the_countdown(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, **SOON) as world:
        _, second = await two_desks(world)
        await beats(world, "serving-1", "serving-2")
        pre, cancelled = an_alert(phase="pre", countdown_s=0), an_alert(phase="pre", countdown_s=0)
        for alert in (pre, cancelled, cancelled | {"phase": "ended", "outcome": "cancel"}):
            await world.post(alert)
        await asyncio.sleep(1.5)
        assert second.deliveries == [], "two seconds of grace are the phone's"
        await until(lambda: second.deliveries)
        await asyncio.sleep(1.2)
        assert {str(one.alert.alert_id) for one in second.deliveries} == {pre["alert_id"]}
        assert world.rows("SELECT alert_id::text FROM call_112") == [(pre["alert_id"],)]


@pytest.mark.database
async def test_the_runner_up_of_the_decision_is_told_with_the_owner(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from location_router.registry import Decision

    made = Decision.record
    monkeypatch.setattr(
        Decision, "record", lambda self, *a, **k: made(self, *a, **k).model_copy(update={"runner_up": GUNPO_CODE})
    )
    async with a_world(router_database, bus_database) as world:
        first, second = await two_desks(world)
        alert = an_alert(phase="pre", countdown_s=60)
        await world.post(alert)
        await world.post(alert | {"phase": "active"})
        await until(lambda: len(first.deliveries) == len(second.deliveries) == 2)
        assert [(one.role, one.alert.phase) for one in first.deliveries] == [("owner", "pre"), ("owner", "active")]
        assert [(one.role, one.alert.phase) for one in second.deliveries] == [
            ("runner_up", "pre"),
            ("runner_up", "active"),
        ]
        assert second.deliveries[0].assignment.served_by == "serving-1"
        await until(lambda: not world.rows("SELECT 1 FROM delivery WHERE receipt_at IS NULL"))
        assert world.rows("SELECT served_by, watchers, assignment_no FROM alert") == [("serving-1", ["serving-2"], 1)]
        assert world.rows("SELECT is_adopted FROM status") == [(True,)], "only the router's own word"


@pytest.mark.database
async def test_a_repetition_that_knows_more_is_an_update_once(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        alert = an_alert(battery_percent=40)
        richer = alert | {"battery_percent": 12, "caller": alert["caller"] | {"profile": {"알레르기": "페니실린"}}}
        moved = alert["position"] | {"lat": 37.4016, "fixed_at": (datetime.now(UTC) + timedelta(seconds=2)).isoformat()}
        for one in (alert, alert, richer, richer, alert | {"position": moved, "battery_percent": 12}, alert, richer):
            assert (await world.post(one)).status_code == 202
        await until(lambda: not world.rows("SELECT 1 FROM delivery WHERE receipt_at IS NULL"))
        seen = [(one.alert.battery_percent, one.alert.position.lat) for one in desk.deliveries if one.alert.position]
        assert seen[:3] == [(40, 37.4015), (12, 37.4015), (12, 37.4016)]
        assert {one.assignment.assignment_no for one in desk.deliveries} == {1}
        assert desk.deliveries[2].alert.caller.profile == {"알레르기": "페니실린"}


@pytest.mark.database
async def test_a_dead_desk_is_relieved_and_the_reopened_clock_counts_anew(
    router_database: str, bus_database: str
) -> None:
    """After a forced cancel that the center closed, a duress code starts the ladder again."""
    async with a_world(router_database, bus_database, **SOON) as world:
        first, second = await two_desks(world)
        await world.register("home-1", [UIWANG_CODE])
        await beats(world, "serving-1", "serving-2")
        alert = an_alert()
        await world.post(alert)
        await until(lambda: first.deliveries)
        await first.say(State.ACKNOWLEDGED, seq=1)
        await first.say(State.CLOSED, seq=2)
        await until(lambda: world.rows("SELECT 1 FROM alert WHERE closed_at IS NOT NULL"))
        await asyncio.sleep(1.0)
        assert second.deliveries == []
        await beats(world, "serving-2")
        await world.post(alert | {"phase": "ended", "outcome": "duress"})
        await until(lambda: any(one.role == "owner" for one in second.deliveries))
        assert second.deliveries[-1].assignment.assignment_no == 2
        assert second.deliveries[-1].alert.outcome == "duress"
