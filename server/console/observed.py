"""Opening an incident without an alert: the operator points at a place, or at the camera that shows it.

The center is whose jurisdiction holds the place, as for an alert; somebody else's place is refused with that center's
name, so that the operator knows whom to call. A camera belongs to the center that runs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.boundaries import boundaries_of
from server.cameras.service import choose_for_incident
from server.events import committed_card
from server.features import service as features
from server.incidents import opening
from server.incidents import service as incidents
from server.incidents.state import Happened, Incident, UnknownCode
from server.places import show_place
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

SOURCE = "operator"
CAMERA_ACCURACY_M, POINT_ACCURACY_M = 60.0, 25.0


@dataclass(frozen=True)
class Sighting:
    """What was seen, and where: a point or a camera."""

    type: str
    lat: float | None
    lon: float | None
    camera_id: str | None
    note: str


@dataclass(frozen=True)
class Place:
    center_id: str
    lat: float
    lon: float
    accuracy_m: float


async def open_sighting(
    services: Services, viewer: Viewer, seen: Sighting, origin: Literal["observed", "exercise"]
) -> dict[str, Any]:
    """The new incident's card, with its place for whoever opened it, after the commit; its cameras are chosen beside
    it. Raises Problem 422, 409, 503."""
    async with services.db.begin(center=viewer.scope) as unit:
        place = await _place(unit, services, viewer, seen)
        is_drill, name = origin == "exercise", "exercises" if origin == "exercise" else "observed_incidents"
        await features.require(services, name, [place.center_id], is_drill=is_drill)
        state = await open_at(unit, services, viewer, seen, place, origin)
        shown = await show_place(unit, viewer, state.incident_id, now=services.clock())
    if not state.is_drill:
        services.soon(lambda: choose_for_incident(services, state.incident_id), name=f"cameras:{state.incident_id}")
    card = committed_card(unit, state.incident_id)
    assert card is not None, "the unit has recorded incident:opened"
    return card | {"position": shown.position if shown else None}


async def open_at(
    unit: Unit, services: Services, viewer: Viewer, seen: Sighting, place: Place, origin: str
) -> Incident:
    """The incident in the caller's unit, without its cameras. Raises Problem 422."""
    state, happened = _decide(services, viewer, seen, place, origin)
    await _write(unit, services, viewer, state, happened, place)
    return state


def _decide(
    services: Services, viewer: Viewer, seen: Sighting, place: Place, origin: str
) -> tuple[Incident, list[Happened]]:
    now, settings = services.clock(), services.settings
    said: dict[str, Any] = {"type": seen.type, "camera_id": seen.camera_id, "note": seen.note, "now": now}
    try:
        if origin == "exercise":
            wait_s = settings.escalate_leader_s
            return opening.exercise(uuid4(), center_id=place.center_id, escalate_leader_s=wait_s, **said)
        targets = incidents.targets_of(settings)
        owner = viewer.account_id
        return opening.observed(uuid4(), center_id=place.center_id, operator_id=owner, targets=targets, **said)
    except UnknownCode as unknown:
        raise incidents.unknown_code(unknown) from None


async def _write(
    unit: Unit, services: Services, viewer: Viewer, state: Incident, happened: list[Happened], place: Place
) -> None:
    await incidents.insert(unit, state)
    owned = {"owner_id": state.owner_id} if state.owner_id is not None else {}
    first = Happened(happened[0].tag, happened[0].payload, owned)  # `write` keeps the owner's name and the reminder
    await incidents.write(unit, services, state, [first, *happened[1:]], viewer.actor)
    await _put_position(unit, state.incident_id, place, services.clock())


async def _put_position(unit: Unit, incident_id: UUID, place: Place, now: datetime) -> None:
    """The place as the incident's first position; there is no alert, so the incident's own id stands for it."""
    await unit.driver.execute(
        "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m, source, received_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [incident_id, now, place.center_id, incident_id, place.lat, place.lon, place.accuracy_m, SOURCE, now],
    )


async def _place(unit: Unit, services: Services, viewer: Viewer, seen: Sighting) -> Place:
    if seen.camera_id is not None:
        return await _camera_place(unit, seen.camera_id)
    if seen.lat is None or seen.lon is None:
        fields = [{"field": "lat, lon", "message": "a place, or camera_id", "value": ""}]
        raise Problem(
            422, "invalid", "위치나 카메라를 골라 주세요.", "Give a place (lat and lon) or a camera.", fields=fields
        )
    return Place(await _center_of(services, viewer, seen.lat, seen.lon), seen.lat, seen.lon, POINT_ACCURACY_M)


async def _camera_place(unit: Unit, camera_id: str) -> Place:
    row = await unit.one(
        "SELECT center_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon FROM camera"
        " WHERE camera_id = :id",
        {"id": camera_id},
    )
    if row is None:
        raise Problem(
            422,
            "unknown_camera",
            "이 센터의 카메라가 아닙니다.",
            "This is not a camera of your center.",
            field="camera_id",
            given=camera_id,
        )
    return Place(row["center_id"], row["lat"], row["lon"], CAMERA_ACCURACY_M)


async def _center_of(services: Services, viewer: Viewer, lat: float, lon: float) -> str:
    """The center of the place, when it is one of the viewer's. Problem 503 `no_boundaries`, 409 `other_center`."""
    boundaries = await boundaries_of(services).current()
    if boundaries is None:
        raise Problem(
            503,
            "no_boundaries",
            "경계 자료가 없어 관할을 알 수 없습니다. 카메라를 골라 주세요.",
            "There are no boundaries to tell whose place it is: choose a camera instead.",
        )
    code = boundaries.containing(lat=lat, lon=lon)
    if code is not None and viewer.sees(code):
        return code
    near = boundaries.nearest(lat=lat, lon=lon, limit=1) if code is None else [(code, 0.0)]
    center = boundaries.centers[near[0][0]]
    raise Problem(
        409,
        "other_center",
        f"이 자리는 {center.name_ko} 관할입니다. 그 센터나 112에 알려 주세요.",
        f"This place belongs to {center.name_en}: tell that center, or 112.",
        center={"code": center.code, "name_ko": center.name_ko, "name_en": center.name_en},
        distance_m=round(near[0][1], 1),
    )
