"""Where the person may be: shapes, their 95 %, and the share of each center."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router import geo
from location_router.assign import assign
from location_router.shapes import accuracy_m_of, area_of
from location_router.wire import Uncertainty
from tests.location_router.places import ANYANG_STATION, in_force

VERSION = in_force("2026-07-01")
HERE = {"lat": 37.4019, "lon": 126.9227}


def shape(**fields: Any) -> Uncertainty:
    return Uncertainty.model_validate(fields)


def test_the_95_per_cent_radius_is_1_62_times_the_68_per_cent_one_at_any_confidence() -> None:
    plain = area_of(**HERE, accuracy_m=100.0)
    assert plain is not None and plain.likely_m == pytest.approx(162.1, abs=0.1)
    told_95 = area_of(**HERE, accuracy_m=None, uncertainty=shape(kind="circle", radius_m=162.14, confidence_percent=95))
    assert told_95 is not None and told_95.likely_m == pytest.approx(plain.likely_m, rel=1e-3)
    assert accuracy_m_of(told_95) == pytest.approx(100.0, rel=1e-3)


def test_an_ellipse_lies_along_its_orientation() -> None:
    area = area_of(
        **HERE,
        accuracy_m=None,
        uncertainty=shape(kind="ellipse", semi_major_m=1000, semi_minor_m=10, orientation_deg=90),
    )
    assert area is not None and area.is_peaked
    lats, lons = area.places()
    assert np.ptp(lons) * 88_000 > 3000 and np.ptp(lats) * 111_000 < 60


def test_an_arc_band_is_not_where_its_mast_stands() -> None:
    """A cell sector of 2–3 km towards the east: nobody is at the mast, and its place is out there."""
    sector = shape(kind="arc_band", inner_radius_m=2000, outer_radius_m=3000, start_angle_deg=60, opening_angle_deg=60)
    area = area_of(**HERE, accuracy_m=50.0, uncertainty=sector)
    assert area is not None and not area.is_peaked
    lats, lons = area.places()
    for lat, lon in zip(lats.tolist(), lons.tolist(), strict=True):
        metres = geo.distance_m(**HERE, to_lat=lat, to_lon=lon)
        bearing = math.degrees(math.atan2((lon - HERE["lon"]) * math.cos(math.radians(lat)), lat - HERE["lat"])) % 360
        assert 1990 <= metres <= 3010 and 59 <= bearing <= 121
    assert geo.distance_m(**HERE, to_lat=area.lat, to_lon=area.lon) == pytest.approx(2500, abs=200)


def test_the_largest_share_of_an_even_area_decides() -> None:
    """A band that begins in Anyang and lies mostly in Uiwang and Seongnam: not the mast's city."""
    band = shape(kind="arc_band", inner_radius_m=5000, outer_radius_m=9000, start_angle_deg=75, opening_angle_deg=30)
    made = assign(VERSION, **HERE, uncertainty=band)
    area = area_of(**HERE, accuracy_m=None, uncertainty=band)
    assert area is not None
    counts = Counter(VERSION.containing_many(*area.places()).tolist())
    assert made.reason == "contains" and counts[made.center] == max(counts.values()) and made.center != "41170"


def test_a_polygon_counts_only_what_is_inside_it() -> None:
    ring = [(37.39, 126.91), (37.39, 126.93), (37.41, 126.93), (37.41, 126.91)]
    area = area_of(**HERE, accuracy_m=None, uncertainty=shape(kind="polygon", ring=ring))
    assert area is not None and (area.lat, area.lon) == (HERE["lat"], HERE["lon"])
    lats, lons = area.places()
    assert len(lats) > 300 and 37.39 < lats.min() < lats.max() < 37.41 and 126.91 < lons.min() < lons.max() < 126.93


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "circle"},
        {"kind": "ellipse"},
        {"kind": "polygon", "ring": [(37.4, 126.9), (37.5, 126.9)]},
        {"kind": "polygon", "ring": [(float("nan"), 126.9), (37.5, 126.9), (37.4, 127.0)]},
        {"kind": "polygon", "ring": [(37.4, 126.9)] * 4},
        {"kind": "arc_band", "inner_radius_m": 9, "outer_radius_m": 5, "opening_angle_deg": 60},
        {"kind": "arc_band", "outer_radius_m": 5},
    ],
)
def test_a_shape_that_is_none_leaves_the_accuracy(fields: dict[str, Any]) -> None:
    assert area_of(**HERE, accuracy_m=None, uncertainty=shape(**fields)) is None
    assert area_of(**HERE, accuracy_m=80.0, uncertainty=shape(**fields)) == area_of(**HERE, accuracy_m=80.0)


@settings(max_examples=60, deadline=None)
@given(
    row=st.integers(0, len(VERSION._table.arrays["points"]) - 1),
    aside=st.tuples(st.floats(-0.004, 0.004), st.floats(-0.004, 0.004)),
    accuracy_m=st.sampled_from([3.0, 12.0, 40.0, 120.0, 600.0]),
)
def test_the_shortcut_away_from_borders_is_exact(row: int, aside: tuple[float, float], accuracy_m: float) -> None:
    """Whatever the shortcut says, sampling the whole circle says too; nobody within the 95 % is left out."""
    lon, lat = VERSION._table.arrays["points"][row] + aside
    made = assign(VERSION, lat=float(lat), lon=float(lon), accuracy_m=accuracy_m)
    area = area_of(lat=float(lat), lon=float(lon), accuracy_m=accuracy_m)
    assert area is not None
    counts = Counter(VERSION.containing_many(*area.places()).tolist())
    assert {one.code: one.probability for one in made.candidates if one.probability} == {
        code: round(count / 128, 3) for code, count in counts.items() if code is not None
    } or len(counts) > 5
    likely = [
        code
        for code, metres in VERSION.nearest(lat=float(lat), lon=float(lon), limit=5)
        if metres < area.likely_m - 0.1
    ]
    assert set(likely) <= {one.code for one in made.candidates}


def test_the_runner_up_is_named_when_it_may_well_be_its_place() -> None:
    """On the bridge over the 안양천 between Anyang and Gwangmyeong the fix is good for neither side."""
    place = _on_the_border("41170", "41210")
    made = assign(VERSION, **place, accuracy_m=60.0)
    assert {made.center, made.runner_up} == {"41170", "41210"}
    shares = {one.code: one.probability for one in made.candidates}
    assert shares["41170"] > 0.2 < shares["41210"]
    assert assign(VERSION, **ANYANG_STATION, accuracy_m=60.0).runner_up == ""


def _on_the_border(one: str, other: str) -> dict[str, float]:
    """A corner that the outlines of two centers share, no third being near."""
    table, codes = VERSION._table, list(VERSION.centers)
    owner = np.repeat(VERSION._chunk_center, np.diff(table.chunk_start))
    mine, yours = (
        {tuple(corner) for corner in table.segments[owner == codes.index(code)][:, :2].tolist()}
        for code in (one, other)
    )
    for lon, lat in sorted(mine & yours):
        near = VERSION.nearest(lat=lat, lon=lon, limit=3)
        if near[2][1] > 500:
            return {"lat": lat, "lon": lon}
    raise AssertionError("they have no border")
