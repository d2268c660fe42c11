"""Deliveries become incidents: once, in any order, and on disk before anybody hears of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from location_router.runtime.db import Unit, conninfo
from location_router.wire import Caller, Phase
from server.incidents.cards import load_cards, open_cards
from server.intake import receive, receive_body
from server.services import Services, make_services
from server.unreadable import quarantined
from tests.server.deliveries import NAME, PHONE, Clock, delivery, rows, sent, sweep, swept, tags

pytestmark = pytest.mark.database


async def card_of(services: Services, incident_id: UUID) -> dict[str, object]:
    async with services.db.begin() as unit:
        return (await load_cards(unit, [incident_id]))[incident_id]


async def test_the_same_alert_five_times_at_once_and_after_a_restart_is_one_incident(services: Services) -> None:
    first = delivery()
    receipts = await asyncio.gather(*(receive(services, first) for _ in range(5)))
    restarted = make_services(services.settings)
    try:
        receipts.append(await receive(restarted, first))
        again = first.model_copy(update={"delivery_id": uuid4()})  # redelivered under another id
        other = await receive(restarted, again)
    finally:
        await restarted.close()
    assert all(receipt == receipts[0] for receipt in receipts)
    assert other.incident_id == receipts[0].incident_id
    async with services.db.begin() as unit:
        cards = await open_cards(unit)
    assert [card["incident_id"] for card in cards] == [str(receipts[0].incident_id)]
    assert await tags(services, receipts[0].incident_id) == ["alert:received", "alert:activated"]
    assert [message["delivery_id"] for message in await sent(services, "receipt")] == [
        str(first.delivery_id),
        str(again.delivery_id),
    ]


async def test_a_receipt_exists_only_with_its_incident(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(self: object) -> None:
        raise RuntimeError("the chain can't be written")

    with monkeypatch.context() as broken:
        broken.setattr("server.events._Chain.flush", breaks)
        with pytest.raises(RuntimeError):
            await receive(services, (lost := delivery()))
    for table in ("inbox", "incident", "alert", "position", "outbox", "event"):
        assert await rows(services, f"SELECT 1 FROM {table}") == [], table
    receipt = await receive(services, lost)
    assert receipt.delivery_id == lost.delivery_id


async def test_the_row_is_on_disk_when_the_receipt_is_answered(services: Services) -> None:
    receipt = await receive(services, delivery())
    async with await psycopg.AsyncConnection.connect(conninfo(services.settings.database_url)) as other:
        await other.execute("SELECT set_config('ansim.center', '*', true)")
        found = await (await other.execute("SELECT incident_id FROM inbox")).fetchone()
    assert found == (receipt.incident_id,)


async def test_a_silent_phone_becomes_active_by_the_centers_own_timer(services: Services, clock: Clock) -> None:
    receipt = await receive(services, delivery(phase=Phase.PRE, countdown_s=3))
    assert (await card_of(services, receipt.incident_id))["phase"] == "pre"
    clock.forward(4.5)
    await sweep(services)
    assert (await card_of(services, receipt.incident_id))["phase"] == "pre", "3 s countdown and 2 s grace"
    clock.forward(1)
    restarted = make_services(services.settings, clock=clock)  # the deadline is a row: any process may find it
    try:
        await asyncio.gather(sweep(services), sweep(restarted))
    finally:
        await restarted.close()
    assert (await card_of(services, receipt.incident_id))["phase"] == "active"
    assert await tags(services, receipt.incident_id) == ["alert:received", "alert:activated"]
    assert [(one["state"], one["phase"]) for one in await sent(services, "status")] == [
        ("received", "pre"),
        ("received", "active"),
    ]


async def test_nobody_takes_it_the_shift_leader_then_112_are_told(services: Services, clock: Clock) -> None:
    receipt = await receive(services, delivery())
    clock.forward(16)
    await sweep(services)
    assert (await card_of(services, receipt.incident_id))["escalation_level"] == 1
    clock.forward(46)
    await sweep(services)
    told = await tags(services, receipt.incident_id)
    assert told[2:] == ["incident:escalated", "incident:escalated", "dispatch:failed"], "no agreement is seeded here"
    clock.forward(11)

    async def is_told_again() -> bool:
        return (await tags(services, receipt.incident_id))[5:] == ["dispatch:failed"]

    await swept(services, is_told_again)


async def test_cancel_before_and_after_it_became_active(services: Services) -> None:
    pre, active = uuid4(), uuid4()
    await receive(services, delivery(alert_id=pre, phase=Phase.PRE))
    cancelled = await receive(services, delivery(alert_id=pre, phase=Phase.ENDED, outcome="cancel"))
    assert (await card_of(services, cancelled.incident_id))["state"] == "cancelled"
    await receive(services, delivery(alert_id=active))
    safe = await receive(services, delivery(alert_id=active, phase=Phase.ENDED, outcome="cancel", was_active=True))
    card = await card_of(services, safe.incident_id)
    assert (card["state"], card["phase"]) == ("received", "ended"), "she says that she is safe; the operator closes"
    assert (await tags(services, safe.incident_id))[-1] == "alert:cancelled"


@pytest.mark.parametrize("before", [[Phase.PRE], [Phase.ACTIVE], [Phase.PRE, Phase.ENDED], [Phase.ACTIVE, Phase.ENDED]])
async def test_a_duress_code_is_an_emergency_whatever_was_said_before(services: Services, before: list[Phase]) -> None:
    """The router shows the phone's holder the end she asked for; here the alert must stay alive in every word."""
    alert_id = uuid4()
    for phase in before:
        outcome = "cancel" if phase is Phase.ENDED else ""
        await receive(
            services, delivery(alert_id=alert_id, phase=phase, outcome=outcome, was_active=Phase.ACTIVE in before)
        )
    said = len(await sent(services, "status"))
    for _ in range(2):  # a second copy under another id changes nothing
        receipt = await receive(services, delivery(alert_id=alert_id, outcome="duress"))
    card = await card_of(services, receipt.incident_id)
    assert (card["is_duress"], card["phase"], card["state"]) == (True, "active", "received")
    assert (await tags(services, receipt.incident_id)).count("alert:duress") == 1
    after = [(one["state"], one["phase"]) for one in (await sent(services, "status"))[said:]]
    assert after in ([], [("received", "active")]), "nothing that would end her tracking"
    async with services.db.begin() as unit:
        assert [one["incident_id"] for one in await open_cards(unit)] == [str(receipt.incident_id)]


async def test_a_drill_that_turns_real_is_real(services: Services, clock: Clock) -> None:
    alert_id = uuid4()
    await receive(services, delivery(alert_id=alert_id, phase=Phase.PRE, is_drill=True))
    receipt = await receive(services, delivery(alert_id=alert_id))
    clock.forward(16)
    await sweep(services)
    card = await card_of(services, receipt.incident_id)
    assert (card["is_drill"], card["escalation_level"]) == (False, 1)


async def test_phases_that_arrive_in_the_wrong_order(services: Services) -> None:
    alert_id = uuid4()
    first = await receive(services, delivery(alert_id=alert_id, phase=Phase.ACTIVE))
    await receive(services, delivery(alert_id=alert_id, phase=Phase.PRE))
    assert (await card_of(services, first.incident_id))["phase"] == "active"
    early = uuid4()
    ended = await receive(services, delivery(alert_id=early, phase=Phase.ENDED, outcome="cancel"))
    late = await receive(services, delivery(alert_id=early, phase=Phase.PRE))
    assert late.incident_id == ended.incident_id
    assert (await card_of(services, ended.incident_id))["state"] == "cancelled"


async def test_an_alert_that_another_desk_has_is_shown_as_gone(services: Services) -> None:
    alert_id = uuid4()
    receipt = await receive(services, delivery(alert_id=alert_id))
    moved = delivery(alert_id=alert_id, number=2, center="11110", served_by="serving-2")
    assert (await receive(services, moved)).incident_id == receipt.incident_id
    card = await card_of(services, receipt.incident_id)
    assert (card["state"], card["superseded"]) == ("transferred", True)
    stale = await receive(services, delivery(alert_id=alert_id, number=1))
    assert stale.incident_id == receipt.incident_id, "the old assignment is fenced: no second incident"
    assert len(await rows(services, "SELECT 1 FROM incident")) == 1
    back = await receive(services, delivery(alert_id=alert_id, number=3))
    assert (await card_of(services, back.incident_id))["state"] == "received", "it came back: somebody must see it"


async def test_an_alert_that_moves_between_two_centers_of_this_installation(services: Services) -> None:
    alert_id = uuid4()
    first = await receive(services, delivery(alert_id=alert_id))
    second = await receive(services, delivery(alert_id=alert_id, number=2, center="11110"))
    assert second.incident_id != first.incident_id and second.center_code == "11110"
    assert (await card_of(services, first.incident_id))["state"] == "transferred"
    async with services.db.begin(center="11110") as unit:
        assert [card["incident_id"] for card in await open_cards(unit)] == [str(second.incident_id)]


async def test_what_cant_be_read_is_kept_for_people_to_see(services: Services) -> None:
    assert await receive_body(services, "bus", b'{"delivery_id": "no", "alert": {}}') is None
    [kept] = await quarantined(services)
    assert kept["source"] == "bus" and "delivery_id" in str(kept["reason"]) and '"no"' in str(kept["body"])


async def test_a_drill_is_silent_and_closes_itself(services: Services, clock: Clock) -> None:
    receipt = await receive(services, delivery(is_drill=True))
    clock.forward(61)
    await sweep(services)
    card = await card_of(services, receipt.incident_id)
    assert (card["state"], card["escalation_level"], card["dispatches"]) == ("received", 0, [])
    clock.forward(600)
    await sweep(services)
    assert (await card_of(services, receipt.incident_id))["disposition"] == "drill"


async def test_no_personal_value_lies_open_in_any_table(services: Services, installation_database_admin: str) -> None:
    await receive(services, delivery())
    await receive_body(services, "bus", f'{{"caller": "{NAME} {PHONE}"}}'.encode())
    async with await psycopg.AsyncConnection.connect(conninfo(installation_database_admin)) as owner:
        names = await (
            await owner.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE"
                " TABLE' AND table_name <> 'spatial_ref_sys'"
            )
        ).fetchall()
        for (name,) in names:
            text = await (
                await owner.execute(f"SELECT count(*), coalesce(string_agg(t::text, ''), '') FROM \"{name}\" t")
            ).fetchone()
            assert text is not None
            for secret in (PHONE, PHONE[-8:], NAME, PHONE.encode().hex(), NAME.encode().hex()):
                assert secret not in text[1], f"{name} holds {secret}"


async def test_a_center_sees_only_its_own_rows(services: Services) -> None:
    here = await receive(services, delivery(center="41170"))
    there = await receive(services, delivery(center="11110"))

    async def seen(unit: Unit) -> set[str]:
        return {card["incident_id"] for card in await open_cards(unit)}

    async with services.db.begin(center="41170") as unit:
        assert await seen(unit) == {str(here.incident_id)}
        assert await unit.scalar("SELECT count(*) FROM event WHERE center_id = '11110'") == 0
        changed = await unit.execute(
            "UPDATE incident SET disposition = 'x' WHERE incident_id = :id", {"id": there.incident_id}
        )
        assert changed.rowcount == 0
        assert not await unit.scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    async with services.db.begin(center="41170,11110") as unit:
        assert await seen(unit) == {str(here.incident_id), str(there.incident_id)}
    async with services.db.begin(center="") as unit:
        assert await seen(unit) == set()


async def test_the_news_that_another_desk_has_it_may_overtake_the_alert_itself(services: Services) -> None:
    alert_id = uuid4()
    await receive(services, delivery(alert_id=alert_id, number=2, served_by="serving-2"))
    await receive(services, delivery(alert_id=alert_id, number=1))
    assert await rows(services, "SELECT 1 FROM incident") == [], "fenced: it is the other desk's"
    back = await receive(services, delivery(alert_id=alert_id, number=3))
    assert (await card_of(services, back.incident_id))["state"] == "received"


async def test_a_countdown_goes_on_while_the_alert_is_on_its_way(services: Services, clock: Clock) -> None:
    pre = delivery(phase=Phase.PRE, countdown_s=10)
    pre = pre.model_copy(update={"pre_deadline_at": clock() - timedelta(seconds=30)})
    receipt = await receive(services, pre)
    clock.forward(1.5)
    await sweep(services)
    assert (await card_of(services, receipt.incident_id))["phase"] == "pre", "the phone has its grace to speak up"
    clock.forward(1)
    await sweep(services)
    assert (await card_of(services, receipt.incident_id))["phase"] == "active"


async def test_a_cancel_that_comes_after_the_duress_code_ends_nothing(services: Services) -> None:
    alert_id = uuid4()
    await receive(services, delivery(alert_id=alert_id))
    await receive(services, delivery(alert_id=alert_id, outcome="duress"))
    late = delivery(alert_id=alert_id, phase=Phase.ENDED, outcome="cancel", was_active=True)
    card = await card_of(services, (await receive(services, late)).incident_id)
    assert (card["phase"], card["state"], card["is_duress"]) == ("active", "received", True)


async def test_what_a_later_message_adds_about_the_caller_is_seen(services: Services) -> None:
    first = delivery(phase=Phase.PRE)
    bare = first.model_copy(update={"alert": first.alert.model_copy(update={"caller": Caller()})})
    await receive(services, bare)
    receipt = await receive(services, delivery(alert_id=first.alert.alert_id))
    assert (await card_of(services, receipt.incident_id))["caller"]["name_masked"] == "홍○동"  # type: ignore[index]
