"""Where a request is, while it runs: what is taken of it, who sees which place, and what goes with it over a border.

An agreement may name areas. A place outside of them is not taken for a request, by whatever way it comes, so that
cameras follow nobody there; what was refused is a row and a line, once a minute at most.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.wire import Position
from server.agencies import area
from server.events import SYSTEM, record
from server.requests.model import OPEN_STATES, Accept
from server.requests.store import note_refusal

Row = tuple[UUID, UUID, str, Position]
"""Alert, incident, center, position."""
_MINUTE = UUID("7b1f6f0e-5f0b-4a57-8c64-3a1f1f2c9d55")
_TERMS = """
SELECT r.request_id, r.center_id, r.incident_id, r.agency_id, r.trigger, r.state, g.areas
FROM agency_request r LEFT JOIN agreement g USING (agreement_id)
WHERE r.request_id = ANY(:ids) AND r.state <> 'refused'
"""
_PLACE = """
SELECT p.lat, p.lon, p.accuracy_m, p.speed_mps, p.heading_deg, p.source, p.fixed_at, p.received_at
FROM position p JOIN incident i USING (incident_id)
WHERE p.alert_id = :alert AND p.incident_id = :incident
  AND i.state IN ('received', 'acknowledged', 'dispatched', 'on_scene')
ORDER BY p.fixed_at DESC LIMIT 1
"""
STRANGERS = """
SELECT EXISTS (SELECT 1 FROM alert a WHERE a.incident_id = :other AND NOT EXISTS (SELECT 1 FROM agency_request r
  WHERE r.request_id = a.alert_id AND r.agency_id = :agency AND r.center_id = a.center_id))
"""
"""Whether the incident has an alert of somebody else than this agency."""
_BEFORE = """
SELECT state, reason, decided_at, is_auto, ends_at FROM agency_request
WHERE request_id = :id AND center_id <> :center AND agency_id = :agency ORDER BY received_at DESC
"""


async def place_of(unit: Unit, request_id: UUID, incident_id: UUID) -> dict[str, Any] | None:
    """The newest place of the request's own alert in its open incident; never that of another alert."""
    return await unit.one(_PLACE, {"alert": request_id, "incident": incident_id})


async def taken(unit: Unit, rows: list[Row], *, now: datetime) -> list[Row]:
    """Of these positions the ones that count: a person's all, a request's while it is open and inside the areas of its
    agreement."""
    ids = list({row[0] for row in rows})
    terms = {(one["request_id"], one["center_id"]): one for one in await unit.all(_TERMS, {"ids": ids})} if ids else {}
    kept, outside = [], set()
    for row in rows:
        held = terms.get((row[0], row[2]))
        if held is not None and held["state"] not in OPEN_STATES:
            continue
        areas = held["areas"] if held is not None else None
        if areas is not None and not area.covers(areas, lat=row[3].lat, lon=row[3].lon):
            outside.add((row[0], row[2]))
            continue
        kept.append(row)
    for row in {(one[0], one[2]): one for one in sorted(kept, key=lambda one: one[3].fixed_at)}.values():
        held = terms.get((row[0], row[2]))
        if held is not None and held["trigger"] == "disaster":
            await _move_area(unit, row)
    for key in outside:
        await _refuse(unit, terms[key], now)
    return kept


async def _move_area(unit: Unit, row: Row) -> None:
    """What shows the area of a disaster goes with it (`server/sightings/moving_areas.py`)."""
    at, shape = row[3], row[3].uncertainty
    place: dict[str, Any] = {"lat": at.lat, "lon": at.lon}
    if shape is not None and shape.kind == "polygon":
        place["ring"] = [list(corner) for corner in shape.ring]
    elif shape is not None and shape.kind == "circle":
        place["radius_m"] = shape.radius_m
    known: dict[str, Any] = {"request_id": str(row[0]), "center_id": row[2], "at": at.fixed_at.isoformat()}
    await defer_in(unit, "move_area", **known, place=place)


async def _refuse(unit: Unit, held: dict[str, Any], now: datetime) -> None:
    count = await note_refusal(
        unit,
        code="outside_area",
        at=now,
        center_id=held["center_id"],
        agency_id=held["agency_id"],
        trigger=held["trigger"],
        request_id=held["request_id"],
        detail={"field": "position"},
        refusal_id=uuid5(_MINUTE, f"{held['request_id']}/{held['center_id']}/{now:%Y%m%d%H%M}"),
    )
    if count == 1:
        record(
            unit,
            center_id=held["center_id"],
            incident_id=held["incident_id"],
            tag="request:outside_area",
            actor=SYSTEM,
            payload={"request_id": str(held["request_id"]), "agency_id": held["agency_id"]},
            at=now,
        )


async def inherited(unit: Unit, row: dict[str, Any], until_at: datetime) -> Accept | None:
    """What an operator accepted at the center before stays so over the border, until the earlier end. A rule of that
    center's agreement does not: this one never agreed to it."""
    said = {"id": row["request_id"], "center": row["center_id"], "agency": row["agency_id"]}
    before = await unit.all(_BEFORE, said)
    if not before or not _stands(before[0], row["received_at"]):
        return None
    if not any(_stands(one, row["received_at"]) and not one["is_auto"] for one in before):
        return None
    return Accept(min(until_at, before[0]["ends_at"]), "handover")


def _stands(before: dict[str, Any], now: datetime) -> bool:
    is_on = before["state"] == "accepted" or (before["state"], before["reason"]) == ("ended", "handed_over")
    return is_on and before["decided_at"] is not None and before["ends_at"] > now
