"""Segments and pins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TABLES = ("segment", "pin", "clip", "recording_fetch")


def upgrade() -> None:
    _segments()
    _pins()
    _clips_and_recorder()
    _fetches()
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _segments() -> None:
    op.create_table(
        "segment",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("begin_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("is_adopted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.Text(), server_default="own", nullable=False),
        sa.Column("clock_offset_s", sa.Double(), nullable=True),
        sa.Column("is_kept", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_why", sa.Text(), nullable=True),
        sa.CheckConstraint("end_at > begin_at", name=op.f("ck_segment_order")),
        sa.CheckConstraint("source IN ('own', 'device')", name=op.f("ck_segment_source")),
        sa.CheckConstraint("(gone_at IS NULL) = (gone_why IS NULL)", name=op.f("ck_segment_gone")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_segment")),
        sa.UniqueConstraint("path", name=op.f("uq_segment_path")),
    )
    op.create_index("ix_segment_camera", "segment", ["camera_id", "begin_at"])
    op.create_index(
        "ix_segment_buffer", "segment", ["end_at"], postgresql_where=sa.text("gone_at IS NULL AND NOT is_kept")
    )
    op.create_index(
        "ix_segment_let_go", "segment", ["gone_at"], postgresql_where=sa.text("gone_why IN ('buffer', 'disk')")
    )
    op.create_index("ix_segment_end", "segment", ["end_at"], postgresql_where=sa.text("gone_at IS NULL"))


def _pins() -> None:
    op.create_table(
        "pin",
        sa.Column("pin_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until_at IS NULL OR until_at > from_at", name=op.f("ck_pin_order")),
        sa.CheckConstraint("why IN ('chosen', 'nearby', 'asked')", name=op.f("ck_pin_why")),
        sa.PrimaryKeyConstraint("pin_id", name=op.f("pk_pin")),
        sa.UniqueConstraint("incident_id", "camera_id", name=op.f("uq_pin_incident_id_camera_id")),
    )
    op.create_index("ix_pin_camera", "pin", ["camera_id", "from_at"])
    op.create_index("ix_pin_until_at", "pin", ["until_at"])


def _clips_and_recorder() -> None:
    op.create_table(
        "clip",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("begin_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("segment_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.release_id"], name=op.f("fk_clip_release_id_release"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_clip")),
    )
    op.create_table(
        "recorder",
        sa.Column("recorder_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disk_percent", sa.Double(), server_default="0", nullable=False),
        sa.Column("recording", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("strays", sa.Integer(), server_default="0", nullable=False),
        sa.Column("no_room", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("recorder_id", name=op.f("pk_recorder")),
    )


def _fetches() -> None:
    op.create_table(
        "recording_fetch",
        sa.Column("fetch_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recording", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("progress", sa.Double(), server_default="0", nullable=False),
        sa.Column("segments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("missing_s", sa.Double(), nullable=True),
        sa.Column("clock_offset_s", sa.Double(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'fetching', 'done', 'failed', 'ended')", name=op.f("ck_recording_fetch_state")
        ),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_recording_fetch_order")),
        sa.PrimaryKeyConstraint("fetch_id", name=op.f("pk_recording_fetch")),
    )
    op.create_index(
        "uq_recording_fetch_running",
        "recording_fetch",
        ["incident_id", "camera_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'fetching')"),
    )


def downgrade() -> None:
    op.drop_table("recorder")
    for table in reversed(TABLES):
        op.drop_table(table)
