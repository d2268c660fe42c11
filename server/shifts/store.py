"""Who is on shift at which desk: table."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from server.db import metadata

shift = Table(
    "shift",
    metadata,
    Column("shift_id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), nullable=False),
    Column("desk", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("note_sealed", LargeBinary),  # what the next shift should know
)
Index("ix_shift_running", shift.c.account_id, unique=True, postgresql_where=text("ended_at IS NULL"))
