"""Alerts that this center does not own, or not any more: who looks on, who leaves, who is told what."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.wire import Candidate, Delivery, Phase, Position, PositionUpdate, Reason, utc_now
from server.console.commands import run
from server.gate import Refused
from server.incidents.cards import load_cards, open_cards
from server.intake import receive
from server.positions import PositionWriter
from server.services import Services
from tests.server.deliveries import Clock, delivery, rows, sent, sweep, tags, with_place
from tests.server.scene import Scene, installation

pytestmark = pytest.mark.database
HERE, THERE = "41170", "11110"


def letter(role: str, **fields: Any) -> Delivery:
    """As the router sends it: a runner-up's names it, a handover says so."""
    reason = fields.pop("reason", Reason.HANDOVER if fields.get("number", 1) > 1 else Reason.CONTAINS)
    given = delivery(**fields)
    chance = Candidate(code=HERE, distance_m=40, online=True, probability=0.35)
    changes = {"reason": reason, "candidates": [chance], "runner_up": HERE if role == "runner_up" else ""}
    assignment = given.assignment.model_copy(update=changes)
    return given.model_copy(update={"role": role, "assignment": assignment})


async def card_of(services: Services, incident_id: UUID) -> dict[str, Any]:
    async with services.db.begin() as unit:
        return await with_place(unit, (await load_cards(unit, [incident_id]))[incident_id])


async def only_card(services: Services, center: str) -> dict[str, Any]:
    async with services.db.begin(center=center) as unit:
        [card] = await open_cards(unit)
        return await with_place(unit, card)


async def test_a_runner_up_looks_on_in_silence_and_says_nothing_to_anybody(services: Services, clock: Clock) -> None:
    told = letter("runner_up", center=THERE, served_by="serving-2")
    receipt = await receive(services, told)
    clock.forward(120)
    await sweep(services)
    card = await card_of(services, receipt.incident_id)
    assert (card["center"]["code"], card["role"], card["state"], card["escalation_level"]) == (
        HERE,
        "runner_up",
        "received",
        0,
    )
    assert card["elsewhere"]["center"]["code"] == THERE and card["elsewhere"]["probability"] == 0.35
    assert await sent(services, "status") == [], "only the owner speaks to the person and her guardians"
    assert await tags(services, receipt.incident_id) == ["alert:received", "alert:activated"]
    assert [one["alert_id"] for one in await sent(services, "receipt")] == [str(told.alert.alert_id)]


async def test_a_runner_up_that_gets_the_alert_rings_and_escalates_like_anybody(
    services: Services, clock: Clock
) -> None:
    alert_id = uuid4()
    looked = await receive(services, letter("runner_up", alert_id=alert_id, center=THERE, served_by="serving-2"))
    clock.forward(30)
    owned = await receive(services, letter("owner", alert_id=alert_id, number=2, center=HERE, reason=Reason.FAILOVER))
    assert owned.incident_id == looked.incident_id
    clock.forward(16)
    await sweep(services)
    card = await card_of(services, owned.incident_id)
    assert (card["role"], card["elsewhere"], card["escalation_level"]) == ("owner", None, 1)
    assert "alert:taken_over" in await tags(services, owned.incident_id)
    assert [one["state"] for one in await sent(services, "status")] == ["received"]


async def test_a_former_runner_up_is_out_of_it_also_when_the_letters_are_swapped(services: Services) -> None:
    for order in (("runner_up", "former"), ("former", "runner_up")):
        alert_id = uuid4()
        for role in order:
            await receive(services, letter(role, alert_id=alert_id, center=THERE, served_by="serving-2"))
        async with services.db.begin() as unit:
            assert await open_cards(unit) == [], order


async def test_operators_of_a_center_that_does_not_own_it_cant_act_and_a_runner_up_sees_no_picture(
    installation_database: str,
) -> None:
    async with installation(installation_database) as scene:
        operator = scene.staff["operator"]
        receipt = await receive(scene.services, letter("runner_up", center=THERE, served_by="serving-2"))
        for name, args in (
            ("acknowledge", {}),
            ("dispatch", {"agency": "112"}),
            ("close", {"disposition": "handled"}),
            ("verify", {"text": ""}),
        ):
            with pytest.raises(Exception) as refused:
                await run(scene.services, operator, name, receipt.incident_id, args)
            assert getattr(refused.value, "code", "") == "not_allowed", name
        with pytest.raises(Refused) as no_picture:
            await run(scene.services, operator, "open", receipt.incident_id)
        assert no_picture.value.code == "not_owner"
        await _place_is_shown(scene, receipt.incident_id)


async def _place_is_shown(scene: Scene, incident_id: UUID) -> None:
    answer = await card_of(scene.services, incident_id)
    assert answer["position"] is not None, "the place may lie here: it is on the map"


async def test_between_two_centers_of_one_installation_the_old_one_sees_her_until_the_new_one_has_accepted(
    installation_database: str,
) -> None:
    async with installation(installation_database) as scene:
        services, alert_id = scene.services, uuid4()
        first = await receive(services, letter("owner", alert_id=alert_id, center=HERE, served_by="home-1"))
        await run(services, scene.staff["operator"], "acknowledge", first.incident_id)
        said = len(await sent(services, "status"))
        moved = letter("owner", alert_id=alert_id, number=2, center=THERE, served_by="home-1")
        second = await receive(services, moved)
        await receive(services, moved.model_copy(update={"role": "leaving", "delivery_id": uuid4()}))
        old, new = await only_card(services, HERE), await only_card(services, THERE)
        assert (old["incident_id"], old["role"], old["state"]) == (str(first.incident_id), "leaving", "acknowledged")
        assert old["caller"]["name_masked"] == "홍○동" and old["alert_ids"] == [str(alert_id)]
        assert old["elsewhere"] == {
            "center": {"code": THERE, "name_ko": "서울특별시 종로구", "name_en": "Jongno-gu, Seoul"},
            "accepted": False,
            "probability": 0.35,
        }
        assert (new["incident_id"], new["role"], new["state"]) == (str(second.incident_id), "owner", "received")

        at = utc_now()
        writer = PositionWriter(services)
        writer.add(PositionUpdate(alert_id=alert_id, position=Position(lat=37.39, lon=126.95, fixed_at=at)))
        assert await writer.flush() == 1
        for center in (HERE, THERE):
            assert (await only_card(services, center))["position"]["lat"] == 37.39, "both see where she is"

        await run(services, scene.staff["stranger"], "acknowledge", second.incident_id)
        await receive(services, moved.model_copy(update={"role": "former", "delivery_id": uuid4()}))
        gone = await card_of(services, first.incident_id)
        assert (gone["state"], gone["elsewhere"]["accepted"]) == ("transferred", True)
        assert (await only_card(services, THERE))["state"] == "acknowledged"
        told = [(one["state"], one["center"]["code"]) for one in (await sent(services, "status"))[said:]]
        assert told and {code for _, code in told} == {THERE}, "the person hears the owner only"
        told_here = [tag for tag in await tags(services, first.incident_id) if not tag.startswith("camera:")]
        assert told_here == [
            "alert:received", "alert:activated", "incident:acknowledged", "alert:handed_over", "alert:superseded",
        ]  # fmt: skip


async def test_back_over_the_border_the_old_incident_goes_on(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        services, alert_id = scene.services, uuid4()
        first = await receive(services, letter("owner", alert_id=alert_id, center=HERE, served_by="home-1"))
        await run(services, scene.staff["operator"], "acknowledge", first.incident_id)
        second = await receive(services, letter("owner", alert_id=alert_id, number=2, center=THERE, served_by="home-1"))
        back = await receive(services, letter("owner", alert_id=alert_id, number=3, center=HERE, served_by="home-1"))
        assert back.incident_id == first.incident_id
        assert (await only_card(services, HERE))["role"] == "owner"
        assert (await only_card(services, THERE))["role"] == "leaving"
        last = (await sent(services, "status"))[-1]
        assert (last["state"], last["assignment_no"]) == ("acknowledged", 3), "somebody here has it: the other may go"
        former = letter("former", alert_id=alert_id, number=3, center=HERE, served_by="home-1")
        await receive(services, former)
        assert (await card_of(services, second.incident_id))["state"] == "transferred"
        assert (await card_of(services, first.incident_id))["state"] == "acknowledged"


async def test_a_leaving_center_hears_that_she_is_safe_and_old_letters_change_nothing(services: Services) -> None:
    alert_id = uuid4()
    first = await receive(services, letter("owner", alert_id=alert_id))
    for number in (3, 2):  # swapped on the way
        await receive(
            services, letter("leaving", alert_id=alert_id, number=number, center=THERE, served_by="serving-2")
        )
    safe = letter(
        "leaving", alert_id=alert_id, number=3, center=THERE, served_by="serving-2",
        phase=Phase.ENDED, outcome="cancel", was_active=True,
    )  # fmt: skip
    await receive(services, safe)
    card = await card_of(services, first.incident_id)
    assert (card["role"], card["phase"], card["assignment"]["assignment_no"]) == ("leaving", "ended", 3)
    assert len(await rows(services, "SELECT 1 FROM incident")) == 1
    assert {one["phase"] for one in await sent(services, "status")} <= {"pre", "active"}
