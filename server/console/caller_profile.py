"""What the caller has written of herself for whoever comes (address at home, health, …), for one operator: after the
SOS only, of an open incident, behind a release row of kind `profile` that is on disk before the answer.

No card and no feed has it. The row needs no typed reason: the press is the wish, and the line says what for. Of it, the
medical facts are shown to an agent of 119 as well, while the agency works on the case, under its agreement's switch
`health`, and only of a caller who has agreed to that in her app: the same gate, the same kind, a row of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.connection import services_of
from server.console.caller_facts import Held, count_of, facts_of, told
from server.dispatch import reading
from server.gate import OPEN_STATES, Refused, Wish, ask
from server.incidents.cards import mask_name
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
Unmasker = Annotated[Viewer, Depends(permitted("identity.unmask"))]
REASON = "구조에 필요한 본인 정보 (what she wrote for whoever comes)"

_INCIDENT = """
SELECT is_drill, is_duress, state = ANY(:open) AND phase <> 'pre' AND active_at IS NOT NULL AND role <> 'runner_up'
       AS is_told FROM incident WHERE incident_id = :incident"""
_ALERTS = """
SELECT alert_id, phase, pre_deadline_at, caller_sealed, is_health_shared FROM alert WHERE incident_id = :incident
ORDER BY received_at, alert_id"""


@router.get("/api/incidents/{incident_id}/profile")
async def there(request: Request, viewer: Unmasker, incident_id: UUID) -> dict[str, Any]:
    """`{"count"}`: how many things she has written, none of them; 0 where the gate would refuse them anyway."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _incident(unit, incident_id)
        people = await _people(unit, services, row, incident_id) if row["is_told"] else []
    return {"count": sum(count_of(one["facts"]) for one in people)}


@router.post("/api/incidents/{incident_id}/profile")
async def show(request: Request, viewer: Unmasker, incident_id: UUID) -> dict[str, Any]:
    """`CallerProfile` of server/page_wire. Problem 404; 403 with the gate's code: `not_live` before the SOS."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _incident(unit, incident_id)
        answer = await ask(unit, viewer, Wish("profile", incident_id, reason=REASON), now=services.clock())
        people = [] if isinstance(answer, Refused) else await _people(unit, services, row, incident_id)
    if isinstance(answer, Refused):
        raise answer
    return {"release_id": str(answer[0]), "is_drill": row["is_drill"], "people": people}


@router.post("/api/agency/dispatches/{dispatch_id}/health")
async def health(request: Request, viewer: Agent, dispatch_id: UUID) -> dict[str, Any]:
    """`CallerProfile` of server/page_wire with the group `health` alone. Problem 404; 403 with the gate's code:
    `no_dispatch` before it is accepted, `no_agreement`, `no_consent` of who has not agreed or for another than 119."""
    services = services_of(request)
    agency_id = viewer.agency.agency_id if viewer.agency else ""
    async with services.db.begin() as unit:
        case = await reading.find(unit, dispatch_id, agency_id=agency_id)
        if case is None:
            raise reading.unknown()
        incident_id = case["incident_id"]
        row = await _incident(unit, incident_id)
        wish = Wish("profile", incident_id, detail={"dispatch_id": str(dispatch_id), "groups": ["health"]})
        answer = await ask(unit, viewer, wish, now=services.clock())
        found = [] if isinstance(answer, Refused) else await _people(unit, services, row, incident_id, is_of_119=True)
    if isinstance(answer, Refused):
        raise answer
    people = [one | {"facts": [fact for fact in one["facts"] if fact["group"] == "health"]} for one in found]
    return {
        "release_id": str(answer[0]),
        "is_drill": row["is_drill"],
        "people": [one for one in people if one["facts"]],
    }


async def _incident(unit: Unit, incident_id: UUID) -> dict[str, Any]:
    row = await unit.one(_INCIDENT, {"incident": incident_id, "open": list(OPEN_STATES)})
    if row is None:
        raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
    return row


async def _people(
    unit: Unit, services: Services, incident: dict[str, Any], incident_id: UUID, *, is_of_119: bool = False
) -> list[dict[str, Any]]:
    """Each caller of the incident once, with the newest that she has told; who pressed twice is one. `is_of_119`: only
    what she has agreed that 119 is shown."""
    rows = await unit.all(_ALERTS, {"incident": incident_id})
    held = [Held(row["phase"], row["pre_deadline_at"]) for row in rows]
    shown = told(held, is_duress=incident["is_duress"], now=services.clock())
    people: dict[str, dict[str, Any]] = {}
    for row, is_told in zip(rows, shown, strict=True):
        caller = services.sealer.open(row["caller_sealed"], context=f"alert.caller:{row['alert_id']}") or {}
        who = str(caller.get("person_id") or row["alert_id"])
        if is_of_119 and is_told and not row["is_health_shared"]:
            people.pop(who, None)  # she has changed her mind since
            continue
        facts = facts_of(caller) if is_told else []
        if not count_of(facts):
            continue
        people[who] = {"name_masked": mask_name(caller.get("nickname", "")), "facts": facts}
    return list(people.values())
