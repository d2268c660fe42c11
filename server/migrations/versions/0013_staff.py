"""Second factor, password history, lockout, sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ACCOUNT = ("password_changed_at", "temporary_until", "totp_sealed", "totp_new_sealed", "totp_step", "last_login_at")
SESSION = ("seen_at", "alive_at", "method", "end_reason", "extended_at")
TABLES = (
    "login_ticket",
    "password_history",
    "recovery_code",
    "login_failure",
    "login_hold",
    "known_device",
    "oidc_attempt",
)


def upgrade() -> None:
    op.add_column("account", sa.Column("password_changed_at", TIME, server_default=sa.func.now(), nullable=False))
    op.add_column("account", sa.Column("temporary_until", TIME))
    op.add_column("account", sa.Column("totp_sealed", sa.LargeBinary()))
    op.add_column("account", sa.Column("totp_new_sealed", sa.LargeBinary()))
    op.add_column("account", sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("account", sa.Column("last_login_at", TIME))
    op.add_column(
        "session", sa.Column("session_id", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False)
    )
    op.create_unique_constraint(op.f("uq_session_session_id"), "session", ["session_id"])
    op.add_column("session", sa.Column("seen_at", TIME, server_default=sa.func.now(), nullable=False))
    op.add_column("session", sa.Column("alive_at", TIME))
    op.add_column("session", sa.Column("method", sa.Text(), server_default="password", nullable=False))
    op.add_column("session", sa.Column("end_reason", sa.Text()))
    op.add_column("session", sa.Column("extended_at", TIME))
    _create_login_tables()
    _create_account_tables()


def _of_account(*, key: bool = True) -> sa.Column:
    return sa.Column("account_id", sa.Uuid(), nullable=not key)


def _account_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["account.account_id"], name=op.f(f"fk_{table}_account_id_account"), ondelete="CASCADE"
    )


def _create_login_tables() -> None:
    op.create_table(
        "login_ticket",
        sa.Column("ticket_digest", sa.LargeBinary(), nullable=False),
        _of_account(),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("passed", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("wrong", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.PrimaryKeyConstraint("ticket_digest", name=op.f("pk_login_ticket")),
        _account_key("login_ticket"),
    )
    op.create_index("ix_login_ticket_account_id", "login_ticket", ["account_id"])
    op.create_table(
        "login_failure",
        sa.Column("failure_id", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("login_digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("pk_login_failure")),
    )
    op.create_index("ix_login_failure_login_digest", "login_failure", ["login_digest"])
    op.create_table(
        "login_hold",
        sa.Column("login_digest", sa.LargeBinary(), nullable=False),
        _of_account(key=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("addresses", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("held_at", TIME, nullable=False),
        sa.Column("held_until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("login_digest", name=op.f("pk_login_hold")),
        _account_key("login_hold"),
    )
    op.create_table(
        "oidc_attempt",
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_oidc_attempt")),
    )


def _create_account_tables() -> None:
    op.create_table(
        "password_history",
        _of_account(),
        sa.Column("set_at", TIME, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "set_at", name=op.f("pk_password_history")),
        _account_key("password_history"),
    )
    op.create_table(
        "recovery_code",
        _of_account(),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("used_at", TIME),
        sa.PrimaryKeyConstraint("account_id", "code_digest", name=op.f("pk_recovery_code")),
        _account_key("recovery_code"),
    )
    op.create_table(
        "known_device",
        _of_account(),
        sa.Column("device_digest", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("told_at", TIME),
        sa.PrimaryKeyConstraint("account_id", "device_digest", name=op.f("pk_known_device")),
        _account_key("known_device"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in reversed(SESSION):
        op.drop_column("session", name)
    op.drop_constraint(op.f("uq_session_session_id"), "session", type_="unique")
    op.drop_column("session", "session_id")
    for name in reversed(ACCOUNT):
        op.drop_column("account", name)
