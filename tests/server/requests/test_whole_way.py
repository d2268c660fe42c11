"""The whole way of a request: raised at the center, decided, seen, ended; and every refusal with its row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from server.endings import end_with_incident
from server.gate import look_again
from server.incidents import service as incidents
from server.incidents.model import Close
from server.requests import deciding, reading
from tests.server.requests.asking import CENTER, FIRM, RIVAL, Office, agree, office


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database) as made:
        yield made


async def close(room: Office, incident_id: UUID) -> None:
    services, actor = room.scene.services, room.viewer("operator").actor
    async with services.db.begin() as unit:
        state = await incidents.locked(unit, incident_id)
        after = await incidents.perform(unit, services, incident_id, Close("handled"), actor, state=state)
        await end_with_incident(unit, services, state, after, actor)


async def ended_views(room: Office, incident_id: UUID) -> set[str]:
    """What the video process's next look says of the firm's open and just ended pictures."""
    services = room.scene.services
    rows = await room.scene.sql(
        "SELECT release_id FROM release WHERE incident_id = :id AND kind = 'live' AND viewer_kind = 'agent'",
        id=incident_id,
    )
    async with services.db.begin() as unit:
        return set((await look_again(unit, [row["release_id"] for row in rows], services.clock())).values())


async def test_from_the_firms_panic_button_to_its_screen_and_to_the_end(room: Office) -> None:
    await agree(room.scene)
    said = room.letter()
    answer = await room.send("", said)
    told = answer.json()
    assert answer.status_code == 202 and told["state"] == "received" and told["center"]["code"] == CENTER, told
    row = await room.row(told["request_id"])
    incident_id = row["incident_id"]
    (case,) = await room.scene.sql("SELECT * FROM incident WHERE incident_id = :id", id=incident_id)
    assert (case["origin"], case["type"], case["state"], case["phase"]) == (
        "agency",
        "help_request",
        "received",
        "active",
    )
    assert (await room.look("guard", incident_id), await room.look("operator", incident_id)) == (
        "no_dispatch",
        "5 views",
    )

    again = await room.send("", said)
    assert (again.status_code, again.json()["request_id"]) == (200, told["request_id"])
    assert await room.scene.one("SELECT count(*) FROM incident") == 1

    services, operator = room.scene.services, room.viewer("operator")
    request_id = UUID(told["request_id"])
    accepted = await deciding.accept(services, operator, incident_id, request_id)
    assert accepted["state"] == "accepted" and not accepted["is_auto"]
    assert await room.scene.one("SELECT owner_id FROM incident WHERE incident_id = :id", id=incident_id) is not None
    assert (await room.look("guard", incident_id), await room.look("rival", incident_id)) == ("5 views", "no_dispatch")
    assert await ended_views(room, incident_id) == set()

    async with services.db.begin() as unit:
        (mine,) = await reading.of_agency(unit, services, FIRM)
        assert await reading.of_agency(unit, services, RIVAL) == []
    assert mine["may_view_live"] and 0 < mine["seconds_left"] <= 7200 and len(mine["released"]) == 5
    assert mine["subject"]["contact_phone"] == "010-1234-5678" and mine["agreement"]["may"]["live"]
    card = reading.card(services, accepted)
    assert card["subject"]["contact_phone"].endswith("5678") and "1234" not in card["subject"]["contact_phone"]

    await close(room, incident_id)
    assert (await room.row(told["request_id"]))["state"] == "ended"
    assert await room.look("guard", incident_id) == "incident_closed"
    assert "incident_closed" in await ended_views(room, incident_id)
    lines = await room.scene.tags(incident_id)
    assert [tag for tag in lines if tag.startswith("request:")] == [
        "request:received",
        "request:accepted",
        "request:ended",
    ]
    for seq in (1, 2, 3):
        assert await room.tell(told["request_id"], seq)
