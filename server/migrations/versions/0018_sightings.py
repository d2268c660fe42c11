"""Sightings and video requests."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
OPEN = sa.text("state IN ('asked', 'approved')")


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "sighting",
        sa.Column("sighting_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        _at("seen_at"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("marked_by", sa.Uuid(), nullable=False),
        _at("marked_at"),
        sa.Column("struck_by", sa.Uuid(), nullable=True),
        _at("struck_at", nullable=True),
        sa.CheckConstraint("subject IN ('person', 'vehicle')", name=op.f("ck_sighting_subject")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.incident_id"], name=op.f("fk_sighting_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("sighting_id", name=op.f("pk_sighting")),
    )
    op.create_index("ix_sighting_incident_id", "sighting", ["incident_id", "seen_at"])
    _requests()
    for table in ("sighting", "video_request"):
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _requests() -> None:
    op.create_table(
        "video_request",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("incident_type", sa.Text(), nullable=False),
        sa.Column("is_area", sa.Boolean(), nullable=False),
        sa.Column("asked_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        _at("asked_at"),
        _at("until_at"),
        sa.Column("state", sa.Text(), nullable=False),
        _at("due_at", nullable=True),
        _at("expires_at"),
        _at("escalated_at", nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _at("decided_at", nullable=True),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=True),
        _at("ended_at", nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'refused', 'withdrawn', 'expired', 'ended')",
            name=op.f("ck_video_request_state"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.agency_id"], name=op.f("fk_video_request_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.agreement_id"], name=op.f("fk_video_request_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_video_request")),
    )
    columns = {"due": ["due_at"], "center": ["center_id", "asked_at"], "agency": ["agency_id", "asked_at"]}
    op.create_index(
        "ix_video_request_due_at", "video_request", columns["due"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index("ix_video_request_center_id", "video_request", columns["center"])
    op.create_index("ix_video_request_agency_id", "video_request", columns["agency"])
    op.create_index(
        "uq_video_request_open", "video_request", ["agency_id", "case_no"], unique=True, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_table("video_request")
    op.drop_table("sighting")
