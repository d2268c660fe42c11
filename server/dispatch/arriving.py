"""When each unit arrives: what its agency says, else what the traffic center reckons, and which of the two it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.problems import Problem
from server.incidents.cards import iso
from server.places import show_place
from server.traffic.gateway import Point
from server.traffic.service import roads_of

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

UNIT_KNOWN_FOR = timedelta(minutes=3)
"""Where the unit was longer ago than this says little about when it comes."""
_COMING = """
SELECT dispatch_id, eta_at, unit_position FROM dispatch
WHERE incident_id = :id AND state IN ('accepted', 'en_route') ORDER BY created_at
"""


async def etas(services: Services, viewer: Viewer, incident_id: UUID) -> dict[str, Any]:
    """`{"traffic": none|console|http, "etas": [{"dispatch_id","eta_at","by","at","is_simulated"}]}`; a unit of which
    nobody knows is missing. Problem 404."""
    roads, now = roads_of(services), services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        known = await unit.scalar("SELECT 1 FROM incident WHERE incident_id = :id", {"id": incident_id})
        if known is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        place = await show_place(unit, viewer, incident_id, now=now)
        rows = await unit.all(_COMING, {"id": incident_id})
    told = []
    for row in rows:  # after the commit: nobody else's program holds a lock of ours
        if row["eta_at"] is not None:
            told.append(_eta(row, row["eta_at"], "agency", now))
        elif place is not None and (start := _start(row, now)) is not None:
            to = Point(place.position["lat"], place.position["lon"])
            if (found := await roads.travel(start, to, now)) is not None:
                eta_at = found.at + timedelta(seconds=found.seconds)
                told.append(_eta(row, eta_at, "traffic", found.at, is_simulated=roads.traffic.kind == "console"))
    return {"traffic": roads.traffic.kind, "etas": told}


def _start(row: dict[str, Any], now: datetime) -> Point | None:
    held = row["unit_position"]
    if not held or now - datetime.fromisoformat(held["at"]) > UNIT_KNOWN_FOR:
        return None
    return Point(held["lat"], held["lon"])


def _eta(row: dict[str, Any], eta_at: datetime, by: str, at: datetime, *, is_simulated: bool = False) -> dict[str, Any]:
    told = {"dispatch_id": str(row["dispatch_id"]), "eta_at": iso(eta_at), "by": by, "at": iso(at)}
    return told | {"is_simulated": is_simulated}
