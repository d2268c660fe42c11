"""Delivering: at once, swept, over HTTPS, to the next center; nothing ends but by a receipt."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from location_router import inboxes
from location_router.delivery import Courier
from location_router.wire import Delivery, State
from location_router.worker import forget
from tests.location_router.routers import (
    ANYANG,
    ANYANG_CODE,
    GUNPO_CODE,
    Desk,
    World,
    a_world,
    an_alert,
    receipt_for,
    served,
    until,
)

pytestmark = pytest.mark.database


def receipts(world: World) -> list[tuple[Any, ...]]:
    return world.rows(
        "SELECT assignment_no, installation, is_notice, receipt_at IS NOT NULL FROM delivery "
        "ORDER BY created_at, is_notice"
    )


async def test_the_desk_has_it_without_any_sweep_and_its_receipt_ends_the_delivery(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, sweep_s=60.0) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        await world.post(an_alert())
        await world.post(an_alert())
        await until(lambda: len(desk.deliveries) == 2)
        got = desk.deliveries[-1]
        assert got.alert.caller.nickname == "지영" and got.assignment.center.code == ANYANG_CODE and got.active_at
        await until(lambda: receipts(world) == [(1, "serving-1", False, True)] * 2)
        await asyncio.sleep(0.6)
        assert len(desk.deliveries) == 2, "once"
        assert world.rows("SELECT 1 FROM delivery WHERE next_attempt_at IS NOT NULL") == []
        assert world.rows("SELECT 1 FROM alert WHERE owner_receipt_at IS NULL") == []


async def test_the_sweeper_delivers_when_the_first_try_is_killed(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Courier, "send_soon", lambda self, effects: None)
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        await world.post(an_alert())
        await until(lambda: desk.deliveries)
        await until(lambda: receipts(world) == [(1, "serving-1", False, True)])


async def test_two_workers_and_ten_alerts_give_ten_deliveries(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Courier, "send_soon", lambda self, effects: None)
    async with a_world(router_database, bus_database) as world, a_world(router_database, bus_database):
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        await asyncio.gather(*(world.post(an_alert()) for _ in range(10)))
        await until(lambda: sum(done for *_, done in receipts(world)) == 10)
        assert len(desk.deliveries) == 10


async def test_a_desk_that_is_deaf_on_the_bus_gets_it_over_https(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, deliver_next_s=5.0) as world:
        desk = Desk("serving-1", world.bus)
        async with served(desk.app()) as https_url:
            await world.register("serving-1", "all", https_url=https_url)
            started = time.monotonic()
            await world.post(an_alert())
            await until(lambda: receipts(world) == [(1, "serving-1", False, True)])
            assert time.monotonic() - started > 0.35, "the bus comes first"
            assert len(desk.deliveries) == 1


async def test_a_slow_desk_that_answers_on_the_bus_is_not_knocked_at_until_the_letter_is_old(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inboxes, "ANSWERING_S", 60.0)  # it answers, however slow the machine is between two receipts
    async with a_world(router_database, bus_database, deliver_next_s=4.0) as world:
        knocked_at = Desk("serving-1", world.bus)
        overlooks = an_alert()

        async def handle(message_id: str, body: bytes) -> None:
            delivery = Delivery.model_validate_json(body)
            if str(delivery.alert.alert_id) != overlooks["alert_id"]:
                receipt = receipt_for(delivery, "serving-1")
                await world.bus.publish("receipt", message_id, receipt.model_dump_json().encode())

        await world.bus.subscribe("alert.serving-1", "center", handle)
        async with served(knocked_at.app()) as https_url:
            await world.register("serving-1", "all")
            await world.post(an_alert())
            await until(lambda: [done for *_, done in receipts(world)] == [True])
            await world.register("serving-1", "all", https_url=https_url)
            came_at = time.monotonic()
            await world.post(overlooks)
            await until(lambda: knocked_at.deliveries)
            assert time.monotonic() - came_at >= 0.75 * 4.0, "it answers: it is only slow"
            await until(lambda: all(done for *_, done in receipts(world)))
            assert {str(one.alert.alert_id) for one in knocked_at.deliveries} == {overlooks["alert_id"]}


async def test_a_silent_desk_is_fenced_and_both_see_who_has_it(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE])
        deaf = await Desk("serving-1", world.bus, answers=False).listen()
        next_desk = await Desk("serving-2", world.bus).listen()
        alert = an_alert()
        await world.post(alert)
        await until(lambda: next_desk.deliveries and len(deaf.deliveries) == 2)
        taken, notice = next_desk.deliveries[0], deaf.deliveries[1]
        assert (taken.assignment.assignment_no, taken.assignment.reason) == (2, "failover")
        assert taken.assignment.center.code == GUNPO_CODE and taken.assignment.served_by == "serving-2"
        assert (notice.assignment.assignment_no, notice.assignment.served_by) == (2, "serving-2")
        await until(lambda: (2, "serving-2", False, True) in receipts(world))

        late = receipt_for(deaf.deliveries[0], "serving-1").model_dump_json().encode()
        answer = await world.signed("/v1/receipts", late)
        assert answer.json() == {"ok": True, "adopted": False}
        assert (1, "serving-1", False, True) in receipts(world), "recorded"
        assert world.rows("SELECT assignment_no, served_by FROM alert") == [(2, "serving-2")]
        said = await deaf.say(State.ACKNOWLEDGED, index=0)
        await until(lambda: world.rows("SELECT 1 FROM status WHERE status_id = %s", said.status_id))
        assert world.rows("SELECT is_adopted FROM status WHERE status_id = %s", said.status_id) == [(False,)]
        again = (await world.post(alert)).json()
        assert (again["assignment_no"], again["center"]["code"]) == (2, GUNPO_CODE)


async def test_when_all_are_silent_the_first_to_answer_becomes_the_owner(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE])
        await world.post(an_alert())
        await until(lambda: world.rows("SELECT assignment_no FROM alert") == [(2,)])
        returned = await Desk("serving-1", world.bus).listen()
        await until(lambda: world.rows("SELECT assignment_no, served_by FROM alert") == [(3, "serving-1")])
        await until(lambda: (3, "serving-1", False, True) in receipts(world))
        assert returned.deliveries[-1].assignment.center.code == ANYANG_CODE


async def test_a_center_that_is_down_gets_its_alert_when_it_returns(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        world.rows("UPDATE installation SET last_seen_at = now() - interval '1 hour'")
        await world.router.registry.refresh()
        answer = (await world.post(an_alert())).json()
        assert answer["center"]["code"] == ANYANG_CODE and "defaulted" in answer["flags"]
        await asyncio.sleep(1.3)
        assert world.rows("SELECT assignment_no FROM alert") == [(1,)], "nobody else is there: it stays"
        desk = await Desk("serving-1", world.bus).listen()
        await until(lambda: desk.deliveries and receipts(world) == [(1, "serving-1", False, True)])


async def test_an_alert_from_before_the_first_desk_finds_its_desk(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        assert (await world.post(an_alert())).status_code == 202
        desk = await Desk("serving-1", world.bus).listen()
        await world.register("serving-1", "all")
        await until(lambda: desk.deliveries)
        await until(
            lambda: world.rows("SELECT served_by FROM alert WHERE owner_receipt_at IS NOT NULL") == [("serving-1",)]
        )


async def test_an_offline_center_is_passed_over_at_once(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE])
        world.rows(
            "UPDATE installation SET last_seen_at = now() - interval '1 hour' WHERE installation_id = 'serving-1'"
        )
        await world.router.registry.refresh()
        answer = (await world.post(an_alert())).json()
        assert (answer["reason"], answer["center"]["code"]) == ("failover", GUNPO_CODE)
        beat = {"installation": "serving-1", "centers": [ANYANG_CODE], "sent_at": "2026-11-21T00:00:00Z"}
        assert (await world.signed("/v1/centers/heartbeat", json.dumps(beat).encode())).status_code == 200
        other = an_alert(caller={"nickname": "민수", "phone": "010-8765-4321"})  # hers would stay with her first desk
        assert (await world.post(other)).json()["center"]["code"] == ANYANG_CODE
        states = {one["code"]: one["state"] for one in (await world.client.get("/v1/centers")).json()["centers"]}
        assert (states[ANYANG_CODE], states[GUNPO_CODE], states["11110"]) == ("online", "online", "offline")


async def test_a_cancelled_pre_alert_is_not_passed_on(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE])
        alert = an_alert(phase="pre", countdown_s=5)
        await world.post(alert)
        await world.post(alert | {"phase": "ended", "outcome": "cancel"})
        await asyncio.sleep(1.8)
        assert world.rows("SELECT assignment_no FROM alert") == [(1,)]


@pytest.mark.parametrize("wrong", [{"key": "guess"}, {"installation": "home-1", "key": "two"}])
async def test_calls_with_a_wrong_signature_are_refused(
    router_database: str, bus_database: str, wrong: dict[str, str]
) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        assert (await world.signed("/v1/receipts", b"{}", **wrong)).status_code == 401
        assert (await world.client.post("/v1/receipts", content=b"{}")).json()["code"] == "unsigned"
        other = json.dumps({"installation": "serving-2", "centers": [], "sent_at": "2026-11-21T00:00:00Z"}).encode()
        assert (await world.signed("/v1/centers/heartbeat", other)).status_code == 403


async def test_the_caller_is_forgotten_a_day_after_the_receipt(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        await Desk("serving-1", world.bus).listen()
        alert = an_alert(position={**ANYANG, "fixed_at": "2026-11-21T00:00:00Z"})
        first = (await world.post(alert)).json()
        await until(lambda: world.rows("SELECT 1 FROM alert WHERE owner_receipt_at IS NOT NULL"))
        assert not any((await forget(world.router.pool)).values())
        world.rows("UPDATE alert SET owner_receipt_at = now() - interval '25 hours'")
        assert (await forget(world.router.pool))["caller"] == 1
        left = world.rows(
            "SELECT message_sealed, position_sealed, body_sealed FROM alert JOIN delivery USING (alert_id)"
        )
        assert left == [(None, None, None)]
        assert (await world.post(alert)).json()["assignment_no"] == first["assignment_no"], "still known by its id"


async def test_a_desk_that_received_an_alert_and_fell_silent_is_relieved_of_it(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, runner_up_s=0.6, offline_after_s=0.5) as world:
        await world.register("serving-1", [ANYANG_CODE])
        await world.register("serving-2", [GUNPO_CODE])
        world.rows("UPDATE installation SET last_seen_at = now() + interval '1 hour'")
        await world.router.registry.refresh()
        first, second = [await Desk(name, world.bus).listen() for name in ("serving-1", "serving-2")]
        left, taken, ended = an_alert(phase="pre", countdown_s=0), an_alert(), an_alert(phase="pre")
        for alert in (left, taken, ended, ended | {"phase": "ended", "outcome": "cancel"}):
            await world.post(alert)
        await until(lambda: len(first.deliveries) == 4)
        index = [str(one.alert.alert_id) for one in first.deliveries].index(taken["alert_id"])
        said = await first.say(State.ACKNOWLEDGED, index=index)
        await until(lambda: world.rows("SELECT 1 FROM status WHERE status_id = %s", said.status_id))
        await asyncio.sleep(1.5)
        assert second.deliveries == [], "the desk is there: its own escalation goes on"
        world.rows(
            "UPDATE installation SET last_seen_at = now() - interval '1 hour' WHERE installation_id = 'serving-1'"
        )
        await until(lambda: second.deliveries)
        await asyncio.sleep(1.5)
        given = [(str(one.alert.alert_id), one.assignment.assignment_no) for one in second.deliveries]
        assert given == [(left["alert_id"], 2)], "not the one that an operator has, nor the one that is over"
        told = world.rows("SELECT alert_id::text FROM alert WHERE runner_up_told_at IS NOT NULL")
        assert told == [(left["alert_id"],)]
