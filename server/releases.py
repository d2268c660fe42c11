"""Releases: one row per disclosure of image or location to someone (제공기록): table, gate and endings."""
from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Table, Text, Uuid, func, text

from server.db import metadata

release = Table(
    "release", metadata,
    Column("release_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("kind", Text, nullable=False),  # live | position
    Column("camera_id", Text),
    Column("viewer_kind", Text, nullable=False),  # operator | agent | guardian
    Column("viewer_id", Uuid, nullable=False),
    Column("agreement_id", Uuid),
    Column("address", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("first_byte_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
)
Index("ix_release_open", release.c.incident_id, postgresql_where=text("ended_at IS NULL"))
