"""What stands beside a near miss, the reader's own picture; and a reader whose clock is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from location_router.runtime.problems import Problem
from server import plate_hits
from server.gate import OPEN_STATES
from server.plates import candidates, clocks
from tests.server.plates.post import POLICE, TERMS, Post, dump_of, picture_of, post
from tests.server.requests.asking import CENTER, agree


@pytest.fixture
async def desk(installation_database: str) -> AsyncIterator[Post]:
    async with post(installation_database) as made:
        yield made


async def _fails(*_: object, **__: object) -> None:
    raise OSError("the disk is full")


async def test_a_near_misss_picture_is_seen_by_nobody_before_its_incident_and_goes_with_it(desk: Post) -> None:
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
    assert [one["has_picture"] for one in listed] == [True, True]
    assert await desk.scene.one("SELECT count(*) FROM plate_candidate WHERE picture_sealed IS NOT NULL") == 2
    for table in ("incident", "capture", "release"):
        assert await desk.scene.sql(f"SELECT * FROM {table}") == [], table
    told = {str(value) for one in listed for value in one.values()}
    assert max(map(len, told)) < 300, "the card says that there is one, and carries nothing of it"

    with pytest.raises(Problem, match="Decided already"):
        await plate_hits.confirm(services, desk.office.viewer("stranger"), ids["cam-1"])
    await candidates.dismiss(services, operator, ids["cam-2"], "elsewhere")
    with pytest.MonkeyPatch.context() as broken, pytest.raises(OSError):
        broken.setattr(plate_hits, "defer_in", _fails)
        await plate_hits.confirm(services, operator, ids["cam-1"])
    assert await desk.hits() == [], "no hit: then it waits as before, and may be confirmed again"
    await plate_hits.confirm(services, operator, ids["cam-1"])
    assert await desk.scene.one("SELECT count(*) FROM plate_candidate WHERE picture_sealed IS NOT NULL") == 0
    ((kept,), (hit,)) = await desk.scene.sql("SELECT * FROM capture"), await desk.hits()
    assert (kept["alert_id"], hit["camera_id"]) == (hit["request_id"], "cam-1"), "confirmed: beside its request"
    (incident,) = await desk.scene.sql("SELECT * FROM incident")
    assert (kept["incident_id"], incident["state"] in OPEN_STATES) == (incident["incident_id"], True)
    assert await desk.scene.sql("SELECT * FROM release WHERE kind <> 'position'") == [], "and nobody has looked yet"


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
