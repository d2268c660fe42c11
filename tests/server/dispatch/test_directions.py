"""Words that an officer can walk by."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.geo import distance_m, metres_per_degree
from server.dispatch.directions import Landmark, Whereabouts, bearing_deg, compass, directions, spoken_distance

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAT, LON = 37.3943, 126.9568
NORTH_M, EAST_M = metres_per_degree(lat=LAT)


def she(**more: float) -> Whereabouts:
    return Whereabouts(LAT, LON, 12.0, NOW - timedelta(seconds=5), **more)


def off(*, east_m: float, north_m: float) -> tuple[float, float]:
    return LAT + north_m / NORTH_M, LON + east_m / EAST_M


def test_the_whole_sentence() -> None:
    unit = off(east_m=-226, north_m=-226)
    mark = Landmark("안심로 3", *off(east_m=20, north_m=0))
    said = directions(she(speed_mps=1.3, heading_deg=182), now=NOW, unit=unit, landmarks=[mark])
    assert said["ko"] == "현재 위치에서 북동쪽 320 m. 안심로 3 카메라에서 서쪽 20 m. 남쪽으로 걷는 중. 오차 10 m."
    assert said["en"] == "320 m northeast of you. 20 m west of camera 안심로 3. Walking south. Within 10 m."


def test_without_a_place_it_says_so() -> None:
    assert directions(None, now=NOW) == {"ko": "위치를 아직 모릅니다.", "en": "Her place is not known yet."}


def test_an_old_place_is_told_with_its_age() -> None:
    old = Whereabouts(LAT, LON, 40.0, NOW - timedelta(minutes=3, seconds=20))
    assert directions(old, now=NOW) == {"ko": "오차 40 m, 3분 전 위치.", "en": "Within 40 m, 3 min ago."}


def test_the_nearest_name_counts_and_one_too_far_away_is_not_said() -> None:
    marks = [Landmark("먼 곳", *off(east_m=90, north_m=0)), Landmark("가까운 곳", *off(east_m=0, north_m=-30))]
    assert "가까운 곳 카메라에서 북쪽 30 m." in directions(she(), now=NOW, landmarks=marks)["ko"]
    assert (
        directions(she(), now=NOW, landmarks=[Landmark("딴 동네", *off(east_m=900, north_m=0))])["ko"] == "오차 10 m."
    )


@pytest.mark.parametrize(
    ("metres", "spoken"), [(2, "5 m"), (12, "10 m"), (97, "95 m"), (324, "320 m"), (996, "1.0 km"), (1240, "1.2 km")]
)
def test_distances_are_as_exact_as_anybody_can_pace(metres: float, spoken: str) -> None:
    assert spoken_distance(metres) == spoken


@given(st.floats(0, 359.999), st.floats(20, 5_000))
def test_who_walks_the_bearing_for_the_distance_arrives(bearing: float, metres: float) -> None:
    lat, lon = off(east_m=metres * math.sin(math.radians(bearing)), north_m=metres * math.cos(math.radians(bearing)))
    found = bearing_deg(lat=LAT, lon=LON, to_lat=lat, to_lon=lon)
    assert abs((found - bearing + 180) % 360 - 180) < 0.5
    assert abs(distance_m(lat=LAT, lon=LON, to_lat=lat, to_lon=lon) - metres) < metres * 0.01
    assert compass(found) == compass(round(found / 45) * 45) or abs(found % 45 - 22.5) < 1
