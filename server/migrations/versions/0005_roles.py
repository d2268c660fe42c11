"""What this center is to an alert (owner, runner-up, leaving), and alerts that two incidents of an installation saw."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)


def upgrade() -> None:
    for table in ("incident", "inbox"):
        op.add_column(table, sa.Column("role", sa.Text(), server_default="owner", nullable=False))
    op.drop_constraint(op.f("pk_position"), "position", type_="primary")
    op.create_primary_key(op.f("pk_position"), "position", ["alert_id", "fixed_at", "incident_id"])
    op.create_table(
        "handed_alert",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("assignment_no", sa.Integer(), nullable=False),
        sa.Column("assignment", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("flags", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("caller_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("home", sa.Text(), server_default="", nullable=False),
        sa.Column("battery_percent", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_handed_alert_incident_id")),
        sa.PrimaryKeyConstraint("alert_id", "incident_id", name=op.f("pk_handed_alert")),
    )
    op.create_index("ix_handed_alert_incident_id", "handed_alert", ["incident_id"], unique=False)
    op.execute('ALTER TABLE "handed_alert" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "handed_alert" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "handed_alert" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("handed_alert")
    op.execute(
        "DELETE FROM position p USING position q WHERE p.alert_id = q.alert_id AND p.fixed_at = q.fixed_at "
        "AND p.incident_id > q.incident_id"
    )
    op.drop_constraint(op.f("pk_position"), "position", type_="primary")
    op.create_primary_key(op.f("pk_position"), "position", ["alert_id", "fixed_at"])
    for table in ("inbox", "incident"):
        op.drop_column(table, "role")
