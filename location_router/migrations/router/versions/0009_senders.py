"""Registered senders, devices, text messages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WHERE = sa.text("heartbeat_s > 0")


def _time(name: str, *, now: bool = False) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def _word(name: str, default: str = "") -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=sa.text(f"'{default}'"), nullable=False)


def upgrade() -> None:
    _senders()
    _locations()
    op.create_table(
        "device",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("home_installation", sa.Text(), nullable=False),
        _word("kind"),
        _word("state", "active"),
        sa.Column("heartbeat_s", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default=sa.text("-1"), nullable=False),
        sa.Column("battery_percent", sa.Integer(), nullable=True),
        _word("reported"),
        _time("registered_at", now=True),
        _time("last_seen_at"),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device")),
    )
    op.create_index("ix_device_last_seen_at", "device", ["last_seen_at"], postgresql_where=_WHERE)


def _senders() -> None:
    op.create_table(
        "sender",
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _word("contact"),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        _word("state", "active"),
        sa.Column("rate_per_minute", sa.Integer(), server_default=sa.text("600"), nullable=False),
        _word("certificate_sha256"),
        _time("created_at", now=True),
        _time("changed_at", now=True),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_sender")),
    )
    op.create_table(
        "sender_key",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("signing_sealed", sa.LargeBinary(), nullable=False),
        _time("created_at", now=True),
        _time("expires_at"),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.sender_id"], name=op.f("fk_sender_key_sender_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_sender_key")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_sender_key_key_sha256")),
    )
    op.create_index("ix_sender_key_sender_id", "sender_key", ["sender_id"])
    op.create_table(
        "sender_alert",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        _time("received_at", now=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_sender_alert")),
    )
    op.create_index("ix_sender_alert_received_at", "sender_alert", ["received_at"])


def _locations() -> None:
    op.create_table(
        "sandbox_alert",
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        _time("changed_at", now=True),
        sa.PrimaryKeyConstraint("sender_id", "alert_id", name=op.f("pk_sandbox_alert")),
    )
    op.create_index("ix_sandbox_alert_changed_at", "sandbox_alert", ["changed_at"])
    op.create_table(
        "els_location",
        sa.Column("els_id", sa.Uuid(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        _time("received_at", now=True),
        sa.PrimaryKeyConstraint("els_id", name=op.f("pk_els_location")),
    )
    op.create_index("ix_els_location_received_at", "els_location", ["received_at"])
    op.create_table(
        "sender_pace",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sender_pace")),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_index("ix_device_last_seen_at", table_name="device", postgresql_where=_WHERE)
    for table in ("sender_pace", "device", "els_location", "sandbox_alert", "sender_alert", "sender_key", "sender"):
        op.drop_table(table)
