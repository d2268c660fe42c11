"""Discrepancy reports: what partners send against the standard. (Boundary keys stand with the versions, 0002.)"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discrepancy",
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("protocol", "kind", "partner", "detail", name=op.f("pk_discrepancy")),
    )
    op.create_index("ix_discrepancy_last_seen_at", "discrepancy", ["last_seen_at"])


def downgrade() -> None:
    op.drop_table("discrepancy")
