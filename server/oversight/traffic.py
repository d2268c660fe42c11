"""The traffic center's people: which areas help is on its way to, and what they say about the roads there.

They see no person and no card: an area of 500 m (`areas.py`), the kind of help and when it arrives. An area still says
where somebody is in need, so it is a release of the kind `position` with its row and basis, marked `coarse_m`, and it
ends with the incident. The gate's own rule for places asks for the exact one; this is the narrower one beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.problems import Problem
from server.events import record
from server.gate import plain_address
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.legal import STAFF_BASES
from server.oversight.areas import CELL_M, area, kind
from server.places import load_places
from server.releases import NewRelease, grant

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

NOTED = "traffic:noted"
LONGEST = 500
ON_THE_WAY = ("dispatched", "on_scene")
_OPEN = """
SELECT incident_id, center_id, type, state FROM incident
WHERE state = ANY(:states) AND role = 'owner' AND phase = 'active' AND NOT is_drill ORDER BY active_at, incident_id
FOR SHARE
"""
_UNITS = """
SELECT d.incident_id, g.kind, d.state, d.eta_at FROM dispatch d JOIN agency g USING (agency_id)
WHERE d.incident_id = ANY(:ids) AND d.state IN ('accepted', 'en_route', 'on_scene') ORDER BY d.created_at
"""
_NOTES = """
SELECT e.event_id, e.incident_id, e.at, p.payload_sealed FROM event e JOIN event_payload p USING (center_id, seq)
WHERE e.incident_id = ANY(:ids) AND e.tag = :tag ORDER BY e.seq
"""


async def areas(services: Services, viewer: Viewer) -> dict[str, Any]:
    """`{"incidents": [{"incident_id","center","kind","area","units","notes"}]}`; the rows are on disk before it is
    told. An incident without a known place is told without an area."""
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(_OPEN, {"states": list(ON_THE_WAY)})
        ids = [row["incident_id"] for row in rows]
        places = await load_places(unit, ids)
        units = await unit.all(_UNITS, {"ids": ids})
        notes = await unit.all(_NOTES, {"ids": ids, "tag": NOTED})
        told = []
        for row in rows:
            place = places.get(row["incident_id"])
            if place is not None:
                await grant(unit, _release(services, viewer, row))
            told.append(
                {
                    "incident_id": str(row["incident_id"]),
                    "center": row["center_id"],
                    "kind": kind(row["type"]),
                    "state": row["state"],
                    "area": area(lat=place.position["lat"], lon=place.position["lon"]) if place else None,
                    "units": [_unit(one) for one in units if one["incident_id"] == row["incident_id"]],
                    "notes": [_note(services, one) for one in notes if one["incident_id"] == row["incident_id"]],
                }
            )
    return {"incidents": told, "now": iso(services.clock())}


def _release(services: Services, viewer: Viewer, row: dict[str, Any]) -> NewRelease:
    return NewRelease(
        row["center_id"],
        row["incident_id"],
        "position",
        "operator",
        viewer.account_id,
        viewer.name,
        plain_address(viewer.address),
        STAFF_BASES["position"][0],
        at=services.clock(),
        detail={"coarse_m": CELL_M},
    )


def _unit(row: dict[str, Any]) -> dict[str, Any]:
    return {"agency": row["kind"], "state": row["state"], "eta_at": iso(row["eta_at"])}


def _note(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    body = services.sealer.open(row["payload_sealed"], context=f"event:{row['event_id']}")
    payload = body["payload"] if body else {}
    return {"text": payload.get("text", ""), "blocked": bool(payload.get("blocked")), "at": iso(row["at"])}


async def note(services: Services, viewer: Viewer, incident_id: UUID, *, text: str, blocked: bool) -> dict[str, Any]:
    """A line of the timeline, for the operators and for the officers in the field. Problems 404, 409, 422."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise Problem(
            422,
            "invalid",
            f"text: 1자에서 {LONGEST}자까지 적어 주세요.",
            f"text: write 1 to {LONGEST} characters.",
            fields=[{"field": "text", "message": f"1 to {LONGEST} characters", "value": ""}],
        )
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.locked(unit, incident_id)
        _on_the_way(state.state)
        event_id = record(
            unit,
            center_id=state.center_id,
            incident_id=incident_id,
            tag=NOTED,
            actor=viewer.actor,
            payload={"by": "traffic", "text": text, "blocked": blocked},
            at=services.clock(),
        )
    return {"note_id": str(event_id)}


def _on_the_way(state: str) -> None:
    if state not in ON_THE_WAY:
        raise Problem(
            409,
            "not_dispatched",
            "출동 중인 사건이 아닙니다. 목록을 새로 고치세요.",
            "No help is on its way to this incident: look at the list again.",
            state=state,
        )
