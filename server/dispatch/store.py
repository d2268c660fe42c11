"""Requests to 112, 119 and other agencies: one row per (incident, agency)."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.db import metadata

dispatch = Table(
    "dispatch",
    metadata,
    Column("dispatch_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("agency_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("agreement_id", Uuid, ForeignKey("agreement.agreement_id"), nullable=False),
    # requested → delivered → accepted | declined → en_route → on_scene → done; cancelled
    Column("state", Text, nullable=False),
    Column("case_no", Text, nullable=False, unique=True),
    Column("receipt_no", Text),
    Column("legal_basis", Text, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("times", JSONB, nullable=False, server_default="{}"),
    Column("overdue_at", DateTime(timezone=True)),
    Column("is_overdue", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("incident_id", "agency_id"),
)
Index("ix_dispatch_agency", dispatch.c.agency_id, dispatch.c.created_at)

# The last case number of each kind of agency and Korean day.
case_counter = Table(
    "case_counter",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("last_number", Integer, nullable=False),
)
