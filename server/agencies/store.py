"""Linked agencies and the agreements that let them do what they may: tables."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY

from server.db import metadata

agency = Table(
    "agency",
    metadata,
    Column("agency_id", Text, primary_key=True),  # "112-demo", "119-demo"
    Column("kind", Text, nullable=False),  # 112 | 119 | …
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

agreement = Table(
    "agreement",
    metadata,
    Column("agreement_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("agency_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("triggers", ARRAY(Text), nullable=False),  # dispatch | …
    Column("legal_bases", ARRAY(Text), nullable=False),
    Column("may_view_live", Boolean, nullable=False, server_default="false"),
    Column("may_view_recorded", Boolean, nullable=False, server_default="false"),
    Column("may_store", Boolean, nullable=False, server_default="false"),
    Column("may_see_position", Boolean, nullable=False, server_default="false"),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    Column("suspended_at", DateTime(timezone=True)),
)
