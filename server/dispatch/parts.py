"""An agency's part in an incident: a dispatch that it works on, or its own request that was accepted (view `party`).

What its desk and its officers in the field do with a part is the same for both, so all of them ask here. Over all
centers: an agency has no center of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.agencies.model import Agreement, agreement_from_row
from server.dispatch import reading
from server.dispatch.disclosing import shows
from server.incidents.model import OPEN
from server.request_body import body_of

if TYPE_CHECKING:
    from server.services import Services


@dataclass(frozen=True, slots=True)
class Part:
    """By which of the two, and its id."""

    kind: Literal["dispatch", "request"]
    id: UUID


COLUMNS = """
p.kind AS part, p.id AS part_id, p.incident_id, p.center_id, p.agency_id, p.agreement_id, p.legal_basis, p.trigger,
p.is_working AND coalesce(p.until_at > :now, true) AS is_working, d.dispatch_id, q.request_id,
coalesce(d.state, q.state) AS state, coalesce(d.request_no, 0) AS request_no, d.case_no, q.body_sealed,
coalesce(d.is_drill, q.is_drill) AS is_drill, coalesce(d.unit, '') AS unit,
a.kind, a.name_ko, a.name_en, i.state AS incident_state, i.phase, i.type, i.role AS incident_role, i.active_at,
o.name_ko AS center_ko, o.name_en AS center_en, o.callback
"""
JOINED = """
JOIN agency a USING (agency_id) JOIN incident i ON i.incident_id = p.incident_id
LEFT JOIN dispatch d ON p.kind = 'dispatch' AND d.dispatch_id = p.id
LEFT JOIN agency_request q ON p.kind = 'request' AND q.request_id = p.id AND q.center_id = p.center_id
LEFT JOIN center o ON o.code = p.center_id
"""
_OWN = f"""
SELECT {COLUMNS} FROM party p {JOINED} WHERE p.kind = :kind AND p.id = :id AND p.agency_id = :agency
ORDER BY is_working DESC, q.received_at DESC LIMIT 1
"""
_LOCKS = {
    "dispatch": "SELECT 1 FROM dispatch WHERE dispatch_id = :id FOR UPDATE",
    "request": "SELECT 1 FROM agency_request WHERE request_id = :id ORDER BY center_id FOR UPDATE",
}


async def find(unit: Unit, part: Part, *, agency_id: str, now: datetime, lock: bool = False) -> dict[str, Any]:
    """The agency's part, at whichever center works on it now. Problem 404."""
    if lock:
        await unit.all(_LOCKS[part.kind], {"id": part.id})
    row = await unit.one(_OWN, {"kind": part.kind, "id": part.id, "agency": agency_id, "now": now})
    if row is None:
        raise unknown(part.kind)
    return row


def unknown(kind: str) -> Problem:
    if kind == "dispatch":
        return reading.unknown()
    return Problem(404, "no_request", "없는 요청입니다.", "There is no such request.")


def is_on(row: dict[str, Any]) -> bool:
    """Whether the agency works on an open incident by it now."""
    return bool(row["is_working"]) and row["incident_state"] in OPEN


def named(row: dict[str, Any]) -> dict[str, str]:
    """The part as lines of the log name it."""
    return {f"{row['part']}_id": str(row["part_id"])}


def is_about(payload: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a line of the log is for this part: what names no part is for all of the incident."""
    told = [(kind, payload.get(f"{kind}_id")) for kind in ("dispatch", "request")]
    names = [(kind, said) for kind, said in told if said is not None]
    return not names or (row["part"], str(row["part_id"])) in names


def case_no_of(services: Services, row: dict[str, Any]) -> str:
    """The dispatch's number, or the agency's own of its request."""
    if row["part"] == "dispatch":
        return str(row["case_no"])
    return str(body_of(services, row)["case_no"])


@dataclass(frozen=True, slots=True)
class Sight:
    """What the agreement opens of this part now. Who asks sees nothing outside of the areas it agreed on, and a place
    that is not known lies in none of them."""

    agreement: Agreement | None
    is_in_area: bool
    place: bool
    identity: bool


async def agreement_of(unit: Unit, row: dict[str, Any]) -> Agreement | None:
    """As it is now, not as it was when the part began; None: what it stood on does not stand for this agency."""
    query = "SELECT * FROM agreed WHERE agreement_id = :id AND agency_id = :agency"
    found = await unit.one(query, {"id": row["agreement_id"], "agency": row["agency_id"]})
    return agreement_from_row(found) if found is not None else None


async def sight_of(unit: Unit, row: dict[str, Any], now: datetime) -> Sight:
    agreement = await agreement_of(unit, row)
    if agreement is None:
        return Sight(None, is_in_area=False, place=False, identity=False)
    is_in_area = row["part"] == "dispatch" or agreement.areas is None or await _covers(unit, row, agreement)
    may = {
        what: is_in_area and shows(agreement, what, basis=row["legal_basis"], now=now, trigger=trigger_of(row))
        for what in ("position", "identity")
    }
    return Sight(agreement, is_in_area, place=may["position"], identity=may["identity"])


def trigger_of(row: dict[str, Any]) -> str:
    """Place and person are told of every dispatch alike; of a request by its own occasion."""
    return "dispatch" if row["part"] == "dispatch" else str(row["trigger"])


async def _covers(unit: Unit, row: dict[str, Any], agreement: Agreement) -> bool:
    """By the incident's newest place, as the gate has it: its cameras follow that one."""
    place = await unit.one(
        "SELECT lat, lon FROM position WHERE incident_id = :id ORDER BY fixed_at DESC LIMIT 1",
        {"id": row["incident_id"]},
    )
    return place is not None and agreement.covers(lat=place["lat"], lon=place["lon"])


async def track(unit: Unit, row: dict[str, Any], *, since: datetime, limit: int = 600) -> list[dict[str, Any]]:
    """Where she was since then, oldest first. Who asks is told of its own alert, whoever else is in the incident."""
    alert_id = row["request_id"] if row["part"] == "request" else None
    return await reading.track(unit, row["incident_id"], since=since, limit=limit, alert_id=alert_id)
