"""Wanted vehicles: the list, readers, hits, and near misses that wait for a person."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("wanted_plate", "plate_reader", "plate_hit", "plate_candidate")


def upgrade() -> None:
    op.create_table(
        "wanted_plate",
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("crime", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("plate_digest", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("pushed_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        sa.Column("removed_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.agency_id"], name=op.f("fk_wanted_plate_agency_id")),
        sa.PrimaryKeyConstraint("center_id", "entry_id", name=op.f("pk_wanted_plate")),
    )
    op.create_index("ix_wanted_plate_changed_at", "wanted_plate", ["changed_at"])
    op.create_table(
        "plate_reader",
        sa.Column("reader_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("cameras", ARRAY(sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("reader_id", name=op.f("pk_plate_reader")),
    )
    _matches()
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _matches() -> None:
    op.create_table(
        "plate_hit",
        sa.Column("hit_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("read_at", TIME, nullable=False),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("hit_id", name=op.f("pk_plate_hit")),
    )
    op.create_index("ix_plate_hit_entry_id", "plate_hit", ["entry_id", "camera_id", "read_at"])
    op.create_index("ix_plate_hit_request_id", "plate_hit", ["request_id"])
    op.create_table(
        "plate_candidate",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("read_at", TIME, nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("candidate_id", name=op.f("pk_plate_candidate")),
    )
    op.create_index("ix_plate_candidate_expires_at", "plate_candidate", ["expires_at"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
