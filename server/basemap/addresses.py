"""Where the caller of an incident is, in words: it tells where she is, so it goes to whom her place is released."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from location_router.runtime.problems import Problem
from server.basemap.geocoder import Geocoder, create_geocoder
from server.basemap.places import Places
from server.basemap.routes import borders_of, streets_of
from server.basemap.words import Address
from server.boundaries import boundaries_of
from server.connection import services_of
from server.places import show_place
from server.staff.model import Viewer
from server.staff.routes import permitted

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("incidents.read"))]


async def address_in_words(services: Services, *, lat: float, lon: float) -> Address | None:
    """Administrative names from the compiled basemap, without asking anybody; None without it, or far from any land.
    Whoever calls this has released the place to whom it shows the words."""
    file = borders_of(services)
    if file is None:
        return None
    held: Places | None = services.shared.get("places_in_words")
    if held is None or held.file is not file:
        held = services.shared["places_in_words"] = Places(file)
    borders = await boundaries_of(services).current()
    places = held
    return await asyncio.to_thread(lambda: places.address(lat=lat, lon=lon, borders=borders))


async def words_of(services: Services, position: dict[str, Any] | None) -> dict[str, str] | None:
    """`{"ko", "en"}` of a position (with `lat`, `lon`) that has been released to whoever reads the words."""
    if position is None:
        return None
    found = await address_in_words(services, lat=float(position["lat"]), lon=float(position["lon"]))
    return {"ko": found.ko, "en": found.en} if found else None


@router.get("/api/incidents/{incident_id}/address")
async def address(request: Request, viewer: Reader, incident_id: UUID) -> dict[str, Any]:
    """Of the newest position; null without a place, or without the right to see it (as in the incident itself)."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        known = await unit.scalar("SELECT 1 FROM incident WHERE incident_id = :id", {"id": incident_id})
        if known is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        place = await show_place(unit, viewer, incident_id, now=services.clock())
    if place is None:
        return {"address": None, "fixed_at": None}
    lat, lon = float(place.position["lat"]), float(place.position["lon"])
    found, road = await asyncio.gather(
        address_in_words(services, lat=lat, lon=lon), _geocoder(services).road(lat=lat, lon=lon)
    )
    told = found.with_road(road.road, road.lot).told() if found else None
    return {"address": told, "fixed_at": place.position["fixed_at"]}


def _geocoder(services: Services) -> Geocoder:
    held: Geocoder | None = services.shared.get("geocoder")
    if held is None:
        held = services.shared["geocoder"] = create_geocoder(services.settings)
    return held


async def close_basemap(services: Services) -> None:
    """Ends the connections to others' servers."""
    await streets_of(services).close()
    await _geocoder(services).close()
