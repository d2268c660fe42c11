"""An area that moves: the cameras of a disaster's request are chosen anew, what its desks saw of the old ones ends, and
they open the new ones through the gate.

A place that comes for the request carries the new area (`uncertainty`, a circle or a ring); without one the circle of
the request goes along, and a ring stays. A durable job: it takes up to a tenth of a second, off the positions' way.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from procrastinate import JobContext

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Backoff
from server.cameras.service import decision
from server.events import record
from server.incidents import service as incidents
from server.jobs import jobs, services_of
from server.releases import end_releases
from server.request_body import area_of, body_of, sealed_area
from server.requests import service as requests
from server.requests.model import OPEN_STATES
from server.sightings import areas
from server.sightings.shape import of_request

if TYPE_CHECKING:
    from server.services import Services

_SEEN = """
SELECT release_id, kind FROM release WHERE incident_id = :incident AND ended_at IS NULL AND camera_id = ANY(:gone)
  AND viewer_id IN (SELECT account_id FROM account WHERE agency_id = :agency
    UNION ALL SELECT line_id FROM agency_line WHERE agency_id = :agency)
ORDER BY release_id
"""

_FIRST = """
SELECT lat, lon FROM position WHERE alert_id = :alert AND incident_id = :incident ORDER BY fixed_at LIMIT 1
"""


@jobs.task(name="move_area", retry=Backoff(limit_s=20.0), pass_context=True)
async def move_area(context: JobContext, request_id: str, center_id: str, at: str, place: dict[str, Any]) -> None:
    await move(services_of(context), UUID(request_id), center_id, at=datetime.fromisoformat(at), place=place)


async def move(services: Services, request_id: UUID, center_id: str, *, at: datetime, place: dict[str, Any]) -> bool:
    """Whether other cameras show it now. `place`: `lat`, `lon`, and `ring` or `radius_m` of the new area, if told. An
    older place than the last one changes nothing. Where no camera shows the new area the choice stays as it was."""
    async with services.db.begin(center=center_id) as unit:
        known = await requests.find(unit, request_id, center_id=center_id)
        if known is None or known["incident_id"] is None:
            return False
        state = await incidents.locked(unit, known["incident_id"])
        row = await requests.find(unit, request_id, center_id=center_id, lock=True)
        if row is None or row["state"] not in OPEN_STATES or row["is_drill"] or not state.is_open:
            return False
        told, held = body_of(services, row)["subject"], area_of(services, row)
        if held is not None and datetime.fromisoformat(held["at"]) >= at:
            return False
        subject = _subject(held or told, place)
        shape = of_request(subject, lat=place["lat"], lon=place["lon"]) if subject is not None else None
        if subject is None or shape is None:
            return False
        now = {"lat": place["lat"], "lon": place["lon"], **subject, "at": at.isoformat()}
        now["first"] = held["first"] if held is not None else await _first(unit, row, told)
        await _keep(unit, services, row, now)
        line = await decision(unit, state.incident_id)
        before = {one["camera_id"] for one in (line["payload"]["cameras"] if line else [])}
        after = set(await areas.choose(unit, services, state, shape, areas.AREA_CAMERAS, at=at))
        if after:
            await _end_seen(unit, services, row, sorted(before - after))
        payload = {"request_id": str(request_id), "agency_id": row["agency_id"], "cameras": len(after - before)}
        _note(unit, services, row, payload)
    return bool(after) and before != after


def _subject(told: dict[str, Any], place: dict[str, Any]) -> dict[str, Any] | None:
    """The request's area now; None: it stays where it was."""
    new = {name: place[name] for name in ("ring", "radius_m") if place.get(name)}
    if new:
        return new
    return {"radius_m": told["radius_m"]} if told.get("radius_m") and not told.get("ring") else None


async def _first(unit: Unit, row: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """The area it was raised with, around the first place of the request."""
    place = await unit.one(_FIRST, {"alert": row["request_id"], "incident": row["incident_id"]}) or {}
    return dict(place) | {name: told[name] for name in ("ring", "radius_m") if told.get(name)}


async def _keep(unit: Unit, services: Services, row: dict[str, Any], area: dict[str, Any]) -> None:
    sealed = sealed_area(services, area, request_id=row["request_id"], center_id=row["center_id"])
    await unit.execute(
        "UPDATE agency_request SET area_sealed = :area WHERE request_id = :id AND center_id = :center",
        {"area": sealed, "id": row["request_id"], "center": row["center_id"]},
    )


def _note(unit: Unit, services: Services, row: dict[str, Any], payload: dict[str, Any]) -> None:
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag="request:area_moved",
        actor=requests.agency_actor(row),
        payload=payload,
        at=services.clock(),
    )


async def _end_seen(unit: Unit, services: Services, row: dict[str, Any], gone: list[str]) -> None:
    """Of the agency's desks, on cameras that do not show the area any more."""
    asked = {"incident": row["incident_id"], "agency": row["agency_id"], "gone": gone}
    rows = await unit.all(_SEEN, asked)
    ended = set(await end_releases(unit, {one["release_id"]: "area_moved" for one in rows}))
    streams = [str(one["release_id"]) for one in rows if one["kind"] != "still" and one["release_id"] in ended]
    if streams:
        unit.after_commit(lambda: services.soon(lambda: services.gateway.kick(streams, "area_moved"), name="kick:area"))
