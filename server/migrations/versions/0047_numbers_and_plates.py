"""A caller's number by its digest; how long one agreement's wrong plates rest; a near miss's picture; readers' clocks."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0049"
branch_labels = None
depends_on = None

NUMBER = sa.text("number_digest IS NOT NULL")
UNREAD = sa.text("number_digest IS NULL AND caller_digest IS NOT NULL")


def upgrade() -> None:
    op.add_column("alert", sa.Column("number_digest", sa.LargeBinary(), nullable=True))
    op.create_index("ix_alert_number_digest", "alert", ["number_digest"], postgresql_where=NUMBER)
    op.create_index("ix_alert_number_unread", "alert", ["incident_id"], postgresql_where=UNREAD)
    op.add_column("agreement", sa.Column("plate_quiet_s", sa.Integer(), nullable=True))
    op.add_column("plate_candidate", sa.Column("picture_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("plate_reader", sa.Column("clock_off_s", sa.Double(), nullable=True))
    op.add_column("plate_reader", sa.Column("clock_seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("plate_reader", "clock_seen_at")
    op.drop_column("plate_reader", "clock_off_s")
    op.drop_column("plate_candidate", "picture_sealed")
    op.drop_column("agreement", "plate_quiet_s")
    op.drop_index("ix_alert_number_unread", table_name="alert")
    op.drop_index("ix_alert_number_digest", table_name="alert")
    op.drop_column("alert", "number_digest")
