"""Where a person is, shown to the center's staff: release rows first, in one unit for many seats and incidents.

A place is disclosed to named people (invariant 4): one row for each operator and incident, however many seats there
are, judged by the gate like any other release (docs/decisions/0008-places-are-released-one-by-one.md). The unit
reads the places it releases; they leave after its commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from location_router.runtime.db import Unit
from server.events import record
from server.gate import Facts, judge, plain_address
from server.incidents.cards import position_json
from server.incidents.model import OPEN
from server.legal import STAFF_BASES
from server.releases import PlaceShown, grant_places
from server.staff.model import Viewer
from server.staff.permissions import may

PLACE_BASIS = STAFF_BASES["position"][0]

_INCIDENTS = """
SELECT incident_id, center_id, state, phase, active_at IS NOT NULL AS was_active, is_drill, role, desk
FROM incident LEFT JOIN center ON code = center_id WHERE incident_id = ANY(%s) ORDER BY incident_id
FOR SHARE OF incident
"""
_VIEWERS = """
SELECT q.account_id, q.address, a.role, coalesce(a.active, false) AS active, a.desk,
       ARRAY(SELECT network FROM registered_network n WHERE n.account_id = q.account_id) AS networks,
       ARRAY(SELECT address FROM session s WHERE s.account_id = q.account_id
             AND s.ended_at IS NULL AND s.expires_at > %s) AS sessions
FROM unnest(%s::uuid[], %s::text[]) AS q (account_id, address) LEFT JOIN account a USING (account_id)
"""
_PLACES = """
SELECT i.incident_id, p.alert_id, p.lat, p.lon, p.accuracy_m, p.speed_mps, p.heading_deg, p.source, p.fixed_at,
       p.received_at
FROM incident i
JOIN LATERAL (SELECT * FROM position WHERE incident_id = i.incident_id ORDER BY fixed_at DESC LIMIT 1) p ON true
WHERE i.incident_id = ANY(%s) AND i.state = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The newest known position of an open incident, as the wire's Position in JSON."""

    alert_id: UUID
    position: dict[str, Any]


async def load_places(unit: Unit, incident_ids: Iterable[UUID]) -> dict[UUID, Place]:
    """Where the people of these incidents are; with the incident ends the right to see it, also for staff. Whoever
    calls this has had the gate's release rows written in this unit, or shows it to nobody."""
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_PLACES, [list(incident_ids), list(OPEN)])
        rows = await cursor.fetchall()
    return {row["incident_id"]: Place(row["alert_id"], position_json(row)) for row in rows}


Seat = tuple[UUID, str]
"""Who sits where: account and address."""


@dataclass(slots=True)
class Shown:
    """What a unit has released, valid once it has committed."""

    places: dict[UUID, Place] = field(default_factory=dict)
    seats: dict[UUID, set[Seat]] = field(default_factory=dict)
    refused: dict[tuple[UUID, Seat], str] = field(default_factory=dict)
    locked: set[UUID] = field(default_factory=set)
    """Incidents that could not be looked at, because somebody is just changing them (or that are not there)."""

    def position_for(self, viewer: Viewer, incident_id: UUID) -> dict[str, Any] | None:
        """The wire's Position, where this viewer has a row for it."""
        if seat_of(viewer) not in self.seats.get(incident_id, ()):
            return None
        return self.places[incident_id].position

    def held(self, viewer: Viewer) -> list[tuple[UUID, Place]]:
        """All that this viewer has rows for."""
        seat = seat_of(viewer)
        return [(incident_id, self.places[incident_id]) for incident_id, seats in self.seats.items() if seat in seats]


def seat_of(viewer: Viewer) -> Seat:
    return viewer.account_id, plain_address(viewer.address)


def may_be_shown(viewer: Viewer) -> bool:
    """Whether places are offered to this seat without being asked for; the gate decides about each."""
    return may(viewer.role, "incidents.work")


_TELLS_WHERE = frozenset(("lat", "lon", "distance_m", "bearing_deg", "position", "unit_position", "directions"))


def without_place(told: Any) -> Any:
    """Lines and cards for somebody who has no row for the place: the cameras around her, with how far and in which
    direction from each she is, say where she is as well as a position does, and so does the crew that has reached her.
    """
    if isinstance(told, dict):
        hidden = {name: None for name in told if name in _TELLS_WHERE}
        cameras: dict[str, Any] = {"cameras": []} if isinstance(told.get("cameras"), list) else {}
        return {name: without_place(one) for name, one in told.items()} | hidden | cameras
    return [without_place(one) for one in told] if isinstance(told, list) else told


async def release_places(
    unit: Unit,
    incident_ids: Collection[UUID],
    viewers: Iterable[Viewer],
    *,
    now: datetime,
    wait: bool = True,
    placeless: bool = False,
) -> Shown:
    """A committed-with-the-unit row for each viewer and each open incident that has a place (`placeless`: or none) and
    that the viewer may see; with `wait=False` without those that somebody is just changing (ask again)."""
    shown, by_seat = Shown(), {seat_of(viewer): viewer for viewer in viewers}
    incidents = await _rows(unit, _INCIDENTS + ("" if wait else " SKIP LOCKED"), [list(incident_ids)])
    shown.locked = set(incident_ids) - {row["incident_id"] for row in incidents}
    if not incidents or not by_seat:
        return shown
    shown.places = await load_places(unit, [row["incident_id"] for row in incidents])
    incidents = [row for row in incidents if placeless or row["incident_id"] in shown.places]
    accounts, addresses = zip(*by_seat, strict=True)
    seats = await _rows(unit, _VIEWERS, [now, list(accounts), list(addresses)]) if incidents else []
    granted = []
    for incident in incidents:
        for seat in seats:
            key, incident_id = (seat["account_id"], seat["address"]), incident["incident_id"]
            if (code := judge(_facts(incident, seat), now)) is not None:
                shown.refused[incident_id, key] = code
                continue
            shown.seats.setdefault(incident_id, set()).add(key)
            granted.append(PlaceShown(incident["center_id"], incident_id, *key))
    names = {viewer.account_id: viewer.name for viewer in by_seat.values()}
    await grant_places(unit, granted, legal_basis=PLACE_BASIS, names=names, at=now)
    return shown


def _facts(incident: dict[str, Any], seat: dict[str, Any]) -> Facts:
    return Facts(
        incident["state"],
        incident["phase"],
        incident["was_active"],
        incident["is_drill"],
        role=seat["role"],
        account_active=seat["active"],
        own_desk=seat["desk"] is not None and seat["desk"] == incident["desk"],
        networks=tuple(seat["networks"]),
        session_addresses=tuple(seat["sessions"]),
        address=seat["address"],
        legal_basis=PLACE_BASIS,
        center_id=incident["center_id"],
        incident_role=incident["role"],
        kind="position",
    )


async def show_place(unit: Unit, viewer: Viewer, incident_id: UUID, *, now: datetime) -> Place | None:
    """The viewer turns to this incident: where the person is, or None. A refusal is a line in the chain."""
    shown = await release_places(unit, [incident_id], [viewer], now=now)
    await _record_refused(unit, viewer, shown)
    return shown.places[incident_id] if shown.seats.get(incident_id) else None


async def may_see_place(unit: Unit, viewer: Viewer, incident_id: UUID, *, now: datetime) -> bool:
    """Behind the same row: may the viewer be shown what others say of where the person is, when she herself has sent
    no place yet?"""
    shown = await release_places(unit, [incident_id], [viewer], now=now, placeless=True)
    await _record_refused(unit, viewer, shown)
    return bool(shown.seats.get(incident_id))


async def _record_refused(unit: Unit, viewer: Viewer, shown: Shown) -> None:
    for (refused_id, seat), code in shown.refused.items():
        center = await unit.scalar("SELECT center_id FROM incident WHERE incident_id = :id", {"id": refused_id})
        record(
            unit,
            center_id=center,
            incident_id=refused_id,
            tag="release:refused",
            actor=viewer.actor,
            payload={"code": code, "kind": "position", "address": seat[1], "legal_basis": PLACE_BASIS},
        )


async def _rows(unit: Unit, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()
