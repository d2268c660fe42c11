"""The timeline: events appended to the center's hash chain as the last thing of the transaction (tables).

Tags are `subject:action`. The chain covers ids and salted digests; payload and salt live apart (`event_payload`)
and can be purged without breaking it (invariant 8).
"""
from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, Table, Text, Uuid

from server.db import metadata

chain_head = Table(
    "chain_head", metadata,
    Column("center_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

event = Table(
    "event", metadata,
    Column("center_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("incident_id", Uuid, nullable=False),
    Column("tag", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),  # operator | agent | person | guardian | system
    Column("actor_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("payload_digest", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
Index("ix_event_incident", event.c.incident_id, event.c.seq)

event_payload = Table(
    "event_payload", metadata,
    Column("center_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("payload_sealed", LargeBinary, nullable=False),
)
