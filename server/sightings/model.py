"""Where somebody was seen, camera by camera: the trail in order of time, how fast, and what can't be; pure.

A sighting says that the subject was in a camera's view, which is some tens of metres wide: speeds are those between
the cameras, and a leg counts as impossible only when even the nearest ends of both views are too far apart for the
time between. It is flagged and never refused: the wrong one of the two may be the other.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from location_router.geo import distance_m, metres_per_degree

Subject = Literal["person", "vehicle"]
Mode = Literal["foot", "car"]
MODES: dict[str, Mode] = {"person": "foot", "vehicle": "car"}
FASTEST_MPS: dict[str, float] = {"person": 10.0, "vehicle": 70.0}
REACH_M = 60.0  # of a camera whose range nobody knows
CLOCKS_APART_S = 5.0
OLDEST = timedelta(days=30)
MOST = 1000
"""Sightings of one incident."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """`reach_m`: how far from its camera the subject may have been."""

    sighting_id: UUID
    camera_id: str
    lat: float
    lon: float
    seen_at: datetime
    subject: Subject
    marked_at: datetime
    reach_m: float = REACH_M


@dataclass(frozen=True, slots=True)
class Leg:
    """From one sighting to the next one of the same subject. `heading_deg` clockwise from north; None: one place, or
    no time between. `flag`: `too_fast`."""

    from_id: UUID
    distance_m: float
    seconds: float
    speed_mps: float | None
    heading_deg: float | None
    flag: str | None

    def json(self) -> dict[str, Any]:
        return {
            "from": str(self.from_id),
            "distance_m": self.distance_m,
            "seconds": self.seconds,
            "speed_mps": self.speed_mps,
            "heading_deg": self.heading_deg,
            "flag": self.flag,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One sighting of the trail; `leg` is how it was reached, None for the first of its subject."""

    sighting: Sighting
    leg: Leg | None


def trail(sightings: Iterable[Sighting]) -> list[Step]:
    """In order of `seen_at`, whatever the order of marking; person and vehicle each with legs of their own."""
    ordered = sorted(sightings, key=lambda one: (one.seen_at, one.marked_at, one.sighting_id.bytes))
    last: dict[str, Sighting] = {}
    steps = []
    for one in ordered:
        before = last.get(one.subject)
        steps.append(Step(one, leg(before, one) if before else None))
        last[one.subject] = one
    return steps


def leg(before: Sighting, after: Sighting) -> Leg:
    """The way between two sightings, the earlier one first."""
    metres = distance_m(lat=before.lat, lon=before.lon, to_lat=after.lat, to_lon=after.lon)
    seconds = (after.seen_at - before.seen_at).total_seconds()
    least_m = max(0.0, metres - before.reach_m - after.reach_m)
    too_fast = least_m > FASTEST_MPS[after.subject] * seconds
    return Leg(
        before.sighting_id,
        round(metres, 1),
        round(seconds, 1),
        round(metres / seconds, 2) if seconds > 0 else None,
        _heading(before, after) if metres >= 1.0 else None,
        "too_fast" if too_fast else None,
    )


def _heading(before: Sighting, after: Sighting) -> float:
    north, east = metres_per_degree(lat=(before.lat + after.lat) / 2)
    turn = math.degrees(math.atan2((after.lon - before.lon) * east, (after.lat - before.lat) * north))
    return round(turn % 360, 1) % 360


def heading_of(steps: Sequence[Step]) -> float | None:
    """Which way the last one of the trail was going; None where nothing says it."""
    last = steps[-1].leg if steps else None
    return last.heading_deg if last and last.flag is None else None


def flaw_of_time(seen_at: datetime, now: datetime) -> str | None:
    """None, or why nobody can have been seen then: `in_the_future`, `too_long_ago` (no recording is that old)."""
    if seen_at > now + timedelta(seconds=CLOCKS_APART_S):
        return "in_the_future"
    return "too_long_ago" if seen_at < now - OLDEST else None


def digest(salt: bytes, told: dict[str, Any]) -> str:
    """What the log holds of a sighting instead of its place: SHA-256 over a salt and canonical JSON. A row that was
    changed, or whose salt is gone, does not fit its line any more; the line says nothing about where."""
    body = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(salt + body.encode()).hexdigest()
