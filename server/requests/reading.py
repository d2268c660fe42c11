"""Requests as pages and agencies read them. Nobody's name or number leaves from here in full."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.agencies.model import agreement_from_row
from server.dispatch import asks
from server.dispatch.terms import terms
from server.incidents.cards import iso, mask_name, mask_phone
from server.request_body import area_of, body_of
from server.requests import model, service

if TYPE_CHECKING:
    from server.services import Services

SHOWN_AFTER_END = timedelta(hours=12)
_NAMES = ("name", "contact_name", "guardian_name")
_PHONES = ("contact_phone", "guardian_phone")
_OF_AGENCY = """
SELECT q.*,
       g.triggers, g.legal_bases, g.may_view_live, g.may_view_recorded, g.may_view_still, g.may_see_position,
       g.may_see_identity, g.may_see_health, g.may_store, g.storage_days, g.starts_at AS agreed_from,
       g.ends_at AS agreed_until, g.suspended_at
FROM ({select}) q
LEFT JOIN agreed g ON g.agreement_id = q.agreement_id AND g.agency_id = q.agency_id
WHERE q.agency_id = :agency AND (CAST(:id AS uuid) IS NULL OR q.request_id = :id)
  AND (CAST(:id AS uuid) IS NOT NULL OR q.state IN ('received', 'accepted') OR q.ended_at > :since)
ORDER BY q.received_at DESC LIMIT 500
"""
_RELEASED = """
SELECT r.incident_id, r.kind, r.camera_id, c.name, min(r.granted_at) AS since,
       CASE WHEN bool_or(r.ended_at IS NULL) THEN NULL ELSE max(r.ended_at) END AS until, count(*) AS times
FROM release r LEFT JOIN camera c ON c.camera_id = r.camera_id
WHERE r.viewer_id IN (SELECT account_id FROM account WHERE agency_id = :agency
    UNION ALL SELECT line_id FROM agency_line WHERE agency_id = :agency) AND r.incident_id = ANY(:incidents)
GROUP BY 1, 2, 3, 4 ORDER BY 5
"""


def masked(subject: dict[str, Any]) -> dict[str, Any]:
    """The subject as a seat sees it: names and numbers as on every card."""
    names = {name: mask_name(str(subject[name])) for name in _NAMES if subject.get(name)}
    return subject | names | {name: mask_phone(str(subject[name])) for name in _PHONES if subject.get(name)}


def status(row: dict[str, Any]) -> dict[str, Any]:
    """How it stands: what the agency is told by every way."""
    return {
        "request_id": str(row["request_id"]),
        "center": service.center_of(row),
        "trigger": row["trigger"],
        "state": row["state"],
        "reason": row["reason"],
        "raised_at": iso(row["raised_at"]),
        "received_at": iso(row["received_at"]),
        "decided_at": iso(row["decided_at"]),
        "ends_at": iso(row["ends_at"]),
        "ended_at": iso(row["ended_at"]),
        "is_auto": row["is_auto"],
        "is_drill": row["is_drill"],
        "seq": row["seq"],
        "history": row["history"],
    }


def card(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """For the operators of its center: who asks, on which ground, what for, and how long there is to decide."""
    body = body_of(services, row)
    return {
        **status(row),
        "incident_id": str(row["incident_id"]) if row["incident_id"] else None,
        "agency": {
            "agency_id": row["agency_id"],
            "kind": row["kind"] or "",
            "name_ko": row["name_ko"] or row["agency_id"],
            "name_en": row["name_en"] or row["agency_id"],
        },
        "branch": row["branch"],
        "is_branch_known": not row["branches"] or not row["branch"] or row["branch"] in row["branches"],
        "agreement_id": str(row["agreement_id"]) if row["agreement_id"] else None,
        "legal_basis": row["legal_basis"],
        "via": row["via"],
        "case_no": body["case_no"],
        "callback": body["callback"],
        "subject": masked(body["subject"]),
        "area": area_of(services, row),
        "verify_due_at": iso(row["verify_due_at"]),
        "is_overdue": row["is_overdue"],
        "trouble": row["trouble"],
        "allowed": model.allowed(row["state"]),
    }


async def of_agency(
    unit: Unit, services: Services, agency_id: str, request_id: UUID | None = None
) -> list[dict[str, Any]]:
    """The agency's requests, newest first: open ones and those that ended within twelve hours; or this one, at each
    center that had it."""
    now = services.clock()
    query = _OF_AGENCY.format(select=service.SELECT)
    rows = await unit.all(query, {"agency": agency_id, "id": request_id, "since": now - SHOWN_AFTER_END})
    shown = await _released(unit, agency_id, [row["incident_id"] for row in rows if row["incident_id"]])
    more = await asks.of_requests(unit, {row["request_id"] for row in rows})
    return [
        _agency_card(services, row, shown.get(row["incident_id"], []), now)
        | {"asks": more.get((row["request_id"], row["center_id"]), [])}
        for row in rows
    ]


def _agency_card(
    services: Services, row: dict[str, Any], released: list[dict[str, Any]], now: datetime
) -> dict[str, Any]:
    """The agency's own words come back to it as it said them; of the center, only how the incident stands."""
    body, is_on = body_of(services, row), row["state"] == "accepted" and row["ends_at"] > now
    agreed = row | {"starts_at": row["agreed_from"], "ends_at": row["agreed_until"]}
    agreement = agreement_from_row(agreed) if row["agreement_id"] else None
    rights = terms(agreement, basis=row["legal_basis"], now=now, trigger=row["trigger"]) if agreement else None
    may = rights["may"] if rights else {}
    return {
        **status(row),
        "branch": row["branch"],
        "legal_basis": row["legal_basis"],
        "case_no": body["case_no"],
        "subject": body["subject"],
        "area": area_of(services, row),
        "incident_id": str(row["incident_id"]) if row["incident_id"] else None,
        "incident_state": row["incident_state"],
        "agreement": rights,
        "seconds_left": max(0, round((row["ends_at"] - now).total_seconds())) if is_on else 0,
        "may_view_live": bool(is_on and may.get("live") and not row["is_drill"]),
        "released": released,
    }


async def _released(unit: Unit, agency_id: str, incidents: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What the agency's desks were shown, by incident."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await unit.all(_RELEASED, {"agency": agency_id, "incidents": incidents}) if incidents else ():
        found.setdefault(row["incident_id"], []).append(
            {
                "kind": row["kind"],
                "camera_id": row["camera_id"],
                "name": row["name"],
                "since": iso(row["since"]),
                "until": iso(row["until"]),
                "times": row["times"],
            }
        )
    return found
