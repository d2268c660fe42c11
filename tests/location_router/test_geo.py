from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router import geo

LATS = st.floats(33.0, 38.6)
LONS = st.floats(124.6, 131.9)


def test_a_known_distance() -> None:
    """Seoul station to Busan station: 318.2 km by Vincenty's formula on WGS84."""
    metres = geo.distance_m(lat=37.5547, lon=126.9707, to_lat=35.1151, to_lon=129.0415)
    assert metres == pytest.approx(_vincenty_m(37.5547, 126.9707, 35.1151, 129.0415), rel=0.001)


@given(LATS, LONS, LATS, LONS)
def test_distance_is_within_half_a_per_cent_of_the_ellipsoid(
    lat: float, lon: float, to_lat: float, to_lon: float
) -> None:
    metres = geo.distance_m(lat=lat, lon=lon, to_lat=to_lat, to_lon=to_lon)
    assert metres == pytest.approx(_vincenty_m(lat, lon, to_lat, to_lon), rel=0.005, abs=0.01)
    assert metres == geo.distance_m(lat=to_lat, lon=to_lon, to_lat=lat, to_lon=lon)


def test_the_95_per_cent_circle_is_1_6_times_the_68_per_cent_one() -> None:
    assert geo.radius_m(accuracy_m=100.0, share=0.68) == pytest.approx(100.0)
    assert geo.radius_m(accuracy_m=100.0) == pytest.approx(162.1, abs=0.1)


@given(LATS, LONS, st.floats(1.0, 5_000.0))
def test_samples_hold_68_per_cent_inside_the_accuracy(lat: float, lon: float, accuracy_m: float) -> None:
    samples = geo.circle_samples(lat=lat, lon=lon, accuracy_m=accuracy_m)
    inside = [1 for y, x in samples if geo.distance_m(lat=lat, lon=lon, to_lat=y, to_lon=x) <= accuracy_m]
    assert len(inside) / len(samples) == pytest.approx(0.68, abs=0.02)


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        (37.5663, 126.9779, "ok"),
        (37.2415, 131.8646, "ok"),
        (33.11, 126.27, "ok"),
        (38.61, 128.36, "ok"),
        (37.97, 124.66, "ok"),
        (35.16, 129.18, "ok"),
        (126.9779, 37.5663, "swapped"),
        (35.6812, 139.7671, "abroad"),
        (33.5904, 130.4017, "abroad"),
        (34.20, 129.29, "abroad"),
        (39.03, 125.75, "abroad"),
        (0.0, 0.0, "invalid"),
        (91.0, 10.0, "invalid"),
        (math.nan, 127.0, "invalid"),
        (37.5, math.inf, "invalid"),
    ],
)
def test_sanity(lat: float, lon: float, expected: str) -> None:
    assert geo.sanity(lat=lat, lon=lon) == expected


def _vincenty_m(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Vincenty's inverse formula on WGS84: the yardstick, not the code under test."""
    a, f = 6378137.0, 1 / 298.257223563
    b, length = (1 - f) * a, math.radians(to_lon - lon)
    u1, u2 = math.atan((1 - f) * math.tan(math.radians(lat))), math.atan((1 - f) * math.tan(math.radians(to_lat)))
    lam, sin_s = length, 0.0
    for _ in range(100):
        sin_s = math.hypot(
            math.cos(u2) * math.sin(lam),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam),
        )
        if sin_s == 0:
            return 0.0
        cos_s = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(sin_s, cos_s)
        sin_a = math.cos(u1) * math.cos(u2) * math.sin(lam) / sin_s
        cos2_a = 1 - sin_a**2
        cos_2m = cos_s - 2 * math.sin(u1) * math.sin(u2) / cos2_a if cos2_a else 0.0
        c = f / 16 * cos2_a * (4 + f * (4 - 3 * cos2_a))
        before, lam = (
            lam,
            length + (1 - c) * f * sin_a * (sigma + c * sin_s * (cos_2m + c * cos_s * (2 * cos_2m**2 - 1))),
        )
        if abs(lam - before) < 1e-12:
            break
    u_sq = cos2_a * (a**2 - b**2) / b**2
    big_a = 1 + u_sq / 16384 * (4096 + u_sq * (-768 + u_sq * (320 - 175 * u_sq)))
    big_b = u_sq / 1024 * (256 + u_sq * (-128 + u_sq * (74 - 47 * u_sq)))
    delta = big_b * sin_s * (cos_2m + big_b / 4 * cos_s * (2 * cos_2m**2 - 1))
    return b * big_a * (sigma - delta)
