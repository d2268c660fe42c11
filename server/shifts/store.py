"""Who is on shift at which desk, what the check at its beginning found, and which seats are open: tables."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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

shift_check = Table(
    "shift_check",
    metadata,
    Column("check_id", Uuid, primary_key=True),
    Column("shift_id", Uuid, ForeignKey("shift.shift_id", ondelete="CASCADE"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("results", JSONB, nullable=False),  # server.shifts.checking.Check
    Column("failed", ARRAY(Text), nullable=False),
)
Index("ix_shift_check_shift_id", shift_check.c.shift_id, shift_check.c.at)

# Every page that holds the feed open, in whichever process; a row goes with the page (server/console/seats.py).
seat = Table(
    "seat",
    metadata,
    Column("seat_id", Uuid, primary_key=True),  # made by the page
    Column("socket_id", Uuid, nullable=False),  # of the connection that it has now
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), nullable=False),
    Column("session", LargeBinary, nullable=False),
    Column("desk", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("works", Boolean, nullable=False),
    Column("selected", Uuid),
    Column("chosen_by", Uuid),  # the seat that chose it: this one, or a monitor that follows it
    Column("chosen_at", DateTime(timezone=True), nullable=False),
    Column("sound", Text, nullable=False),
    Column("alive_at", DateTime(timezone=True), nullable=False),
    Column("lost_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('console', 'wall', 'map', 'queue')", name="kind"),
    CheckConstraint("sound IN ('running', 'suspended', 'muted')", name="sound"),
)
Index("ix_seat_desk", seat.c.desk)
