"""From a delivery to an incident on disk, and a receipt: everything in one transaction (invariants 1, 2, 5).

The bus delivers at least once and may swap two deliveries; the HTTPS path may bring a third copy. An advisory lock
per alert puts them in a row, the inbox row makes each of them count once, `assignment_no` fences a desk that lost
the alert, and phases only move forward. Nothing here waits for cameras, screens or the bus.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
import structlog
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from location_router.runtime.db import Unit
from location_router.wire import DRILL, Delivery, Flag, Linked, Phase, Receipt, kind_of
from server import apart, linking, roles
from server.endings import end_with_incident
from server.events import SYSTEM, Actor, record
from server.incidents import model
from server.incidents import service as incidents
from server.incidents.health import shares_health
from server.incidents.history import fingerprints
from server.incidents.joining import Joining, cancelled_beside
from server.incidents.model import Happened, Incident
from server.positions import store_positions
from server.requests import moving, taking
from server.requests import service as requests
from server.requests.model import TYPES
from server.sightings import areas
from server.warming import warm_cameras

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("intake")

_RANK = {"pre": 0, "active": 1, "ended": 2}
_INCIDENT = ", ".join(f"i.{f.name}" for f in fields(Incident))
_KNOWN = f"""
SELECT {_INCIDENT}, a.assignment_no, a.phase AS alert_phase, a.superseded_at, {apart.ASKED_BY} AS asked_by
FROM alert a JOIN incident i USING (incident_id) WHERE a.alert_id = %s FOR UPDATE
"""

_EARLIER = "SELECT center_id, incident_id, received_at FROM inbox WHERE delivery_id = %s"
_ENTER = """
INSERT INTO inbox (delivery_id, center_id, alert_id, assignment_no, role, phase, incident_id, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


async def receive(services: Services, delivery: Delivery) -> Receipt:
    """Take the delivery; returns when it is on disk. The same delivery again gives the same receipt."""
    async with services.db.begin() as unit:
        return await receive_in(unit, services, delivery)


async def receive_in(unit: Unit, services: Services, delivery: Delivery) -> Receipt:
    """The same in the caller's unit: taken when that commits."""
    earlier, known, heard = await _standing(unit, delivery)
    if earlier is not None:
        center, incident_id, at = earlier
        return _receipt(services, delivery, center=center, incident_id=incident_id, at=at)
    if apart.is_foreign(delivery, known):
        if delivery.alert.request is not None:
            await apart.refuse(unit, services, delivery)
            return await _enter(unit, services, delivery, None)
        delivery = apart.renamed(unit, delivery)
        _, known, heard = await _standing(unit, delivery)
        apart.is_foreign(delivery, known)
    return await _take(unit, services, delivery, known, heard)


async def _standing(unit: Unit, delivery: Delivery) -> tuple[tuple[Any, ...] | None, dict[str, Any] | None, int]:
    """One packet: the alert's lock, then what this center did with the delivery before, its incident, and the highest
    assignment it has heard of (-1 for none): the news that another desk has it may overtake the alert itself."""
    alert_id = delivery.alert.alert_id
    incident = unit.driver.cursor(row_factory=dict_row)
    async with unit.driver.pipeline():
        for key in linking.lock_keys(delivery):
            await unit.driver.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        inbox = await unit.driver.execute(_EARLIER, [delivery.delivery_id])
        await incident.execute(_KNOWN, [alert_id])
        highest = await unit.driver.execute("SELECT max(assignment_no) FROM inbox WHERE alert_id = %s", [alert_id])
        same = await unit.driver.execute(linking.SAME_PERSON, [alert_id])
    heard = await highest.fetchone()
    unit.state[linking.KNOWN_LINKS] = {row[0] for row in await same.fetchall()}
    number = heard[0] if heard and heard[0] is not None else -1
    return await inbox.fetchone(), await incident.fetchone(), number


async def receive_body(services: Services, source: str, body: bytes) -> Receipt | None:
    """`receive` of what came over the bus. What can't be read is kept for people to see, and counts as handled."""
    try:
        if kind_of(body) == "links":
            await linking.receive_links(services, Linked.model_validate_json(body))
            return None
        delivery = Delivery.model_validate_json(body)
    except ValidationError as error:
        reason = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
        await quarantine(services, source=source, reason=reason, body=body)
        return None
    return await receive(services, delivery)


async def quarantine(services: Services, *, source: str, reason: str, body: bytes) -> UUID:
    quarantine_id = uuid4()
    sealed = services.sealer.seal(body[:65536].decode("utf-8", "replace"), context=f"quarantine:{quarantine_id}")
    async with services.db.begin() as unit:
        await unit.driver.execute(
            "INSERT INTO quarantine (quarantine_id, source, reason, body_sealed) VALUES (%s, %s, %s, %s)",
            [quarantine_id, source, reason[:500].replace("\x00", ""), sealed],
        )
    log.error("quarantined", source=source, reason=reason[:200])
    return quarantine_id


async def _take(
    unit: Unit, services: Services, delivery: Delivery, known: dict[str, Any] | None, heard: int
) -> Receipt:
    assignment = delivery.assignment
    number, alert_phase = (known.pop("assignment_no"), known.pop("alert_phase")) if known else (heard, "pre")
    was_superseded = bool(known and known.pop("superseded_at"))
    state = Incident(**known) if known else None
    ours = assignment.served_by == services.settings.installation
    if delivery.role != "owner":
        state = await _look_on(unit, services, delivery, heard, alert_phase)
    elif state is None:
        state = await _open(unit, services, delivery) if ours and assignment.assignment_no >= number else None
    elif assignment.assignment_no < number:
        record(
            unit,
            center_id=state.center_id,
            incident_id=state.incident_id,
            tag="alert:superseded",
            payload={"ignored_assignment_no": assignment.assignment_no, "holds": number},
        )
    elif not ours:
        if not was_superseded:
            await _give_away(unit, services, delivery, state)
    elif _needs_another(state, delivery):
        state = await _open(unit, services, delivery)
    elif state.center_id != assignment.center.code or state.state == "transferred":
        state = await _move(unit, services, delivery, state, was_superseded, alert_phase)
    elif state.is_open and state.role != "owner":
        state = await _take_over(unit, services, delivery, state, alert_phase)
    else:
        state = await _continue(unit, services, delivery, state, alert_phase)
    return await _enter(unit, services, delivery, state)


async def _enter(unit: Unit, services: Services, delivery: Delivery, state: Incident | None) -> Receipt:
    """The delivery counts as taken, and its receipt goes out; `state`: of the incident that it is in now."""
    alert, assignment, now = delivery.alert, delivery.assignment, services.clock()
    center = state.center_id if state else assignment.center.code
    incident_id = state.incident_id if state else UUID(int=0)
    told = _receipt(services, delivery, center=center, incident_id=incident_id, at=now)
    receipt = told.model_copy(update={"alert_id": apart.came_as(unit, delivery)})
    phase, number = alert.phase.value, assignment.assignment_no
    async with unit.driver.pipeline():
        await unit.driver.execute(
            _ENTER, [delivery.delivery_id, center, alert.alert_id, number, delivery.role, phase, incident_id, now]
        )
        if not requests.is_direct(alert):
            await services.outbox.send(unit, "receipt", delivery.delivery_id, receipt)
    return receipt


def _needs_another(state: Incident, delivery: Delivery) -> bool:
    """Its incident has ended, and then comes a duress code, or what was a drill is real: somebody must see that."""
    if state.is_open or state.state == "transferred" or not _is_live(delivery):
        return False
    return (delivery.alert.outcome == "duress" and not state.is_duress) or (
        state.is_drill and delivery.alert.service != DRILL
    )


def _is_live(delivery: Delivery) -> bool:
    return delivery.alert.phase is Phase.ACTIVE or delivery.alert.outcome == "duress"


def _receipt(services: Services, delivery: Delivery, *, center: str, incident_id: UUID, at: Any) -> Receipt:
    return Receipt(
        delivery_id=delivery.delivery_id,
        alert_id=delivery.alert.alert_id,
        assignment_no=delivery.assignment.assignment_no,
        center_code=center,
        installation=services.settings.installation,
        incident_id=incident_id,
        received_at=at,
    )


async def _look_on(unit: Unit, services: Services, delivery: Delivery, heard: int, alert_phase: str) -> Incident | None:
    """A letter in another role than the owner's: nobody acts here, somebody looks on."""
    held = await roles.holding(unit, delivery.alert.alert_id)
    if delivery.assignment.assignment_no < heard:
        return held[0] if held else None
    if delivery.role == "runner_up":
        center = roles.watching_center(delivery, services.settings)
        mine = [one for one in held if one.center_id == center]
        if mine and mine[0].role == "runner_up":
            return await _continue(unit, services, delivery, mine[0], alert_phase)
        if mine or await roles.was_dismissed(unit, delivery):
            return mine[0] if mine else None
        if held:
            await roles.keep_copy(unit, delivery.alert.alert_id)
        return await _open(unit, services, delivery, center=center, role="runner_up")
    told = [one for one in held if roles.loses(delivery, one, services.settings.installation)]
    if delivery.role == "leaving":
        told = [one for one in told if one.role != "runner_up"]
    for one in told:
        happened = _consequences(services, delivery, one)
        await incidents.write(unit, services, one, happened, _person(delivery))
        after = model.evolve(one, happened)
        await end_with_incident(unit, services, one, after)
        await _give_away(unit, services, delivery, after)
    return told[0] if told else None


async def _move(
    unit: Unit, services: Services, delivery: Delivery, state: Incident, was_superseded: bool, alert_phase: str
) -> Incident | None:
    """The alert comes to another center of this installation, or comes back after it had gone."""
    center = delivery.assignment.center.code
    held = await roles.holding(unit, delivery.alert.alert_id)
    if state.state != "transferred" and not (was_superseded and state.role == "owner"):
        await _give_away(unit, services, delivery, state)
    await roles.keep_copy(unit, delivery.alert.alert_id)
    for one in held:
        if one.center_id == center and one.incident_id != state.incident_id and one.role != "owner":
            return await _take_over(unit, services, delivery, one, alert_phase)
    return await _open(unit, services, delivery)


async def _take_over(
    unit: Unit, services: Services, delivery: Delivery, before: Incident, alert_phase: str
) -> Incident:
    """An incident that only looked on becomes the owner's: with sound, timers and cameras like any other."""
    assignment = delivery.assignment
    deadline = _pre_deadline(services, delivery) if delivery.alert.phase is Phase.PRE else None
    command = model.TakeOver(
        assignment.assignment_no, assignment.reason.value, services.settings.escalate_leader_s, deadline
    )
    happened = model.decide(before, command, services.clock())
    await incidents.write(unit, services, before, happened, SYSTEM)
    state = await _continue(unit, services, delivery, model.evolve(before, happened), alert_phase)
    await incidents.announce(unit, services, state, incidents.told_state(state))
    if not state.is_drill and state.is_open:
        unit.after_commit(lambda: warm_cameras(services, state.incident_id))
    return state


async def _open(
    unit: Unit, services: Services, delivery: Delivery, *, center: str = "", role: str = "owner"
) -> Incident | None:
    """A new incident with its first alert, or the one that another alert of the person has opened. An alert that has
    already ended opens one too: nothing goes unseen. None: an agency's request that is refused here, or that another
    center has (its people are nobody's business beside it)."""
    alert, now = delivery.alert, services.clock()
    await roles.ensure_center(unit, services, delivery)
    if alert.request is not None:
        return await _open_request(unit, services, delivery) if role == "owner" else None
    if role == "owner" and (partner := await linking.partner(unit, delivery)) is not None:
        return await _join(unit, services, delivery, partner)
    fresh = Incident(
        uuid4(),
        center or delivery.assignment.center.code,
        "received",
        "pre",
        role=role,
        is_drill=alert.service == DRILL,
        opened_at=now,
        pre_deadline_at=_pre_deadline(services, delivery),
    )
    state = await _begin(unit, services, delivery, fresh)
    await linking.remember(unit, delivery, state)
    return state


async def _open_request(unit: Unit, services: Services, delivery: Delivery) -> Incident | None:
    """The incident of an agency's request, or None where it is refused (its row says so)."""
    alert = delivery.alert
    assert alert.request is not None
    admitted = await taking.admit(unit, services, delivery)
    if admitted is None:
        return None
    fresh = Incident(
        uuid4(), delivery.assignment.center.code, "received", "pre", type=TYPES[alert.request.trigger],
        origin="agency", is_drill=alert.service == DRILL, opened_at=services.clock(),
    )  # fmt: skip
    state = await _begin(unit, services, delivery, fresh)
    await taking.enter(unit, services, delivery, state, admitted)
    await areas.choose_for_request(unit, services, state, alert)
    if alert.phase is Phase.ENDED:
        await requests.cancel(unit, services, alert.alert_id, state.center_id)
    return state


async def _begin(unit: Unit, services: Services, delivery: Delivery, fresh: Incident) -> Incident:
    """`fresh` on disk with its alert, as far along as the alert is."""
    alert, now = delivery.alert, services.clock()
    happened = [_received(delivery)]
    if alert.phase is Phase.ENDED and delivery.active_at is not None:
        happened += model.decide(fresh, _activation(services, delivery), now)
    happened += _consequences(services, delivery, model.evolve(fresh, happened))
    state = model.evolve(fresh, happened)
    async with unit.driver.pipeline():
        await incidents.insert(unit, state)
        await _put_alert(unit, services, delivery, state, is_new=True)
        _record_all(unit, delivery, state, happened)
        if not requests.is_direct(alert):
            await _tell(unit, services, before=None, after=state)
    if not state.is_drill and state.is_open and state.role == "owner":
        unit.after_commit(lambda: warm_cameras(services, state.incident_id))
    return state


async def _join(unit: Unit, services: Services, delivery: Delivery, before: Incident) -> Incident:
    """The person's second press is an update of her incident."""
    alert = Joining(
        delivery.alert.phase.value,
        _pre_deadline(services, delivery) if delivery.alert.phase is Phase.PRE else None,
        delivery.alert.outcome == "duress",
        delivery.alert.service == DRILL,
        services.settings.escalate_leader_s,
    )
    after = await linking.join(unit, services, delivery, before, alert, _received(delivery))
    await _put_alert(unit, services, delivery, after)
    await linking.joined(unit, services, delivery, before, after, alert)
    await linking.remember(unit, delivery, after)
    return after


def _pre_deadline(services: Services, delivery: Delivery) -> datetime:
    """Grace after the end of her countdown, which goes on while an alert is on its way or passed on to us. However
    the router's clock stands, the phone has the grace to speak up, and no more than countdown and grace from now."""
    now, grace = services.clock(), timedelta(seconds=services.settings.pre_grace_s)
    latest = now + timedelta(seconds=delivery.alert.countdown_s) + grace
    told = delivery.pre_deadline_at
    return latest if told is None else max(now + grace, min(latest, told + grace))


async def _continue(unit: Unit, services: Services, delivery: Delivery, before: Incident, alert_phase: str) -> Incident:
    """A further delivery of an alert that this center has: a later phase, or a later assignment to the same desk."""
    duress = delivery.alert.outcome == "duress" and not before.is_duress
    late = _RANK[delivery.alert.phase.value] < _RANK[alert_phase] and not duress
    changed = [] if late else _consequences(services, delivery, before)
    actor = _person(delivery)
    if delivery.alert.phase is Phase.ENDED and not (late or before.is_duress):
        others = await linking.live_others(unit, before.incident_id, delivery.alert.alert_id)
        if others:
            is_news = alert_phase != "ended" and before.is_open
            at = services.clock()
            changed = cancelled_beside(before, delivery.alert.alert_id, others, at) if is_news else []
    await incidents.write(unit, services, before, changed, actor)
    after = model.evolve(before, changed)
    if delivery.alert.request is not None and delivery.alert.phase is Phase.ENDED and not late:
        await requests.cancel(unit, services, delivery.alert.alert_id, after.center_id)  # by it, not with the incident
    await end_with_incident(unit, services, before, after, actor)
    if late:
        kept = delivery.alert.model_copy(update={"phase": Phase(alert_phase)})
        delivery = delivery.model_copy(update={"alert": kept})
    await _put_alert(unit, services, delivery, after)
    if not late:
        await _tell(unit, services, before=before, after=after)
    return after


async def _give_away(unit: Unit, services: Services, delivery: Delivery, state: Incident) -> None:
    """Another desk has the alert now; whoever looks at this one sees where it went."""
    assignment, command = delivery.assignment, roles.command_of(delivery, state)
    is_news = await roles.point_elsewhere(unit, delivery, state)
    if not is_news and isinstance(command, model.Leave) and state.role == "leaving":
        return
    if await linking.live_others(unit, state.incident_id, delivery.alert.alert_id):
        # her other alert stays: so does the incident
        payload = {"alert_id": str(delivery.alert.alert_id), "to": command.to_center, "reason": assignment.reason.value}
        event = Happened("alert:superseded", payload | {"assignment_no": command.assignment_no})
        await incidents.write(unit, services, state, [event], SYSTEM)
        return
    after = await incidents.perform(unit, services, state.incident_id, command, SYSTEM, state=state)
    await end_with_incident(unit, services, state, after)


def _consequences(services: Services, delivery: Delivery, state: Incident) -> list[Happened]:
    alert, now = delivery.alert, services.clock()
    if alert.outcome == "duress":
        return model.decide(state, _activation(services, delivery), now)
    if alert.phase is Phase.ACTIVE:
        return model.decide(state, _activation(services, delivery), now)
    if alert.phase is Phase.ENDED:
        return model.decide(state, model.CancelByPerson(), now)
    return []


def _activation(services: Services, delivery: Delivery) -> model.Activate:
    return model.Activate(
        "person",
        services.settings.escalate_leader_s,
        delivery.alert.outcome == "duress",
        delivery.alert.service == DRILL,
    )


def _received(delivery: Delivery) -> Happened:
    assignment = delivery.assignment
    return Happened(
        "alert:received",
        {
            "alert_id": str(delivery.alert.alert_id),
            "phase": delivery.alert.phase.value,
            "trigger": delivery.alert.trigger,
            "flags": [flag.value for flag in delivery.flags],
            "reason": assignment.reason.value,
            "assignment_no": assignment.assignment_no,
            "distance_m": assignment.distance_m,
            "boundary_version": assignment.boundary_version,
        },
    )


def _person(delivery: Delivery) -> Actor:
    return Actor("person", delivery.alert.caller.person_id or str(delivery.alert.alert_id))


def _record_all(unit: Unit, delivery: Delivery, state: Incident, happened: list[Happened]) -> None:
    for event in happened:
        record(
            unit,
            center_id=state.center_id,
            incident_id=state.incident_id,
            tag=event.tag,
            actor=_person(delivery),
            payload=event.payload,
        )


async def _put_alert(
    unit: Unit, services: Services, delivery: Delivery, state: Incident, *, is_new: bool = False
) -> None:
    """The alert's row, and its position: of a request that stands already, where its agreement has a say."""
    alert, assignment = delivery.alert, delivery.assignment
    caller = services.sealer.seal(
        alert.caller.model_dump(mode="json"), context=f"alert.caller:{alert.alert_id}", center=state.center_id
    )
    is_verified = Flag.UNVERIFIED not in delivery.flags
    known_by = fingerprints(services.sealer, alert.caller, home=alert.home) if is_verified else (None, None)
    await unit.driver.execute(
        "INSERT INTO alert (alert_id, center_id, incident_id, phase, trigger, assignment_no, assignment, flags,"
        " caller_sealed, home, person_ref, battery_percent, raised_at, received_at, caller_digest, number_digest,"
        " is_health_shared) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (alert_id) DO UPDATE SET center_id = excluded.center_id, incident_id = excluded.incident_id,"
        " phase = excluded.phase, assignment_no = excluded.assignment_no, assignment = excluded.assignment,"
        " caller_sealed = excluded.caller_sealed, flags = excluded.flags, home = excluded.home,"
        " person_ref = excluded.person_ref,"
        " battery_percent = coalesce(excluded.battery_percent, alert.battery_percent), superseded_at = NULL,"
        " caller_digest = coalesce(excluded.caller_digest, alert.caller_digest),"
        " number_digest = coalesce(excluded.number_digest, alert.number_digest),"
        " is_health_shared = excluded.is_health_shared",
        [
            alert.alert_id,
            state.center_id,
            state.incident_id,
            alert.phase.value,
            alert.trigger,
            assignment.assignment_no,
            Jsonb(assignment.model_dump(mode="json")),
            Jsonb([flag.value for flag in delivery.flags]),
            caller,
            alert.home,
            alert.caller.person_id,
            alert.battery_percent,
            alert.raised_at,
            services.clock(),
            *known_by,
            shares_health(alert.caller.profile),
        ],
    )
    if alert.position is not None:
        rows = [(alert.alert_id, state.incident_id, state.center_id, alert.position)]
        if alert.request is not None and not is_new:
            rows = await moving.taken(unit, rows, now=services.clock())
        await store_positions(unit, rows, now=services.clock())


async def _tell(unit: Unit, services: Services, *, before: Incident | None, after: Incident) -> None:
    """What the person and her guardians hear."""
    if before is None or (after.phase, after.state, after.is_drill) != (before.phase, before.state, before.is_drill):
        await incidents.announce(unit, services, after, incidents.told_state(after))


def receipt_body(receipt: Receipt) -> bytes:
    return orjson.dumps(receipt.model_dump(mode="json"))
