"""Cameras on the map."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from server.cameras import service
from server.staff.routes import Operator, services_of

router = APIRouter()

Longitude = Annotated[float, Query(ge=-180, le=180)]
Latitude = Annotated[float, Query(ge=-90, le=90)]


@router.get("/api/cameras")
async def cameras(
    request: Request, viewer: Operator, west: Longitude, south: Latitude, east: Longitude, north: Latitude
) -> dict[str, Any]:
    """The registry's cameras inside the box, of the centers this desk answers for."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return {"cameras": await service.in_box(unit, west=west, south=south, east=east, north=north)}
