"""Green lights asked for a unit's way."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "signal_priority",
        sa.Column("priority_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("is_drill", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_simulated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("until_at", TIME, nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dispatch_id"],
            ["dispatch.dispatch_id"],
            name=op.f("fk_signal_priority_dispatch_id_dispatch"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("priority_id", name=op.f("pk_signal_priority")),
    )
    op.create_index("ix_signal_priority_dispatch_id", "signal_priority", ["dispatch_id", "requested_at"])
    op.execute('ALTER TABLE "signal_priority" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "signal_priority" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "signal_priority" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("signal_priority")
