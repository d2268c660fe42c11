"""Evidence packages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)


def upgrade() -> None:
    op.create_table(
        "evidence_package",
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("camera_ids", ARRAY(sa.Text()), nullable=False),
        sa.Column("release_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("progress", sa.Double(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'making', 'ready', 'failed', 'ended')", name=op.f("ck_evidence_package_state")
        ),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_evidence_package_order")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.incident_id"], name=op.f("fk_evidence_package_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("package_id", name=op.f("pk_evidence_package")),
    )
    op.create_index("ix_evidence_package_incident", "evidence_package", ["incident_id"])
    op.create_index(
        "ix_evidence_package_open",
        "evidence_package",
        ["expires_at"],
        postgresql_where=sa.text("state IN ('waiting', 'making', 'ready')"),
    )
    op.execute('ALTER TABLE "evidence_package" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "evidence_package" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "evidence_package" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("evidence_package")
