"""Her medical facts for 119: an agreement's switch, and whether she has agreed to it herself."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Both begin closed: nobody has agreed to it yet, neither a center nor a person.
    op.add_column("agreement", sa.Column("may_see_health", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("alert", sa.Column("is_health_shared", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("alert", "is_health_shared")
    op.drop_column("agreement", "may_see_health")
