"""What stands beside a near miss, the reader's own picture; and a reader whose clock is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from unittest.mock import AsyncMock, patch
from uuid import UUID

import pytest

from location_router.runtime.problems import Problem
from server import plate_hits, plate_pictures
from server.plates import candidates, clocks
from tests.server.plates.post import POLICE, TERMS, Post, dump_of, picture_of, post
from tests.server.requests.asking import CENTER, agree


@pytest.fixture
async def desk(installation_database: str) -> AsyncIterator[Post]:
    async with post(installation_database) as made:
        yield made


async def test_a_near_misss_picture_is_shown_by_the_gate_and_goes_with_it(desk: Post) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    services, operator = desk.scene.services, desk.office.viewer("operator")
    reads = [desk.read(camera=one, confidence=0.4, picture=picture_of("near")) for one in ("cam-1", "cam-2")]
    for _ in range(2):
        assert (await desk.send(*reads, desk.read("11가1111", picture=picture_of("unwanted")))).status_code == 200
    assert "near" not in (dump := await dump_of(services.settings.database_url)) and "unwanted" not in dump
    async with services.db.begin(center=operator.scope) as unit:
        listed = await candidates.listed(unit, services)
    ids = {one["camera"]["camera_id"]: UUID(one["candidate_id"]) for one in listed}
    assert [one["has_picture"] for one in listed] == [True, True] and await desk.scene.sql(
        "SELECT * FROM capture"
    ) == []

    for viewer, code in (
        (desk.office.viewer("stranger"), "no_candidate"),
        (replace(operator, address="203.0.113.7"), "address_not_registered"),
    ):
        with pytest.raises(Problem) as refused:
            await plate_pictures.show(services, viewer, ids["cam-1"])
        assert refused.value.code == code
    assert await desk.scene.sql("SELECT * FROM release") == []
    dies = patch.object(plate_pictures, "note_first_byte", AsyncMock(side_effect=ZeroDivisionError))
    with dies, pytest.raises(ZeroDivisionError):
        await plate_pictures.show(services, operator, ids["cam-1"])
    assert await desk.scene.sql("SELECT * FROM release") == [], "no byte without a committed row"
    for _ in range(2):
        assert (await plate_pictures.show(services, operator, ids["cam-1"])).startswith(b"\xff\xd8")
    rows = await desk.scene.sql("SELECT * FROM release")
    assert [(one["kind"], one["camera_id"], one["end_reason"]) for one in rows] == [("plate", "cam-1", "delivered")] * 2
    assert {one["incident_id"] for one in rows} == {None} and all(one["first_byte_at"] for one in rows)

    await candidates.decide(services, operator, ids["cam-2"], accepts=False, reason="elsewhere")
    await plate_hits.confirm(services, operator, ids["cam-1"])
    assert await desk.scene.one("SELECT count(*) FROM plate_candidate WHERE picture_sealed IS NOT NULL") == 0
    for candidate_id in ids.values():
        with pytest.raises(Problem, match="Decided already"):
            await plate_pictures.show(services, operator, candidate_id)
    ((kept,), (hit,)) = await desk.scene.sql("SELECT * FROM capture"), await desk.hits()
    assert (kept["alert_id"], hit["camera_id"]) == (hit["request_id"], "cam-1"), "confirmed: beside its request"


async def test_a_reader_whose_clock_is_a_day_slow_is_told_and_people_see_it(desk: Post) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    await desk.want()
    services, day_s = desk.scene.services, 86_400 + 60
    slow = [desk.read(after_s=-day_s), desk.read("11가1111", after_s=-day_s)]
    answer = await desk.send(*slow, desk.read(camera="cam-2"))
    assert (answer.status_code, answer.json()["reads"]) == (200, 1)
    assert [(one["line"], one["code"]) for one in answer.json()["refused"]] == [(0, "clock"), (1, "clock")], (
        "wanted or not"
    )
    assert [one["camera_id"] for one in await desk.hits()] == ["cam-2"]

    async def seen(login: str) -> list[tuple[str, int]]:
        async with services.db.begin(center=desk.office.viewer(login).scope) as unit:
            return [(one["reader_id"], one["off_s"] // 60) for one in await clocks.wrong(unit, services.clock())]

    async def lines() -> list[str]:
        rows = await desk.scene.sql("SELECT tag FROM event WHERE tag LIKE 'plate:clock%' ORDER BY seq")
        return [one["tag"] for one in rows]

    assert (await seen("operator"), await seen("stranger")) == ([("r-1", -1442)], [])
    hints: list[str] = []
    services.broadcast.subscribe(on_hint=hints.append)
    await desk.send(*slow)
    assert (await lines(), hints) == (["plate:clock_wrong"], []), "a second batch at once is no news"
    right = desk.read("11가1111")
    assert (await desk.send(right)).json() == {"reads": 1}
    assert await seen("operator") != [], "one camera of its that is right calls nothing off"
    desk.office.forward(601)
    await desk.send(desk.read("11가1111"))
    assert (await seen("operator"), await lines()) == ([], ["plate:clock_wrong", "plate:clock_right"])
    assert hints == [f"plates/{CENTER}"]
