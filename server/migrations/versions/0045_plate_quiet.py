"""A near miss that a person said no to: the row stays for a while without what was read, and counts its like."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plate_candidate", sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("plate_candidate", sa.Column("quieted", sa.Integer(), server_default="0", nullable=False))
    op.alter_column("plate_candidate", "body_sealed", existing_type=sa.LargeBinary(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM plate_candidate WHERE body_sealed IS NULL")
    op.alter_column("plate_candidate", "body_sealed", existing_type=sa.LargeBinary(), nullable=False)
    op.drop_column("plate_candidate", "quieted")
    op.drop_column("plate_candidate", "dismissed_at")
