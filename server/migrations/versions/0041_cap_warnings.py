"""Warnings of disaster rooms at the centers that they touch, and who wants to be warned where."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0042"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("cap_warning", "warned_person")


def upgrade() -> None:
    op.create_table(
        "cap_warning",
        sa.Column("warning_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("refers_to", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("is_here", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("centers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sent_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("warning_id", "center_id", name=op.f("pk_cap_warning")),
    )
    op.create_index("ix_cap_warning_expires_at", "cap_warning", ["center_id", "expires_at"])
    op.create_index("ix_cap_warning_refers_to", "cap_warning", ["refers_to"], postgresql_using="gin")
    op.create_table(
        "warned_person",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("places", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("agreed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_warned_person_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_warned_person")),
    )
    op.create_index("ix_warned_person_places", "warned_person", ["places"], postgresql_using="gin")
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
