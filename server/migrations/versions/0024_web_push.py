"""Browsers of guardians that are pushed to, when a page was opened, how exactly it shows a place, how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("web_push", "web_push_note")


def upgrade() -> None:
    op.add_column("person", sa.Column("follow_precision", sa.Text(), server_default="", nullable=False))
    op.add_column("followed_alert", sa.Column("outcome", sa.Text(), server_default="", nullable=False))
    op.add_column("follow", sa.Column("seen_at", TIME, nullable=True))
    op.add_column("follow", sa.Column("texted_at", TIME, nullable=True))
    op.create_table(
        "web_push",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscription_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), server_default="ko", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["guardian.guardian_id"],
            name=op.f("fk_web_push_guardian_id_guardian"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_web_push")),
        sa.UniqueConstraint("guardian_id", "endpoint_digest", name=op.f("uq_web_push_guardian_id_endpoint_digest")),
    )
    op.create_table(
        "web_push_note",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("follow_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["web_push.subscription_id"],
            name=op.f("fk_web_push_note_subscription_id_web_push"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["follow_id"], ["follow.follow_id"], name=op.f("fk_web_push_note_follow_id_follow"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_web_push_note")),
        sa.UniqueConstraint(
            "subscription_id",
            "follow_id",
            "event",
            name=op.f("uq_web_push_note_subscription_id_follow_id_event"),
        ),
    )
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("follow", "texted_at")
    op.drop_column("follow", "seen_at")
    op.drop_column("followed_alert", "outcome")
    op.drop_column("person", "follow_precision")
