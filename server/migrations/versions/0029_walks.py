"""Walks home: the trip with its ladder, where she was, what happened on the way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("walk", "walk_position", "walk_change")


def upgrade() -> None:
    _walk()
    _positions()
    _changes()
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _walk() -> None:
    op.create_table(
        "walk",
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("plan_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("guardians", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("shows_place", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("steps", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("keep_days", sa.Integer(), server_default="7", nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("until_at", TIME, nullable=True),
        sa.Column("eta_s", sa.Float(), nullable=True),
        sa.Column("eta_at", TIME, nullable=True),
        sa.Column("state", sa.Text(), server_default="on_track", nullable=False),
        sa.Column("assessed", postgresql.JSONB(), nullable=True),
        sa.Column("rung", sa.Text(), server_default="calm", nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("quiet", sa.Text(), server_default="", nullable=False),
        sa.Column("quiet_until", TIME, nullable=True),
        sa.Column("look_at", TIME, nullable=True),
        sa.Column("answer_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fixed_at", TIME, nullable=True),
        sa.Column("heard_at", TIME, nullable=True),
        sa.Column("seen_center", sa.Text(), server_default="", nullable=False),
        sa.Column("wrong_digits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("raised_at", TIME, nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_walk_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("walk_id", name=op.f("pk_walk")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_walk_alert_id")),
    )
    op.create_index("ix_walk_person_id", "walk", ["person_id", "begun_at"])
    op.create_index("uq_walk_running", "walk", ["person_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL"))
    op.create_index("ix_walk_look_at", "walk", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL"))
    op.create_index(
        "ix_walk_seen_center",
        "walk",
        ["seen_center"],
        postgresql_where=sa.text("ended_at IS NULL AND seen_center <> ''"),
    )


def _positions() -> None:
    op.create_table(
        "walk_position",
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("fixed_at", TIME, nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["walk_id"], ["walk.walk_id"], name=op.f("fk_walk_position_walk_id_walk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("walk_id", "fixed_at", name=op.f("pk_walk_position")),
    )


def _changes() -> None:
    op.create_table(
        "walk_change",
        sa.Column("walk_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["walk_id"], ["walk.walk_id"], name=op.f("fk_walk_change_walk_id_walk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("walk_id", "number", name=op.f("pk_walk_change")),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
