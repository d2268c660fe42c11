"""Scouts: what a municipality offers, its pairs, bookings, who was shown a meeting place, a pair's call for help."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("scout_offer", "scout_pair", "scout_booking", "scout_shown", "scout_sos")


def upgrade() -> None:
    _offers()
    _pairs()
    _bookings()
    _shown()
    _sos()
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _offers() -> None:
    op.create_table(
        "scout_offer",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_scout_offer")),
        sa.UniqueConstraint("center_id", "starts_on", name=op.f("uq_scout_offer_center_id_starts_on")),
    )


def _pairs() -> None:
    op.create_table(
        "scout_pair",
        sa.Column("pair_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("members_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("begins_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("link_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("wrong_answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bound_digest", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("position_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("position_at", TIME, nullable=True),
        sa.Column("safe_by", TIME, nullable=True),
        sa.Column("late_level", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("seen_by", sa.Text(), nullable=True),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("ck_scout_pair_order")),
        sa.PrimaryKeyConstraint("pair_id", name=op.f("pk_scout_pair")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_scout_pair_link_digest")),
    )
    op.create_index(
        "ix_scout_pair_due", "scout_pair", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index("ix_scout_pair_duty", "scout_pair", ["center_id", "begins_at"], unique=False)


def _bookings() -> None:
    op.create_table(
        "scout_booking",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("trip_min", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.Uuid(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("code_key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("waiting_since", TIME, nullable=True),
        sa.Column("her_code_read", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("their_code_read", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("wrong_codes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("late_told", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=True),
        sa.CheckConstraint(
            "state IN ('booked', 'assigned', 'waiting', 'accompanying', 'home', 'closed', 'cancelled', 'called_off', 'no_show')",
            name=op.f("ck_scout_booking_state"),
        ),
        sa.ForeignKeyConstraint(
            ["pair_id"], ["scout_pair.pair_id"], name=op.f("fk_scout_booking_pair_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_scout_booking_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_scout_booking")),
    )
    op.create_index("ix_scout_booking_at", "scout_booking", ["center_id", "at"], unique=False)
    op.create_index(
        "ix_scout_booking_due",
        "scout_booking",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_scout_booking_person_id", "scout_booking", ["person_id"], unique=False)
    op.create_index(
        "uq_scout_booking_running",
        "scout_booking",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('booked', 'assigned', 'waiting', 'accompanying')"),
    )


def _shown() -> None:
    op.create_table(
        "scout_shown",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("viewer_kind", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["scout_booking.booking_id"], name=op.f("fk_scout_shown_booking_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("booking_id", "viewer_id", name=op.f("pk_scout_shown")),
    )


def _sos() -> None:
    op.create_table(
        "scout_sos",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("pair_id", sa.Uuid(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("raised_at", TIME, nullable=False),
        sa.Column("accepted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["pair_id"], ["scout_pair.pair_id"], name=op.f("fk_scout_sos_pair_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_scout_sos")),
    )
    op.create_index("ix_scout_sos_pair_id", "scout_sos", ["pair_id"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
