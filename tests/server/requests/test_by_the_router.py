"""Requests that the router brings: one however often they come, told back state by state, warm across a border."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.wire import AgencyRequest, Delivery, Phase, Reason
from server.console.commands import run
from server.incidents.cards import load_cards
from server.intake import receive
from server.requests import deciding
from tests.server.deliveries import delivery, sent
from tests.server.requests.asking import BASIS, CENTER, FIRM, HELP, OTHER, agree
from tests.server.scene import Scene, installation

pytestmark = pytest.mark.database


def brought(request_id: UUID, *, reason: Reason = Reason.CONTAINS, role: str = "owner", **fields: Any) -> Delivery:
    """As the router sends it."""
    request = AgencyRequest(agency_id=FIRM, trigger="help_request", legal_basis=BASIS, subject=HELP)
    made = delivery(alert_id=request_id, served_by="home-1", **fields)
    alert = made.alert.model_copy(update={"request": request, "trigger": "agency", "sender": "guard", "home": ""})
    assignment = made.assignment.model_copy(update={"reason": reason})
    return made.model_copy(update={"alert": alert, "assignment": assignment, "role": role})


async def scene_with_firm(scene: Scene) -> None:
    await scene.sql(
        "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'security', '안심경비', 'Guards')", id=FIRM
    )


async def states(scene: Scene) -> list[tuple[str, str, str]]:
    told = [one for one in await sent(scene.services, "status") if one["kind"] == "request_state"]
    return [(one["center"]["code"], one["state"], one["reason"]) for one in sorted(told, key=lambda one: one["at"])]


async def held(scene: Scene) -> dict[str, tuple[str, bool]]:
    rows = await scene.sql("SELECT center_id, state, is_auto FROM agency_request")
    return {row["center_id"]: (row["state"], row["is_auto"]) for row in rows}


async def test_the_routers_copies_are_one_request_and_it_follows_its_person_over_a_border(
    installation_database: str,
) -> None:
    async with installation(installation_database) as scene:
        services, request_id = scene.services, uuid4()
        await scene_with_firm(scene)
        await agree(scene)
        onlooker = await receive(services, brought(request_id, role="runner_up"))
        assert onlooker.incident_id.int == 0 and await scene.one("SELECT count(*) FROM incident") == 0
        first = brought(request_id)
        receipts = [await receive(services, one) for one in (first, first, brought(request_id))]
        assert len({one.incident_id for one in receipts}) == 1
        incident_id = receipts[0].incident_id
        async with services.db.begin() as unit:
            card = (await load_cards(unit, [incident_id]))[incident_id]
        (asked,) = card["requests"]
        assert (card["origin"], card["rings"], asked["state"]) == ("agency", True, "received")
        assert await states(scene) == [(CENTER, "received", "")]

        await deciding.accept(services, scene.staff["operator"], incident_id, request_id)
        crossed = await receive(services, brought(request_id, center=OTHER, number=2, reason=Reason.HANDOVER))
        assert await scene.one("SELECT count(*) FROM incident WHERE center_id = :c", c=OTHER) == 0, "no agreement there"
        assert (await held(scene))[OTHER][0] == "refused" and crossed.incident_id.int == 0
        assert (await states(scene))[-1] == (OTHER, "refused", "no_agreement")

        await agree(scene, center=OTHER)
        second = uuid4()
        at_home = await receive(services, brought(second))
        await deciding.accept(services, scene.staff["operator"], at_home.incident_id, second)
        over = await receive(services, brought(second, center=OTHER, number=2, reason=Reason.HANDOVER))
        rows = await scene.sql(
            "SELECT * FROM agency_request WHERE request_id = :id AND center_id = :c", id=second, c=OTHER
        )
        assert [(row["state"], row["is_auto"], row["incident_id"]) for row in rows] == [
            ("accepted", True, over.incident_id)
        ]
        gone = brought(second, center=OTHER, number=2, phase=Phase.ENDED, outcome="cancel", was_active=True)
        await receive(services, gone)
        assert (await held(scene))[OTHER] == ("cancelled", True)


async def test_a_merged_request_goes_with_its_alert(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        services = scene.services
        await scene_with_firm(scene)
        await agree(scene, auto_triggers=["help_request"])
        hers = (await receive(services, delivery(served_by="home-1"))).incident_id
        asked = (await receive(services, brought(uuid4()))).incident_id
        operator = scene.staff["operator"]
        await run(services, operator, "merge", asked, {"into": str(hers)})
        (row,) = await scene.sql("SELECT incident_id, state FROM agency_request")
        assert (row["incident_id"], row["state"]) == (hers, "received"), (
            "merged, not ended with the empty one, and undecided"
        )
        assert not await scene.one("SELECT is_working FROM party WHERE incident_id = :id", id=hers)


async def test_an_id_is_one_thing_a_persons_alert_or_one_agencys_request(installation_database: str) -> None:
    """Who knows the id of a request can't hide a cry for help in it, nor take it over; nor an agency a person's."""
    async with installation(installation_database) as scene:
        services, request_id = scene.services, uuid4()
        await scene_with_firm(scene)
        await agree(scene)
        asked = await receive(services, brought(request_id, number=0))
        query = "SELECT alert_id, incident_id, phase, assignment_no, caller_sealed FROM alert WHERE alert_id = :id"
        before = await scene.sql(query, id=request_id)

        hers = [delivery(alert_id=request_id, served_by="home-1", number=1)]
        hers.append(delivery(alert_id=request_id, served_by="home-1", number=1, phase=Phase.ENDED, outcome="cancel"))
        told = [await receive(services, one) for one in (*hers, hers[0])]
        assert await scene.sql(query, id=request_id) == before and (await held(scene))[CENTER][0] == "received"
        assert {one.alert_id for one in told} == {request_id}, "the router knows it by this id"
        (own,) = {one.incident_id for one in told}
        assert own not in (asked.incident_id, UUID(int=0))
        rows = await scene.sql(
            "SELECT i.origin, a.phase FROM alert a JOIN incident i USING (incident_id) WHERE incident_id = :id", id=own
        )
        assert [tuple(one.values()) for one in rows] == [("alert", "ended")]

        foreign = brought(request_id, number=2)
        assert foreign.alert.request is not None
        request = foreign.alert.request.model_copy(update={"agency_id": "another"})
        alert = foreign.alert.model_copy(update={"request": request})
        person = await receive(services, delivery(served_by="home-1"))
        for one in (foreign.model_copy(update={"alert": alert}), brought(person.alert_id, number=2)):
            assert (await receive(services, one)).incident_id.int == 0
        assert await scene.sql(query, id=request_id) == before
        refused = await scene.sql("SELECT code, agency_id, request_id FROM request_refusal ORDER BY at, agency_id")
        assert [tuple(one.values()) for one in refused] == [
            ("id_used", "another", request_id), ("id_used", FIRM, person.alert_id)
        ]  # fmt: skip
