"""Distances, accuracy circles and sanity of a WGS84 position. Pure: no I/O, no clock, no numpy.

Accuracy on the wire is the 68 % radius (`accuracy_m`). A two-dimensional Gaussian error is assumed, so a radius that
holds the share p of all fixes is sigma * sqrt(-2 ln(1 - p)).
"""

from __future__ import annotations

import math
from typing import Literal

EARTH_RADIUS_M = 6_371_008.8
_SHARE_68 = 0.68
_SIGMA_PER_R68 = 1.0 / math.sqrt(-2.0 * math.log(1.0 - _SHARE_68))

# Land, islands and the sea around them: 마라도 33.1 N, 고성 38.62 N, 백령도 124.6 E, 독도 131.87 E. Fukuoka (33.59 N,
# 130.40 E) and Tsushima (34.0–34.7 N, 129.2–129.5 E) fall in the plain box, so its south-east corner is cut off.
KOREA_SOUTH, KOREA_NORTH, KOREA_WEST, KOREA_EAST = 32.0, 38.8, 123.8, 132.6
SOUTH_EAST = ((34.75, 129.12), (36.0, 130.5))

Sanity = Literal["ok", "swapped", "abroad", "invalid"]


def haversine_m(*, lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Great-circle distance on the mean sphere; within 0.6 % of the ellipsoid anywhere."""
    phi_1, phi_2 = math.radians(lat), math.radians(to_lat)
    half_lat, half_lon = (phi_2 - phi_1) / 2, math.radians(to_lon - lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(phi_1) * math.cos(phi_2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def metres_per_degree(*, lat: float) -> tuple[float, float]:
    """Metres in one degree (of latitude, of longitude) on the ellipsoid at `lat` (47 CFR 73.208)."""
    phi = math.radians(lat)
    north = 111_132.09 - 566.05 * math.cos(2 * phi) + 1.20 * math.cos(4 * phi)
    east = 111_415.13 * math.cos(phi) - 94.55 * math.cos(3 * phi) + 0.12 * math.cos(5 * phi)
    return north, east


def distance_m(*, lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Distance in metres: on the ellipsoid (better than 0.1 %) up to 475 km, beyond that on the mean sphere."""
    far_m = haversine_m(lat=lat, lon=lon, to_lat=to_lat, to_lon=to_lon)
    if far_m > 475_000:
        return far_m
    north, east = metres_per_degree(lat=(lat + to_lat) / 2)
    return math.hypot((to_lat - lat) * north, (to_lon - lon) * east)


def sigma_m(*, accuracy_m: float) -> float:
    """Standard deviation on one axis from a 68 % radius."""
    return accuracy_m * _SIGMA_PER_R68


def radius_m(*, accuracy_m: float, share: float = 0.95) -> float:
    """Radius that holds `share` of all fixes, from the 68 % radius: 68 → 95 % multiplies it by 1.62."""
    if not 0.0 < share < 1.0:
        raise ValueError(f"share must lie between 0 and 1, not {share!r}")
    return sigma_m(accuracy_m=accuracy_m) * math.sqrt(-2.0 * math.log(1.0 - share))


def circle_samples(*, lat: float, lon: float, accuracy_m: float, count: int = 128) -> list[tuple[float, float]]:
    """`count` equally likely places (lat, lon) of the person, always the same for the same input (a sunflower)."""
    north, east = metres_per_degree(lat=lat)
    sigma, golden = sigma_m(accuracy_m=accuracy_m), math.pi * (3.0 - math.sqrt(5.0))
    samples = []
    for step in range(count):
        reach = sigma * math.sqrt(-2.0 * math.log(1.0 - (step + 0.5) / count))
        samples.append(
            (
                lat + reach * math.sin(step * golden) / north,
                lon + reach * math.cos(step * golden) / max(east, 1.0),
            )
        )
    return samples


def in_korea(*, lat: float, lon: float) -> bool:
    """Inside the box around the country and its waters; Kyushu, Tsushima and Honshu are outside."""
    if not (KOREA_SOUTH <= lat <= KOREA_NORTH and KOREA_WEST <= lon <= KOREA_EAST):
        return False
    return not any(lat < north_limit and lon > east_limit for north_limit, east_limit in SOUTH_EAST)


def sanity(*, lat: float, lon: float) -> Sanity:
    """What a position claims to be: `invalid` (not finite, out of range, or the 0,0 of a phone without a fix),
    `swapped` (only its axes exchanged lie in the country), `abroad`, or `ok`."""
    if not (math.isfinite(lat) and math.isfinite(lon)):
        return "invalid"
    if in_korea(lat=lat, lon=lon):
        return "ok"
    if in_korea(lat=lon, lon=lat):
        return "swapped"
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0) or (lat == 0.0 and lon == 0.0):
        return "invalid"
    return "abroad"
