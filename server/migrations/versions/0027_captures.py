"""Photos and sound of a person's own phone."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "capture",
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("lens", sa.Text(), server_default="", nullable=False),
        sa.Column("seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.incident_id"], name=op.f("fk_capture_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("capture_id", "center_id", name=op.f("pk_capture")),
    )
    op.create_index("ix_capture_incident_id", "capture", ["incident_id", "taken_at"])
    op.create_table(
        "capture_piece",
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("piece_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("chain_no", sa.Integer(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.incident_id"], name=op.f("fk_capture_piece_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("capture_id", "center_id", "piece_no", name=op.f("pk_capture_piece")),
    )
    op.create_index("ix_capture_piece_alert_id", "capture_piece", ["alert_id", "chain_no"])
    op.create_index("ix_capture_piece_incident_id", "capture_piece", ["incident_id"])
    for table in ("capture", "capture_piece"):
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("capture_piece")
    op.drop_table("capture")
