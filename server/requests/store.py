"""Requests of linked agencies, and what was refused: tables, and their rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from location_router.runtime.db import Unit
from server.db import metadata

KEY = ("request_id", "center_id")
_NOTE = """
INSERT INTO request_refusal (refusal_id, center_id, agency_id, at, code, trigger, address, request_id, detail)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (refusal_id) DO UPDATE SET count = request_refusal.count + 1, at = excluded.at RETURNING count
"""

# One row per request and center: at a border the next center has a row of its own. `request_id` is the alert's id.
agency_request = Table(
    "agency_request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),  # as it was said: a refused one may name an agency that is not here
    Column("agreement_id", Uuid, ForeignKey("agreement.agreement_id")),  # None: refused
    Column("incident_id", Uuid, ForeignKey("incident.incident_id")),  # None: refused
    Column("branch", Text, nullable=False, server_default=""),
    Column("trigger", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("state", Text, nullable=False),  # model.State
    Column("via", Text, nullable=False),  # router | center
    Column("body_sealed", LargeBinary),  # case_no, callback, subject; None: refused, nothing of it is kept
    Column("body_digest", LargeBinary),  # of what the agency sent, where it came directly
    Column("area_sealed", LargeBinary),  # a disaster's area now, once it has moved; the first is in the subject
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("verify_due_at", DateTime(timezone=True)),  # target for the decision; None once decided or told
    Column("is_overdue", Boolean, nullable=False, server_default="false"),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", Uuid),
    Column("reason", Text, nullable=False, server_default=""),  # a code, of whatever it was that ended it
    Column("is_auto", Boolean, nullable=False, server_default="false"),  # accepted by a rule
    Column("ends_at", DateTime(timezone=True)),  # until when it can be accepted, then until when it lasts
    Column("ended_at", DateTime(timezone=True)),
    Column("seq", Integer, nullable=False, server_default="0"),
    Column("history", JSONB, nullable=False, server_default="[]"),  # what the agency is told: nothing about a person
    Column("trouble", Text, nullable=False, server_default=""),  # why the agency's line could not be told
    Column("is_drill", Boolean, nullable=False, server_default="false"),
)
Index("ix_agency_request_incident_id", agency_request.c.incident_id, agency_request.c.agency_id)
Index("ix_agency_request_agency_id", agency_request.c.agency_id, agency_request.c.received_at)
Index(
    "ix_agency_request_verify_due_at",
    agency_request.c.verify_due_at,
    postgresql_where=text("verify_due_at IS NOT NULL"),
)
Index(
    "ix_agency_request_ends_at",
    agency_request.c.ends_at,
    postgresql_where=text("state IN ('received', 'accepted')"),
)

# What was not taken, and why. What nobody signed is one row a minute and address, counted: a flood fills no disk.
request_refusal = Table(
    "request_refusal",
    metadata,
    Column("refusal_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False, server_default=""),  # "": the installation's
    Column("agency_id", Text, nullable=False, server_default=""),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("code", Text, nullable=False),  # refusals.REFUSALS
    Column("trigger", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("request_id", Uuid),
    Column("detail", JSONB, nullable=False, server_default="{}"),  # field names; no values
    Column("count", Integer, nullable=False, server_default="1"),
)
Index("ix_request_refusal_at", request_refusal.c.center_id, request_refusal.c.at)

# Messages of the lines by their id: a thing said twice happens once, and an id is good for nothing else.
request_message = Table(
    "request_message",
    metadata,
    Column("agency_id", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("body_digest", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# A camera that an agency lends for the time of one request, by its own consent. None of the city's: nothing chooses,
# records, moves or patrols it; the gate opens it for this request's incident and for nothing else.
lent_camera = Table(
    "lent_camera",
    metadata,
    Column("camera_id", Text, primary_key=True),  # "lent-" and a UUID
    Column("center_id", Text, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    Column("heading_deg", Double),
    Column("url_sealed", LargeBinary),  # gone when it ends
    Column("consent_sealed", LargeBinary),  # who consented, in the agency's words
    Column("consented_at", DateTime(timezone=True), nullable=False),
    Column("is_for_dispatched", Boolean, nullable=False, server_default="false"),
    Column("lent_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text, nullable=False, server_default=""),  # withdrawn, request_…
)
Index("ix_lent_camera_request_id", lent_camera.c.request_id)
Index("ix_lent_camera_until_at", lent_camera.c.until_at, postgresql_where=text("ended_at IS NULL"))


COLUMNS = tuple(column.name for column in agency_request.columns)
NEW: dict[str, Any] = {
    **dict.fromkeys(("agreement_id", "incident_id", "body_digest", "verify_due_at", "decided_at", "decided_by")),
    **dict.fromkeys(("ends_at", "ended_at", "area_sealed")),
    **dict.fromkeys(("reason", "trouble"), ""),
    **dict.fromkeys(("is_overdue", "is_auto"), False),
    "seq": 0,
    "history": [],
}
"""What a row of `agency_request` says where nothing has happened yet."""
_PUT = f"INSERT INTO agency_request ({', '.join(COLUMNS)}) VALUES ({', '.join(f'%({name})s' for name in COLUMNS)})"


async def put(unit: Unit, row: dict[str, Any]) -> None:
    """A new row; `row` may have more than its columns."""
    values = {name: row[name] for name in COLUMNS}
    await unit.driver.execute(_PUT, values | {"history": Jsonb(row["history"])})


async def change(unit: Unit, row: dict[str, Any], changes: dict[str, Any]) -> None:
    """These columns of the row with this key."""
    key = [agency_request.c[name] == row[name] for name in KEY]
    await unit.execute(agency_request.update().where(*key).values(**changes))


async def note_refusal(
    unit: Unit,
    *,
    code: str,
    at: datetime,
    center_id: str = "",
    agency_id: str = "",
    trigger: str = "",
    address: str = "",
    request_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
    refusal_id: UUID | None = None,
) -> int:
    """What was refused by whom, and why: a row of its own, or counted on the row `refusal_id`. How often it was."""
    said = [center_id, agency_id[:80], at, code, trigger[:80], address, request_id, Jsonb(detail or {})]
    row = await (await unit.driver.execute(_NOTE, [refusal_id or uuid4(), *said])).fetchone()
    return int(row[0]) if row else 0
