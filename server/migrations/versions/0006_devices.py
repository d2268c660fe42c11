"""Buttons and other small devices of a consenting person, and how they fare."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("kind", sa.Text(), server_default="phone", nullable=False))
    op.add_column("device", sa.Column("name_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("device", sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("device", sa.Column("trouble", sa.Text(), server_default="", nullable=False))
    op.add_column("device", sa.Column("battery_percent", sa.Integer(), nullable=True))
    op.add_column("device", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("reported_at", "battery_percent", "trouble", "consented_at", "name_sealed", "kind"):
        op.drop_column("device", name)
