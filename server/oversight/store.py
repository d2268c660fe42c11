"""What misuse detection has found, and what the review said: table.

Evidence is the ids of lines in the log (or `breakglass:ID`), never what they say. One row for each rule, account,
center, subject and Korean day: a job that runs again adds to the row while nobody has reviewed it.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, Index, LargeBinary, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from server.db import metadata

misuse_finding = Table(
    "misuse_finding",
    metadata,
    Column("finding_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("rule", Text, nullable=False),  # model.RULES
    Column("account_id", Uuid, nullable=False),
    Column("day", Text, nullable=False),  # of the last act, in Korea
    Column("subject", Text, nullable=False, server_default=""),  # tells two findings of a day apart; no person
    Column("subject_digest", LargeBinary),  # keyed: whose data it was, where the rule is about one person
    Column("evidence", JSONB, nullable=False, server_default="[]"),
    Column("at", DateTime(timezone=True), nullable=False),  # the last act
    Column("found_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="open"),  # open | reviewed
    Column("verdict", Text),  # model.VERDICTS
    Column("note_sealed", LargeBinary),
    Column("reviewed_by", Uuid),
    Column("reviewed_at", DateTime(timezone=True)),
    UniqueConstraint("center_id", "rule", "account_id", "day", "subject"),
    CheckConstraint("reviewed_by IS NULL OR reviewed_by <> account_id", name="other_reviewer"),
)
Index("ix_misuse_finding_center_id", misuse_finding.c.center_id, misuse_finding.c.found_at)

__all__ = ["misuse_finding"]
