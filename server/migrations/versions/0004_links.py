"""Alerts that belong together: links, alerts that moved between incidents, a second cry that nobody has answered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)


def upgrade() -> None:
    op.create_table(
        "alert_link",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("other_center", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "other_id", "kind", name=op.f("pk_alert_link")),
    )
    op.execute('ALTER TABLE "alert_link" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "alert_link" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "alert_link" USING ({SEEN})')
    op.add_column("alert", sa.Column("origin_id", sa.Uuid(), nullable=True))
    op.add_column("alert", sa.Column("pre_deadline_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("attention_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("incident", "attention_at")
    op.drop_column("incident", "merged_into")
    op.drop_column("alert", "pre_deadline_at")
    op.drop_column("alert", "origin_id")
    op.drop_table("alert_link")
