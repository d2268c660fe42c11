"""Camera devices, who moves a camera, and what was looked for on a subnet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TABLES = ("camera_device", "ptz_hand", "camera_discovery")


def upgrade() -> None:
    _devices()
    _hands()
    _discoveries()
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _devices() -> None:
    op.create_table(
        "camera_device",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("user_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("maker", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("firmware", sa.Text(), server_default="", nullable=False),
        sa.Column("clock_offset_s", sa.Double(), nullable=True),
        sa.Column("sub_profile", sa.Text(), nullable=False),
        sa.Column("main_profile", sa.Text(), nullable=False),
        sa.Column("ptz_profile", sa.Text(), nullable=True),
        sa.Column("home", sa.Text(), nullable=True),
        sa.Column("has_replay", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("findings", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("bound_by", sa.Uuid(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["camera.camera_id"], name=op.f("fk_camera_device_camera_id_camera"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_camera_device")),
    )
    op.create_index("ix_camera_device_center_id", "camera_device", ["center_id"])


def _hands() -> None:
    op.create_table(
        "ptz_hand",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("presets", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stop_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("home_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "account_id IS NULL OR (release_id IS NOT NULL AND taken_at IS NOT NULL AND until_at IS NOT NULL)",
            name=op.f("ck_ptz_hand_held"),
        ),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["camera.camera_id"], name=op.f("fk_ptz_hand_camera_id_camera"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_ptz_hand")),
    )
    op.create_index(
        "ix_ptz_hand_due",
        "ptz_hand",
        ["camera_id"],
        postgresql_where=sa.text("account_id IS NOT NULL OR stop_at IS NOT NULL OR home_at IS NOT NULL"),
    )


def _discoveries() -> None:
    op.create_table(
        "camera_discovery",
        sa.Column("discovery_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("subnet", sa.Text(), nullable=False),
        sa.Column("ports", ARRAY(sa.Integer()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("to_ask", sa.Integer(), nullable=False),
        sa.Column("found", JSONB(), server_default="[]", nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'cancelled')", name=op.f("ck_camera_discovery_state")),
        sa.PrimaryKeyConstraint("discovery_id", name=op.f("pk_camera_discovery")),
    )
    op.create_index(
        "uq_camera_discovery_running",
        "camera_discovery",
        ["center_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
