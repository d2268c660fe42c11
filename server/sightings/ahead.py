"""Which cameras somebody passes next, and which ones stand in an area: the pure rules of `server.cameras`, asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from server.incidents.cards import iso
from server.sightings.model import Mode

if TYPE_CHECKING:
    from server.services import Services


@dataclass(frozen=True, slots=True)
class Start:
    """Where and when somebody was last; `heading_deg` None: nobody knows which way."""

    lat: float
    lon: float
    at: datetime
    mode: Mode
    heading_deg: float | None = None
    within_m: float = 60.0
    camera_id: str | None = None

    def json(self) -> dict[str, Any]:
        return {
            "lat": self.lat,
            "lon": self.lon,
            "at": iso(self.at),
            "heading_deg": self.heading_deg,
            "camera_id": self.camera_id,
        }


async def passages(unit: Unit, services: Services, center_id: str, start: Start) -> list[dict[str, Any]]:
    """In order of time: `camera_id, name, lat, lon, from_s, until_s`."""
    return []
