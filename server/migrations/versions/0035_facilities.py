"""Safe facilities (police boxes, emergency bells, lights …) as cities publish them, by import."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("facility_import", "facility")


def upgrade() -> None:
    op.create_table(
        "facility_import",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="preview", nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("by_kind", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("report", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", TIME, nullable=False),
        sa.CheckConstraint("state IN ('preview', 'live', 'replaced')", name=op.f("ck_facility_import_state")),
        sa.PrimaryKeyConstraint("import_id", "center_id", name=op.f("pk_facility_import")),
    )
    op.create_index(
        "uq_facility_import_live",
        "facility_import",
        ["center_id", "source"],
        unique=True,
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_table(
        "facility",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("hours", sa.Text(), server_default="", nullable=False),
        sa.Column("source_no", sa.Text(), server_default="", nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('police_box', 'emergency_bell', 'light', 'safe_store', 'camera_sign', 'shelter', 'other')",
            name=op.f("ck_facility_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id", "center_id"],
            ["facility_import.import_id", "facility_import.center_id"],
            name="fk_facility_import_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "facility_id", name=op.f("pk_facility")),
    )
    op.create_index("ix_facility_place", "facility", ["place"], postgresql_using="gist")
    op.create_index("ix_facility_import", "facility", ["import_id", "center_id"])
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
