"""What a decision goes by besides borders: center states, hours, capabilities, policies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_TEXTS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    op.add_column("center", sa.Column("is_draining", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("center", sa.Column("hours", postgresql.JSONB(), nullable=True))
    op.add_column("center", sa.Column("capabilities", _TEXTS, nullable=True))
    op.add_column("installation", sa.Column("queue_length", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("installation", sa.Column("capabilities", _TEXTS, nullable=True))
    op.add_column("installation", sa.Column("troubles", _TEXTS, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("installation", sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "policy",
        sa.Column("policy_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("policy_no", name=op.f("pk_policy")),
    )
    op.create_index("ix_policy_rule_id", "policy", ["rule_id"])
    op.create_table(
        "policy_set",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_set")),
    )


def downgrade() -> None:
    op.drop_table("policy_set")
    op.drop_table("policy")
    for column in ("last_sent_at", "troubles", "capabilities", "queue_length"):
        op.drop_column("installation", column)
    for column in ("capabilities", "hours", "is_draining"):
        op.drop_column("center", column)
