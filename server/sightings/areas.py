"""Cameras spread over an area: the list for whoever may ask, and an incident's choice. A list shows no picture; those
need an incident, and the release gate."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import Polygon

from location_router.runtime.db import Unit
from location_router.wire import AlertMessage
from server.cameras.area import in_area
from server.cameras.current import index_of, rows_of
from server.cameras.model import numbered
from server.events import record
from server.incidents.model import Incident
from server.purposes import purposes_for
from server.recordings.pins import keep_recordings
from server.sightings.shape import area_km2, middle_of, of_request

if TYPE_CHECKING:
    from server.services import Services

AREA_CAMERAS = 9
_COUNT = """
SELECT count(*) FROM camera WHERE center_id = :center AND retired_at IS NULL
AND ST_Covers(ST_GeomFromText(:area, 4326), place::geometry)
"""


async def look(
    unit: Unit,
    services: Services,
    *,
    center_id: str,
    shape: Polygon,
    limit: int,
    purposes: frozenset[str] | None = None,
) -> dict[str, Any]:
    """`{"center", "area_km2", "count", "cameras"}`: those `limit` that show most of it together, out of `count` that
    stand there; `purposes` None: every installation purpose serves a disaster."""
    lat, lon = middle_of(shape)
    index = await index_of(unit, services, center_id, lat=lat, lon=lon)
    # a tenth of a second for a district full of cameras: not on the event loop
    chosen = await asyncio.to_thread(in_area, index, shape, limit, now=services.clock(), purposes=purposes)
    rows = await rows_of(unit, center_id, [one.camera_id for one in chosen])
    found = [one for one in chosen if one.camera_id in rows]
    cameras = [one.json() for one in numbered(found, rows)]
    asked = {"center": center_id, "area": shapely.to_wkt(shape, rounding_precision=8)}
    count = await unit.scalar(_COUNT, asked)
    return {"center": center_id, "area_km2": round(area_km2(shape), 3), "count": count, "cameras": cameras}


async def choose(
    unit: Unit, services: Services, incident: Incident, shape: Polygon, limit: int, *, at: datetime | None = None
) -> list[str]:
    """The incident's cameras are those of the area: written to its timeline as its choice. Their ids; none where none
    shows it, and then the choice stays. `at`: of which time the area is, where it moves."""
    purposes = purposes_for(incident.origin, incident.type)
    found = await look(unit, services, center_id=incident.center_id, shape=shape, limit=limit, purposes=purposes)
    cameras = found["cameras"]
    await keep_recordings(unit, services, incident.incident_id, [one["camera_id"] for one in cameras])
    if cameras:
        record(
            unit,
            center_id=incident.center_id,
            incident_id=incident.incident_id,
            tag="camera:chosen",
            payload={"cameras": cameras, "is_area": True} | ({"area_at": at.isoformat()} if at else {}),
            at=services.clock(),
        )
    return [one["camera_id"] for one in cameras]


async def choose_for_request(unit: Unit, services: Services, incident: Incident, alert: AlertMessage) -> None:
    """The cameras of a disaster's area, with the request itself: five around its middle, chosen first, would stay."""
    asked, place = alert.request, alert.position
    if asked is None or asked.trigger != "disaster" or place is None or incident.is_drill:
        return
    shape = of_request(asked.subject, lat=place.lat, lon=place.lon)
    if shape is not None:
        await choose(unit, services, incident, shape, AREA_CAMERAS)
