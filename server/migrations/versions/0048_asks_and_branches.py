"""What an agency asks for beside its request has a state; a firm's branches, as its association names them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("firm", sa.Column("branches", ARRAY(sa.Text()), nullable=True))
    op.create_table(
        "request_ask",
        sa.Column("ask_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id", "center_id"],
            ["agency_request.request_id", "agency_request.center_id"],
            ondelete="CASCADE",
            name=op.f("fk_request_ask_request_id_agency_request"),
        ),
        sa.PrimaryKeyConstraint("ask_id", name=op.f("pk_request_ask")),
    )
    op.create_index("ix_request_ask_request_id", "request_ask", ["request_id", "center_id"])
    op.create_index(
        "uq_request_ask_open",
        "request_ask",
        ["request_id", "center_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.execute('ALTER TABLE "request_ask" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "request_ask" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "request_ask" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("request_ask")
    op.drop_column("firm", "branches")
