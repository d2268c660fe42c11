"""Choosing over a real registry: the index beside the work, who is broken now, why, what comes next, following."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from server.cameras import routes, service
from server.cameras.current import current
from server.cameras.following import Follower
from server.cameras.registry import note_health
from server.seed import seed_cameras
from server.staff.routes import COOKIE
from tests.server.scene import CENTER, LAT, LON, Eye, Scene, app_of, client, installation, listening


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made


async def index_is_built(scene: Scene) -> None:
    async with asyncio.timeout(15):
        while current(scene.services).revision < 0 or current(scene.services)._is_building:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def ids(scene: Scene, incident_id: UUID) -> list[str]:
    return [one["camera_id"] for one in await service.choose_for_incident(scene.services, incident_id)]


async def position(scene: Scene, incident_id: UUID, *, north_m: float, heading_deg: float | None, age_s: float) -> None:
    await scene.sql(
        "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m, heading_deg,"
        " speed_mps) SELECT alert_id, :at, center_id, incident_id, :lat, :lon, 8, CAST(:heading AS float8),"
        " CASE WHEN CAST(:heading AS float8) IS NOT NULL THEN 1.4 END FROM alert WHERE incident_id = :id",
        at=datetime.now(UTC) + timedelta(minutes=5) - timedelta(seconds=age_s),
        id=incident_id,
        lat=LAT + north_m / 111_195,
        lon=LON,
        heading=heading_deg,
    )


async def test_the_index_serves_while_a_newer_one_is_built_and_never_shows_what_is_gone(scene: Scene) -> None:
    incident_id = await scene.emergency()
    first = await ids(scene, incident_id)  # before there is an index: straight from the database
    await index_is_built(scene)
    known = current(scene.services)
    assert len(known.centers[CENTER]) == 6 and await ids(scene, incident_id) == first

    async with scene.services.db.begin() as unit:
        await note_health(unit, first[0], "frozen", datetime.now(UTC))
    after = await ids(scene, incident_id)
    assert first[0] not in after and len(after) == 5, "fresh health of the chosen ones decides"

    await scene.sql("UPDATE camera SET retired_at = now() WHERE camera_id = :id", id=after[0])
    late = await ids(scene, incident_id)  # the index still has it: the registry's word counts
    assert set(late) == {f"cam-{n}" for n in range(1, 7)} - {after[0]}, "the frozen one is all that is left, and comes"
    await index_is_built(scene)
    async with asyncio.timeout(15):
        while len(known.centers[CENTER]) != 5:
            await ids(scene, incident_id)
            await asyncio.sleep(0.02)


async def test_a_camera_without_an_address_is_named_last_and_opens_nothing(scene: Scene) -> None:
    await scene.sql(
        "UPDATE camera SET sub_url_sealed = NULL, main_url_sealed = NULL WHERE camera_id IN ('cam-2', 'cam-3')"
    )
    await scene.sql("UPDATE camera SET is_private = true WHERE camera_id = 'cam-1'")
    incident_id = await scene.emergency()
    chosen = await service.choose_for_incident(scene.services, incident_id)
    assert [one["has_stream"] for one in chosen] == [True, True, True, False, False]
    assert "cam-1" not in {one["camera_id"] for one in chosen}, "private, and nobody has consented"
    opened = await service.open_cameras(scene.services, scene.staff["operator"], incident_id)
    assert {one["camera_id"] for one in opened} == {one["camera_id"] for one in chosen[:3]}
    with pytest.raises(Exception, match="phone its office"):
        await service.open_cameras(scene.services, scene.staff["operator"], incident_id, camera_id="cam-2")
    assert await scene.one("SELECT count(*) FROM release WHERE camera_id IN ('cam-2', 'cam-3')") == 0


async def test_an_operator_is_told_why_and_what_comes_next_behind_a_release(scene: Scene) -> None:
    ahead = [Eye(f"way-{n}", f"달빛길 {n} <가>", LAT + 0.0009 * (n + 1), LON) for n in range(3)]
    async with scene.services.db.begin() as unit:
        await seed_cameras(unit, scene.services.sealer, center_id=CENTER, cameras=ahead, rtsp_base="rtsp://h")
    await scene.sql("UPDATE camera SET health = 'dark' WHERE camera_id = 'cam-6'")
    incident_id = await scene.emergency()
    await service.choose_for_incident(scene.services, incident_id)
    for login in ("operator", "stranger"):
        await scene.sql(
            "UPDATE session SET token_digest = :digest WHERE account_id = :id",
            digest=scene.services.sealer.digest(login, context="session"),
            id=scene.staff[login].account_id,
        )
    base = f"/api/incidents/{incident_id}/cameras"
    async with listening(app_of(scene.services, routes.router)) as address:
        async with client(address, cookies={COOKIE: "stranger"}) as stranger:
            for path in ("why", "why.svg", "ahead"):
                assert (await stranger.get(f"{base}/{path}")).status_code == 404
        async with client(address, cookies={COOKIE: "operator"}) as operator:
            why = (await operator.get(f"{base}/why")).json()
            drawn = await operator.get(f"{base}/why.svg", params={"language": "en"})
            fan = (await operator.get(f"{base}/ahead")).json()
            for age_s in (30, 15, 0):
                await position(scene, incident_id, north_m=42 - 1.4 * age_s, heading_deg=None, age_s=age_s)
            walked = (await operator.get(f"{base}/ahead")).json()
            await position(scene, incident_id, north_m=45, heading_deg=0.0, age_s=-2)
            going = (await operator.get(f"{base}/ahead")).json()
            await scene.sql("UPDATE incident SET state = 'closed' WHERE incident_id = :id", id=incident_id)
            assert (await operator.get(f"{base}/why")).status_code == 409, "the place is not shown after the end"
    assert [one["number"] for one in why["cameras"]] == [1, 2, 3, 4, 5]
    assert all(one["why_ko"] and one["why_en"] and one["reasons"] for one in why["cameras"])
    assert {one["camera_id"]: one["code"] for one in why["passed_over"]}["cam-6"] == "broken"
    picture = etree.fromstring(drawn.content)
    assert drawn.headers["content-type"] == "image/svg+xml" and "Why these cameras" in drawn.text
    assert len(picture.findall(".//{*}text")) > 15 and b"<script" not in drawn.content
    assert fan["kind"] == "fan" and fan["basis"] == "none" and fan["note_ko"]
    assert walked["kind"] == "way" and walked["basis"] == "track" and walked["heading_deg"] == pytest.approx(0, abs=1)
    assert going["basis"] == "reported"
    names = [one["camera_id"] for one in going["cameras"]]
    assert [one for one in names if one.startswith("way-")] == ["way-0", "way-1", "way-2"]
    assert await scene.one("SELECT count(*) > 0 FROM release WHERE kind = 'position'")


async def test_the_five_follow_who_moves_and_not_who_stands(scene: Scene) -> None:
    ahead = [Eye(f"far-{n}", f"달빛길 {n}", LAT + 0.003, LON + 0.0001 * n) for n in range(5)]
    async with scene.services.db.begin() as unit:
        await seed_cameras(unit, scene.services.sealer, center_id=CENTER, cameras=ahead, rtsp_base="rtsp://h")
    incident_id = await scene.emergency()
    await service.choose_for_incident(scene.services, incident_id)
    follower = Follower(scene.services, every_s=0)

    def fix(north_m: float) -> list[dict[str, Any]]:
        return [{"incident_id": incident_id, "lat": LAT + north_m / 111_195, "lon": LON, "accuracy_m": 12.0}]

    follower.moved(fix(0))
    follower.moved(fix(9))
    await asyncio.sleep(0.05)
    assert (await scene.tags(incident_id)).count("camera:chosen") == 1, "she stands: nobody asks again"
    await position(scene, incident_id, north_m=333, heading_deg=0.0, age_s=0)
    follower.moved(fix(333))
    async with asyncio.timeout(15):
        while (await scene.tags(incident_id)).count("camera:chosen") < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    async with scene.services.db.begin() as unit:
        assert {one["camera_id"] for one in await service.chosen(unit, incident_id)} == {one.camera_id for one in ahead}
