"""Warnings of an approach: protected people and their warnings at home, requests that homes hear of while they run."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("protected_person", "approach_warning", "approach_watch")


def upgrade() -> None:
    op.create_table(
        "protected_person",
        sa.Column("protected_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("ref_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tag_digest", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", TIME, nullable=False),
        sa.Column("tested_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_protected_person_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("protected_id", name=op.f("pk_protected_person")),
        sa.UniqueConstraint("tag_digest", name=op.f("uq_protected_person_tag_digest")),
    )
    op.create_index("ix_protected_person_person_id", "protected_person", ["person_id"])
    op.create_table(
        "approach_warning",
        sa.Column("warning_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("protected_id", sa.Uuid(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("said_at", TIME, nullable=False),
        sa.Column("heard_at", TIME, nullable=False),
        sa.Column("told_at", TIME, nullable=True),
        sa.Column("told_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("times", sa.Integer(), server_default="0", nullable=False),
        sa.Column("place_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["protected_id"],
            ["protected_person.protected_id"],
            name=op.f("fk_approach_warning_protected_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("warning_id", name=op.f("pk_approach_warning")),
        sa.UniqueConstraint(
            "protected_id", "request_digest", name=op.f("uq_approach_warning_protected_id_request_digest")
        ),
    )
    op.create_table(
        "approach_watch",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("noted_at", TIME, nullable=True),
        sa.Column("noted_fix", TIME, nullable=True),
        sa.PrimaryKeyConstraint("request_id", "center_id", name=op.f("pk_approach_watch")),
    )
    op.create_index("ix_approach_watch_next_at", "approach_watch", ["next_at"])
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
