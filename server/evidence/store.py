"""Evidence packages: one row for each that was asked for. Its file is gone when it ends; the row stays."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY

from server.db import metadata

evidence_package = Table(
    "evidence_package",
    metadata,
    Column("package_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("address", Text, nullable=False),  # where the file may be fetched: where it was asked for
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("camera_ids", ARRAY(Text), nullable=False),
    Column("release_ids", ARRAY(Uuid), nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("words_sealed", LargeBinary, nullable=False),  # recipient, reason, basis
    Column("password_sealed", LargeBinary),  # until the file is made
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("progress", Double, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
    Column("bytes", BigInteger),
    Column("sha256", LargeBinary),
    Column("ready_at", DateTime(timezone=True)),
    Column("fetched_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    CheckConstraint("state IN ('waiting', 'making', 'ready', 'failed', 'ended')", name="state"),
    CheckConstraint("until_at > from_at", name="order"),
)
Index("ix_evidence_package_incident", evidence_package.c.incident_id)
Index(
    "ix_evidence_package_open",
    evidence_package.c.expires_at,
    postgresql_where=evidence_package.c.state.in_(["waiting", "making", "ready"]),
)
