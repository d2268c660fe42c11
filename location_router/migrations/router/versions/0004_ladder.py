"""Alarms of undelivered alerts, the 112 desk, who else was told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_CLOCKS = ("ladder_from", "ladder_at", "owner_silent_at")


def upgrade() -> None:
    for name in _CLOCKS:
        op.add_column("alert", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_alert_ladder_at", "alert", ["ladder_at"], postgresql_where=sa.text("ladder_at IS NOT NULL"))
    # What is open from before climbs the ladder too.
    op.execute(
        "UPDATE alert SET ladder_from = coalesce(active_at, pre_deadline_at), ladder_at = now() "
        "WHERE message_sealed IS NOT NULL AND closed_at IS NULL AND (phase <> 'ended' OR outcome = 'duress')"
    )
    op.add_column("delivery", sa.Column("role", sa.Text(), server_default=sa.text("'owner'"), nullable=False))
    op.execute("UPDATE delivery SET role = 'former' WHERE is_notice")
    _steps()
    _alarms()


def _steps() -> None:
    op.create_table(
        "alert_step",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.alert_id"], name=op.f("fk_alert_step_alert_id_alert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "step", "ref", name=op.f("pk_alert_step")),
    )
    op.create_table(
        "call_112",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.alert_id"], name=op.f("fk_call_112_alert_id_alert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "step", name=op.f("pk_call_112")),
    )
    op.create_index(
        "ix_call_112_next_attempt_at",
        "call_112",
        ["next_attempt_at"],
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )


def _alarms() -> None:
    op.create_table(
        "alarm",
        sa.Column("alarm_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("center_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("raise_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clear_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarm")),
    )
    op.create_index(
        "uq_alarm_open", "alarm", ["kind", "subject"], unique=True, postgresql_where=sa.text("cleared_at IS NULL")
    )
    op.create_index(
        "ix_alarm_next_attempt_at",
        "alarm",
        ["next_attempt_at"],
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_table(
        "worker_seen",
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_seen")),
    )


def downgrade() -> None:
    for table in ("worker_seen", "alarm", "call_112", "alert_step"):
        op.drop_table(table)
    op.drop_column("delivery", "role")
    op.drop_index("ix_alert_ladder_at", table_name="alert")
    for name in _CLOCKS:
        op.drop_column("alert", name)
