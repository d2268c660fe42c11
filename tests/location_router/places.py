"""The compiled country and well-known places for the router's tests. Compiling takes seconds, so it is done once."""

from __future__ import annotations

from datetime import date
from functools import cache

from location_router.index import Index, Jurisdictions
from location_router.ready import ready_index

ANYANG_STATION = {"lat": 37.4019, "lon": 126.9227}
INCHEON_BRIDGE = {"lat": 37.4100, "lon": 126.5600}
GUNWI_OFFICE = {"lat": 36.2428, "lon": 128.5728}
TOKYO = {"lat": 35.6812, "lon": 139.7671}


@cache
def country_index() -> Index:
    return ready_index()


@cache
def in_force(day: str) -> Jurisdictions:
    """The version in force on an ISO date."""
    return country_index().version(date.fromisoformat(day))
