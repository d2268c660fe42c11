"""Who else sees an alert, and the dwell of a person who crosses a border."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("watchers", "leaving"):
        op.add_column(
            "alert", sa.Column(name, postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
        )
    op.add_column("alert", sa.Column("crossing_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("alert", sa.Column("position_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("position_at", "crossing_sealed", "leaving", "watchers"):
        op.drop_column("alert", name)
