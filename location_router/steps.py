"""The ladder's timeline: what was tried for an alert and what came of it, one row a step, written where it happens.

Rows tell no person's data: names of desks and numbers only. A step is written once for each `ref` (the delivery or the
assignment that it is about), however often the thing is repeated.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB

from location_router.runtime.pool import Connection, Pool
from location_router.store import metadata


class Step(StrEnum):
    """What an alert's timeline can say about the ladder; `accepted`, `assigned` and statuses are read beside them."""

    BUS_SILENT = "bus_silent"  # the bus did not take the letter
    HTTPS_TRIED = "https_tried"  # no receipt by then: the desk's own address was knocked at
    DELIVERED = "delivered"  # a desk's receipt; detail.way says which
    PASSED_ON = "passed_on"  # no receipt: the next desk owns it
    RUNNER_UP_TOLD = "runner_up_told"  # the owner is silent: another desk looks too, or owns it now
    DESK_112_CALLED = "desk_112_called"
    DESK_112_ANSWERED = "desk_112_answered"
    ALARMED = "alarmed"  # undelivered for too long: administrators were told


def _time(name: str, *, now: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=not now, server_default=func.now() if now else None)


def _alert_id(**more: Any) -> Column[object]:
    return Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), nullable=False, **more)


alert_step = Table(
    "alert_step",
    metadata,
    _alert_id(primary_key=True),
    Column("step", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    _time("at", now=True),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
)

# A call of the 112 desk; what is said is made from the alert at each attempt, so that it is the newest we know.
call_112 = Table(
    "call_112",
    metadata,
    _alert_id(primary_key=True),
    Column("step", Text, primary_key=True),
    Column("is_drill", Boolean, nullable=False),
    _time("created_at", now=True),
    _time("next_attempt_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _time("answered_at"),
    Column("answer", Text, nullable=False, server_default=text("''")),
)
Index("ix_call_112_next_attempt_at", call_112.c.next_attempt_at, postgresql_where=text("next_attempt_at IS NOT NULL"))

# `subject`: the alert's id. Raised and cleared once each; the webhook is told of both, in this order.
alarm = Table(
    "alarm",
    metadata,
    Column("alarm_id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("center_code", Text, nullable=False, server_default=text("''")),
    _time("raised_at", now=True),
    _time("cleared_at"),
    _time("next_attempt_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _time("raise_told_at"),
    _time("clear_told_at"),
)
Index("uq_alarm_open", alarm.c.kind, alarm.c.subject, unique=True, postgresql_where=text("cleared_at IS NULL"))
Index("ix_alarm_next_attempt_at", alarm.c.next_attempt_at, postgresql_where=text("next_attempt_at IS NOT NULL"))

# Somebody must be sweeping: each worker writes its row every few seconds.
worker_seen = Table("worker_seen", metadata, Column("worker", Text, primary_key=True), _time("seen_at", now=True))

NEW_STEP = """
INSERT INTO alert_step (alert_id, step, ref, detail) VALUES (%s, %s, %s, %s::jsonb) ON CONFLICT DO NOTHING"""
TIMELINE = """
SELECT received_at, 'accepted', jsonb_build_object('phase', phase, 'flags', flags) FROM alert WHERE alert_id = %(id)s
UNION ALL SELECT active_at, 'active', '{}' FROM alert WHERE alert_id = %(id)s AND active_at IS NOT NULL
UNION ALL SELECT decided_at, 'assigned', jsonb_build_object('assignment_no', assignment_no, 'center', center_code,
  'installation', served_by, 'reason', reason, 'boundary_version', boundary_version)
  FROM assignment WHERE alert_id = %(id)s
UNION ALL SELECT at, step, detail FROM alert_step WHERE alert_id = %(id)s
UNION ALL SELECT received_at, 'status', jsonb_build_object('state', state, 'assignment_no', assignment_no,
  'fenced', NOT is_adopted) FROM status WHERE alert_id = %(id)s AND state <> 'assigned'
ORDER BY 1"""


async def write(conn: Connection, alert_id: UUID, step: Step, ref: str, **detail: Any) -> None:
    """One step, in the caller's transaction; nothing if it stands there already."""
    await conn.execute(NEW_STEP, (alert_id, step, ref, orjson.dumps(detail).decode()))


async def timeline(pool: Pool, alert_id: UUID) -> list[dict[str, Any]]:
    """`{"at": datetime, "step": str, "detail": {…}}` in order of time; empty for an unknown alert. Raises
    Unavailable."""
    rows: list[tuple[datetime, str, dict[str, Any]]] = await pool.run(TIMELINE, {"id": alert_id})
    return [{"at": at, "step": step, "detail": detail} for at, step, detail in rows]
