"""Fetches: what was asked of which device for which incident, how far it is, and how it ended."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Double, Index, Integer, Table, Text, Uuid, text

from server.db import metadata

recording_fetch = Table(
    "recording_fetch",
    metadata,
    Column("fetch_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("recording", Text, nullable=False, server_default=""),  # the device's name for it
    Column("asked_by", Uuid, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("code", Text, nullable=False, server_default=""),  # why it failed or ended
    Column("progress", Double, nullable=False, server_default="0"),
    Column("segments", Integer, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("missing_s", Double),  # of the span, when it was over
    Column("clock_offset_s", Double),  # the device's clock minus ours, as it was converted with
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('waiting', 'fetching', 'done', 'failed', 'ended')", name="state"),
    CheckConstraint("until_at > from_at", name="order"),
)
Index(
    "uq_recording_fetch_running",
    recording_fetch.c.incident_id,
    recording_fetch.c.camera_id,
    unique=True,
    postgresql_where=text("state IN ('waiting', 'fetching')"),
)
