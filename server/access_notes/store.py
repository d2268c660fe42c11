"""Access notes and who has been shown which: tables."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid

from server.db import metadata

access_note = Table(
    "access_note",
    metadata,
    Column("access_note_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("words_sealed", LargeBinary, nullable=False),  # {"text", "by"}: door codes are as good as keys
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    Column("radius_m", Double, nullable=False),
    Column("valid_until", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
Index("ix_access_note_place", access_note.c.center_id, access_note.c.lat, access_note.c.lon)

# One row for each version that somebody was shown in an incident: the line of the log is written once.
access_note_shown = Table(
    "access_note_shown",
    metadata,
    Column("access_note_id", Uuid, ForeignKey("access_note.access_note_id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("incident_id", Uuid, primary_key=True),
    Column("viewer_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
