"""The index tells the same as looking at every camera, whatever the city and whoever is looked for."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.cameras.index import CameraFacts, CameraIndex
from server.cameras.select import Chosen, Scene, select
from tests.server.cameras.city import LAT, LON, NIGHT, a_camera, at, city, plain_choice

NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def told(chosen: list[Chosen]) -> list[tuple[str, float]]:
    return [(one.camera_id, one.score) for one in chosen]


scenes = st.fixed_dictionaries(
    {
        "accuracy_m": st.sampled_from([0.0, 8.0, 30.0, 120.0, 480.0, 3_000.0]),
        "heading_deg": st.one_of(st.none(), st.floats(0, 360)),
        "speed_mps": st.one_of(st.none(), st.floats(0, 30)),
        "now": st.sampled_from([NIGHT, NOON]),
        "limit": st.integers(1, 8),
        "plates": st.booleans(),
        "purposes": st.sampled_from([None, frozenset(["traffic_enforcement", "waste"])]),
    }
)


@pytest.fixture(autouse=True)
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small cities would be looked at in full at the first step: then no bound is ever needed, and none is tested."""
    monkeypatch.setattr("server.cameras.select._AT_ONCE", 1)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 2**32),
    st.integers(1, 120),
    st.sampled_from([60.0, 250.0, 900.0, 5_000.0, 400_000.0]),
    st.sampled_from([None, 40.0, 115.0, 1_000.0]),
    scenes,
    st.integers(0, 4),
)
def test_the_choice_over_the_index_is_the_choice_over_all(seed, count, wide_m, range_m, how, kept) -> None:
    """Crowded corners, lonely roads, whole countries; some of what was on the screen is kept, near or far."""
    chance = random.Random(seed)
    places = [at(east_m=chance.gauss(0, wide_m), north_m=chance.gauss(0, wide_m)) for _ in range(count)]
    cameras = [a_camera(f"c{n:03}", *place, chance) for n, place in enumerate(places)]
    index = CameraIndex.build(replace(one, range_m=range_m or one.range_m) for one in cameras)
    scene = Scene(LAT, LON, keep=tuple(chance.sample(index.ids, min(kept, count))), **how)
    assert told(select(index, scene)) == plain_choice(index, scene)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.sampled_from([100.0, 700.0]), scenes)
def test_equal_cameras_are_told_apart_by_distance_and_name(seed, step_m, how) -> None:
    """A grid of twins: everything is a tie but for the place in it."""
    chance = random.Random(seed)
    heading = chance.choice([None, 0.0, 135.0])
    places = [at(east_m=step_m * (n % 9 - 4), north_m=step_m * (n // 9 - 4)) for n in range(81)]
    names = chance.sample(range(81), 81)
    index = CameraIndex.build(CameraFacts(f"c{names[n]:02}", *place, heading) for n, place in enumerate(places))
    scene = Scene(LAT, LON, **{**how, "purposes": None})
    assert told(select(index, scene)) == plain_choice(index, scene)


def test_over_a_hundred_thousand_cameras_too() -> None:
    """Half of them even over the country, half in crowded cities."""
    chance = random.Random(2026)
    even, crowded = city(50_000, clusters=0, chance=chance), city(50_000, clusters=25, chance=chance)
    index = CameraIndex.build(even + [replace(one, id=f"d{one.id}") for one in crowded])
    near = chance.choice(crowded)
    scene = Scene(near.lat + 0.0003, near.lon, 40.0, NIGHT, heading_deg=75.0, speed_mps=1.4, keep=(even[0].id,))
    assert told(select(index, scene)) == plain_choice(index, scene)


def test_a_city_whose_cameras_are_nearly_all_broken_still_gives_the_five_that_work() -> None:
    chance = random.Random(5)
    cameras = city(3_000, clusters=1, chance=chance)
    index = CameraIndex.build(cameras).with_health({one.id: "down" for one in cameras[: len(cameras) - 4]})
    middle = cameras[0]
    chosen = select(index, Scene(middle.lat, middle.lon, 15.0, NIGHT))
    works = [one for one in chosen if one.health == "unknown" and one.has_stream]
    assert chosen[: len(works)] == works and len(chosen) == 5
    usable = [one for one in cameras[-4:] if one.has_stream and not one.is_private]
    assert {one.camera_id for one in works} == {one.id for one in usable}
