"""Dots of walks whose home is another installation, while they are in one of our centers."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "walk_visit",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("heard_at", TIME, nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("eta_at", TIME, nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fixed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_walk_visit")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_walk_visit_heard_at", "walk_visit", ["heard_at"])
    op.create_index("ix_walk_visit_home", "walk_visit", ["home"])
    op.execute('ALTER TABLE "walk_visit" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "walk_visit" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "walk_visit" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("walk_visit")
