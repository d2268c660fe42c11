"""What guardians are told and whether it reached them, their pauses and quiet hours, guests, questions and alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)
TABLES = ("notice", "care_question", "guardian_alarm")


def upgrade() -> None:
    op.add_column("device", sa.Column("push_token_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("guardian", sa.Column("paused_at", TIME, nullable=True))
    op.add_column("guardian", sa.Column("paused_until", TIME, nullable=True))
    op.add_column("guardian", sa.Column("quiet_from_min", sa.Integer(), nullable=True))
    op.add_column("guardian", sa.Column("quiet_to_min", sa.Integer(), nullable=True))
    op.add_column("guardian", sa.Column("guest_until", TIME, nullable=True))
    op.add_column(
        "guardian", sa.Column("shares_on_silence", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _notice()
    _care()
    op.add_column("text_message", sa.Column("notice_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_text_message_notice_id_notice"),
        "text_message",
        "notice",
        ["notice_id"],
        ["notice_id"],
        ondelete="CASCADE",
    )
    op.create_index("ix_text_message_notice_id", "text_message", ["notice_id"])
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.Integer(), server_default="0", nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("follow_id", sa.Uuid(), nullable=True),
        sa.Column("link_digest", sa.LargeBinary(), nullable=True),
        sa.Column("link_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("held_back", sa.Text(), server_default="", nullable=False),
        sa.Column("push_state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("pushed_at", TIME, nullable=True),
        sa.Column("text_state", sa.Text(), server_default="", nullable=False),
        sa.Column("texted_at", TIME, nullable=True),
        sa.Column("call_state", sa.Text(), server_default="", nullable=False),
        sa.Column("called_at", TIME, nullable=True),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.Column("opened_at", TIME, nullable=True),
        sa.Column("acknowledged_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_notice_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.guardian_id"], name=op.f("fk_notice_guardian_id_guardian"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follow_id"], ["follow.follow_id"], name=op.f("fk_notice_follow_id_follow"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_notice_link_digest")),
        sa.UniqueConstraint(
            "guardian_id",
            "subject_id",
            "event",
            "occasion",
            name=op.f("uq_notice_guardian_id_subject_id_event_occasion"),
        ),
    )
    op.create_index("ix_notice_person_id", "notice", ["person_id", "created_at"])
    op.create_index("ix_notice_follow_id", "notice", ["follow_id"])


def _care() -> None:
    op.create_table(
        "care_question",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("shown_until", TIME, nullable=True),
        sa.Column("wrong_answers", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_care_question_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["guardian.guardian_id"],
            name=op.f("fk_care_question_guardian_id_guardian"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_care_question")),
    )
    op.create_index("ix_care_question_guardian_id", "care_question", ["guardian_id", "asked_at"])
    op.create_index("ix_care_question_person_id", "care_question", ["person_id", "asked_at"])
    op.create_table(
        "guardian_alarm",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("raised_at", TIME, nullable=False),
        sa.Column("sent_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_guardian_alarm_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["guardian.guardian_id"],
            name=op.f("fk_guardian_alarm_guardian_id_guardian"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_guardian_alarm")),
    )
    op.create_index("ix_guardian_alarm_guardian_id", "guardian_alarm", ["guardian_id", "raised_at"])


def downgrade() -> None:
    op.drop_column("text_message", "notice_id")
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in ("shares_on_silence", "guest_until", "quiet_to_min", "quiet_from_min", "paused_until", "paused_at"):
        op.drop_column("guardian", column)
    op.drop_column("device", "push_token_sealed")
