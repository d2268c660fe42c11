"""What crews should know at a place (출입 안내): which notes count for an emergency, and what a note may say; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from location_router.geo import haversine_m, metres_per_degree

Kind = Literal["entrance", "door_code", "stairs", "hydrant", "hazard", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST_TEXT = 500
LEAST_RADIUS_M, MOST_RADIUS_M, USUAL_RADIUS_M = 10.0, 500.0, 60.0
MOST_BLUR_M = 100.0
"""So much of a position's uncertainty widens the search: with more, every note of the quarter would be shown."""
USUAL_LIFE, LONGEST_LIFE = timedelta(days=365), timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Spot:
    lat: float
    lon: float
    radius_m: float
    valid_until: datetime
    ended_at: datetime | None = None


def in_force(spot: Spot, now: datetime) -> bool:
    return spot.ended_at is None and now < spot.valid_until


def reaches(spot: Spot, *, lat: float, lon: float, accuracy_m: float) -> float | None:
    """How far the note's place is from the emergency, in metres; None when it does not count for it. The 68 % radius
    of the position is added to the note's own, up to `MOST_BLUR_M`."""
    away_m = haversine_m(lat=spot.lat, lon=spot.lon, to_lat=lat, to_lon=lon)
    return away_m if away_m <= spot.radius_m + min(max(accuracy_m, 0.0), MOST_BLUR_M) else None


def around(*, lat: float, lon: float) -> tuple[float, float, float, float]:
    """West, south, east, north of what `reaches` could find: what the database is asked for."""
    per_lat, per_lon = metres_per_degree(lat=lat)
    most_m = MOST_RADIUS_M + MOST_BLUR_M + 1.0
    return lon - most_m / per_lon, lat - most_m / per_lat, lon + most_m / per_lon, lat + most_m / per_lat


def clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def until(asked: datetime | None, now: datetime) -> datetime | None:
    """When a note runs out; None where the asked time is over, or too far away to be true by then."""
    if asked is None:
        return now + USUAL_LIFE
    return asked if now < asked <= now + LONGEST_LIFE else None
