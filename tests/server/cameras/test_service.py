"""The five cameras of an incident over a real registry: nearest first, sticky, warmed once, never another center's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.cameras import routes, service
from server.dispatch.routes import router as agency_routes
from server.seed import seed_cameras
from server.staff.routes import COOKIE
from tests.server.scene import CENTER, LAT, LON, OTHER, Eye, Scene, app_of, client, installation, listening


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made


class Warmer:
    """The gateway as it sees warming."""

    def __init__(self, answer: bool = True) -> None:
        self.answer, self.asked = answer, list[list[tuple[str, str]]]()

    async def ensure_source(self, cameras: Any, seconds: float = 180) -> bool:
        self.asked.append([(camera.camera_id, camera.url) for camera in cameras])
        return self.answer


async def walk_to(scene: Scene, incident_id: UUID, *, lat: float, lon: float) -> None:
    await scene.sql(
        "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m) SELECT alert_id, :at,"
        " center_id, incident_id, :lat, :lon, 8 FROM alert WHERE incident_id = :id",
        at=datetime.now(UTC) + timedelta(minutes=1),
        id=incident_id,
        lat=lat,
        lon=lon,
    )


async def test_five_are_chosen_written_down_and_warmed_once(scene: Scene) -> None:
    scene.services.gateway = warmer = Warmer()  # type: ignore[assignment]
    incident_id = await scene.emergency()
    first = await service.choose_for_incident(scene.services, incident_id)
    again = await service.choose_for_incident(scene.services, incident_id)
    assert [one["number"] for one in first] == [1, 2, 3, 4, 5] and again == first
    assert all(one["distance_m"] < 200 and one["camera_id"].startswith("cam-") for one in first)
    assert len(warmer.asked) == 1 and set(warmer.asked[0]) == {
        (one["camera_id"], f"rtsp://127.0.0.1:1/{one['camera_id']}/sub") for one in first
    }
    assert await scene.tags(incident_id) == ["camera:chosen", "camera:warmed"]
    async with scene.services.db.begin() as unit:
        assert await service.chosen(unit, incident_id) == first


async def test_a_silent_gateway_is_a_line_in_the_timeline_and_no_error(scene: Scene) -> None:
    scene.services.gateway = Warmer(answer=False)  # type: ignore[assignment]
    incident_id = await scene.emergency()
    assert len(await service.choose_for_incident(scene.services, incident_id)) == 5
    assert "camera:warmed" in await scene.tags(incident_id)


async def test_a_drill_warms_nothing(scene: Scene) -> None:
    scene.services.gateway = warmer = Warmer()  # type: ignore[assignment]
    await service.choose_for_incident(scene.services, await scene.emergency(is_drill=True))
    assert warmer.asked == []


async def test_when_she_walks_on_the_cameras_follow_and_the_others_keep_their_numbers(scene: Scene) -> None:
    ahead = [Eye(f"far-{n}", f"달빛길 {n}", LAT + 0.003, LON + 0.0001 * n) for n in range(3)]
    async with scene.services.db.begin() as unit:
        await seed_cameras(unit, scene.services.sealer, center_id=CENTER, cameras=ahead, rtsp_base="rtsp://h")
    incident_id = await scene.emergency()
    before = {one["camera_id"]: one["number"] for one in await service.choose_for_incident(scene.services, incident_id)}
    await walk_to(scene, incident_id, lat=LAT + 0.003, lon=LON)
    after = {one["camera_id"]: one["number"] for one in await service.choose_for_incident(scene.services, incident_id)}
    assert {one.camera_id for one in ahead} <= set(after)
    assert all(after[one] == number for one, number in before.items() if one in after)
    assert sorted(after.values()) == [1, 2, 3, 4, 5]


async def test_a_lonely_place_still_gets_the_nearest_cameras_and_none_of_another_center(scene: Scene) -> None:
    here = Eye("other-1", "종로", LAT + 0.5, LON)
    async with scene.services.db.begin() as unit:
        await seed_cameras(unit, scene.services.sealer, center_id=OTHER, cameras=[here], rtsp_base="rtsp://h")
    incident_id = await scene.emergency()
    await walk_to(scene, incident_id, lat=LAT + 0.5, lon=LON)
    chosen = await service.choose_for_incident(scene.services, incident_id)
    assert len(chosen) == 5 and all(one["camera_id"].startswith("cam-") for one in chosen)


async def test_without_a_position_nothing_is_chosen_and_opening_is_empty(scene: Scene) -> None:
    incident_id = await scene.emergency(with_position=False)
    assert await service.choose_for_incident(scene.services, incident_id) == []
    assert await service.open_cameras(scene.services, scene.staff["operator"], incident_id) == []


async def test_the_map_shows_cameras_of_the_own_desk_without_their_addresses(scene: Scene) -> None:
    for login in ("operator", "stranger"):
        await scene.sql(
            "UPDATE session SET token_digest = :digest WHERE account_id = :id",
            digest=scene.services.sealer.digest(login, context="session"),
            id=scene.staff[login].account_id,
        )
    box = {"west": LON - 0.01, "east": LON + 0.01, "south": LAT - 0.0005, "north": LAT + 0.01}
    async with listening(app_of(scene.services, routes.router, agency_routes)) as address:
        async with client(address, cookies={COOKIE: "operator"}) as operator:
            seen = (await operator.get("/api/cameras", params=box)).json()["cameras"]
        async with client(address, cookies={COOKIE: "stranger"}) as stranger:
            assert (await stranger.get("/api/cameras", params=box)).json() == {"cameras": []}
    assert 3 <= len(seen) <= 6
    assert set(seen[0]) == {"camera_id", "name", "lat", "lon", "heading_deg", "field_of_view_deg", "range_m", "healthy"}
