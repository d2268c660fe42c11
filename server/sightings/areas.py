"""Cameras spread over an area: the list for whoever may ask, and an incident's choice. A list shows no picture; those
need an incident, and the release gate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import Polygon

from location_router.geo import metres_per_degree
from location_router.runtime.db import Unit
from server.cameras.model import is_purpose_allowed, need_of, public
from server.cameras.store import HEALTHY, USABLE
from server.events import record
from server.incidents.model import Incident
from server.recordings.pins import keep_recordings
from server.sightings.shape import area_km2, middle_of

if TYPE_CHECKING:
    from server.services import Services

MOST_LOOKED_AT = 5000
_INSIDE = f"""
SELECT camera_id, name, purposes, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, heading_deg,
       field_of_view_deg, range_m, {HEALTHY} AS healthy
FROM camera WHERE center_id = :center AND {USABLE}
  AND ST_Covers(ST_GeomFromText(:area, 4326), place::geometry) ORDER BY camera_id LIMIT {MOST_LOOKED_AT}
"""


async def look(
    unit: Unit, services: Services, *, center_id: str, shape: Polygon, limit: int, need: str
) -> dict[str, Any]:
    """`{"center", "area_km2", "count", "cameras"}`: the best spread of `limit`, out of `count`; working ones first."""
    rows = [row for row in await _inside(unit, services, center_id, shape) if is_purpose_allowed(row["purposes"], need)]
    cameras = [{"number": number, **public(row)} for number, row in enumerate(spread(rows, shape, limit), 1)]
    return {"center": center_id, "area_km2": round(area_km2(shape), 3), "count": len(rows), "cameras": cameras}


async def choose(unit: Unit, services: Services, incident: Incident, shape: Polygon, limit: int) -> None:
    """The incident's cameras are those of the area: written to its timeline as its choice."""
    need = need_of(incident.origin, incident.type)
    found = await look(unit, services, center_id=incident.center_id, shape=shape, limit=limit, need=need)
    lat, lon = middle_of(shape)
    cameras = [
        {**one, **_from_middle(one, lat=lat, lon=lon), "in_view": False, "reason": "area"} for one in found["cameras"]
    ]
    await keep_recordings(unit, services, incident.incident_id, [one["camera_id"] for one in cameras])
    if cameras:
        record(
            unit,
            center_id=incident.center_id,
            incident_id=incident.incident_id,
            tag="camera:chosen",
            payload={"cameras": cameras},
            at=services.clock(),
        )


async def _inside(unit: Unit, services: Services, center_id: str, shape: Polygon) -> list[dict[str, Any]]:
    asked = {"center": center_id, "area": shapely.to_wkt(shape, rounding_precision=8), "now": services.clock()}
    return [dict(row) for row in await unit.all(_INSIDE, asked)]


def spread(rows: Sequence[dict[str, Any]], shape: Polygon, limit: int) -> list[dict[str, Any]]:
    """At most `limit` of `rows`, far from one another: first the one nearest to the middle, then each time the one
    that is farthest from all chosen. One that does not work comes when no working one is left. Ties by id."""
    lat, lon = middle_of(shape)
    north, east = metres_per_degree(lat=lat)
    points = [((row["lon"] - lon) * east, (row["lat"] - lat) * north) for row in rows]
    apart = [-math.hypot(*point) for point in points]  # the first: nearest to the middle
    left = set(range(len(rows)))
    chosen: list[int] = []
    while left and len(chosen) < limit:
        best = max(left, key=lambda i: (rows[i]["healthy"], apart[i], [-ord(one) for one in rows[i]["camera_id"]]))
        left.discard(best)
        distances = [math.dist(points[best], point) for point in points]
        apart = distances if not chosen else [min(one, other) for one, other in zip(apart, distances, strict=True)]
        chosen.append(best)
    return [rows[i] for i in chosen]


def _from_middle(one: dict[str, Any], *, lat: float, lon: float) -> dict[str, float]:
    north, east = metres_per_degree(lat=lat)
    x, y = (one["lon"] - lon) * east, (one["lat"] - lat) * north
    return {"distance_m": round(math.hypot(x, y), 1), "bearing_deg": round(math.degrees(math.atan2(x, y)) % 360, 1)}
