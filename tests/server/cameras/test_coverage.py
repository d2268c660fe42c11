"""What cameras reach on a grid of a jurisdiction; every property is checked against a slow look at each cell."""

from __future__ import annotations

import math

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router.geo import metres_per_degree
from server.cameras.coverage import COVERED, LOST, MOST_CELLS, NONE, OPEN, Coverage, Eye, coverage

SOUTH, WEST, SIDE = 37.38, 126.94, 0.03
SHAPE = shapely.difference(
    shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE), shapely.box(WEST, SOUTH, WEST + SIDE / 3, SOUTH + SIDE / 3)
)
NORTH_M, EAST_M = metres_per_degree(lat=SOUTH + SIDE / 2)
eyes = st.lists(
    st.builds(
        Eye,
        st.uuids().map(str),
        st.just("c"),
        st.floats(SOUTH - 0.005, SOUTH + SIDE + 0.005),
        st.floats(WEST - 0.005, WEST + SIDE + 0.005),
        st.booleans(),
    ),
    max_size=8,
)


def metres(lat: float, lon: float, eye: Eye) -> float:
    return math.hypot((lat - eye.lat) * NORTH_M, (lon - eye.lon) * EAST_M)


@settings(max_examples=25, deadline=None)
@given(eyes, st.sampled_from([100.0, 300.0]))
def test_each_cell_says_who_reaches_it(eyes: list[Eye], reach_m: float) -> None:
    found = coverage(SHAPE, eyes, reach_m=reach_m)
    for y, row in enumerate(found.rows[::7]):
        for x in range(0, len(row), 7):
            lat = found.south + (y * 7 + 0.5) * found.cell_lat
            lon = found.west + (x + 0.5) * found.cell_lon
            near = [one for one in eyes if metres(lat, lon, one) <= reach_m]
            wanted = COVERED if any(one.works for one in near) else LOST if near else OPEN
            assert row[x] == (wanted if shapely.contains_xy(SHAPE, lon, lat) else NONE)


@settings(max_examples=25, deadline=None)
@given(eyes)
def test_no_working_camera_stands_in_a_gap_and_gaps_get_smaller(eyes: list[Eye]) -> None:
    found = coverage(SHAPE, eyes, reach_m=100.0)
    working = [one for one in eyes if one.works]
    for gap in found.gaps:
        assert (gap.nearest is None) == (not working)
        for one in working:
            assert metres(gap.lat, gap.lon, one) >= gap.radius_m - 1
        if gap.nearest:
            assert metres(gap.lat, gap.lon, gap.nearest) <= gap.radius_m + 1
    assert [gap.radius_m for gap in found.gaps] == sorted((gap.radius_m for gap in found.gaps), reverse=True)
    left = found.count(OPEN) + found.count(LOST)
    assert sum(gap.km2 for gap in found.gaps) <= left * (found.cell_m / 1000) ** 2 + 1e-9, "a cell counts once"


def test_a_province_has_no_more_cells_than_a_city() -> None:
    found = coverage(shapely.box(127.0, 36.0, 129.0, 38.0), [], reach_m=50.0)
    assert found.count(OPEN) <= MOST_CELLS * 1.05 and len(found.gaps) == 1


def test_runs_say_the_same_as_rows() -> None:
    told = Coverage(0, 0, 1, 1, 100, ("..cclo.", "......."), ()).json()
    assert told["rows"] == [[[2, "c", 2], [4, "l", 1], [5, "o", 1]], []]
    assert told["cells"] == {"covered": 2, "lost": 1, "open": 1} and told["km2"]["open"] == 0.01
