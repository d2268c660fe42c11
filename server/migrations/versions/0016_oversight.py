"""Feature flags, misuse findings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TABLES = ("feature_flag", "misuse_finding")


def upgrade() -> None:
    op.create_table(
        "feature_flag",
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('off', 'pilot', 'on')", name=op.f("ck_feature_flag_state")),
        sa.CheckConstraint("until IS NULL OR until > since", name=op.f("ck_feature_flag_order")),
        sa.PrimaryKeyConstraint("center_id", "name", "since", name=op.f("pk_feature_flag")),
    )
    op.create_table(
        "misuse_finding",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("subject_digest", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", JSONB(), server_default="[]", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR reviewed_by <> account_id", name=op.f("ck_misuse_finding_other_reviewer")
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_misuse_finding")),
        sa.UniqueConstraint(
            "center_id",
            "rule",
            "account_id",
            "day",
            "subject",
            name=op.f("uq_misuse_finding_center_id_rule_account_id_day_subject"),
        ),
    )
    op.create_index("ix_misuse_finding_center_id", "misuse_finding", ["center_id", "found_at"])
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
