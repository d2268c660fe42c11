"""What is kept how long, legal holds, and the proofs that the rest is gone: tables.

Centers' rows are separated like all others; the city's default policy and proofs of what belongs to no center stand
under `-`, which only the installation's own jobs and staff of the whole installation see.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.db import metadata

retention_policy = Table(
    "retention_policy",
    metadata,
    Column("center_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("days", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_by", Text, nullable=False),
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("hold_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid),
    Column("person_ref", Text),
    Column("basis", Text, nullable=False),  # model.HOLD_BASES
    Column("reason_sealed", LargeBinary, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("placed_by", Uuid, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),  # NULL: its time was over
    Column("end_reason_sealed", LargeBinary),
    CheckConstraint("(incident_id IS NULL) <> (person_ref IS NULL)", name="one_subject"),
)
Index("ix_legal_hold_in_force", legal_hold.c.center_id, postgresql_where=text("ended_at IS NULL"))

# One row per run; an unfinished one is taken up again by the next.
retention_run = Table(
    "retention_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("failed", JSONB, nullable=False, server_default="{}"),  # kind → error
)
Index("ix_retention_run_unfinished", retention_run.c.started_at, postgresql_where=text("finished_at IS NULL"))

# Counts grow with each batch in the batch's own transaction; sealed with a digest, in the chain too, at the run's end.
retention_proof = Table(
    "retention_proof",
    metadata,
    Column("run_id", Uuid, ForeignKey("retention_run.run_id"), primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("before", DateTime(timezone=True), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("deleted", BigInteger, nullable=False, server_default="0"),
    Column("tables", JSONB, nullable=False, server_default="{}"),  # table → rows
    Column("held", BigInteger),
    Column("oldest_kept", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("digest", LargeBinary),
)
Index("ix_retention_proof_center", retention_proof.c.center_id, retention_proof.c.finished_at)

# When a kind was last found clean: nothing that is due was left.
retention_kind = Table(
    "retention_kind",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
    Column("cleaned_at", DateTime(timezone=True)),
)
