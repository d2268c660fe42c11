"""The center's word on an agency's request, and the end of what it opened.

Approving opens an `observed` incident of the center, owned by who approves, with a dispatch to that agency that is
accepted already: from there on the release gate's rules hold unchanged. The end of the request (its time, a
withdrawal, the incident, the dispatch, the agreement) ends the dispatch, and with it every picture within a second.
The incident is closed with it, unless somebody else's help has come to hang on it: that help is never called off
because a viewing is over.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import SYSTEM, Actor
from server.agencies.model import Agreement
from server.cameras.service import choose_for_incident
from server.console import observed
from server.dispatch import model as dispatching
from server.dispatch import service as dispatches
from server.endings import end_with_incident
from server.incidents import service as incidents
from server.incidents.model import Close, Incident, Who
from server.incidents.work import RemindLater
from server.sightings import areas, asking, requesting
from server.sightings.shape import middle_of, polygon_of, wide_m

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

_ELSE_ON_IT = """
SELECT EXISTS (SELECT 1 FROM alert WHERE incident_id = :id)
    OR EXISTS (SELECT 1 FROM incident WHERE merged_into = :id)
    OR EXISTS (SELECT 1 FROM dispatch WHERE incident_id = :id AND dispatch_id <> :dispatch AND state = ANY(:states))
"""
_STREAMS = """
SELECT r.release_id FROM release r JOIN account a ON a.account_id = r.viewer_id
WHERE r.incident_id = :id AND a.agency_id = :agency AND r.ended_at IS NULL AND r.kind <> 'position'
"""


async def approve(services: Services, viewer: Viewer, request_id: UUID, reason: str) -> dict[str, Any]:
    """The card, approved: incident, dispatch and (for an area) cameras stand. The same person's second click is the
    same approval. Problem 404, 409 `not_asked`, 403 `no_agreement`."""
    async with services.db.begin(center=viewer.scope) as unit:
        row = await _waiting(unit, viewer, request_id, services.clock(), want="approved")
        if row["state"] == "asked":
            row, now = await _approve(unit, services, viewer, row, reason), services.clock()
            requesting.say(unit, row, "approved", viewer.actor, now, dispatch_id=str(row["dispatch_id"]))
            if not row["is_area"]:
                _choose_soon(unit, services, row["incident_id"])
        return requesting.card_of(services, row, for_agency=False)


def _choose_soon(unit: Unit, services: Services, incident_id: UUID) -> None:
    """Beside the answer; who opens the pictures first chooses them then."""
    name = f"cameras:{incident_id}"
    unit.after_commit(lambda: services.soon(lambda: choose_for_incident(services, incident_id), name=name))


async def refuse(services: Services, viewer: Viewer, request_id: UUID, reason: str) -> dict[str, Any]:
    """The card, refused. Problem 404, 409 `not_asked`."""
    async with services.db.begin(center=viewer.scope) as unit:
        now = services.clock()
        row = await _waiting(unit, viewer, request_id, now, want="refused")
        if row["state"] == "asked":
            happened = asking.ended("refused", "refused", now)
            row = await requesting.change(unit, row, **happened.changes, **_answer(services, viewer, row, reason, now))
            requesting.say(unit, row, "refused", viewer.actor, now)
        return requesting.card_of(services, row, for_agency=False)


async def withdraw(services: Services, viewer: Viewer, request_id: UUID) -> dict[str, Any]:
    """The agency needs it no more; an approved one ends, with all that it opened. Twice is once. Problem 404."""
    assert viewer.agency is not None
    async with services.db.begin() as unit:
        row = await requesting.locked(unit, request_id)
        if row is None or row["agency_id"] != viewer.agency.agency_id:
            raise requesting.unknown()
        now = services.clock()
        if row["state"] == "asked":
            row = await end(unit, services, row, asking.ended("withdrawn", "withdrawn", now), viewer.actor, now)
        elif row["state"] == "approved":
            row = await end(unit, services, row, asking.ended("ended", "withdrawn", now), viewer.actor, now)
        return requesting.card_of(services, row, for_agency=True)


async def _waiting(unit: Unit, viewer: Viewer, request_id: UUID, now: datetime, *, want: str) -> dict[str, Any]:
    row = await requesting.locked(unit, request_id)
    if row is None:
        raise requesting.unknown()
    is_again = row["state"] == want and row["decided_by"] == viewer.account_id
    is_over = row["state"] == "asked" and now >= row["expires_at"]
    if is_over or (row["state"] != "asked" and not is_again):
        raise Problem(
            409,
            "not_asked",
            "답을 기다리는 요청이 아닙니다.",
            "This request is not waiting for an answer any more.",
            state="expired" if is_over else row["state"],
        )
    return row


def _answer(services: Services, viewer: Viewer, row: dict[str, Any], reason: str, now: datetime) -> dict[str, Any]:
    words = {"reason": reason, "by": viewer.name}
    context = f"video_request.answer:{row['request_id']}"
    sealed = services.sealer.seal(words, context=context, center=row["center_id"])
    return {"answer_sealed": sealed, "decided_by": viewer.account_id, "decided_at": now}


async def _approve(unit: Unit, services: Services, viewer: Viewer, row: dict[str, Any], reason: str) -> dict[str, Any]:
    now = services.clock()
    agreement = await requesting.agreement_in_force(unit, row["agency_id"], row["kind"], row["center_id"], now)
    if agreement is None or row["legal_basis"] not in agreement.legal_bases:
        ko, en = "요청한 뒤에 협약이 바뀌었습니다. 거절해 주세요.", "The agreement does not allow it now: refuse it."
        raise Problem(403, "no_agreement", ko, en)
    incident = await _open(unit, services, viewer, row)
    dispatch_id = await _dispatched(unit, services, viewer, row, incident, agreement)
    later = RemindLater(Who(viewer.account_id), asking.quiet_minutes(row["until_at"], now))
    await incidents.perform(unit, services, incident.incident_id, later, viewer.actor)
    return await requesting.change(
        unit,
        row,
        state="approved",
        due_at=row["until_at"],
        agreement_id=agreement.agreement_id,
        incident_id=incident.incident_id,
        dispatch_id=dispatch_id,
        **_answer(services, viewer, row, reason, now),
    )


async def _open(unit: Unit, services: Services, viewer: Viewer, row: dict[str, Any]) -> Incident:
    asked = requesting.asked_words(services, row)
    shape = polygon_of(asked["area"]) if asked["area"] else None
    lat, lon = middle_of(shape) if shape else (asked["place"]["lat"], asked["place"]["lon"])
    accuracy_m = wide_m(shape) if shape else observed.POINT_ACCURACY_M
    note = f"{row['case_no']} {asked['reason']}"[:2000]
    seen = observed.Sighting(row["incident_type"], lat, lon, None, note)
    place = observed.Place(row["center_id"], lat, lon, accuracy_m)
    incident = await observed.open_at(unit, services, viewer, seen, place, "observed")
    if shape is not None:
        await areas.choose(unit, services, incident, shape, areas.AREA_CAMERAS)
    return incident


async def _dispatched(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    row: dict[str, Any],
    incident: Incident,
    agreement: Agreement,
) -> UUID:
    asked = requesting.asked_words(services, row)
    return await dispatches.take_in(
        unit,
        services,
        incident=incident,
        partnered=requesting.partner_of(row, agreement),
        actor=viewer.actor,
        agent=Actor("agent", str(row["asked_by"]), asked["by"]),
        legal_basis=row["legal_basis"],
        trigger=asking.TRIGGERS[row["kind"]],
        receipt_no=row["case_no"],
        note=asked["reason"],
    )


async def end(
    unit: Unit, services: Services, row: dict[str, Any], happened: asking.Happened, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The request is over, and what it had opened with it. Its row is locked; incident and dispatch are locked here."""
    row = await requesting.change(unit, row, **happened.changes)
    stays = False
    if row["incident_id"] is not None:
        stays = await _end_opened(unit, services, row, happened.payload["reason"], actor)
    requesting.say(unit, row, happened.what, actor, now, **happened.payload, incident_stays=stays)
    return row


async def _end_opened(unit: Unit, services: Services, row: dict[str, Any], reason: str, actor: Actor) -> bool:
    """Whether the incident stays open."""
    incident = await incidents.find(unit, row["incident_id"], lock=True)
    await _end_dispatch(unit, services, row, reason, actor)
    if incident is None or not incident.is_open:
        return False
    states = [state.value for state in dispatching.OPEN_STATES | {dispatching.DispatchState.FAILED}]
    asked = {"id": row["incident_id"], "dispatch": row["dispatch_id"], "states": states}
    if await unit.scalar(_ELSE_ON_IT, asked):
        return True
    incident = await incidents.locked(unit, row["incident_id"])
    after = await incidents.perform(
        unit, services, incident.incident_id, Close("handled", "video_request"), SYSTEM, state=incident
    )
    await end_with_incident(unit, services, incident, after)
    return False


async def _end_dispatch(unit: Unit, services: Services, row: dict[str, Any], reason: str, actor: Actor) -> None:
    state = await unit.scalar("SELECT state FROM dispatch WHERE dispatch_id = :id", {"id": row["dispatch_id"]})
    if state not in dispatching.WORKING_STATES:
        return
    asked = {"id": row["incident_id"], "agency": row["agency_id"]}
    streams = [str(one["release_id"]) for one in await unit.all(_STREAMS, asked)]
    which = {"dispatch_id": row["dispatch_id"], "agency_id": row["agency_id"]}
    await dispatches.move(unit, services, **which, step="done", actor=actor, reason=reason)
    if streams:  # now and not at the gate's next look
        kick = services.gateway.kick
        unit.after_commit(lambda: services.soon(lambda: kick(streams, "dispatch_done"), name="kick"))
