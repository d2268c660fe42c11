"""Checkpoints of the log, kinds of releases, what a serving center tells the home center about disclosures."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
WHOSE = "incident_id IS NOT NULL OR alert_id IS NOT NULL"
ONE_PLACE = "kind = 'position' AND ended_at IS NULL"
NONE = "'00000000-0000-0000-0000-000000000000'"


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("installation", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("center_id", "seq", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "disclosure_note",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("serving_center", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "serving_center", name=op.f("pk_disclosure_note")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], ondelete="CASCADE", name=op.f("fk_disclosure_note_person_id_person")
        ),
    )
    op.create_index("ix_disclosure_note_person_id", "disclosure_note", ["person_id"])
    for table in ("checkpoint", "disclosure_note"):
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY center_separation ON "{table}" USING ({SEEN})')
    op.add_column("release", sa.Column("granted_event", sa.Uuid(), nullable=True))
    op.add_column("release", sa.Column("ended_event", sa.Uuid(), nullable=True))
    op.add_column("release", sa.Column("until_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_release_purpose"), "release", type_="check")
    op.create_check_constraint(
        op.f("ck_release_purpose"), "release", f"{WHOSE} OR kind IN ('search', 'export', 'maintenance')"
    )
    # rows of an older release have their line in the log, but do not name it
    op.execute(f"UPDATE release SET granted_event = {NONE}")
    op.execute(f"UPDATE release SET ended_event = {NONE} WHERE ended_at IS NOT NULL")
    op.execute(
        f"UPDATE release r SET ended_at = now(), end_reason = 'repeated', ended_event = {NONE} WHERE {ONE_PLACE}"
        " AND EXISTS (SELECT FROM release o WHERE o.kind = 'position' AND o.ended_at IS NULL"
        " AND o.incident_id = r.incident_id AND o.viewer_id = r.viewer_id AND o.address = r.address"
        " AND o.legal_basis = r.legal_basis AND o.release_id < r.release_id)"
    )
    op.create_index(
        "uq_release_one_place",
        "release",
        ["incident_id", "viewer_id", "address", "legal_basis"],
        unique=True,
        postgresql_where=sa.text(ONE_PLACE),
    )
    op.create_index("ix_release_center_at", "release", ["center_id", "granted_at"])
    op.create_index("ix_event_at", "event", ["center_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_event_at", "event")
    op.drop_index("ix_release_center_at", "release")
    op.drop_index("uq_release_one_place", "release")
    op.execute(f"DELETE FROM release WHERE NOT ({WHOSE})")
    op.drop_constraint(op.f("ck_release_purpose"), "release", type_="check")
    op.create_check_constraint(op.f("ck_release_purpose"), "release", WHOSE)
    op.drop_column("release", "until_at")
    op.drop_column("release", "ended_event")
    op.drop_column("release", "granted_event")
    op.drop_table("disclosure_note")
    op.drop_table("checkpoint")
