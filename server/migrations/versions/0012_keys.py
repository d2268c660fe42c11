"""Keys of the centers, wrapped under DATA_KEY."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)


def upgrade() -> None:
    op.create_table(
        "center_key",
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("key_no", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'retired', 'destroyed')", name=op.f("ck_center_key_state")),
        sa.CheckConstraint("(state = 'destroyed') = (wrapped IS NULL)", name=op.f("ck_center_key_destroyed")),
        sa.PrimaryKeyConstraint("center_id", "purpose", "key_no", name=op.f("pk_center_key")),
        sa.UniqueConstraint("key_id", name=op.f("uq_center_key_key_id")),
    )
    op.create_index(
        "uq_center_key_active",
        "center_key",
        ["center_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.execute('ALTER TABLE "center_key" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "center_key" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "center_key" USING ({SEEN})')


def downgrade() -> None:
    # What was sealed under these keys could never be opened again: an emptied database can go back, no other.
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM center_key) THEN RAISE EXCEPTION"
        " 'center_key is not empty: its keys open the sealed values'; END IF; END $$"
    )
    op.drop_table("center_key")
