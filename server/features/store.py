"""Dated switches of functions, by center: table. A row for all centers stands under `*`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, Table, Text, Uuid

from server.db import metadata

feature_flag = Table(
    "feature_flag",
    metadata,
    Column("center_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # model.FEATURES
    Column("since", DateTime(timezone=True), primary_key=True),
    Column("state", Text, nullable=False),  # model.State
    Column("until", DateTime(timezone=True)),
    Column("set_by", Uuid, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state IN ('off', 'pilot', 'on')", name="state"),
    CheckConstraint("until IS NULL OR until > since", name="order"),
)

__all__ = ["feature_flag"]
