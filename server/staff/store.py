"""Accounts of operators, administrators and agencies' agents: tables."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid, func

from server.db import metadata

# A center is a municipality this installation answers for; `desk` names the room whose seats answer.
center = Table(
    "center",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("callback", Text, nullable=False, server_default=""),
)

account = Table(
    "account",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("password_hash", Text, nullable=False),
    # operator | supervisor | admin (center staff of `desk`); agent (staff of `agency_id`)
    Column("role", Text, nullable=False),
    Column("desk", Text),
    Column("agency_id", Text),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# Registered addresses (invariant 4): a session, and each opened stream, must come from one of these networks.
allowed_address = Table(
    "allowed_address",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), primary_key=True),
    Column("network", Text, primary_key=True),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

session = Table(
    "session",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
Index("ix_session_account_id", session.c.account_id)

__all__ = ["account", "allowed_address", "center", "session"]
