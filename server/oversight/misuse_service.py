"""Misuse detection: the facts from releases, refusals, shifts and break-glass; findings written; their review."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import SYSTEM
from server.events import record_admin
from server.incidents.cards import iso
from server.oversight.misuse import RULES, Act, Finding, Glass, Shift, Story, findings

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

LOOK_BACK = timedelta(days=31)
MOST = 500

# What somebody did with an incident, beside looking: any line of theirs that is no disclosure.
_WORKED = """
SELECT DISTINCT incident_id, actor_id FROM event
WHERE at >= :since AND actor_kind = 'operator' AND NOT starts_with(tag, 'release:')
AND tag <> 'incident:viewed' AND incident_id <> '00000000-0000-0000-0000-000000000000'
"""
_ACTS = """
SELECT r.granted_event, r.center_id, r.viewer_id, r.kind, r.granted_at, r.incident_id, r.ended_at,
       a.caller_digest, i.acknowledged_at, i.owner_id
FROM release r LEFT JOIN incident i USING (incident_id)
LEFT JOIN LATERAL (SELECT caller_digest FROM alert WHERE incident_id = r.incident_id AND caller_digest IS NOT NULL
                   ORDER BY received_at LIMIT 1) a ON true
WHERE r.granted_at >= :since AND r.viewer_kind = 'operator' AND r.kind <> 'position'
"""
_REFUSED = """
SELECT e.event_id, e.center_id, e.actor_id, e.at, e.incident_id, p.payload_sealed
FROM event e JOIN event_payload p USING (center_id, seq)
WHERE e.tag = 'release:refused' AND e.at >= :since AND e.actor_kind IN ('operator', 'agent')
"""
_GLASSES = """
SELECT breakglass_id, center_id, account_id, coalesce(ended_at, ends_at) AS ended_at, reviewed_at FROM breakglass
WHERE is_approved AND requested_at >= :since AND coalesce(ended_at, ends_at) < :now
"""
_PUT = """
INSERT INTO misuse_finding (finding_id, center_id, rule, account_id, day, subject, subject_digest, evidence, at,
                            found_at)
VALUES (:id, :center, :rule, :account, :day, :subject, :digest, CAST(:evidence AS jsonb), :at, :now)
ON CONFLICT (center_id, rule, account_id, day, subject) DO UPDATE
SET evidence = excluded.evidence, at = excluded.at
WHERE misuse_finding.state = 'open' AND misuse_finding.at < excluded.at
RETURNING finding_id, found_at = :now AS is_new
"""


async def detect(services: Services) -> int:
    """Look at the last month and write what is new; returns how many findings are. Idempotent."""
    now, new = services.clock(), 0
    async with services.db.begin() as unit:
        story = await _story(unit, services, now)
        for one in findings(story, now):
            row = await unit.one(_PUT, _values(one, now))
            if row is not None and row["is_new"]:
                new += 1
                payload = {"finding_id": str(row["finding_id"]), "rule": one.rule, "account_id": str(one.account_id)}
                record_admin(unit, tag="misuse:found", actor=SYSTEM, payload=payload, center_id=one.center, at=now)
    return new


def _values(one: Finding, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "center": one.center,
        "rule": one.rule,
        "account": one.account_id,
        "day": one.day,
        "subject": one.subject,
        "digest": one.subject_digest,
        "evidence": orjson.dumps(one.evidence).decode(),
        "at": one.at,
        "now": now,
    }


async def _story(unit: Unit, services: Services, now: datetime) -> Story:
    asked = {"since": now - LOOK_BACK}
    worked: defaultdict[UUID, set[str]] = defaultdict(set)
    for row in await unit.all(_WORKED, asked):
        worked[row["incident_id"]].add(row["actor_id"])
    acts = [_act(row, worked) for row in await unit.all(_ACTS, asked)]
    acts += [_refusal(row, services) for row in await unit.all(_REFUSED, asked)]
    shifts = await unit.all("SELECT account_id, started_at, ended_at FROM shift WHERE started_at >= :since", asked)
    glasses = await unit.all(_GLASSES, asked | {"now": now})
    leaders = await unit.all("SELECT account_id FROM account WHERE role = 'supervisor'")
    return Story(
        acts,
        [Shift(**row) for row in shifts],
        [
            Glass(str(row["breakglass_id"]), row["center_id"], row["account_id"], row["ended_at"], row["reviewed_at"])
            for row in glasses
        ],
        frozenset(row["account_id"] for row in leaders),
    )


def _act(row: dict[str, Any], worked: dict[UUID, set[str]]) -> Act:
    mine = str(row["viewer_id"]) in worked.get(row["incident_id"], ()) or row["owner_id"] == row["viewer_id"]
    answered = row["acknowledged_at"]
    return Act(
        str(row["granted_event"]),
        row["center_id"],
        row["viewer_id"],
        row["kind"],
        row["granted_at"],
        row["incident_id"],
        bytes(row["caller_digest"]) if row["caller_digest"] else None,
        row["ended_at"],
        worked=mine,
        answered_before=answered is not None and answered <= row["granted_at"],
    )


def _refusal(row: dict[str, Any], services: Services) -> Act:
    body = services.sealer.open(row["payload_sealed"], context=f"event:{row['event_id']}") or {"payload": {}}
    return Act(
        str(row["event_id"]),
        row["center_id"],
        UUID(row["actor_id"]),
        "refused",
        row["at"],
        row["incident_id"],
        code=str(body["payload"].get("code", "")),
    )


async def listed(services: Services, viewer: Viewer, *, state: str | None) -> dict[str, Any]:
    """`{"findings": […]}` of the viewer's centers, newest first; one about the viewer is told without its evidence."""
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(
            "SELECT f.*, a.name_sealed, a.role FROM misuse_finding f LEFT JOIN account a USING (account_id)"
            " WHERE (CAST(:state AS text) IS NULL OR f.state = :state) ORDER BY f.found_at DESC, f.at DESC LIMIT :most",
            {"state": state, "most": MOST},
        )
    return {"findings": [_line(services, viewer, row) for row in rows]}


def _line(services: Services, viewer: Viewer, row: dict[str, Any]) -> dict[str, Any]:
    ko, en = RULES.get(row["rule"], (row["rule"], row["rule"]))
    is_self = row["account_id"] == viewer.account_id
    name = services.sealer.open(row["name_sealed"], context=f"account.name:{row['account_id']}")
    note = services.sealer.open(row["note_sealed"], context=f"misuse.note:{row['finding_id']}")
    return {
        "finding_id": str(row["finding_id"]),
        "center": row["center_id"],
        "rule": row["rule"],
        "ko": ko,
        "en": en,
        "account": {"account_id": str(row["account_id"]), "name": name or "", "role": row["role"] or ""},
        "is_about_you": is_self,
        "evidence": [] if is_self else row["evidence"],
        "at": iso(row["at"]),
        "found_at": iso(row["found_at"]),
        "state": row["state"],
        "verdict": row["verdict"],
        "note": "" if is_self else note or "",
        "reviewed_by": str(row["reviewed_by"]) if row["reviewed_by"] else None,
        "reviewed_at": iso(row["reviewed_at"]),
    }


async def review(services: Services, viewer: Viewer, finding_id: UUID, *, verdict: str, note: str) -> dict[str, Any]:
    """What a reviewer makes of it; once. Problems 404, 409 `about_yourself`, `reviewed`."""
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        row = await unit.one("SELECT * FROM misuse_finding WHERE finding_id = :id FOR UPDATE", {"id": finding_id})
        if row is None:
            raise Problem(404, "no_finding", "그런 항목이 없습니다.", "There is no such finding for you.")
        if row["account_id"] == viewer.account_id:
            ko, en = "본인에 대한 항목은 다른 사람이 심사합니다.", "It is about you: somebody else has to review it."
            raise Problem(409, "about_yourself", ko, en)
        if row["state"] != "open":
            raise Problem(409, "reviewed", "이미 심사했습니다.", "It has been reviewed already.")
        sealed = services.sealer.seal(note, context=f"misuse.note:{finding_id}", center=row["center_id"])
        await unit.execute(
            "UPDATE misuse_finding SET state = 'reviewed', verdict = :verdict, note_sealed = :note, reviewed_by = :by,"
            " reviewed_at = :now WHERE finding_id = :id",
            {"verdict": verdict, "note": sealed, "by": viewer.account_id, "now": now, "id": finding_id},
        )
        payload = {"finding_id": str(finding_id), "rule": row["rule"], "verdict": verdict}
        record_admin(
            unit, tag="misuse:reviewed", actor=viewer.actor, payload=payload, center_id=row["center_id"], at=now
        )
    return {"finding_id": str(finding_id), "state": "reviewed", "verdict": verdict, "reviewed_at": iso(now)}
