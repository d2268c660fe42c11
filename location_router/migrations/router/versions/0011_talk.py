"""Chat lines on their way between a person and her center."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "talk_line",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("said_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("is_from_center", sa.Boolean(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.alert_id"], name=op.f("fk_talk_line_alert_id_alert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "said_id", name=op.f("pk_talk_line")),
    )
    op.create_index(
        "ix_talk_line_next_attempt_at",
        "talk_line",
        ["next_attempt_at"],
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_index(
        "ix_talk_line_unheard",
        "talk_line",
        ["alert_id"],
        postgresql_where=sa.text("is_from_center AND heard_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("talk_line")
