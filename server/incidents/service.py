"""Incidents in the database: one command = lock the row, decide, write, record, tell the person's phone.

Every function works in the caller's unit, so that what another slice does (a dispatch row, releases that end)
commits or fails with it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.rows import dict_row

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.wire import CenterRef, Phase, State, Status
from server.events import Actor, read_events, record
from server.incidents import model
from server.incidents.cards import position_json
from server.incidents.codes import CONTACT_WAYS, DISPOSITION_NAMES, TYPES, listed
from server.incidents.history import note_outcome
from server.incidents.model import Command, Happened, Incident, UnknownCode
from server.incidents.work import OwnerIsWorking, Targets, kept_reminded

if TYPE_CHECKING:
    from server.services import Services
    from server.settings import Settings

_COLUMNS = ", ".join(f.name for f in fields(Incident))


async def find(unit: Unit, incident_id: UUID, *, lock: bool = False) -> Incident | None:
    """The incident, when the unit may see it; `lock` holds its row until the unit ends."""
    query = f"SELECT {_COLUMNS} FROM incident WHERE incident_id = %s" + (" FOR UPDATE" if lock else "")
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, [incident_id])
        row = await cursor.fetchone()
    return Incident(**row) if row else None


async def locked(unit: Unit, incident_id: UUID) -> Incident:
    """The incident, locked; Problem 404 when there is none for this viewer."""
    state = await find(unit, incident_id, lock=True)
    if state is None:
        raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
    return state


async def perform(
    unit: Unit, services: Services, incident_id: UUID, command: Command, actor: Actor, *, state: Incident | None = None
) -> Incident:
    """Lock, decide, write and record; returns the incident afterwards. Raises Problem 409 when it doesn't fit."""
    state = state or await locked(unit, incident_id)
    now = services.clock()
    try:
        events = model.decide(state, command, now)
    except OwnerIsWorking as working:
        raise await owner_is_working(unit, services, state, working.owner_id) from None
    except model.AlreadyTaken as taken:
        raise await already_taken(unit, services, incident_id, taken.owner_id) from None
    except model.NotAllowed as refused:
        raise not_allowed(refused.allowed, refused.state) from None
    except UnknownCode as unknown:
        raise unknown_code(unknown) from None
    await write(unit, services, state, events, actor)
    after = model.evolve(state, events)
    await note_outcome(unit, state, after)
    await _tell(unit, services, state, after)
    return after


def targets_of(settings: Settings) -> Targets:
    """The installation's target times for verify first."""
    return Targets(settings.target_contact_s, settings.target_view_s, settings.target_classify_s)


_CODES = {
    "disposition": ("unknown_disposition", DISPOSITION_NAMES, "종결 사유를 골라 주세요.", "Choose a disposition."),
    "type": ("unknown_type", TYPES, "사건 유형을 골라 주세요.", "Choose a type of incident."),
    "how": ("unknown_how", CONTACT_WAYS, "연락 방법을 골라 주세요.", "Choose how the person was contacted."),
}


def unknown_code(unknown: UnknownCode) -> Problem:
    """422 with the codes that there are, and their names."""
    code, names, ko, en = _CODES[unknown.field]
    codes = {f"{unknown.field}s": list(names), "codes": listed(names)}
    return Problem(422, code, ko, en, field=unknown.field, given=unknown.given[:80], **codes)


def not_allowed(allowed: list[str], state: str) -> Problem:
    return Problem(
        409,
        "not_allowed",
        "지금 상태에서는 할 수 없습니다.",
        "Not possible in this state.",
        allowed=allowed,
        state=state,
    )


async def write(unit: Unit, services: Services, state: Incident, events: list[Happened], actor: Actor) -> None:
    """Update the columns and append the events. An incident that somebody has always has a reminder set."""
    changes: dict[str, Any] = {}
    for event in events:
        changes |= event.changes
        if event.tag:
            record(
                unit,
                center_id=state.center_id,
                incident_id=state.incident_id,
                tag=event.tag,
                actor=actor,
                payload=event.payload,
                at=services.clock(),
            )
    if events:
        after = model.evolve(state, events)
        changes |= kept_reminded(after, services.clock(), services.settings.remind_idle_s)
    if "owner_id" in changes:
        changes["owner_name_sealed"] = await _owner_name(unit, services, state, changes["owner_id"], actor)
    if "handover_to" in changes:
        changes["handover_sealed"] = await _handover(unit, services, state, events, actor)
    if changes:
        columns = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changes)
        query = sql.SQL("UPDATE incident SET {} WHERE incident_id = %s").format(columns)
        await unit.driver.execute(query, [*changes.values(), state.incident_id])


async def _owner_name(
    unit: Unit, services: Services, state: Incident, owner_id: UUID | None, actor: Actor
) -> bytes | None:
    if owner_id is None:
        return None
    name = actor.name if str(owner_id) == actor.id else await name_of(unit, services, owner_id)
    return services.sealer.seal(name, context=f"incident.owner:{state.incident_id}", center=state.center_id)


async def _handover(
    unit: Unit, services: Services, state: Incident, events: list[Happened], actor: Actor
) -> bytes | None:
    """The names and the reason of a hand-over that waits for its answer."""
    asked = next((event for event in events if event.changes.get("handover_to")), None)
    if asked is None:
        return None
    to_name = await name_of(unit, services, asked.changes["handover_to"])
    words = {"to": to_name, "by": actor.name, "reason": asked.payload.get("reason", "")}
    return services.sealer.seal(words, context=f"incident.handover:{state.incident_id}", center=state.center_id)


async def name_of(unit: Unit, services: Services, account_id: UUID) -> str:
    """A colleague's name, empty when there is no such account."""
    rows = await _rows(unit, "SELECT name_sealed FROM account WHERE account_id = %s", [account_id])
    return services.sealer.open(rows[0][0], context=f"account.name:{account_id}") or "" if rows else ""


_TOLD = {
    "acknowledged": State.ACKNOWLEDGED,
    "dispatched": State.DISPATCHED,
    "on_scene": State.ON_SCENE,
    "closed": State.CLOSED,
    "cancelled": State.CANCELLED,
}


async def _tell(unit: Unit, services: Services, before: Incident, after: Incident) -> None:
    """A Status for each change that the person and her guardians may know of."""
    if after.state != before.state:
        if after.state in _TOLD:
            ended = after.disposition or "" if after.state == "closed" else ""
            await announce(unit, services, after, _TOLD[after.state], detail=ended)
    elif after.acknowledged_at != before.acknowledged_at:
        await announce(unit, services, after, State.ACKNOWLEDGED)
    elif after.phase != before.phase:
        await announce(unit, services, after, told_state(after))


def told_state(incident: Incident) -> State:
    """The incident's state as the person hears it."""
    return _TOLD.get(incident.state, State.RECEIVED)


async def count_alerts(unit: Unit, incident_id: UUID) -> int:
    rows = await _rows(unit, "SELECT count(*) FROM alert WHERE incident_id = %s", [incident_id])
    return int(rows[0][0])


async def insert(unit: Unit, state: Incident) -> None:
    """A new incident's row."""
    values = {field.name: getattr(state, field.name) for field in fields(Incident)}
    query = sql.SQL("INSERT INTO incident ({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join([sql.Placeholder()] * len(values))
    )
    await unit.driver.execute(query, list(values.values()))


async def announce(
    unit: Unit,
    services: Services,
    incident: Incident,
    state: State,
    *,
    detail: str = "",
    only: Collection[UUID] | None = None,
) -> None:
    """Send a Status for every alert of the incident that is still ours (or `only` those); `seq` is microseconds since
    1970.

    It says what is true, also under duress: a "cancelled" would end the router's tracking and the guardians' page.
    What the phone's holder sees is the router's to keep apart (`location_router/live.py`: the line ends the same way
    after a cancel and after a duress code, and no status follows).
    """
    if incident.role != "owner":  # another center speaks for these alerts
        return
    phase = Phase.ENDED if state in (State.CLOSED, State.CANCELLED) else Phase(incident.phase)
    query = """SELECT alert_id, assignment_no, home, person_ref, name_ko, name_en, callback FROM alert
               LEFT JOIN center ON code = center_id WHERE incident_id = %s AND superseded_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM agency_request q WHERE q.request_id = alert_id AND q.via = 'center')"""
    at = services.clock()
    rows = await _rows(unit, query, [incident.incident_id])
    for alert_id, number, home, person, ko, en, callback in rows:
        if only is not None and alert_id not in only:
            continue
        center = CenterRef(
            code=incident.center_id,
            name_ko=ko or incident.center_id,
            name_en=en or incident.center_id,
            callback=callback or "",
        )
        status = Status(
            status_id=uuid4(),
            alert_id=alert_id,
            assignment_no=number,
            incident_id=incident.incident_id,
            state=state,
            phase=phase,
            is_drill=incident.is_drill,
            center=center,
            at=at,
            seq=int(at.timestamp() * 1_000_000),
            home=home,
            person_id=person,
            detail=detail,
        )
        await services.outbox.send(unit, "status", status.status_id, status)


async def details(unit: Unit, incident_id: UUID) -> dict[str, Any]:
    """Timeline and track of one incident, oldest first."""
    events = await read_events(unit, incident_id=incident_id, cards=False, limit=5000)
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT * FROM (SELECT * FROM position WHERE incident_id = %s ORDER BY fixed_at DESC LIMIT 5000) p"
            " ORDER BY fixed_at",
            [incident_id],
        )
        track = [position_json(row) | {"alert_id": str(row["alert_id"])} for row in await cursor.fetchall()]
    return {"timeline": [event.line for event in events], "track": track}


async def already_taken(unit: Unit, services: Services, incident_id: UUID, owner_id: UUID) -> Problem:
    rows = await _rows(unit, "SELECT owner_name_sealed FROM incident WHERE incident_id = %s", [incident_id])
    name = services.sealer.open(rows[0][0], context=f"incident.owner:{incident_id}") or ""
    return Problem(
        409,
        "already_taken",
        f"{name} 님이 이미 맡았습니다.",
        f"Already taken by {name}.",
        owner={"account_id": str(owner_id), "name": name},
    )


async def owner_is_working(unit: Unit, services: Services, state: Incident, owner_id: UUID) -> Problem:
    name = await name_of(unit, services, owner_id)
    return Problem(
        409,
        "owner_is_working",
        f"{name} 님이 처리하고 있습니다. 인계를 요청하거나 근무 책임자에게 알리세요.",
        f"{name} is working on it: ask for a hand-over, or tell the shift leader.",
        owner={"account_id": str(owner_id), "name": name},
        allowed=model.allowed(state),
    )


async def _rows(unit: Unit, query: str, parameters: list[Any]) -> list[Any]:
    return await (await unit.driver.execute(query, parameters)).fetchall()
