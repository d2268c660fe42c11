"""Break-glass: who looked past the walls between centers, why, who agreed, and what the review said. Table.

A renewal is a row of its own (`renews`), asked for and agreed to like the first. Reason and note are sealed: they may
speak of a person. That two people stand in a row, and a third reviews, is also a constraint of the database.
"""

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
)

from server.db import metadata

breakglass = Table(
    "breakglass",
    metadata,
    Column("breakglass_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),  # whose walls
    Column("incident_id", Uuid),  # None: not chosen yet
    Column("account_id", Uuid, ForeignKey("account.account_id"), nullable=False),
    Column("session", LargeBinary, nullable=False),
    Column("basis", Text, nullable=False),
    Column("reason_sealed", LargeBinary, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("renews", Uuid),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("is_approved", Boolean, nullable=False, server_default="false"),
    Column("ends_at", DateTime(timezone=True)),
    Column("chosen_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),
    Column("reviewed_by", Uuid),
    Column("reviewed_at", DateTime(timezone=True)),
    Column("verdict", Text),  # justified | not_justified
    Column("note_sealed", LargeBinary),
    CheckConstraint("decided_by IS DISTINCT FROM account_id", name="two_people"),
    CheckConstraint(
        "reviewed_by IS NULL OR (reviewed_by <> account_id AND reviewed_by IS DISTINCT FROM decided_by)",
        name="other_reviewer",
    ),
)
Index("ix_breakglass_account_id", breakglass.c.account_id, breakglass.c.incident_id)
Index("ix_breakglass_center_id", breakglass.c.center_id, breakglass.c.requested_at)

__all__ = ["breakglass"]
