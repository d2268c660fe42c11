"""The agency's desk and its officers in the field: one thread with the control center, and what the officer may do.

A line by the desk is a line of the timeline like the officer's. The officer moves the dispatch on the way and on scene;
that it is done, the desk says: it ends the link in the officer's own hand.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.dispatch import asks as waiting
from server.dispatch import parts, responders, service
from server.dispatch.asks import Asks
from server.dispatch.field_view import SAID, clean, messages, require_words
from server.dispatch.model import DispatchState, Report, iso_of
from server.dispatch.parts import Part, Sight
from server.dispatch.store import responder
from server.events import record
from server.gate import Refused, Wish, ask
from server.incidents.cards import iso
from server.releases import end_releases, note_first_byte

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

OfficerStep = Literal["en_route", "on_scene"]


async def thread(services: Services, viewer: Viewer, part: Part) -> dict[str, Any]:
    """`{"messages", "stills": [{"still_id", "camera", "at"}]}`: what was said and which pictures were sent. Problems:
    404, 409 `dispatch_over`, `request_over`, 403 `no_agreement`."""
    async with services.db.begin() as unit:
        row, sight = await _working(unit, services, viewer, part)
        stills = await unit.all(
            "SELECT s.still_id, s.taken_at, c.name FROM still s LEFT JOIN camera c USING (camera_id)"
            " WHERE s.incident_id = :id ORDER BY s.taken_at DESC LIMIT 50",
            {"id": row["incident_id"]},
        )
        said = await messages(unit, row)
    return {
        "messages": said,
        "stills": [
            {
                "still_id": str(one["still_id"]),
                "camera": (one["name"] or "") if sight.place else "",
                "at": iso(one["taken_at"]),
            }
            for one in stills
        ],
    }


async def say(services: Services, viewer: Viewer, part: Part, text: str, asks: Asks | None = None) -> dict[str, Any]:
    """The desk writes to its officers and the control center, or asks it for something more. Problems as `thread`,
    and 422; `free_text` where a request has no words."""
    text = clean(text) if asks is None or text.strip() else ""
    async with services.db.begin() as unit:
        row, _ = await _working(unit, services, viewer, part)
        require_words(row, text)
        message_id = record(
            unit,
            center_id=row["center_id"],
            incident_id=row["incident_id"],
            tag=SAID,
            actor=viewer.actor,
            payload={"by": "desk", "text": text, "agency_id": row["agency_id"], **parts.named(row)}
            | ({"asks": asks} if asks else {}),
            at=services.clock(),
        )
        if asks is not None:
            await waiting.ask(unit, row, asks, services.clock())
    return {"message_id": str(message_id)}


async def still(services: Services, viewer: Viewer, part: Part, still_id: UUID) -> bytes:
    """The JPEG of a picture that the center has sent, for the desk itself: the gate's yes and its row come first.
    Problems as `thread`, 404 `no_still`; Refused."""
    async with services.db.begin() as unit:
        row, _ = await _working(unit, services, viewer, part)
        found = await unit.one(
            "SELECT camera_id, image_sealed FROM still WHERE still_id = :id AND incident_id = :incident",
            {"id": still_id, "incident": row["incident_id"]},
        )
        if found is None:
            raise Problem(404, "no_still", "없는 사진입니다.", "There is no such picture.")
        wish = Wish("still", row["incident_id"], camera_ids=(found["camera_id"],), detail={"still_id": str(still_id)})
        answer = await ask(unit, viewer, wish, now=services.clock())
        if not isinstance(answer, Refused):
            await note_first_byte(unit, answer[0])
            await end_releases(unit, {answer[0]: "delivered"}, at=services.clock())
    if isinstance(answer, Refused):
        raise answer
    return base64.b64decode(services.sealer.open(found["image_sealed"], context=f"still.image:{still_id}"))


async def _working(unit: Unit, services: Services, viewer: Viewer, part: Part) -> tuple[dict[str, Any], Sight]:
    """The agency's part while it works on it, and what its agreement opens."""
    assert viewer.agency is not None
    now = services.clock()
    row = await parts.find(unit, part, agency_id=viewer.agency.agency_id, now=now)
    if not parts.is_on(row):
        ko, en = (
            "접수한 출동이나 승인된 요청이 진행 중일 때만 대화할 수 있습니다.",
            "Messages are for your open cases.",
        )
        raise Problem(409, f"{part.kind}_over", ko, en, state=row["state"])
    sight = await parts.sight_of(unit, row, now)
    if sight.agreement is None or not sight.agreement.in_force(now):
        raise Problem(403, "no_agreement", *responders.SENTENCES["no_agreement"])
    return row, sight


async def step(services: Services, link: str, move: OfficerStep, *, cookie: str) -> dict[str, Any]:
    """The officer is on the way, or there. Problems 404, 401, 410, 409 `not_allowed` (also where nobody was
    dispatched)."""
    async with services.db.begin() as unit:
        row = await responders.bound(unit, services, link, cookie=cookie)
        if row["part"] != "dispatch":
            ko, en = "출동이 아니라 보기만 하는 화면입니다.", "Nobody was dispatched: this page is for looking."
            raise Problem(409, "not_allowed", ko, en, state=row["state"], allowed=[])
        case = {"dispatch_id": row["dispatch_id"], "agency_id": row["agency_id"]}
        await service.move(unit, services, **case, step=move, actor=responders.actor_of(services, row))
    return {"state": move}


async def stand_at(services: Services, link: str, *, cookie: str, lat: float, lon: float) -> dict[str, Any]:
    """The officer shares where the unit stands: the newest place only, gone when the case ends. Problems 404, 401,
    410."""
    async with services.db.begin() as unit:
        row = await responders.bound(unit, services, link, cookie=cookie)
        place = {"lat": lat, "lon": lon, "at": iso_of(services.clock())}
        if row["part"] == "request":
            change = responder.update().where(responder.c.responder_id == row["responder_id"])
            await unit.execute(change.values(unit_position=place))
            return {"unit_position": place}
        said = Report(DispatchState(row["state"]), unit_position=place)
        case = {"dispatch_id": row["dispatch_id"], "agency_id": row["agency_id"]}
        await service.report(unit, services, **case, said=said, actor=responders.actor_of(services, row))
    return {"unit_position": place}
