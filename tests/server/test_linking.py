"""A second press at the center: one incident, heard again, safe against its own cancel; merged and split by hand."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.wire import Delivery, Link, Linked, LinkedPair, Phase, PositionUpdate
from server.incidents.cards import load_cards, open_cards
from server.intake import receive, receive_body
from server.positions import PositionWriter
from server.services import Services
from tests.server.conftest import Desk
from tests.server.deliveries import Clock, delivery, rows, sent, sweep, swept, tags, with_place

pytestmark = pytest.mark.database


def after(first: Delivery, *, kind: str = "same_person", **fields: Any) -> Delivery:
    """Another alert that the router has linked to `first`."""
    link = Link(
        alert_id=first.alert.alert_id,
        kind=kind,  # type: ignore[arg-type]
        center_code=first.assignment.center.code,
        at=datetime.now(UTC),
    )
    return delivery(**fields).model_copy(update={"links": [link]})


def moved(one: Delivery, **changes: Any) -> Delivery:
    """The same alert's next delivery."""
    alert = one.alert.model_copy(update=changes)
    return one.model_copy(update={"alert": alert, "delivery_id": uuid4()})


async def card_of(services: Services, incident_id: UUID) -> dict[str, Any]:
    async with services.db.begin() as unit:
        return await with_place(unit, (await load_cards(unit, [incident_id]))[incident_id])


async def take(services: Services, incident_id: UUID) -> UUID:
    """Somebody has it."""
    owner = uuid4()
    sealed = services.sealer.seal("김", context=f"incident.owner:{incident_id}")
    query = "UPDATE incident SET owner_id = :o, owner_name_sealed = :n, state = 'acknowledged', escalate_at = NULL"
    async with services.db.begin() as unit:
        await unit.execute(f"{query} WHERE incident_id = :id", {"o": owner, "n": sealed, "id": incident_id})
    return owner


async def test_a_second_press_is_an_update_and_calls_the_leader_at_once(services: Services, clock: Clock) -> None:
    first = delivery()
    incident = (await receive(services, first)).incident_id
    second = after(first, lat=37.3950)
    receipts = [await receive(services, second) for _ in range(2)]  # and once more over the other way
    assert {one.incident_id for one in receipts} == {incident}
    card = await card_of(services, incident)
    assert card["alert_ids"] == [str(first.alert.alert_id), str(second.alert.alert_id)]
    assert card["position"]["lat"] == 37.3950 and [one["phase"] for one in card["alerts"]] == ["active", "active"]
    assert (await tags(services, incident)).count("alert:received") == 2
    clock.forward(0.1)
    await sweep(services)
    assert (await card_of(services, incident))["escalation_level"] == 1, "two presses and nobody has answered"
    told = {one["alert_id"] for one in await sent(services, "status")}
    assert told == {str(first.alert.alert_id), str(second.alert.alert_id)}


async def test_swapped_on_the_bus_it_is_still_one_incident(services: Services) -> None:
    first = delivery()
    second = after(first)
    incident = (await receive(services, second)).incident_id
    assert (await receive(services, first)).incident_id == incident
    async with services.db.begin() as unit:
        assert len(await open_cards(unit)) == 1


async def test_an_owner_who_is_busy_is_rung_again_until_somebody_answers(services: Services, clock: Clock) -> None:
    first = delivery()
    incident = (await receive(services, first)).incident_id
    await take(services, incident)
    second = after(first, phase=Phase.PRE, countdown_s=3)
    await receive(services, second)
    card = await card_of(services, incident)
    assert (card["phase"], card["attention_at"]) == ("active", None), (
        "a countdown does not ring, and takes nothing back"
    )
    clock.forward(5.5)  # the phone falls silent
    await sweep(services)
    assert (await card_of(services, incident))["attention_at"] is not None
    clock.forward(16)
    await sweep(services)
    assert (await card_of(services, incident))["escalation_level"] == 1


async def test_neither_cancel_ends_what_the_other_alert_needs(services: Services, clock: Clock) -> None:
    first = delivery()
    incident = (await receive(services, first)).incident_id
    second = after(first, phase=Phase.PRE, countdown_s=3)
    await receive(services, second)
    over = moved(second, phase=Phase.ENDED, outcome="cancel")
    await receive(services, over)
    await receive(services, moved(over))
    card = await card_of(services, incident)
    assert (card["state"], card["phase"]) == ("received", "active")
    assert (await tags(services, incident)).count("alert:cancelled") == 1
    clock.forward(10)
    await sweep(services)
    assert (await tags(services, incident)).count("alert:activated") == 1, "a cancelled countdown does not fire"
    await receive(services, moved(first, phase=Phase.ENDED, outcome="cancel"))
    card = await card_of(services, incident)
    assert (card["state"], card["phase"]) == ("received", "ended"), "now she says safe: the operator closes"
    third = after(first)
    assert (await receive(services, third)).incident_id == incident
    assert (await card_of(services, incident))["phase"] == "active", "and a new press is heard again"


async def test_of_two_countdowns_the_one_that_was_not_cancelled_goes_on(services: Services, clock: Clock) -> None:
    first = delivery(phase=Phase.PRE, countdown_s=3)
    incident = (await receive(services, first)).incident_id
    clock.forward(2)
    second = after(first, phase=Phase.PRE, countdown_s=5)
    await receive(services, second)
    await receive(services, moved(first, phase=Phase.ENDED, outcome="cancel"))
    clock.forward(4)  # past the first's deadline, before the second's
    await sweep(services)
    assert (await card_of(services, incident))["phase"] == "pre"
    clock.forward(4)

    async def is_active() -> bool:
        return (await card_of(services, incident))["phase"] == "active"

    await swept(services, is_active)


async def test_duress_on_one_is_duress_on_the_incident(services: Services) -> None:
    first = delivery()
    incident = (await receive(services, first)).incident_id
    second = after(first)
    await receive(services, second)
    await receive(services, moved(second, phase=Phase.ACTIVE, outcome="duress"))
    await receive(services, moved(first, phase=Phase.ENDED, outcome="cancel"))
    card = await card_of(services, incident)
    assert card["is_duress"] and (card["state"], card["phase"]) == ("received", "active")


async def test_an_ended_incident_takes_nothing_in_and_a_claimed_number_joins_nothing(services: Services) -> None:
    first = delivery(phase=Phase.PRE)
    incident = (await receive(services, first)).incident_id
    await receive(services, moved(first, phase=Phase.ENDED, outcome="cancel"))
    again = await receive(services, after(first))
    assert again.incident_id != incident, "a cry after a cancel is not swallowed by what is over"
    spoof = after(first, kind="same_number")
    shown = (await receive(services, spoof)).incident_id
    assert shown not in (incident, again.incident_id)
    card = await card_of(services, shown)
    assert [(one["kind"], one["incident_id"]) for one in card["links"]] == [("same_number", str(incident))]


async def test_one_alert_that_moves_to_another_desk_leaves_the_other_here(services: Services) -> None:
    first = delivery()
    incident = (await receive(services, first)).incident_id
    second = after(first)
    await receive(services, second)
    gone = delivery(alert_id=second.alert.alert_id, number=2, served_by="serving-2", center="11110")
    await receive(services, gone)
    card = await card_of(services, incident)
    assert card["state"] == "received" and not card["superseded"]
    assert [one["superseded"] for one in card["alerts"]] == [False, True]
    await receive(services, delivery(alert_id=first.alert.alert_id, number=2, served_by="serving-2", center="11110"))
    assert (await card_of(services, incident))["state"] == "transferred"


async def test_a_crowd_is_one_line_each_and_seen_from_every_card(services: Services) -> None:
    held = [delivery() for _ in range(4)]
    incidents = [(await receive(services, one)).incident_id for one in held]
    pairs = [
        LinkedPair(
            alert_id=held[0].alert.alert_id,
            other_id=one.alert.alert_id,
            kind="same_place",
            center_code="41170",
            other_center_code="41170",
            at=datetime.now(UTC),
        )
        for one in held[1:]
    ]
    note = Linked(note_id=uuid4(), links=pairs).model_dump_json().encode()
    for _ in range(2):
        assert await receive_body(services, "bus", note) is None
    cards = [await card_of(services, one) for one in incidents]
    assert [card["link_count"] for card in cards] == [3, 1, 1, 1]
    lines = await rows(services, "SELECT incident_id FROM event WHERE tag = 'incident:linked'")
    assert sorted(str(one["incident_id"]) for one in lines) == sorted(map(str, incidents[1:]))


async def test_the_newest_place_counts_whichever_alert_it_came_from(services: Services) -> None:
    first = delivery()
    incident = (await receive(services, first)).incident_id
    second = after(first)
    await receive(services, second)
    writer = PositionWriter(services)
    shown: list[Any] = []
    services.broadcast.subscribe(on_event=lambda event: None, on_position=shown.append)
    fix = second.alert.position
    assert fix is not None
    now = datetime.now(UTC)
    for alert_id, lat, at in ((second.alert.alert_id, 37.5, now), (first.alert.alert_id, 37.4, fix.fixed_at)):
        place = fix.model_copy(update={"lat": lat, "fixed_at": at, "source": "network"})
        writer.add(PositionUpdate(alert_id=alert_id, position=place))
        await writer.flush()
    card = await card_of(services, incident)
    assert (card["position"]["lat"], card["position"]["source"]) == (37.5, "network")
    assert [frame.position["lat"] for frame in shown] == [37.5]


async def test_merge_link_and_split_by_hand(desk: Desk) -> None:
    services = desk.services
    one, two = delivery(), delivery()
    a, b = [(await receive(services, each)).incident_id for each in (one, two)]
    async with desk.browser() as browser, desk.browser("colleague") as colleague:
        linked = await browser.post(f"/api/incidents/{a}/link", json={"with": str(b)})
        assert linked.status_code == 200
        assert [each["incident_id"] for each in linked.json()["incident"]["links"]] == [str(b)]
        assert (await card_of(services, b))["links"][0]["kind"] == "manual"
        await browser.post(f"/api/incidents/{a}/unlink", json={"with": str(b)})
        assert (await card_of(services, b))["links"] == []
        same = await browser.post(f"/api/incidents/{a}/merge", json={"into": str(a)})
        assert (same.status_code, same.json()["code"]) == (409, "same_incident")
        assert same.json()["message_ko"] and same.json()["message_en"]

        await colleague.post(f"/api/incidents/{a}/acknowledge")
        taken = await browser.post(f"/api/incidents/{a}/merge", json={"into": str(b)})
        assert (taken.status_code, taken.json()["code"]) == (409, "already_taken")
        merged = await colleague.post(f"/api/incidents/{a}/merge", json={"into": str(b)})
        assert merged.status_code == 200, merged.text
        assert merged.json()["moved"] == [str(one.alert.alert_id)]
        gone = merged.json()["incident"]
        assert (gone["state"], gone["disposition"], gone["merged_into"]) == ("closed", "duplicate", str(b))
        card = await card_of(services, b)
        assert set(card["alert_ids"]) == {str(one.alert.alert_id), str(two.alert.alert_id)}
        late = await receive(services, moved(one))
        assert late.incident_id == b, "what comes for the alert goes where the alert is"

        back = await colleague.post(f"/api/incidents/{b}/split", json={"alert_id": str(one.alert.alert_id)})
        assert back.status_code == 200 and back.json()["to"] == str(a)
        again = await card_of(services, a)
        assert (again["state"], again["owner"]["name"], again["merged_into"]) == ("acknowledged", "colleague 김", None)
        alone = await colleague.post(f"/api/incidents/{b}/split", json={"alert_id": str(two.alert.alert_id)})
        assert (alone.status_code, alone.json()["code"]) == (409, "only_alert")
    notes = [one for one in await sent(services, "status") if one["kind"] == "links"]
    assert [note["links"][0]["is_undone"] for note in notes] == [False, True, False, True]
    assert (await tags(services, a)).count("incident:merged") == 1


async def test_what_may_not_be_merged(desk: Desk) -> None:
    services = desk.services
    real, drill, away = delivery(), delivery(is_drill=True), delivery(center="11110")
    a, d, j = [(await receive(services, each)).incident_id for each in (real, drill, away)]
    async with desk.browser() as browser, desk.browser("police") as police:
        for into, code in ((d, "drill_and_real"), (j, "other_center"), (uuid4(), "no_incident")):
            refused = await browser.post(f"/api/incidents/{a}/merge", json={"into": str(into)})
            assert refused.json()["code"] == code, refused.text
        assert (await police.post(f"/api/incidents/{a}/merge", json={"into": str(d)})).status_code == 403
    assert (await card_of(services, a))["merged_into"] is None


async def test_every_alert_is_in_exactly_one_incident_whatever_happens(desk: Desk) -> None:
    """A random evening: presses, repetitions, swaps, cancels, merges and splits; nobody's cry is ever out of sight."""
    services, chance = desk.services, random.Random(12)
    waiting: list[Delivery] = []
    known: list[Delivery] = []
    async with desk.browser("leader") as browser:
        for _ in range(110):
            match chance.randrange(7):
                case 0 | 1:
                    first = chance.choice(known) if known and chance.random() < 0.3 else None
                    waiting.append(after(first) if first else delivery())
                case 2 if waiting:
                    one = waiting.pop(chance.randrange(len(waiting)))
                    known.append(one)
                    await receive(services, one)
                case 3 if known:
                    await receive(services, chance.choice(known))
                    if chance.random() < 0.3:
                        await receive(services, moved(chance.choice(known), phase=Phase.ENDED, outcome="cancel"))
                case _:
                    await _meddle(services, browser, chance)
            await _nobody_is_lost(services, {one.alert.alert_id for one in known})
    verdict = await rows(services, "SELECT count(*) AS n FROM event WHERE tag IN ('incident:merged', 'incident:split')")
    assert verdict[0]["n"] > 4


async def _meddle(services: Services, browser: Any, chance: random.Random) -> None:
    async with services.db.begin() as unit:
        cards = await open_cards(unit)
    if len(cards) < 2:
        return
    one, other = chance.sample(cards, 2)
    if chance.random() < 0.5:
        path, body = "merge", {"into": other["incident_id"]}
    else:
        path, body = "split", {"alert_id": chance.choice(one["alert_ids"])}
    answer = await browser.post(f"/api/incidents/{one['incident_id']}/{path}", json=body)
    assert answer.status_code in (200, 409), answer.text


async def _nobody_is_lost(services: Services, received: set[UUID]) -> None:
    held = await rows(
        services, "SELECT a.alert_id, a.phase, i.state, i.merged_into FROM alert a JOIN incident i USING (incident_id)"
    )
    assert {one["alert_id"] for one in held} >= received and len(held) == len({one["alert_id"] for one in held})
    for one in held:
        assert one["merged_into"] is None, "an alert in an incident that was merged away"
        assert one["phase"] == "ended" or one["state"] == "received", one
    apart = await rows(
        services, "SELECT 1 FROM position p JOIN alert a USING (alert_id) WHERE p.incident_id <> a.incident_id"
    )
    assert apart == []
