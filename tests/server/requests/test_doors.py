"""What a line may say, and what not: of a request that is new, of one that is known, and how fast."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest

from location_router.runtime.pace import Pace
from location_router.wire import PositionUpdate, Reason
from server import apart, line_calls
from server.console.commands import run
from server.incidents import service as incidents
from server.incidents.replay import Line, replayed
from server.intake import receive
from server.positions import PositionWriter
from tests.server.deliveries import delivery, sent, sweep
from tests.server.requests.asking import Office, agree, office
from tests.server.requests.test_by_the_router import brought, scene_with_firm
from tests.server.requests.test_whole_way import AREAS
from tests.server.scene import Scene, installation


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database) as made:
        yield made


async def test_the_future_a_refused_one_and_one_who_is_too_fast(room: Office) -> None:
    await agree(room.scene)
    now = room.scene.services.clock()
    told = await room.ask(422, raised_at=(now + timedelta(minutes=3)).isoformat())
    assert (told["code"], told["field"]) == ("invalid", "raised_at") and "future" in told["message_en"]
    soon = await room.ask(raised_at=(now + timedelta(minutes=1)).isoformat())
    assert soon["state"] == "received", "two clocks may differ"
    assert [one["kind"] for one in await sent(room.scene.services, "status")] == [], "no news for the router"

    letter = room.letter(legal_basis="pipa-18-2-10")
    answers = [await room.send("", letter) for _ in range(2)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "legal_basis")] * 2
    taken_back = await room.send(f"/{letter['request_id']}/cancel", {})
    assert (taken_back.status_code, taken_back.json()["code"]) == (404, "no_request"), "nothing to take back"

    room.scene.services.settings.line_per_minute = 6
    with patch.object(line_calls, "WAITS_AT_MOST_S", 0.1):
        quick = [await room.send(f"/{soon['request_id']}", method="GET") for _ in range(3)]
    assert {one.status_code for one in quick} == {200} and quick[-1].headers["X-Ansim-Delayed"] == "0.1"


def test_names_that_owe_nothing_are_forgotten() -> None:
    pace = Pace()
    for number in range(3 * Pace.MOST_NAMES):
        assert pace.wait_s(f"nobody-{number}", per_minute=60, now=float(number), at_most_s=3.0) == 0.0
    assert len(pace.spent()) <= Pace.MOST_NAMES
    waits = [pace.wait_s("firm", per_minute=60, now=1e6, at_most_s=3.0) for _ in range(20)]
    assert waits[9] == 0.0 and waits[12] == waits[-1] == 3.0


async def test_what_the_router_brings_under_a_lines_id_is_a_persons(room: Office) -> None:
    await agree(room.scene)
    services, request_id = room.scene.services, UUID((await room.ask())["request_id"])
    hers = await receive(services, delivery(alert_id=request_id, served_by="home-1"))
    before = await room.scene.sql("SELECT * FROM position WHERE alert_id = :id", id=request_id)
    fix = delivery(lat=37.3999).alert.position
    assert fix is not None
    writer = PositionWriter(services)
    moved = PositionUpdate(alert_id=request_id, position=fix.model_copy(update={"fixed_at": services.clock()}))
    await writer.take("", moved.model_dump_json().encode())
    await writer.flush()
    await writer.flush()
    assert await room.scene.sql("SELECT * FROM position WHERE alert_id = :id", id=request_id) == before
    (newest,) = await room.scene.sql(
        "SELECT lat, incident_id FROM position WHERE alert_id = :id ORDER BY fixed_at DESC LIMIT 1",
        id=apart.own_id(request_id),
    )
    assert tuple(newest.values()) == (37.3999, hers.incident_id)


async def _asked(scene: Scene) -> tuple[UUID, UUID]:
    """A request that the router has brought, and its incident."""
    request_id = uuid4()
    return request_id, (await receive(scene.services, brought(request_id))).incident_id


async def test_a_later_delivery_outside_the_area_leaves_no_place(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        await scene_with_firm(scene)
        await agree(scene, areas=AREAS)
        request_id, _ = await _asked(scene)
        for number, lat in ((1, 37.45), (2, 37.3899)):
            later = brought(request_id, lat=lat, reason=Reason.CONTAINS, number=number)
            assert later.alert.position is not None
            place = later.alert.position.model_copy(update={"fixed_at": scene.services.clock()})
            alert = later.alert.model_copy(update={"position": place})
            await receive(scene.services, later.model_copy(update={"alert": alert}))
        places = await scene.sql("SELECT lat FROM position WHERE alert_id = :id ORDER BY fixed_at", id=request_id)
        assert [one["lat"] for one in places] == [37.3943, 37.3899]
        assert await scene.one("SELECT count(*) FROM request_refusal WHERE code = 'outside_area'") == 1


async def test_a_request_that_is_split_off_stays_one_and_calls_no_112(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        services, operator = scene.services, scene.staff["operator"]
        await scene_with_firm(scene)
        await agree(scene, verify_s=3600)
        hers = (await receive(services, delivery(served_by="home-1"))).incident_id
        request_id, own = await _asked(scene)
        await run(services, operator, "merge", own, {"into": str(hers)})
        await scene.sql("UPDATE alert SET origin_id = NULL")  # as one that never had an incident of its own
        await run(services, operator, "split", hers, {"alert_id": str(request_id)})
        (row,) = await scene.sql(
            "SELECT i.* FROM incident i JOIN agency_request r USING (incident_id) WHERE r.request_id = :id",
            id=request_id,
        )
        assert row["incident_id"] not in (hers, own)
        assert (row["origin"], row["type"], row["state"]) == ("agency", "help_request", "received")
        async with services.db.begin() as unit:
            timeline = (await incidents.details(unit, row["incident_id"]))["timeline"]
        lines = [Line(x["tag"], x["actor"]["id"], x["at"], x["payload"]) for x in timeline]
        again = replayed(lines, row["incident_id"])
        assert (again.origin, again.type) == ("agency", "help_request"), "told by its lines alone"
        clock = services.clock
        for ahead in (60, 600, 1200):
            services.clock = lambda ahead=ahead: clock() + timedelta(seconds=ahead)  # type: ignore[misc]
            await sweep(services)
        levels = "SELECT escalation_level FROM incident WHERE incident_id = :id"
        assert await scene.one(levels, id=row["incident_id"]) == 1, "the shift leader, and nobody else"
        assert await scene.one(levels, id=hers) == 2, "a person's alert climbs on"
