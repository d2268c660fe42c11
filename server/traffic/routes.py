"""How the roads run, for staff: nothing about a person, and nothing that tells where one is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.staff.model import Viewer
from server.staff.routes import permitted
from server.traffic.model import MOST_BOX_DEG, box_of
from server.traffic.service import roads_of

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("traffic.read"))]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Asked(BaseModel):
    """A box; it is widened to steps of 0.01°."""

    west: Lon
    south: Lat
    east: Lon
    north: Lat


AskedBox = Annotated[Asked, Query()]


async def links_in(request: Request, asked: Asked) -> dict[str, Any]:
    """The answer of all three addresses. Problem 422 for a box that is upside down or wider than a city."""
    services = services_of(request)
    box = box_of(**asked.model_dump())
    if box is None:
        most = f"west < east, south < north, {MOST_BOX_DEG}° at most"
        raise Problem(
            422,
            "invalid",
            f"지도를 더 확대해 주세요: 한 번에 {MOST_BOX_DEG}도까지 볼 수 있습니다.",
            f"Zoom in: the box may be {MOST_BOX_DEG} degrees wide at most.",
            fields=[{"field": "east", "message": most, "value": str(asked.east)}],
        )
    return await roads_of(services).links(box, services.clock())


@router.get("/api/traffic/links")
async def links(request: Request, viewer: Reader, asked: AskedBox) -> dict[str, Any]:
    return await links_in(request, asked)
