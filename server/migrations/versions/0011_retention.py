"""Retention policies, legal holds, proofs of deletion; positions in daily partitions."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
