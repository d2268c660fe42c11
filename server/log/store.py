"""Signed checkpoints of the chains, and what other centers have told the home center about disclosures: tables."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid

from server.db import metadata

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("center_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("installation", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # of the event with this seq
    Column("at", DateTime(timezone=True), nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("written_at", DateTime(timezone=True)),  # to CHECKPOINT_DIR
)

# What was shown of an alert of one of our people, as the center that served it has summed it up when it closed.
disclosure_note = Table(
    "disclosure_note",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("serving_center", Text, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("ix_disclosure_note_person_id", disclosure_note.c.person_id)

__all__ = ["checkpoint", "disclosure_note"]
