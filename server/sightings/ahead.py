"""Which cameras somebody passes next: the pure rules of `server.cameras`, asked over a center's cameras."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from server.cameras.along import Passage
from server.cameras.current import index_of, rows_of
from server.cameras.escape import escape
from server.incidents.cards import iso
from server.sightings.model import Mode

if TYPE_CHECKING:
    from server.services import Services

MOST = 12


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


async def passages(
    unit: Unit, services: Services, center_id: str, start: Start, purposes: frozenset[str] | None
) -> list[dict[str, Any]]:
    """In order of the likely time: the camera, where it stands, and when somebody who left `start` is in its view.
    Only cameras of the center: the gate gives a release for no other."""
    index = await index_of(unit, services, center_id, lat=start.lat, lon=start.lon)
    found = escape(
        index,
        lat=start.lat,
        lon=start.lon,
        mode=start.mode,
        now=start.at,
        heading_deg=start.heading_deg,
        within_m=start.within_m,
        purposes=purposes,
        limit=MOST + 1,
    )
    found = [one for one in found if one.camera_id != start.camera_id][:MOST]
    rows = await rows_of(unit, center_id, [one.camera_id for one in found])
    return [_json(one, rows[one.camera_id], start.at) for one in found if one.camera_id in rows]


def _json(one: Passage, row: dict[str, Any], at: datetime) -> dict[str, Any]:
    times = {"from": one.from_s, "likely": one.likely_s, "until": one.until_s}
    return {
        **asdict(one),
        **{name: row[name] for name in ("name", "lat", "lon", "heading_deg", "health")},
        **{f"{name}_at": iso(at + timedelta(seconds=seconds)) for name, seconds in times.items()},
    }
