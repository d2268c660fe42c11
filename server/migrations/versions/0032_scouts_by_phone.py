"""A booking for who telephones and has no account."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("scout_booking", "person_id", nullable=True)
    op.add_column("scout_booking", sa.Column("by_phone", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(op.f("ck_scout_booking_caller"), "scout_booking", "by_phone = (person_id IS NULL)")


def downgrade() -> None:
    op.execute("DELETE FROM scout_booking WHERE by_phone")
    op.drop_constraint(op.f("ck_scout_booking_caller"), "scout_booking")
    op.drop_column("scout_booking", "by_phone")
    op.alter_column("scout_booking", "person_id", nullable=False)
