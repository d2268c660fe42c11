"""One camera's changes: health speaks once, a place that moves is written down, a retired camera is never chosen; and
the revision moves with everything but health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from server.cameras import registry
from server.cameras.model import numbered
from server.cameras.select import Chosen
from server.cameras.service import nearest
from server.purposes import PURPOSE_ALLOWS, PURPOSES, is_purpose_allowed, need_of
from tests.server.scene import CENTER, LAT, LON, Scene, installation

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made


async def test_a_camera_through_its_life(scene: Scene) -> None:
    async with scene.services.db.begin() as unit:
        before = await registry.revision(unit)
        assert await registry.note_health(unit, "cam-1", "frozen", NOW)
        assert not await registry.note_health(unit, "cam-1", "frozen", NOW + timedelta(minutes=1))
        assert not await registry.note_health(unit, "cam-1", "working", NOW - timedelta(minutes=1)), "an older look"
        assert await registry.revision(unit) == before
    row = (await scene.sql("SELECT health, health_at, health_since FROM camera WHERE camera_id = 'cam-1'"))[0]
    assert (row["health"], row["health_at"] - NOW, row["health_since"]) == ("frozen", timedelta(minutes=1), NOW)
    assert await scene.one("SELECT count(*) FROM event WHERE tag = 'camera:health'") == 1

    async with scene.services.db.begin() as unit:
        await registry.change(unit, "cam-2", at=NOW, lat=LAT, lon=LON, height_m=4.5)
        assert await registry.revision(unit) > before
    assert await scene.one("SELECT height_m FROM camera WHERE camera_id = 'cam-2'") == 4.5
    for wrong in ({"lat": 95.0, "lon": 127.0}, {"lat": 37.0}, {"health": "working"}, {"purposes": ["spying"]}, {}):
        async with scene.services.db.begin() as unit:
            with pytest.raises(ValueError):
                await registry.change(unit, "cam-2", at=NOW, **wrong)

    async with scene.services.db.begin() as unit:
        await registry.retire(unit, "cam-3", at=NOW, reason="gone from the street")
        await registry.change(unit, "cam-4", at=NOW, is_private=True)
        await registry.change(unit, "cam-5", at=NOW, is_private=True, consent_until=NOW + timedelta(days=1))
        found = await nearest(unit, center_id=CENTER, lat=LAT, lon=LON, limit=10, now=NOW)
        later = await nearest(unit, center_id=CENTER, lat=LAT, lon=LON, limit=10, now=NOW + timedelta(days=2))
        with pytest.raises(KeyError):
            await registry.note_health(unit, "nobody", "dark", NOW)
    assert {one["camera_id"] for one in found} == {"cam-1", "cam-2", "cam-5", "cam-6"}
    assert {one["camera_id"] for one in later} == {"cam-1", "cam-2", "cam-6"}
    assert {one["healthy"] for one in found if one["camera_id"] == "cam-1"} == {False}


def test_life_opens_every_public_camera_and_looking_on_does_not() -> None:
    assert all(is_purpose_allowed([purpose], "life") for purpose in PURPOSES)
    assert need_of("alert", "") == "life" and need_of("agency", "vehicle") == "vehicle"
    assert not is_purpose_allowed(["traffic_enforcement"], need_of("observed", "other"))
    assert need_of("observed", "assault") == "life" and need_of("exercise", "sos") == "exercise"
    assert is_purpose_allowed(["traffic_enforcement", "crime_prevention"], "observed")
    assert is_purpose_allowed([], "life") and not is_purpose_allowed([], "observed")
    assert {purpose for allowed in PURPOSE_ALLOWS.values() for purpose in allowed} <= set(PURPOSES)


def test_a_tile_never_moves_because_another_one_went() -> None:
    """Camera 3 has gone and nothing took its place; later something does: everybody else keeps the number."""
    row = {"name": "", "lat": 0.0, "lon": 0.0, "heading_deg": None, "field_of_view_deg": 60.0, "range_m": 50.0}
    rows = {one: row | {"healthy": True} for one in "abdef"}
    chosen = [Chosen(one, 1.0, 0.0, True, 1.0, "in_view") for one in "fbdae"]
    found = numbered(chosen, rows, {"a": 1, "b": 2, "d": 4, "e": 5})
    assert [(one.number, one.camera_id) for one in found] == [(1, "a"), (2, "b"), (3, "f"), (4, "d"), (5, "e")]
