"""How the installation fares, for those who run it: counts and ages, nothing about a person or an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from server.incidents.cards import iso
from server.retention.findings import overdue_days

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

LATE = timedelta(seconds=60)
DAY = timedelta(days=1)

# of the viewer's centers
_CENTER = """
SELECT count(*) FILTER (WHERE open) AS open,
       count(*) FILTER (WHERE open AND owner_id IS NULL AND phase = 'active' AND NOT is_drill) AS unanswered,
       count(*) FILTER (WHERE open AND escalate_at < :late) AS escalations_missed,
       count(*) FILTER (WHERE open AND pre_deadline_at < :late) AS activations_missed,
       (SELECT count(*) FROM dispatch WHERE state IN ('requested', 'delivered', 'failed') AND is_overdue
        AND NOT is_drill) AS dispatches_overdue,
       (SELECT count(*) FROM release r JOIN incident x USING (incident_id) WHERE r.ended_at IS NULL
        AND x.state IN ('closed', 'cancelled', 'transferred') AND x.closed_at < :late) AS releases_left_open,
       (SELECT count(*) FROM event_payload p RIGHT JOIN event e USING (center_id, seq) WHERE p.seq IS NULL
        AND e.at > :day) AS payloads_missing
FROM (SELECT *, state NOT IN ('closed', 'cancelled', 'transferred') AS open FROM incident) i
"""
# of the installation: a queue, a failed sign-in and a job belong to no center
_INSTALLATION = """
SELECT (SELECT count(*) FROM outbox) AS outbox,
       (SELECT coalesce(extract(epoch FROM :now - min(created_at)), 0) FROM outbox) AS outbox_oldest_s,
       (SELECT count(*) FROM quarantine) AS quarantine,
       (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo') AS jobs_waiting,
       (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed') AS jobs_failed,
       (SELECT count(*) FROM login_failure WHERE at > :day) AS failed_sign_ins,
       (SELECT count(DISTINCT login_digest) FROM login_failure WHERE at > :day) AS failed_logins,
       (SELECT count(*) FROM login_hold WHERE held_until > :now) AS held_logins,
       (SELECT count(*) FROM session WHERE ended_at IS NULL AND expires_at > :now) AS sessions
"""
_MARKS = """
SELECT h.center_id, h.seq - coalesce(max(c.seq), 0) AS lines_since, max(c.at) AS at
FROM chain_head h LEFT JOIN checkpoint c ON c.center_id = h.center_id GROUP BY h.center_id, h.seq ORDER BY h.center_id
"""


async def summary(services: Services, viewer: Viewer) -> dict[str, Any]:
    """`{"well", "incidents", "discrepancies", "queues", "sign_in", "retention", "checkpoints", "now"}`."""
    now = services.clock()
    asked = {"now": now, "late": now - LATE, "day": now - DAY}
    async with services.db.begin() as unit:
        whole = await unit.one(_INSTALLATION, {name: asked[name] for name in ("now", "day")})
        overdue = await overdue_days(unit, now)
    async with services.db.begin(center=viewer.scope) as unit:
        own = await unit.one(_CENTER, {name: asked[name] for name in ("late", "day")})
        marks = await unit.all(_MARKS)
    assert whole is not None and own is not None
    wrong = {name: own[name] for name in own if name not in ("open", "unanswered")}
    return {
        "well": not any(wrong.values()) and not whole["quarantine"] and not whole["jobs_failed"] and not overdue,
        "incidents": {"open": own["open"], "unanswered": own["unanswered"]},
        "discrepancies": wrong,
        "queues": {
            "outbox": whole["outbox"],
            "outbox_oldest_s": round(float(whole["outbox_oldest_s"]), 1),
            "quarantine": whole["quarantine"],
            "jobs_waiting": whole["jobs_waiting"],
            "jobs_failed": whole["jobs_failed"],
        },
        "sign_in": {name: whole[name] for name in ("failed_sign_ins", "failed_logins", "held_logins", "sessions")},
        "retention": {"overdue_days": round(overdue, 2)},
        "checkpoints": [
            {
                "center": row["center_id"],
                "at": iso(row["at"]),
                "age_s": round((now - row["at"]).total_seconds(), 1) if row["at"] else None,
                "lines_since": row["lines_since"],
            }
            for row in marks
        ],
        "now": iso(now),
    }
