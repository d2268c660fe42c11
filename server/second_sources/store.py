"""Places that other sources give for an incident: a table."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid

from server.db import metadata

second_source = Table(
    "second_source",
    metadata,
    Column("entry_id", Uuid, primary_key=True),  # made by whoever sends it, so that twice is once
    Column("source_id", Uuid, nullable=False),  # entries of one track
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("center_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # model.SourceKind
    Column("words_sealed", LargeBinary, nullable=False),  # {"lat", "lon", "radius_m", "label", "reference", "by"}
    Column("fixed_at", DateTime(timezone=True), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
)
Index("ix_second_source_incident_id", second_source.c.incident_id)
