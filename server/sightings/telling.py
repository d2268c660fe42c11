"""The trail as it is told: rows in order, with legs, names and what comes next.

Who calls this has been past the gate in the same unit (`service.py`). A digest of each marking stands in the log, so
that a changed row shows (`proof_of`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.incidents.cards import iso
from server.incidents.service import name_of
from server.places import load_places
from server.purposes import purposes_for
from server.sightings import ahead
from server.sightings.model import MODES, REACH_M, Mode, Sighting, Step, digest, heading_of, trail

if TYPE_CHECKING:
    from server.services import Services

_STORY = """
SELECT CAST(:id AS uuid) AS incident_id
UNION SELECT incident_id FROM incident WHERE merged_into = :id
UNION SELECT h.incident_id FROM handed_alert h JOIN alert a USING (alert_id) WHERE a.incident_id = :id
"""
_ROWS = """
SELECT s.*, c.name AS camera_name, c.range_m FROM sighting s LEFT JOIN camera c USING (camera_id)
WHERE s.incident_id = ANY(:ids) ORDER BY s.seen_at, s.marked_at, s.sighting_id
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """The incident as it is looked at. `purposes`: which cameras may serve it, None: every one."""

    incident_id: UUID
    center_id: str
    is_drill: bool
    purposes: frozenset[str] | None = None


def scene_of(row: dict[str, Any]) -> Scene:
    """From a row of `incident` (or of one joined with it)."""
    purposes = purposes_for(row["origin"], row["type"])
    return Scene(row["incident_id"], row["center_id"], row["is_drill"], purposes)


def facts_of(row: dict[str, Any], *, note: str, plate: str) -> dict[str, Any]:
    """What the digest in the log is over."""
    return {
        "camera_id": row["camera_id"],
        "lat": row["lat"],
        "lon": row["lon"],
        "seen_at": iso(row["seen_at"]),
        "subject": row["subject"],
        "note": note,
        "plate": plate,
    }


def proof_of(services: Services, row: dict[str, Any]) -> str | None:
    """The digest that the log must hold of this row's marking; None: its words can't be opened any more."""
    words = services.sealer.open(row["words_sealed"], context=f"sighting.words:{row['sighting_id']}")
    if not words:
        return None
    return digest(bytes.fromhex(words["salt"]), facts_of(row, note=words["note"], plate=words["plate"]))


async def story_of(unit: Unit, scene: Scene) -> list[UUID]:
    """The incident, those that were merged into it, and what it was at the center that had its alert before."""
    return [row["incident_id"] for row in await unit.all(_STORY, {"id": scene.incident_id})]


async def _rows(unit: Unit, scene: Scene) -> list[dict[str, Any]]:
    return [dict(row) for row in await unit.all(_ROWS, {"ids": await story_of(unit, scene)})]


def _steps(rows: list[dict[str, Any]]) -> list[Step]:
    return trail(
        Sighting(
            row["sighting_id"],
            row["camera_id"],
            row["lat"],
            row["lon"],
            row["seen_at"],
            row["subject"],
            row["marked_at"],
            row["range_m"] or REACH_M,
        )
        for row in rows
        if row["struck_at"] is None
    )


async def told(unit: Unit, services: Services, scene: Scene, *, is_staff: bool, knows: bool = True) -> dict[str, Any]:
    """The answer. `knows`: also what was noted. An agency is told neither who marked nor what was struck out."""
    rows = await _rows(unit, scene)
    by_id = {row["sighting_id"]: row for row in rows}
    accounts = {row["marked_by"] for row in rows} | {row["struck_by"] for row in rows if row["struck_by"]}
    names = {one: await name_of(unit, services, one) for one in accounts} if is_staff else {}
    steps = _steps(rows)
    shown = []
    for number, step in enumerate(steps, 1):
        row = by_id[step.sighting.sighting_id]
        shown.append(
            {"number": number} | _json(services, row, names, knows) | {"leg": step.leg.json() if step.leg else None}
        )
    start = _leaving(steps, None)
    answer: dict[str, Any] = {
        "incident_id": str(scene.incident_id),
        "is_drill": scene.is_drill,
        "sightings": shown,
        "next": await coming(unit, services, scene, start),
    }
    if is_staff:
        struck = [row for row in rows if row["struck_at"] is not None]
        answer["struck"] = [
            _json(services, row, names, True)
            | {"struck_at": iso(row["struck_at"]), "struck_by": _who(names, row["struck_by"])}
            for row in struck
        ]
    return answer


def _json(services: Services, row: dict[str, Any], names: dict[UUID, str], knows: bool) -> dict[str, Any]:
    key = f"sighting.words:{row['sighting_id']}"
    words = (services.sealer.open(row["words_sealed"], context=key) or {}) if knows else {}
    shown = {
        "sighting_id": str(row["sighting_id"]),
        "camera_id": row["camera_id"],
        "name": row["camera_name"] or "",
        "lat": row["lat"],
        "lon": row["lon"],
        "seen_at": iso(row["seen_at"]),
        "subject": row["subject"],
        "note": words.get("note"),
        "plate": words.get("plate"),
    }
    if names:
        shown |= {"marked_at": iso(row["marked_at"]), "marked_by": _who(names, row["marked_by"])}
    return shown


def _who(names: dict[UUID, str], account_id: UUID) -> dict[str, str]:
    return {"account_id": str(account_id), "name": names.get(account_id, "")}


def _leaving(steps: list[Step], mode: Mode | None) -> ahead.Start | None:
    """The last sighting, as where somebody leaves from."""
    if not steps:
        return None
    last = steps[-1].sighting
    chosen = mode or MODES[last.subject]
    return ahead.Start(last.lat, last.lon, last.seen_at, chosen, heading_of(steps), last.reach_m, last.camera_id)


async def start_of(unit: Unit, services: Services, scene: Scene, mode: Mode | None) -> ahead.Start | None:
    start = _leaving(_steps(await _rows(unit, scene)), mode)
    if start is not None:
        return start
    place = (await load_places(unit, [scene.incident_id])).get(scene.incident_id)
    if place is None:
        return None
    position = place.position
    fixed_at = datetime.fromisoformat(position["fixed_at"])
    heading = position["heading_deg"] if (position["speed_mps"] or 0.0) >= 0.5 else None
    return ahead.Start(position["lat"], position["lon"], fixed_at, mode or "foot", heading, position["accuracy_m"])


async def coming(unit: Unit, services: Services, scene: Scene, start: ahead.Start | None) -> list[dict[str, Any]]:
    """The cameras that somebody passes next who leaves `start`."""
    if start is None:
        return []
    return await ahead.passages(unit, services, scene.center_id, start, scene.purposes)
