"""Who else sees an alert, and the dwell of a person who crosses a border."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "alert", sa.Column("watchers", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("alert", "watchers")
