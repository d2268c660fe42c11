"""The agency's desk and its officers in the field: one thread with the control center, and what the officer may do.

A line by the desk is a line of the timeline like the officer's. The officer moves the dispatch on the way and on scene;
that it is done, the desk says: it ends the link in the officer's own hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.dispatch import reading, responders, service
from server.dispatch.disclosing import agreement_of, shows
from server.dispatch.field_view import SAID, clean, messages
from server.dispatch.model import WORKING_STATES, DispatchState, Report, iso_of
from server.events import record
from server.incidents.cards import iso
from server.incidents.model import OPEN

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

OfficerStep = Literal["en_route", "on_scene"]


async def thread(services: Services, viewer: Viewer, dispatch_id: UUID) -> dict[str, Any]:
    """`{"messages", "stills": [{"still_id", "camera", "at"}]}`: what was said and which pictures were sent. Problems:
    404, 409 `dispatch_over`, 403 `no_agreement`."""
    async with services.db.begin() as unit:
        row, where = await _working(unit, services, viewer, dispatch_id)
        stills = await unit.all(
            "SELECT s.still_id, s.taken_at, c.name FROM still s LEFT JOIN camera c USING (camera_id)"
            " WHERE s.incident_id = :id ORDER BY s.taken_at DESC LIMIT 50",
            {"id": row["incident_id"]},
        )
        said = await messages(unit, row["incident_id"], dispatch_id)
    return {
        "messages": said,
        "stills": [
            {
                "still_id": str(one["still_id"]),
                "camera": (one["name"] or "") if where else "",
                "at": iso(one["taken_at"]),
            }
            for one in stills
        ],
    }


async def say(services: Services, viewer: Viewer, dispatch_id: UUID, text: str) -> dict[str, Any]:
    """The desk writes to its officers and the control center. Problems as `thread`, and 422."""
    text = clean(text)
    async with services.db.begin() as unit:
        row, _ = await _working(unit, services, viewer, dispatch_id)
        message_id = record(
            unit,
            center_id=row["center_id"],
            incident_id=row["incident_id"],
            tag=SAID,
            actor=viewer.actor,
            payload={"by": "desk", "text": text, "dispatch_id": str(dispatch_id), "agency_id": row["agency_id"]},
            at=services.clock(),
        )
    return {"message_id": str(message_id)}


async def _working(unit: Unit, services: Services, viewer: Viewer, dispatch_id: UUID) -> tuple[dict[str, Any], bool]:
    """The agency's dispatch while it works on it, and whether places may be told."""
    assert viewer.agency is not None
    row = await reading.find(unit, dispatch_id, agency_id=viewer.agency.agency_id)
    if row is None:
        raise reading.unknown()
    state = await unit.scalar("SELECT state FROM incident WHERE incident_id = :id", {"id": row["incident_id"]})
    if state not in OPEN or row["state"] not in WORKING_STATES:
        ko, en = "접수한 출동이 진행 중일 때만 대화할 수 있습니다.", "Messages are for a dispatch that you work on."
        raise Problem(409, "dispatch_over", ko, en, state=row["state"])
    agreement, now = await agreement_of(unit, row["agreement_id"]), services.clock()
    if not agreement.in_force(now):
        raise Problem(403, "no_agreement", *responders.SENTENCES["no_agreement"])
    return row, shows(agreement, "position", basis=row["legal_basis"], now=now)


async def step(services: Services, link: str, move: OfficerStep, *, cookie: str) -> dict[str, Any]:
    """The officer is on the way, or there. Problems 404, 401, 410, 409 `not_allowed`."""
    async with services.db.begin() as unit:
        row = await responders.bound(unit, services, link, cookie=cookie)
        case = {"dispatch_id": row["dispatch_id"], "agency_id": row["agency_id"]}
        await service.move(unit, services, **case, step=move, actor=responders.actor_of(services, row))
    return {"state": move}


async def stand_at(services: Services, link: str, *, cookie: str, lat: float, lon: float) -> dict[str, Any]:
    """The officer shares where the unit stands: the newest place only, gone when the case ends. Problems 404, 401,
    410."""
    async with services.db.begin() as unit:
        row = await responders.bound(unit, services, link, cookie=cookie)
        place = {"lat": lat, "lon": lon, "at": iso_of(services.clock())}
        said = Report(DispatchState(row["state"]), unit_position=place)
        case = {"dispatch_id": row["dispatch_id"], "agency_id": row["agency_id"]}
        await service.report(unit, services, **case, said=said, actor=responders.actor_of(services, row))
    return {"unit_position": place}
