"""How high the sun stands; pure. Good to about a degree, which is a few minutes of dusk."""

from __future__ import annotations

import math
from datetime import UTC, datetime

DARK_BELOW_DEG = -4.0
"""Below this the street is as dark as its lamps leave it (between sunset and the end of civil twilight)."""

_NOON_2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def sun_elevation_deg(*, lat: float, lon: float, at: datetime) -> float:
    """Degrees above the horizon, without refraction (the Astronomical Almanac's low-precision formula)."""
    days = (at - _NOON_2000).total_seconds() / 86_400
    anomaly = math.radians(357.528 + 0.9856003 * days)
    longitude = 280.460 + 0.9856474 * days + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    ecliptic, tilt = math.radians(longitude), math.radians(23.439 - 4e-7 * days)
    ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    sidereal = math.radians((280.46061837 + 360.98564736629 * days + lon) % 360)
    height = math.sin(math.radians(lat)) * math.sin(declination)
    height += math.cos(math.radians(lat)) * math.cos(declination) * math.cos(sidereal - ascension)
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))


def is_dark(*, lat: float, lon: float, at: datetime) -> bool:
    return sun_elevation_deg(lat=lat, lon=lon, at=at) < DARK_BELOW_DEG
