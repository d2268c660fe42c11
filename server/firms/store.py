"""Firms under an umbrella agency (an association and its members): the table.

A firm is an agency of its own: its accounts, line, requests and false rate are its own. What it may is its umbrella's
agreement with the center, within the limits that stand here (view `agreed`); a limit can only take away.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from server.db import metadata

firm = Table(
    "firm",
    metadata,
    Column("agency_id", Text, ForeignKey("agency.agency_id"), primary_key=True),
    Column("umbrella_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("triggers", ARRAY(Text)),  # of the umbrella's; NULL: all of them
    Column("centers", ARRAY(Text)),  # codes; NULL: every center that agreed with the umbrella
    Column("branches", ARRAY(Text)),  # by which a request may call itself; NULL: any word. Another is taken, and noted
    Column("ends_at", DateTime(timezone=True)),
    Column("suspended_at", DateTime(timezone=True)),
    Column("suspended_by", Uuid),
    Column("suspended_reason", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),  # raised by every change, so that desks hear of it
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("added_by", Uuid),  # None: by the installation itself
)
Index("ix_firm_umbrella_id", firm.c.umbrella_id)

__all__ = ["firm"]
