"""Green lights for a unit on its way (신호 우선): asked for, granted or refused, and given back.

A request hangs on a dispatch that is en route and ends with it, with the incident, when somebody withdraws it, or after
half an hour by itself. Asking and giving back are durable jobs, so no traffic system ever holds up an alert. An
exercise asks the console twin alone (invariant 10). The signal system is told where the unit goes to: that is a
release of the place under the dispatch's agreement and legal basis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from location_router.runtime.problems import Problem
from server.dispatch import reading
from server.dispatch.disclosing import agreement_of
from server.dispatch.model import DispatchState
from server.dispatch.store import signal_priority
from server.events import SYSTEM, Actor, record
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.places import load_places
from server.releases import NewRelease, end_releases, grant
from server.traffic.model import LONGEST_PRIORITY, OPEN_PRIORITY
from server.traffic.service import roads_of

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

SIGNALS = "교통신호 시스템"
TAGS = {
    "granted": "traffic:priority_granted",
    "refused": "traffic:priority_refused",
    "ended": "traffic:priority_ended",
}
_OPEN = "SELECT * FROM signal_priority WHERE dispatch_id = :id AND state = ANY(:open) FOR UPDATE"
_NEWEST = "SELECT * FROM signal_priority WHERE dispatch_id = :id ORDER BY requested_at DESC LIMIT 1"


async def request(services: Services, viewer: Viewer, incident_id: UUID, dispatch_id: UUID) -> dict[str, Any]:
    """Ask; the same again while one is open answers how that stands. Problems 404, 409, 403."""
    kind = roads_of(services).traffic.kind
    async with services.db.begin(center=viewer.scope) as unit:
        incident = await incidents.locked(unit, incident_id)
        row = await _dispatch(unit, incident_id, dispatch_id)
        held = await _open(unit, dispatch_id)
        if held is not None:
            return told(held)
        await _check(unit, services, row, is_open=incident.is_open, kind=kind)
        if incident_id not in await load_places(unit, [incident_id]):
            raise Problem(
                409,
                "no_position",
                "신고 위치를 몰라 길을 정할 수 없습니다.",
                "The place is not known, so there is no way to clear.",
            )
        now = services.clock()
        priority_id = uuid4()
        release = None if row["is_drill"] else await grant(unit, _release(services, row, priority_id))
        values: dict[str, Any] = {
            "priority_id": priority_id,
            "center_id": row["center_id"],
            "incident_id": incident_id,
            "dispatch_id": dispatch_id,
            "state": "requested",
            "reason": "",
            "is_drill": row["is_drill"],
            "is_simulated": row["is_drill"] or kind == "console",
            "requested_by": str(viewer.account_id),
            "requested_at": now,
            "until_at": now + LONGEST_PRIORITY,
            "answered_at": None,
            "ended_at": None,
            "release_id": release,
        }
        await unit.execute(signal_priority.insert().values(**values))
        _line(unit, services, values, "traffic:priority_requested", viewer.actor)
        await defer_in(unit, "ask_priority", priority_id=str(priority_id))
        await defer_in(unit, "expire_priority", schedule_at=values["until_at"], priority_id=str(priority_id))
    return told(values)


async def withdraw(services: Services, viewer: Viewer, incident_id: UUID, dispatch_id: UUID) -> dict[str, Any]:
    """Give the lights back now. Problems 404, 409 `no_priority`."""
    async with services.db.begin(center=viewer.scope) as unit:
        await incidents.locked(unit, incident_id)
        await _dispatch(unit, incident_id, dispatch_id)
        if not await end_with(unit, services, dispatch_id, reason="withdrawn", actor=viewer.actor):
            raise Problem(
                409,
                "no_priority",
                "진행 중인 신호 우선 요청이 없습니다.",
                "No request for green lights is open.",
            )
        row = await unit.one(_NEWEST, {"id": dispatch_id})
    assert row is not None
    return told(row)


async def end_with(unit: Unit, services: Services, dispatch_id: UUID, *, reason: str, actor: Actor = SYSTEM) -> bool:
    """What is open for this dispatch ends in the caller's unit; a durable job tells the signal system. Whether there
    was one."""
    row = await _open(unit, dispatch_id)
    if row is None:
        return False
    await settle(unit, services, row, "ended", reason=reason, actor=actor)
    await defer_in(unit, "end_priority", priority_id=str(row["priority_id"]))
    return True


async def settle(
    unit: Unit, services: Services, row: dict[str, Any], state: str, *, reason: str = "", actor: Actor = SYSTEM
) -> None:
    """An open request becomes `state`: its column, its line, and the end of its release once nothing more is told."""
    now = services.clock()
    when = "ended_at" if state == "ended" else "answered_at"
    changes = {"state": state, "reason": reason, when: now}
    chosen = signal_priority.c.priority_id == row["priority_id"]
    await unit.execute(signal_priority.update().where(chosen).values(**changes))
    _line(unit, services, row | changes, TAGS[state], actor)
    if row["release_id"] is not None:
        await end_releases(unit, {row["release_id"]: "delivered"}, at=now)


def told(row: dict[str, Any]) -> dict[str, Any]:
    """The card's SignalPriority."""
    at = row["ended_at"] or row["answered_at"] or row["requested_at"]
    names = ("state", "reason", "is_simulated")
    return {"priority_id": str(row["priority_id"]), "at": iso(at)} | {name: row[name] for name in names}


async def _open(unit: Unit, dispatch_id: UUID) -> dict[str, Any] | None:
    return await unit.one(_OPEN, {"id": dispatch_id, "open": sorted(OPEN_PRIORITY)})


async def _dispatch(unit: Unit, incident_id: UUID, dispatch_id: UUID) -> dict[str, Any]:
    row = await reading.find(unit, dispatch_id)
    if row is None or row["incident_id"] != incident_id:
        raise reading.unknown()
    return row


async def _check(unit: Unit, services: Services, row: dict[str, Any], *, is_open: bool, kind: str) -> None:
    if kind == "none":
        raise Problem(
            409,
            "no_traffic",
            "교통센터와 연결되어 있지 않습니다. 전화로 요청하세요.",
            "No traffic center is connected; call them.",
        )
    if not is_open or row["state"] != DispatchState.EN_ROUTE:
        raise Problem(
            409,
            "not_en_route",
            "출동 중인 차량에만 요청할 수 있습니다.",
            "Only for a unit that is on its way.",
            state=row["state"],
        )
    if not (await agreement_of(unit, row["agreement_id"])).in_force(services.clock()):
        raise Problem(
            403,
            "no_agreement",
            "이 기관과 맺은 협약이 지금 효력이 없습니다.",
            "The agreement with this agency is not in force.",
        )


def _release(services: Services, row: dict[str, Any], priority_id: UUID) -> NewRelease:
    """The signal system is its viewer, once for each request; the line of the request says which operator asked."""
    return NewRelease(
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        kind="position",
        viewer_kind="agent",
        viewer_id=priority_id,
        viewer_name=SIGNALS,
        address=urlsplit(services.settings.traffic_url).hostname or "console",
        legal_basis=row["legal_basis"],
        agreement_id=row["agreement_id"],
        at=services.clock(),
        detail={"to": "traffic", "dispatch_id": str(row["dispatch_id"])},
    )


def _line(unit: Unit, services: Services, row: dict[str, Any], tag: str, actor: Actor) -> None:
    payload = {"priority_id": str(row["priority_id"]), "dispatch_id": str(row["dispatch_id"])}
    if row["reason"]:
        payload["reason"] = row["reason"]
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag=tag,
        actor=actor,
        payload=payload,
        at=services.clock(),
    )
