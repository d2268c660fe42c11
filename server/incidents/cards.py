"""The IncidentCard of docs/interfaces.md: what a seat shows of an incident, read in one statement.

A card has no place in it: where the person is goes to whom the gate has released it (`server/places.py`), in the unit
that wrote the release rows. Cards hold the caller masked; the full name and number go
to an agency in its dispatch, and to who unmasks them with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from location_router.runtime.db import Unit
from location_router.runtime.seal import Sealer
from server.incidents.queue import FALSE_REASONS, REPEAT_DAYS, Waiting, firm_score, rank, repeat_score
from server.incidents.state import Incident, allowed, rings
from server.incidents.work import STAGES

# An incident's alerts: those it holds, and those it held before they went to another center of this installation.
_HELD = """
SELECT alert_id, incident_id, phase, trigger, assignment, flags, caller_sealed, home, battery_percent, received_at,
       superseded_at, origin_id, caller_digest FROM alert
UNION ALL SELECT alert_id, incident_id, phase, trigger, assignment, flags, caller_sealed, home, battery_percent,
       received_at, superseded_at, NULL, NULL FROM handed_alert"""
_CARDS = f"""
SELECT i.*, c.name_ko, c.name_en, last.seq AS last_seq, a.*, held.alert_ids, held.superseded, held.alerts,
       held.callers, beside.links, beside.link_count, repeat.false_before, repeat.real_before, d.dispatches,
       asked.requests, firm.false_before AS firm_false, firm.decided AS firm_decided
FROM incident i
LEFT JOIN center c ON c.code = i.center_id
LEFT JOIN LATERAL (SELECT seq FROM event e WHERE e.incident_id = i.incident_id ORDER BY seq DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (SELECT alert_id, trigger, assignment, flags, caller_sealed, home, battery_percent, caller_digest
                   FROM ({_HELD}) h WHERE incident_id = i.incident_id ORDER BY received_at, alert_id LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE was_false) AS false_before,
                          count(*) FILTER (WHERE NOT was_false) AS real_before FROM caller_history y
                   WHERE y.caller_digest = a.caller_digest AND y.center_id = i.center_id
                     AND y.incident_id <> i.incident_id AND y.at > i.opened_at - interval '{REPEAT_DAYS} days') repeat
    ON a.caller_digest IS NOT NULL
LEFT JOIN LATERAL (SELECT array_agg(alert_id ORDER BY received_at) AS alert_ids,
                          coalesce(bool_and(superseded_at IS NOT NULL) FILTER (WHERE phase <> 'ended'),
                                   bool_or(superseded_at IS NOT NULL)) AS superseded,
                          jsonb_agg(jsonb_build_object('alert_id', alert_id, 'phase', phase, 'trigger', trigger,
                              'received_at', received_at, 'flags', flags, 'superseded', superseded_at IS NOT NULL,
                              'merged_from', origin_id) ORDER BY received_at, alert_id) AS alerts,
                          CASE WHEN count(*) > 1 THEN array_agg(caller_sealed ORDER BY received_at, alert_id) END
                              AS callers
                   FROM ({_HELD}) h WHERE incident_id = i.incident_id) held ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('alert_id', l.alert_id, 'other_id', l.other_id, 'kind', l.kind, 'at', l.at,
        'incident_id', l.incident_id, 'center', jsonb_build_object('code', l.other_center,
        'name_ko', coalesce(n.name_ko, l.other_center), 'name_en', coalesce(n.name_en, l.other_center)))
        ORDER BY l.at DESC, l.other_id) AS links, max(l.total) AS link_count
    FROM (SELECT l.*, o.incident_id, count(*) OVER () AS total
          FROM alert m JOIN alert_link l USING (alert_id) LEFT JOIN alert o ON o.alert_id = l.other_id
          WHERE m.incident_id = i.incident_id AND o.incident_id IS DISTINCT FROM i.incident_id
          ORDER BY l.kind = 'same_place', l.at DESC, l.other_id LIMIT 50) l
    LEFT JOIN center n ON n.code = l.other_center) beside ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'dispatch_id', d.dispatch_id, 'agency', jsonb_build_object('agency_id', g.agency_id, 'kind', g.kind,
        'name_ko', g.name_ko, 'name_en', g.name_en), 'state', d.state, 'case_no', d.case_no,
        'receipt_no', d.receipt_no, 'legal_basis', d.legal_basis, 'times', d.times, 'is_overdue', d.is_overdue,
        'is_drill', d.is_drill, 'gateway', d.gateway, 'request_no', d.request_no, 'unit', d.unit, 'eta_at', d.eta_at,
        'unit_position', d.unit_position, 'attempts', d.attempts, 'failed_reason', d.failed_reason,
        'priority', (SELECT jsonb_build_object('priority_id', p.priority_id, 'state', p.state, 'reason', p.reason,
        'is_simulated', p.is_simulated, 'at', coalesce(p.ended_at, p.answered_at, p.requested_at))
        FROM signal_priority p WHERE p.dispatch_id = d.dispatch_id ORDER BY p.requested_at DESC LIMIT 1))
        ORDER BY d.created_at) AS dispatches
    FROM dispatch d JOIN agency g USING (agency_id) WHERE d.incident_id = i.incident_id) d ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'request_id', q.request_id, 'agency', jsonb_build_object('agency_id', q.agency_id, 'kind', g.kind,
        'name_ko', g.name_ko, 'name_en', g.name_en), 'branch', q.branch, 'trigger', q.trigger, 'state', q.state,
        'reason', q.reason, 'legal_basis', q.legal_basis, 'received_at', q.received_at,
        'verify_due_at', q.verify_due_at, 'is_overdue', q.is_overdue, 'is_auto', q.is_auto, 'ends_at', q.ends_at)
        ORDER BY q.received_at, q.request_id) AS requests
    FROM agency_request q JOIN agency g USING (agency_id) WHERE q.incident_id = i.incident_id) asked ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS decided, count(*) FILTER (WHERE (y.state = 'rejected' AND y.reason IN {FALSE_REASONS})
        OR (y.state <> 'rejected' AND e.disposition = 'false_alarm')) AS false_before
    FROM (SELECT agency_id FROM agency_request WHERE incident_id = i.incident_id AND trigger = 'help_request'
          ORDER BY received_at LIMIT 1) q
    JOIN agency_request y ON y.agency_id = q.agency_id AND y.trigger = 'help_request' AND NOT y.is_drill
      AND y.received_at > i.opened_at - interval '{REPEAT_DAYS} days'
    JOIN incident e ON e.incident_id = y.incident_id AND e.incident_id <> i.incident_id
    WHERE i.origin = 'agency' AND i.type = 'help_request' AND y.decided_at IS NOT NULL
      AND (y.state = 'rejected' OR e.disposition IS NOT NULL)) firm ON true
"""
_FACTS = [field.name for field in fields(Incident)]
_OPEN = "i.state NOT IN ('closed','cancelled','transferred')"


async def load_cards(unit: Unit, incident_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Cards by incident, of those the unit may see."""
    return await _cards(unit, "WHERE i.incident_id = ANY(%s)", [list(incident_ids)])


async def open_cards(unit: Unit) -> list[dict[str, Any]]:
    """Every open incident in the order of the queue: by rank, the oldest first."""
    cards = (await _cards(unit, f"WHERE {_OPEN} ORDER BY i.opened_at, i.incident_id", [])).values()
    return sorted(cards, key=lambda card: card["rank"])


@dataclass(frozen=True)
class Search:
    """What to look for among incidents that have ended; None: whatever."""

    since: datetime | None = None
    until: datetime | None = None
    type: str | None = None
    disposition: str | None = None
    center: str | None = None


async def closed_cards(unit: Unit, search: Search | None = None, *, limit: int = 200) -> list[dict[str, Any]]:
    """What ended last, newest first: closed, cancelled, and gone over to another desk."""
    asked = search or Search()
    conditions = {
        "i.closed_at >= %s": asked.since,
        "i.closed_at < %s": asked.until,
        "i.type = %s": asked.type,
        "i.disposition = %s": asked.disposition,
        "i.center_id = %s": asked.center,
    }
    given = {text: value for text, value in conditions.items() if value is not None}
    where = " AND ".join([f"NOT ({_OPEN})", *given])
    found = await _cards(unit, f"WHERE {where} ORDER BY i.closed_at DESC LIMIT %s", [*given.values(), limit])
    return list(found.values())


async def _cards(unit: Unit, where: str, parameters: list[Any]) -> dict[UUID, dict[str, Any]]:
    sealer: Sealer = unit.state["chain"].sealer
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CARDS + where, parameters)
        rows = await cursor.fetchall()
    return {row["incident_id"]: _card(row, sealer) for row in rows}


def _card(row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    assignment = row["assignment"] or {}
    return {
        "incident_id": str(row["incident_id"]),
        "center": {
            "code": row["center_id"],
            "name_ko": row["name_ko"] or row["center_id"],
            "name_en": row["name_en"] or row["center_id"],
        },
        "state": row["state"],
        "phase": row["phase"],
        "type": row["type"],
        "is_drill": row["is_drill"],
        "is_duress": row["is_duress"],
        "opened_at": iso(row["opened_at"]),
        "active_at": iso(row["active_at"]),
        "acknowledged_at": iso(row["acknowledged_at"]),
        "closed_at": iso(row["closed_at"]),
        "disposition": row["disposition"],
        "escalation_level": row["escalation_level"],
        "owner": _owner(row, sealer),
        "caller": _caller(row, sealer),
        "trigger": row["trigger"] or "",
        "flags": row["flags"] or [],
        "assignment": {
            key: assignment.get(key)
            for key in ("assignment_no", "reason", "distance_m", "boundary_version", "candidates")
        },
        "position": None,  # shown apart, by a release (server/places.py)
        "battery_percent": row["battery_percent"],
        "home": row["home"] or "",
        "alert_ids": [str(alert_id) for alert_id in row["alert_ids"] or []],
        "alerts": _alerts(row, sealer),
        "links": row["links"] or [],
        "link_count": row["link_count"] or 0,
        "attention_at": iso(row["attention_at"]),
        "merged_into": str(row["merged_into"]) if row["merged_into"] else None,
        "dispatches": row["dispatches"] or [],
        "requests": row["requests"] or [],
        "superseded": bool(row["superseded"]),
        "role": row["role"],
        "elsewhere": _elsewhere(row, assignment),
        "last_seq": row["last_seq"] or 0,
    } | _work(row, sealer)


def _work(row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """What the card says about the work: stages with their target times, reminder, hand-over, order."""
    state = Incident(**{name: row[name] for name in _FACTS})
    stages = {
        stage: {"due_at": iso(getattr(state, due)), "done_at": iso(getattr(state, done))}
        for stage, (due, done) in STAGES.items()
    }
    false_before, real_before = row["false_before"] or 0, row["real_before"] or 0
    score = repeat_score(false_before=false_before, real_before=real_before)
    if row["firm_decided"]:
        false_before = row["firm_false"]
        score = firm_score(false_before=false_before, decided=row["firm_decided"])
    return {
        "origin": state.origin,
        "classification": state.classification,
        "stages": stages,
        "remind_at": iso(state.remind_at),
        "reminders": state.reminders,
        "handover": _handover(row, sealer),
        "repeat": {"false_before": false_before, "score": score} if false_before else None,
        "rank": rank(_waiting(state, len(row["alert_ids"] or []), score)),
        "rings": rings(state),
        "banner": ("drill" if state.is_silent else "exercise") if state.is_drill else None,
        "allowed": allowed(state),
    }


def _waiting(state: Incident, presses: int, score: float) -> Waiting:
    return Waiting(
        state.phase,
        state.owner_id is not None and state.attention_at is None,
        is_silent=state.is_silent,
        is_drill=state.is_drill,
        is_owner=state.role == "owner",
        is_duress=state.is_duress,
        presses_again=state.attention_at is not None or presses > 1,
        is_grave=state.classification == "grave",
        escalation_level=state.escalation_level,
        score=score,
    )


def _handover(row: dict[str, Any], sealer: Sealer) -> dict[str, Any] | None:
    if row["handover_to"] is None:
        return None
    words = sealer.open(row["handover_sealed"], context=f"incident.handover:{row['incident_id']}") or {}
    return {
        "to": {"account_id": str(row["handover_to"]), "name": words.get("to", "")},
        "by": {"account_id": str(row["handover_by"]), "name": words.get("by", "")},
        "reason": words.get("reason", ""),
        "at": iso(row["handover_at"]),
        "until": iso(row["handover_until"]),
    }


def _elsewhere(row: dict[str, Any], assignment: dict[str, Any]) -> dict[str, Any] | None:
    """The card's word about who has the alert, None where this center does. `accepted`: it has told us so."""
    if row["role"] == "owner" and not row["superseded"]:
        return None
    center = assignment.get("center") or {}
    chances = [
        one.get("probability") for one in assignment.get("candidates") or [] if one.get("code") == row["center_id"]
    ]
    return {
        "center": {key: center.get(key) or "" for key in ("code", "name_ko", "name_en")},
        "accepted": row["state"] == "transferred",
        "probability": chances[0] if chances else None,
    }


def _owner(row: dict[str, Any], sealer: Sealer) -> dict[str, Any] | None:
    if row["owner_id"] is None:
        return None
    name = sealer.open(row["owner_name_sealed"], context=f"incident.owner:{row['incident_id']}") or ""
    return {"account_id": str(row["owner_id"]), "name": name}


def _alerts(row: dict[str, Any], sealer: Sealer) -> list[dict[str, Any]]:
    """Each alert of the incident; whose it is, masked, where there is more than one."""
    alerts: list[dict[str, Any]] = row["alerts"] or []
    for alert, sealed in zip(alerts, row["callers"] or [], strict=False):
        caller = sealer.open(sealed, context=f"alert.caller:{alert['alert_id']}") or {}
        alert["name_masked"] = mask_name(caller.get("nickname", ""))
    return alerts


def _caller(row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    caller = sealer.open(row["caller_sealed"], context=f"alert.caller:{row['alert_id']}") or {}
    return {
        "name_masked": mask_name(caller.get("nickname", "")),
        "phone_masked": mask_phone(caller.get("phone", "")),
        "language": caller.get("language", "ko"),
    }


def mask_name(name: str) -> str:
    """홍길동 → 홍○동, 보라 → 보○; the length stays."""
    if len(name) < 3:
        return name[:1] + "○" * (len(name) - 1)
    return name[0] + "○" * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """Only the last four digits: enough to compare on the telephone."""
    digits = "".join(filter(str.isdigit, phone))
    return f"***-****-{digits[-4:]}" if len(digits) >= 8 else ""


def position_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `position` as the wire's Position."""
    return {
        "lat": row["lat"],
        "lon": row["lon"],
        "accuracy_m": row["accuracy_m"],
        "fixed_at": iso(row["fixed_at"]),
        "received_at": iso(row["received_at"]),
        "source": row["source"],
        "speed_mps": row["speed_mps"],
        "heading_deg": row["heading_deg"],
    }


def iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
