"""Dispatches to agencies' own systems, and the responder's link."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
NEW = ("dispatch_report", "responder", "still")


def _separate(table: str, seen: str = SEEN) -> None:
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({seen})')


def _now(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    for column in (
        sa.Column("is_drill", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("gateway", sa.Text(), server_default="desk", nullable=False),
        sa.Column("request_no", sa.Integer(), server_default="1", nullable=False),
        _now("requested_at"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("eta_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit_position", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("update_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("update_fixed_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("dispatch", column)
    op.execute("UPDATE dispatch SET requested_at = created_at")
    _lines()
    _reports()
    _responders()
    _stills()
    for table in NEW:
        _separate(table)
    _separate("agency_line", f"center_id IS NULL OR {SEEN}")


def _lines() -> None:
    op.create_table(
        "agency_line",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("content_type", sa.Text(), server_default="application/json", nullable=False),
        sa.Column("timeout_s", sa.Double(), server_default="5", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        _now("created_at"),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.agency_id"], name=op.f("fk_agency_line_agency_id")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_agency_line")),
    )
    op.create_index(
        "uq_agency_line_agency_id_center_id",
        "agency_line",
        ["agency_id", sa.literal_column("coalesce(center_id, '')")],
        unique=True,
    )


def _reports() -> None:
    op.create_table(
        "dispatch_report",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        _now("received_at"),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], ["dispatch.dispatch_id"], name=op.f("fk_dispatch_report_dispatch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agency_id", "message_id", name=op.f("pk_dispatch_report")),
    )
    op.create_index("ix_dispatch_report_dispatch_id", "dispatch_report", ["dispatch_id"])


def _responders() -> None:
    op.create_table(
        "responder",
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("request_no", sa.Integer(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("link_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("wrong_answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bound_digest", sa.LargeBinary(), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited_by", sa.Text(), nullable=False),
        _now("created_at"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], ["dispatch.dispatch_id"], name=op.f("fk_responder_dispatch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("responder_id", name=op.f("pk_responder")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_responder_link_digest")),
    )
    op.create_index("ix_responder_dispatch_id", "responder", ["dispatch_id"])


def _stills() -> None:
    op.create_table(
        "still",
        sa.Column("still_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("image_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name=op.f("fk_still_incident_id")),
        sa.PrimaryKeyConstraint("still_id", name=op.f("pk_still")),
    )
    op.create_index("ix_still_incident_id", "still", ["incident_id", "taken_at"])


def downgrade() -> None:
    for table in ("still", "responder", "dispatch_report", "agency_line"):
        op.drop_table(table)
    for name in (
        "update_fixed_at",
        "update_no",
        "unit_position",
        "eta_at",
        "unit",
        "reported_at",
        "failed_reason",
        "attempts",
        "requested_at",
        "request_no",
        "gateway",
        "is_drill",
    ):
        op.drop_column("dispatch", name)
