"""A security firm's earlier requests order it among those that wait; and a firm is nobody's force."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from location_router.runtime.problems import Problem
from server.dispatch.service import request
from server.incidents.cards import open_cards
from server.requests import deciding
from tests.server.deliveries import sweep
from tests.server.requests.asking import BASIS, FIRM, OTHER_KEY, RIVAL, Office, agree, office


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database) as made:
        yield made


async def queue(room: Office) -> dict[str, tuple[int, float | None]]:
    """Each waiting firm's rank and score, in the order of the queue."""
    async with room.scene.services.db.begin() as unit:
        cards = await open_cards(unit)
    return {
        one["requests"][0]["agency"]["agency_id"]: (one["rank"], one["repeat"] and one["repeat"]["score"])
        for one in cards
    }


async def judged(room: Office, reason: str, times: int) -> None:
    for _ in range(times):
        told = await room.ask()
        incident_id = (await room.row(told["request_id"]))["incident_id"]
        operator, request_id = room.viewer("operator"), UUID(told["request_id"])
        await deciding.reject(room.scene.services, operator, incident_id, request_id, reason=reason, note="")


async def test_a_firms_false_requests_put_it_behind_its_equals_and_never_out_of_the_queue(room: Office) -> None:
    services = room.scene.services
    for agency in (FIRM, RIVAL):
        await agree(room.scene, agency, triggers=["help_request", "dispatch"], verify_s=60)
    await judged(room, "duplicate", 3)
    await judged(room, "no_danger", 9)
    for reason in ("wrong_place", "not_agreed", "other"):
        await judged(room, reason, 1)
    left = await room.scene.sql(
        "SELECT q.reason, i.disposition, count(*) AS n, bool_or(i.owner_id IS NULL) AS unowned FROM agency_request q"
        " JOIN incident i USING (incident_id) GROUP BY 1, 2 ORDER BY 1"
    )
    assert [(one["reason"], one["disposition"], one["n"], one["unowned"]) for one in left] == [
        ("duplicate", "duplicate", 3, False),
        ("no_danger", "false_alarm", 9, False),
        ("not_agreed", None, 1, False),
        ("other", None, 1, False),
        ("wrong_place", None, 1, False),
    ], "somebody may be in danger at another address"
    await room.scene.sql("UPDATE incident SET state = 'closed', closed_at = now() WHERE disposition IS NULL")
    asked = UUID((await room.ask())["request_id"])
    assert await queue(room) == {FIRM: (1, round(9 / 25, 3))}, "below the half: nobody waits for it"
    await room.scene.sql("UPDATE agency_request SET reason = 'no_danger' WHERE reason IN ('duplicate', 'other')")
    assert (await queue(room))[FIRM] == (2, round(13 / 25, 3))
    rival = await room.send("", room.letter(agency_id=RIVAL), agency=RIVAL, key=OTHER_KEY)
    assert rival.status_code == 202
    assert list(await queue(room)) == [RIVAL, FIRM], "behind its equal, though it came first"
    assert (await queue(room))[RIVAL] == (1, None)
    old = "UPDATE agency_request SET received_at = received_at - interval '91 days' WHERE state = 'rejected'"
    await room.scene.sql(old)
    assert list(await queue(room)) == [FIRM, RIVAL], "what is older than ninety days is nobody's name"
    await room.scene.sql(old.replace("- interval", "+ interval"))
    assert list(await queue(room)) == [RIVAL, FIRM]

    room.forward(61)
    await sweep(services)
    row = await room.row(str(asked))
    assert row["is_overdue"], "its target is the same as everybody's"
    with pytest.raises(Problem) as refused:
        async with services.db.begin() as unit:
            await request(
                unit, services, incident_id=row["incident_id"], agency="security",
                actor=room.viewer("operator").actor, legal_basis=BASIS,
            )  # fmt: skip
    assert (refused.value.status, refused.value.code) == (409, "no_force"), "whatever its agreement says"
    assert await room.scene.one("SELECT count(*) FROM dispatch") == 0
