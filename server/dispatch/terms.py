"""What an agency is told about its own rights on a case, and who else is on it: no person, no place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from location_router.runtime.db import Unit
from server.agencies.model import WHAT, Agreement, What
from server.dispatch.disclosing import SHOWN, TRIGGER
from server.incidents.cards import iso


def terms(agreement: Agreement, *, basis: str, now: datetime, trigger: str = "") -> dict[str, Any]:
    """`{"in_force", "why", "ends_at", "storage_days", "may": {what: bool}}` as of `now`; `why` (null while it is in
    force) is one of `not_begun suspended ended`. A desk shows it in words instead of an empty hole. `trigger`: of the
    agency's own request; without one, for a dispatch."""
    return {
        "in_force": agreement.in_force(now),
        "why": why_not(agreement, now),
        "ends_at": iso(agreement.ends_at),
        "storage_days": agreement.storage_days if agreement.may_store else 0,
        "may": {what: _may(agreement, what, basis, now, trigger) for what in WHAT},
    }


def _may(agreement: Agreement, what: What, basis: str, now: datetime, trigger: str) -> bool:
    """Place and person are told of a dispatch; the rest also where the case came by another occasion (a disaster)."""
    if trigger:
        return agreement.allows(what, trigger, basis, now) is None
    if what in SHOWN or what == "health":
        return agreement.allows(what, TRIGGER, basis, now) is None
    return agreement.in_force(now) and agreement.grants(what) and basis in agreement.legal_bases


def why_not(agreement: Agreement, now: datetime) -> str | None:
    """None while it is in force."""
    if agreement.in_force(now):
        return None
    if agreement.ends_at is not None and now >= agreement.ends_at:
        return "ended"
    return "suspended" if agreement.suspended_at is not None and now >= agreement.suspended_at else "not_begun"


async def others_on(unit: Unit, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The other agencies of a joint case: name, state, unit and time of arrival, so that 112 and 119 know of each
    other. Not their numbers, and nothing of what they were told."""
    rows = await unit.all(
        "SELECT a.agency_id, a.kind, a.name_ko, a.name_en, d.state, d.unit, d.eta_at, d.is_overdue"
        " FROM dispatch d JOIN agency a USING (agency_id)"
        " WHERE d.incident_id = :incident AND d.dispatch_id <> :own ORDER BY d.created_at",
        {"incident": row["incident_id"], "own": row["dispatch_id"]},
    )
    return [
        {
            "agency": {name: one[name] for name in ("agency_id", "kind", "name_ko", "name_en")},
            "state": one["state"],
            "unit": one["unit"],
            "eta_at": iso(one["eta_at"]),
            "is_overdue": one["is_overdue"],
        }
        for one in rows
    ]
