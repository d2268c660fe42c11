"""A number that nobody proved does not make two sign-ups one person: it may stand twice."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("uq_person_center_id_phone_digest"), "person", type_="unique")
    op.create_index("ix_person_phone", "person", ["center_id", "phone_digest"])


def downgrade() -> None:
    op.drop_index("ix_person_phone", table_name="person")
    op.create_unique_constraint(op.f("uq_person_center_id_phone_digest"), "person", ["center_id", "phone_digest"])
