"""Accounts of operators, administrators and agencies' agents: tables."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
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
)

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
    # a Role of permissions.py: center staff of `desk`, or agent (staff of `agency_id`)
    Column("role", Text, nullable=False),
    Column("desk", Text),
    Column("agency_id", Text),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("password_changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # A temporary password: good until then, for choosing one's own. None: the password is the person's own.
    Column("temporary_until", DateTime(timezone=True)),
    Column("totp_sealed", LargeBinary),
    Column("totp_new_sealed", LargeBinary),  # shown as a QR code, not yet confirmed by a code
    Column("totp_step", BigInteger, nullable=False, server_default="0"),  # the last time step whose code was used
    Column("last_login_at", DateTime(timezone=True)),
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
    Column("session_id", Uuid, nullable=False, unique=True, server_default=func.gen_random_uuid()),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),  # its last request
    Column("alive_at", DateTime(timezone=True)),  # a socket of it was open then
    Column("method", Text, nullable=False, server_default="password"),  # password | totp | recovery | oidc
    Column("end_reason", Text),  # signed_out | replaced | limit | idle | rights | ended | by_admin
    Column("extended_at", DateTime(timezone=True)),
)
Index("ix_session_account_id", session.c.account_id)

# Half-way through signing in: the password was right, and `step` is what is still to do.
login_ticket = Table(
    "login_ticket",
    metadata,
    Column("ticket_digest", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), nullable=False),
    Column("address", Text, nullable=False),
    Column("step", Text, nullable=False),  # model.Step
    Column("passed", ARRAY(Text), nullable=False),
    Column("wrong", Integer, nullable=False, server_default="0"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)
Index("ix_login_ticket_account_id", login_ticket.c.account_id)

password_history = Table(
    "password_history",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), primary_key=True),
    Column("set_at", DateTime(timezone=True), primary_key=True),
    Column("password_hash", Text, nullable=False),
)

# Ten of them with the second factor, each good once; and a supervisor's pass, which expires.
recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), primary_key=True),
    Column("code_digest", LargeBinary, primary_key=True),
    Column("expires_at", DateTime(timezone=True)),
    Column("used_at", DateTime(timezone=True)),
)

# By login and not by account: a login that nobody has fails, and is held, like any other.
login_failure = Table(
    "login_failure",
    metadata,
    Column("failure_id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("login_digest", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", Text, nullable=False),  # password | second
    Column("address", Text, nullable=False),
)
Index("ix_login_failure_login_digest", login_failure.c.login_digest)
login_hold = Table(
    "login_hold",
    metadata,
    Column("login_digest", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE")),
    Column("reason", Text, nullable=False),  # model.HoldReason
    Column("addresses", ARRAY(Text), nullable=False),
    Column("held_at", DateTime(timezone=True), nullable=False),
    Column("held_until", DateTime(timezone=True), nullable=False),
)

# Browsers and seats an account has come from; the keyed digest of a cookie, or of an address.
known_device = Table(
    "known_device",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.account_id", ondelete="CASCADE"), primary_key=True),
    Column("device_digest", LargeBinary, primary_key=True),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
    Column("address", Text, nullable=False),
    Column("told_at", DateTime(timezone=True)),  # the person has seen the notice
)

# One attempt to sign in at the identity provider. Nonce and PKCE verifier are derived from the state.
oidc_attempt = Table(
    "oidc_attempt",
    metadata,
    Column("state_digest", LargeBinary, primary_key=True),
    Column("address", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

__all__ = [
    "account",
    "allowed_address",
    "center",
    "known_device",
    "login_failure",
    "login_hold",
    "login_ticket",
    "oidc_attempt",
    "password_history",
    "recovery_code",
    "session",
]
