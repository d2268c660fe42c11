"""Alerts that belong together."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_claim",
        sa.Column("claim", sa.LargeBinary(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("claim", name=op.f("pk_alert_claim")),
    )
    op.create_table(
        "alert_link",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("linked_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("alert_id < other_id", name=op.f("ck_alert_link_ordered")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.alert_id"], name=op.f("fk_alert_link_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["alert.alert_id"], name=op.f("fk_alert_link_other_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "other_id", "kind", name=op.f("pk_alert_link")),
    )
    op.create_index("ix_alert_link_other_id", "alert_link", ["other_id"])
    op.create_index("ix_alert_received_at", "alert", ["received_at"])


def downgrade() -> None:
    op.drop_index("ix_alert_received_at", table_name="alert")
    op.drop_table("alert_link")
    op.drop_table("alert_claim")
