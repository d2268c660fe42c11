"""Warnings of the disaster room (CAP): kept as they came, with the centers that they touch."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cap_warning",
        sa.Column("warning_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("centers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("references", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("warning_id", name=op.f("pk_cap_warning")),
    )
    op.create_index("ix_cap_warning_received_at", "cap_warning", ["received_at"])
    op.create_index("ix_cap_warning_agency_id", "cap_warning", ["agency_id", "key"])
    op.create_index(
        "ix_cap_warning_unsent", "cap_warning", ["received_at"], postgresql_where=sa.text("sent_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("cap_warning")
