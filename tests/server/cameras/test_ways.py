"""Cameras along a way, on an escape, over an area; the sun; which way somebody goes."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from server.cameras.along import Fix, WayPoint, along, movement, predicted
from server.cameras.area import in_area
from server.cameras.escape import PACES, escape
from server.cameras.index import CameraFacts, CameraIndex
from server.cameras.select import Scene, select
from server.cameras.sun import is_dark, sun_elevation_deg
from tests.server.cameras.city import LAT, LON, NIGHT, a_camera, at


def camera(name: str, *, east_m: float, north_m: float, heading_deg: float | None = None, **facts) -> CameraFacts:
    return CameraFacts(name, *at(east_m=east_m, north_m=north_m), heading_deg, **facts)


def street(count: int = 12, step_m: float = 60.0, **facts) -> list[CameraFacts]:
    """Cameras on the north side of a street that runs east, each looking down on it."""
    return [camera(f"s{n:02}", east_m=n * step_m, north_m=12, heading_deg=180, **facts) for n in range(count)]


def test_cameras_come_in_the_order_of_the_way_with_times_that_fit_the_pace() -> None:
    way = predicted(lat=LAT, lon=LON, heading_deg=90.0, speed_mps=1.5, seconds=300)
    found = along(CameraIndex.build(street()), way, now=NIGHT, accuracy_m=6)
    assert [one.camera_id for one in found] == [f"s{n:02}" for n in range(8)], "450 m in five minutes, and no farther"
    assert all(one.from_s <= one.likely_s <= one.until_s for one in found)
    assert found[3].likely_s == pytest.approx(3 * 60 / 1.5, abs=8) and found[3].side == "ahead"
    assert predicted(lat=LAT, lon=LON, heading_deg=None, speed_mps=1.5) == []
    assert predicted(lat=LAT, lon=LON, heading_deg=90.0, speed_mps=0.1) == [], "who stands goes nowhere"


def test_a_broken_camera_is_left_out_where_a_working_one_shows_the_same_piece() -> None:
    cameras = [*street(4), camera("dark", east_m=120, north_m=-12, heading_deg=0, health="dark")]
    cameras.append(camera("only", east_m=600, north_m=12, heading_deg=180, health="frozen"))
    way = [WayPoint(*at(east_m=0, north_m=0), 0.0), WayPoint(*at(east_m=700, north_m=0), 500.0)]
    found = [one.camera_id for one in along(CameraIndex.build(cameras), way, now=NIGHT)]
    assert found == ["s00", "s01", "s02", "s03", "only"]


def test_the_fan_closes_all_round_and_a_car_is_far_sooner() -> None:
    ring = [
        camera(f"r{n:02}-{far_m}", east_m=far_m * math.sin(turn), north_m=far_m * math.cos(turn))
        for far_m in (150, 320)
        for n, turn in enumerate(math.radians(45 * k) for k in range(8))
    ]
    index = CameraIndex.build(ring)
    on_foot = escape(index, lat=LAT, lon=LON, mode="foot", now=NIGHT)
    assert len({one.side for one in on_foot}) == 8 and {one.camera_id for one in on_foot} == set(index.ids)
    assert [one.likely_s for one in on_foot] == sorted(one.likely_s for one in on_foot)
    by_car = {one.camera_id: one for one in escape(index, lat=LAT, lon=LON, mode="car", now=NIGHT)}
    slower = {one.camera_id: one for one in on_foot}
    assert all(one.likely_s < slower[name].likely_s / 4 for name, one in by_car.items())
    ahead = escape(index, lat=LAT, lon=LON, mode="foot", now=NIGHT, heading_deg=0.0)
    sides = [one.side for one in ahead]
    assert sides.count("ahead") > sides.count("behind") >= 1, "the ring closes also behind"


def test_a_plate_reader_is_preferred_for_a_car_and_nobody_arrives_before_the_straight_line() -> None:
    plain = camera("plain", east_m=400, north_m=0)
    reader = camera("reader", east_m=450, north_m=10, is_anpr=True)
    found = escape(CameraIndex.build([plain, reader]), lat=LAT, lon=LON, mode="car", now=NIGHT, heading_deg=90)
    assert found[0].camera_id == "reader" and found[0].is_anpr
    assert found[0].from_s >= (found[0].distance_m - 60) / PACES["car"].fastest_mps
    trail = Scene(*at(east_m=425, north_m=0), 10.0, NIGHT, plates=True, limit=1)
    assert select(CameraIndex.build([plain, reader]), trail)[0].camera_id == "reader"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["foot", "car"]), st.one_of(st.none(), st.floats(0, 360)))
def test_no_escape_is_told_a_camera_twice_or_a_time_backwards(seed, mode, heading) -> None:
    chance = random.Random(seed)
    places = [at(east_m=chance.gauss(0, 500), north_m=chance.gauss(0, 500)) for _ in range(60)]
    index = CameraIndex.build(a_camera(f"c{n}", *place, chance) for n, place in enumerate(places))
    found = escape(index, lat=LAT, lon=LON, mode=mode, now=NIGHT, heading_deg=heading, within_m=30)
    assert len({one.camera_id for one in found}) == len(found) <= 16
    assert all(
        0 <= one.from_s <= one.likely_s <= one.until_s and one.likely_s <= PACES[mode].horizon_s for one in found
    )


def test_an_area_is_covered_from_all_its_corners_by_what_works() -> None:
    corners = [
        camera(f"corner{n}", east_m=e, north_m=n_)
        for n, (e, n_) in enumerate([(-200, -200), (-200, 200), (200, -200), (200, 200)])
    ]
    heap = [camera(f"heap{n}", east_m=n, north_m=3, heading_deg=10.0 * n) for n in range(20)]
    broken = camera("broken", east_m=100, north_m=-100, health="down")
    outside = camera("outside", east_m=900, north_m=0)
    square = Polygon([at(east_m=e, north_m=n)[::-1] for e, n in [(-250, -250), (250, -250), (250, 250), (-250, 250)]])
    index = CameraIndex.build([*corners, *heap, broken, outside])
    chosen = in_area(index, square, 6, now=NIGHT)
    names = [one.camera_id for one in chosen]
    assert {one.id for one in corners} <= set(names) and not {"broken", "outside"} & set(names)
    assert [one.camera_id for one in in_area(index, square, 99, now=NIGHT)][-1] == "broken"
    with pytest.raises(ValueError, match="polygon"):
        in_area(index, Polygon(), 3, now=NIGHT)


def test_the_sun_over_seoul() -> None:
    """Noon of the shortest and the longest day (37.57 N: 90 − 37.57 ∓ 23.44), and a street at night."""
    seoul = {"lat": 37.5665, "lon": 126.978}
    assert sun_elevation_deg(**seoul, at=datetime(2026, 12, 22, 3, 30, tzinfo=UTC)) == pytest.approx(29.0, abs=0.5)
    assert sun_elevation_deg(**seoul, at=datetime(2026, 6, 21, 3, 34, tzinfo=UTC)) == pytest.approx(75.9, abs=0.5)
    sunrise = datetime(2026, 11, 21, 22, 15, tzinfo=UTC)  # 7:15 in the morning of the 22nd, by the almanac
    assert sun_elevation_deg(**seoul, at=sunrise) == pytest.approx(-0.8, abs=0.7)
    assert is_dark(**seoul, at=datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    assert not is_dark(**seoul, at=datetime(2026, 11, 21, 3, 0, tzinfo=UTC))


def test_which_way_she_goes_is_read_from_a_track_that_is_longer_than_its_error() -> None:
    def track(metres_per_s: float, accuracy_m: float = 8.0) -> list[Fix]:
        return [
            Fix(*at(east_m=-metres_per_s * age, north_m=0), accuracy_m, NIGHT - timedelta(seconds=age))
            for age in (0, 10, 20, 40, 200)
        ]

    assert movement(track(1.4)) == (pytest.approx(90, abs=0.1), pytest.approx(1.4, abs=0.02))
    assert movement(track(0.1)) is None and movement(track(1.4, accuracy_m=80)) is None and movement([]) is None
