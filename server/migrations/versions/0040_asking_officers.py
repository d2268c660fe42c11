"""Officers in the field also of an agency that only asks: a link stands on a dispatch or on the agency's own request."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("responder", "dispatch_id", nullable=True)
    op.add_column("responder", sa.Column("request_id", sa.Uuid(), nullable=True))
    op.add_column("responder", sa.Column("unit_position", postgresql.JSONB(none_as_null=True), nullable=True))
    op.create_foreign_key(
        op.f("fk_responder_request_id"),
        "responder",
        "agency_request",
        ["request_id", "center_id"],
        ["request_id", "center_id"],
        ondelete="CASCADE",
    )
    op.create_check_constraint(op.f("ck_responder_part"), "responder", "(dispatch_id IS NULL) <> (request_id IS NULL)")
    op.create_index("ix_responder_request_id", "responder", ["request_id", "center_id"])


def downgrade() -> None:
    op.execute("SELECT set_config('ansim.center', '*', true)")
    op.execute("DELETE FROM responder WHERE dispatch_id IS NULL")
    op.drop_index("ix_responder_request_id", table_name="responder")
    op.drop_constraint(op.f("ck_responder_part"), "responder")
    op.drop_constraint(op.f("fk_responder_request_id"), "responder")
    op.drop_column("responder", "unit_position")
    op.drop_column("responder", "request_id")
    op.alter_column("responder", "dispatch_id", nullable=False)
