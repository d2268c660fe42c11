"""Second sources in the database: told, withdrawn, taken back, shown.

What a source says is sealed like everything that tells where a person is, stands in a table of its own, and is read
here only: the caller's point, her track, the choice of cameras and the assessment of walks know nothing of it. It is
shown to whoever has a release row for the incident's place, and goes with the incident's end (`server/positions.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.agencies.model import agreement_from_row
from server.dispatch import reading
from server.dispatch.model import WORKING_STATES
from server.events import record
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.incidents.state import Incident
from server.places import may_see_place
from server.second_sources import model
from server.second_sources.model import Said
from server.second_sources.store import second_source

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer


@dataclass(frozen=True, slots=True)
class Entry:
    """One place as it was sent. Without `source_id` it begins a track of its own."""

    entry_id: UUID
    said: Said
    source_id: UUID | None = None


async def tell(services: Services, viewer: Viewer, incident_id: UUID, entry: Entry) -> dict[str, Any]:
    """By an operator. The same entry again is nothing new. Problems 404, 409 `incident_closed | other_entry |
    too_many`, 422 `bad_time`."""
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.locked(unit, incident_id)
        return await _write(unit, services, state, entry, viewer.actor, by=viewer.name)


async def tell_by_agency(services: Services, viewer: Viewer, dispatch_id: UUID, entry: Entry) -> dict[str, Any]:
    """By an agent of an agency that works on the incident under an agreement in force. Problems as `tell`, and 403
    `no_dispatch | no_agreement`, 422 `not_yours` for a kind that no agency can know."""
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    if entry.said.kind not in model.FROM_AGENCIES:
        kinds = ", ".join(model.FROM_AGENCIES)
        raise _bad("kind", f"기관이 줄 수 있는 종류: {kinds}", f"an agency gives {kinds}", entry.said.kind, "not_yours")
    now = services.clock()
    async with services.db.begin() as unit:
        row = await reading.find(unit, dispatch_id, agency_id=viewer.agency.agency_id)
        if row is None:
            raise reading.unknown()
        if row["state"] not in WORKING_STATES:
            raise Problem(
                403, "no_dispatch", "수락하고 진행 중인 출동에만 위치를 보낼 수 있습니다.",
                "A place can be given for a dispatch that is accepted and going on.",
            )  # fmt: skip
        if not await _in_force(unit, row["agreement_id"], now):
            raise Problem(403, "no_agreement", "유효한 협약이 없습니다.", "No agreement is in force.")
        state = await incidents.locked(unit, row["incident_id"])
        told = await _write(unit, services, state, entry, viewer.actor, by=viewer.agency.name_ko)
    return {name: told[name] for name in ("entry_id", "source_id", "kind", "fixed_at", "made_at")}


async def tell_by_line(services: Services, incident_id: UUID, entry: Entry, actor: Actor) -> None:
    """By a telco's own system, whose agreement its caller has looked at. Problems as `tell`."""
    async with services.db.begin() as unit:
        state = await incidents.locked(unit, incident_id)
        await _write(unit, services, state, entry, actor, by=actor.name)


async def _in_force(unit: Unit, agreement_id: UUID, now: datetime) -> bool:
    row = await unit.one("SELECT * FROM agreement WHERE agreement_id = :id", {"id": agreement_id})
    return row is not None and agreement_from_row(row).in_force(now)


async def _write(
    unit: Unit, services: Services, state: Incident, entry: Entry, actor: Actor, *, by: str
) -> dict[str, Any]:
    held = await _find(unit, entry.entry_id)
    if held is not None:
        return _same(services, held, state, entry)
    _require_open(state)
    now, said = services.clock(), entry.said
    fixed_at = model.believable_time(said.fixed_at, now)
    if fixed_at is None:
        raise _bad("fixed_at", "지금부터 24시간 전까지", "within the last 24 hours", iso(said.fixed_at), "bad_time")
    count = "SELECT count(*) FROM second_source WHERE incident_id = :id"
    if await unit.scalar(count, {"id": state.incident_id}) >= model.MOST_ENTRIES:
        raise Problem(
            409, "too_many", f"이 사건에는 위치가 {model.MOST_ENTRIES}개 있습니다. 새 위치만 보내 주세요.",
            f"This incident has {model.MOST_ENTRIES} places already: send only newer ones.",
        )  # fmt: skip
    words = {"lat": round(said.lat, 6), "lon": round(said.lon, 6), "radius_m": said.radius_m, "by": by}
    words |= {"label": said.label, "reference": said.reference}
    row: dict[str, Any] = {
        "entry_id": entry.entry_id,
        "source_id": entry.source_id or entry.entry_id,
        "incident_id": state.incident_id,
        "center_id": state.center_id,
        "kind": said.kind,
        "words_sealed": services.sealer.seal(words, context=_context(entry.entry_id), center=state.center_id),
        "fixed_at": fixed_at,
        "made_by": actor.id,
        "made_at": now,
        "withdrawn_at": None,
    }
    written = insert(second_source).values(**row).on_conflict_do_nothing().returning(second_source.c.entry_id)
    if await unit.scalar(written) is None:  # its number stands in a center that this viewer does not see
        raise _other_entry(entry.entry_id)
    _record(unit, "source:told", row, actor, now)
    return _shown(services, row)


def _same(services: Services, held: dict[str, Any], state: Incident, entry: Entry) -> dict[str, Any]:
    told, said = _shown(services, held), entry.said
    is_same = held["incident_id"] == state.incident_id and held["kind"] == said.kind
    if not is_same or (told["lat"], told["lon"]) != (round(said.lat, 6), round(said.lon, 6)):
        raise _other_entry(entry.entry_id)
    return told


async def withdraw(
    services: Services, viewer: Viewer, incident_id: UUID, entry_id: UUID, *, undo: bool = False
) -> dict[str, Any]:
    """It was wrong: shown to nobody as a place any more, and still on record until the incident ends; `undo` takes
    that back. Twice is once. Problems 404, 409 `incident_closed`."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.locked(unit, incident_id)
        row = await _find(unit, entry_id)
        if row is None or row["incident_id"] != incident_id:
            raise Problem(404, "no_source", "이 위치를 찾을 수 없습니다.", "There is no such place in this incident.")
        _require_open(state)
        if (row["withdrawn_at"] is None) != undo:
            row["withdrawn_at"] = None if undo else now
            await unit.execute(
                second_source.update()
                .where(second_source.c.entry_id == entry_id)
                .values(withdrawn_at=row["withdrawn_at"])
            )
            _record(unit, "source:restored" if undo else "source:withdrawn", row, viewer.actor, now)
    return {"entry_id": str(entry_id), "withdrawn_at": iso(row["withdrawn_at"])}


async def listed(services: Services, viewer: Viewer, incident_id: UUID) -> list[dict[str, Any]]:
    """All that is not withdrawn, oldest fix first; nothing after the incident's end, and nothing to whom the gate does
    not show the incident's place. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.find(unit, incident_id)
        if state is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        if not state.is_open or not await may_see_place(unit, viewer, incident_id, now=services.clock()):
            return []
        rows = await unit.all(
            "SELECT * FROM second_source WHERE incident_id = :id AND withdrawn_at IS NULL ORDER BY fixed_at, made_at",
            {"id": incident_id},
        )
        return [_shown(services, row) for row in rows]


async def _find(unit: Unit, entry_id: UUID) -> dict[str, Any] | None:
    return await unit.one("SELECT * FROM second_source WHERE entry_id = :id FOR UPDATE", {"id": entry_id})


def _shown(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    words = services.sealer.open(row["words_sealed"], context=_context(row["entry_id"])) or {}
    told = {name: str(row[name]) for name in ("entry_id", "source_id", "kind")}
    times = {name: iso(row[name]) for name in ("fixed_at", "made_at")}
    return told | times | {name: words.get(name) for name in ("lat", "lon", "radius_m", "label", "reference", "by")}


def _context(entry_id: UUID) -> str:
    return f"second_source.words:{entry_id}"


def _record(unit: Unit, tag: str, row: dict[str, Any], actor: Actor, now: datetime) -> None:
    """The line says that there is one and of what kind; where is nobody's business who reads the log."""
    payload = {"entry_id": str(row["entry_id"]), "source_id": str(row["source_id"]), "kind": row["kind"]}
    record(
        unit, center_id=row["center_id"], incident_id=row["incident_id"], tag=tag, actor=actor, payload=payload, at=now
    )


def _require_open(state: Incident) -> None:
    if not state.is_open:
        raise Problem(409, "incident_closed", "끝난 사건입니다.", "The incident is over.", state=state.state)


def _other_entry(entry_id: UUID) -> Problem:
    return Problem(
        409, "other_entry", "같은 번호로 다른 위치가 이미 있습니다. 새 번호로 보내 주세요.",
        "Another place has this entry_id: send it with a new one.", entry_id=str(entry_id),
    )  # fmt: skip


def _bad(name: str, wanted_ko: str, wanted_en: str, given: object, code: str) -> Problem:
    field = {"field": name, "message": wanted_en, "value": str(given)[:120]}
    return Problem(422, code, f"{name}: {wanted_ko}", f"{name}: {wanted_en}", fields=[field])
