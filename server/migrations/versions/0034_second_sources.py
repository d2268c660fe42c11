"""Where somebody else says that the person of an incident is: a telco, a car, her family, what she said herself."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "second_source",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("fixed_at", TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.incident_id"], name=op.f("fk_second_source_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_second_source")),
    )
    op.create_index("ix_second_source_incident_id", "second_source", ["incident_id"])
    op.execute('ALTER TABLE "second_source" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "second_source" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "second_source" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("second_source")
