"""Inbox of deliveries (what makes "at least once" once) and quarantine of messages that could not be read: tables."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid, func

from server.db import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("alert_id", Uuid, nullable=False),
    Column("assignment_no", Integer, nullable=False),
    Column("role", Text, nullable=False, server_default="owner"),
    Column("phase", Text, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_inbox_alert_id", inbox.c.alert_id)

# Receipts and statuses on their way to the router: sent after commit, swept until the bus holds them.
outbox = Table(
    "outbox",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempts", Integer, nullable=False, server_default="0"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
