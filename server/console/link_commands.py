"""Merge, link, unlink, split: what an operator does when alerts belong together, or were taken for one and do not.

A merge closes the source and leaves it standing with its timeline; splitting an alert off again brings it back as it
was. Every change goes to the router as a manual link (or its end), so that the national record has it and another
center whose alert is concerned sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.wire import LinkedPair
from server import linking
from server.cameras.service import choose_for_incident
from server.endings import end_with_incident
from server.incidents import joining, model
from server.incidents import service as incidents
from server.incidents.model import Happened, Incident
from server.requests import service as requests
from server.requests.model import TYPES
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

Args = dict[str, Any]
_OPEN_DISPATCH = """
SELECT 1 FROM dispatch WHERE incident_id = %s AND state NOT IN ('declined', 'done', 'cancelled', 'failed') LIMIT 1
"""
_ALERTS = (
    "SELECT alert_id, phase, origin_id FROM alert WHERE incident_id = %s ORDER BY received_at, alert_id FOR UPDATE"
)
_WORDS = {
    "same_incident": ("같은 사건입니다.", "This is the same incident."),
    "other_center": (
        "다른 센터의 사건은 합칠 수 없습니다. 연결만 할 수 있습니다.",
        "An incident of another center can be linked, not merged.",
    ),
    "not_open": ("종료된 사건은 합치거나 나눌 수 없습니다.", "An incident that has ended can't be merged or split."),
    "drill_and_real": (
        "훈련과 실제 신고는 합칠 수 없습니다.",
        "A drill and a real alert can't become one incident.",
    ),
    "help_on_the_way": (
        "출동을 요청한 사건은 그대로 두고, 다른 사건을 이 사건으로 합치세요.",
        "Help has been sent for this incident: merge the other one into it instead.",
    ),
    "no_alert_to_link": (
        "신고 없이 발견한 사건은 연결할 수 없습니다. 합치기를 쓰세요.",
        "An incident that no alert has opened can't be linked: merge it.",
    ),
    "only_alert": ("신고가 하나뿐인 사건은 나눌 수 없습니다.", "An incident with one alert can't be split."),
}


async def merge(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """All alerts of `state` go into the incident `into`. Answers `{"into": its id, "moved": [alert ids]}`."""
    target = await incidents.locked(unit, _uuid(args, "into"))
    if state.owner_id not in (None, viewer.account_id) and not viewer.may("incidents.supervise"):
        raise await incidents.already_taken(unit, services, state.incident_id, state.owner_id)
    alerts = [row[0] for row in await _rows(unit, _ALERTS, [state.incident_id])]
    first = next((row[0] for row in await _rows(unit, _ALERTS, [target.incident_id])), None)
    has_dispatch = bool(await _rows(unit, _OPEN_DISPATCH, [state.incident_id]))
    now, moved = services.clock(), [str(one) for one in alerts]
    try:
        gone, kept = joining.merge(state, target, has_open_dispatch=has_dispatch, moved=moved, now=now)
    except joining.Unjoinable as refused:
        raise _refused(refused, state) from None
    for one, other in ((state, target), (target, state)):
        await requests.decide_anew(unit, services, one.incident_id, other.incident_id, viewer.actor)
    await unit.driver.execute(
        "UPDATE alert SET incident_id = %s, origin_id = %s WHERE incident_id = %s",
        [target.incident_id, state.incident_id, state.incident_id],
    )
    await _move_positions(unit, alerts, target.incident_id)
    across = {"into": target.incident_id, "was": state.incident_id}
    await unit.execute("UPDATE second_source SET incident_id = :into WHERE incident_id = :was", across)
    await unit.execute("UPDATE agency_request SET incident_id = :into WHERE incident_id = :was", across)
    await incidents.write(unit, services, state, gone, viewer.actor)
    await end_with_incident(unit, services, state, model.evolve(state, gone), viewer.actor)
    await incidents.write(unit, services, target, kept, viewer.actor)
    after = model.evolve(target, kept)
    changed = after.phase != target.phase
    only = None if changed else set(alerts)
    await incidents.announce(unit, services, after, incidents.told_state(after), only=only)
    pairs = [(one, first, state.center_id) for one in alerts] if first is not None else []
    await _tell(unit, services, state.center_id, pairs)
    return {"into": str(target.incident_id), "moved": moved}


_ASKED = "SELECT trigger FROM agency_request WHERE request_id = :id AND incident_id = :incident AND state <> 'refused'"


async def split(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """The alert `alert_id` leaves `state`: back to the incident it was merged from, else to a new one of its own."""
    alert_id = _uuid(args, "alert_id")
    held = {row[0]: row for row in await _rows(unit, _ALERTS, [state.incident_id])}
    if alert_id not in held:
        raise Problem(404, "no_alert", "이 사건의 신고가 아닙니다.", "This alert is not in the incident.")
    _, phase, origin_id = held[alert_id]
    origin = await incidents.find(unit, origin_id, lock=True) if origin_id else None
    now, to = services.clock(), origin_id if _is_home(origin, state) else uuid4()
    try:
        noted, fresh = joining.part(
            state,
            alert_phase=phase,
            alert_id=alert_id,
            to=to,
            count=len(held),
            escalate_leader_s=services.settings.escalate_leader_s,
            now=now,
            asked_as=TYPES.get(await unit.scalar(_ASKED, {"id": alert_id, "incident": state.incident_id}) or "", ""),
        )
    except joining.Unjoinable as refused:
        raise _refused(refused, state) from None
    after = await _place(unit, services, viewer, origin if _is_home(origin, state) else None, fresh, noted)
    await unit.driver.execute(
        "UPDATE alert SET incident_id = %s, origin_id = NULL WHERE alert_id = %s", [after.incident_id, alert_id]
    )
    await unit.driver.execute(
        "UPDATE agency_request SET incident_id = %s WHERE request_id = %s AND incident_id = %s",
        [after.incident_id, alert_id, state.incident_id],
    )
    await _move_positions(unit, [alert_id], after.incident_id)
    await incidents.write(unit, services, state, noted, viewer.actor)
    await incidents.announce(unit, services, after, incidents.told_state(after))
    pairs = [(alert_id, other, state.center_id) for other in held if other != alert_id]
    await _tell(unit, services, state.center_id, pairs, undo=True)
    if not after.is_drill:
        unit.after_commit(
            lambda: services.soon(
                lambda: choose_for_incident(services, after.incident_id), name=f"cameras:{after.incident_id}"
            )
        )
    return {"to": str(after.incident_id)}


def _is_home(origin: Incident | None, state: Incident) -> bool:
    """Where the alert comes from still stands as merged into `state`, or has been brought back by another alert."""
    return (
        origin is not None
        and origin.center_id == state.center_id
        and (origin.merged_into == state.incident_id or origin.is_open)
    )


async def _place(
    unit: Unit, services: Services, viewer: Viewer, origin: Incident | None, fresh: Incident, noted: list[Happened]
) -> Incident:
    """The incident that the alert has from now on, with the same line in its timeline."""
    if origin is None:
        await incidents.insert(unit, fresh)
        await incidents.write(unit, services, fresh, [Happened(one.tag, one.payload) for one in noted], viewer.actor)
        return fresh
    changes = joining.revived(origin, fresh) if not origin.is_open else {}
    events = [Happened(one.tag, one.payload, changes) for one in noted]  # the source's own changes are not ours
    await incidents.write(unit, services, origin, events, viewer.actor)
    return model.evolve(origin, events)


async def link(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """Shown beside each other, whatever center the other one is of; nothing else changes."""
    return await _link(unit, services, viewer, state, args, undo=False)


async def unlink(unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args) -> dict[str, Any]:
    """Takes back a `link`; what the router found out stays."""
    return await _link(unit, services, viewer, state, args, undo=True)


async def _link(
    unit: Unit, services: Services, viewer: Viewer, state: Incident, args: Args, *, undo: bool
) -> dict[str, Any]:
    other = await incidents.find(unit, _uuid(args, "with"))
    if other is None:
        raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
    if other.incident_id == state.incident_id:
        raise _refused(joining.Unjoinable("same_incident"), state)
    first = [(await _rows(unit, _ALERTS, [one.incident_id]))[:1] for one in (state, other)]
    if not all(first):
        raise _refused(joining.Unjoinable("no_alert_to_link"), state)
    mine, theirs = first[0][0][0], first[1][0][0]
    pair = LinkedPair(
        alert_id=mine,
        other_id=theirs,
        kind="manual",
        center_code=state.center_id,
        other_center_code=other.center_id,
        at=services.clock(),
        is_undone=undo,
    )
    if await linking.put_pair(unit, pair, actor=viewer.actor):
        await linking.tell_router(unit, services, [pair])
    return {"linked": not undo}


async def _tell(
    unit: Unit, services: Services, center: str, pairs: list[tuple[UUID, UUID, str]], *, undo: bool = False
) -> None:
    at = services.clock()
    told = [
        LinkedPair(
            alert_id=one,
            other_id=other,
            kind="manual",
            center_code=center,
            other_center_code=other_center,
            at=at,
            is_undone=undo,
        )
        for one, other, other_center in pairs[:500]
    ]
    await linking.tell_router(unit, services, told)


async def _move_positions(unit: Unit, alert_ids: list[UUID], incident_id: UUID) -> None:
    await unit.driver.execute("UPDATE position SET incident_id = %s WHERE alert_id = ANY(%s)", [incident_id, alert_ids])
    for table in ("capture", "capture_piece"):
        await unit.driver.execute(
            f"UPDATE {table} SET incident_id = %s WHERE alert_id = ANY(%s)", [incident_id, alert_ids]
        )


def _refused(refused: joining.Unjoinable, state: Incident) -> Problem:
    ko, en = _WORDS[refused.code]
    return Problem(409, refused.code, ko, en, allowed=model.allowed(state), state=state.state)


def _uuid(args: Args, name: str) -> UUID:
    try:
        return UUID(str(args.get(name)))
    except ValueError:
        raise Problem(
            422,
            "invalid",
            f"입력을 확인해 주세요: {name}",
            f"Check these fields: {name}",
            fields=[{"field": name, "message": "a UUID", "value": repr(args.get(name))[:120]}],
        ) from None


async def _rows(unit: Unit, query: str, parameters: list[Any]) -> list[Any]:
    return await (await unit.driver.execute(query, parameters)).fetchall()
