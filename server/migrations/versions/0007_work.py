"""What operators do with an incident: claim, hand-over, verify-first, types, exercises, shifts."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIMES = (
    ("contact_due_at", "view_due_at", "classify_due_at", "contacted_at", "viewed_at", "classified_at")
    + ("target_at", "remind_at", "handover_at", "handover_until")
)  # fmt: skip
SWEPT = ("target_at", "remind_at", "handover_until")


def upgrade() -> None:
    op.add_column("incident", sa.Column("origin", sa.Text(), server_default="alert", nullable=False))
    op.add_column("incident", sa.Column("classification", sa.Text(), nullable=True))
    for name in TIMES:
        op.add_column("incident", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("reminders", sa.Integer(), server_default="0", nullable=False))
    op.add_column("incident", sa.Column("remind_asked", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("incident", sa.Column("handover_to", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("handover_by", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("handover_sealed", sa.LargeBinary(), nullable=True))
    for name in SWEPT:
        op.create_index(f"ix_incident_{name}", "incident", [name], postgresql_where=sa.text(f"{name} IS NOT NULL"))
    op.create_index("ix_incident_owner_id", "incident", ["owner_id"], postgresql_where=sa.text("closed_at IS NULL"))
    op.add_column("alert", sa.Column("caller_digest", sa.LargeBinary(), nullable=True))
    op.create_table(
        "caller_history",
        sa.Column("caller_digest", sa.LargeBinary(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("was_false", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller_digest", "incident_id", name=op.f("pk_caller_history")),
    )
    op.execute('ALTER TABLE "caller_history" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "caller_history" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "caller_history" USING ({SEEN})')
    op.create_table(
        "shift",
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_shift_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shift_id", name=op.f("pk_shift")),
    )
    op.create_index(
        "ix_shift_running", "shift", ["account_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("shift")
    op.drop_table("caller_history")
    op.drop_column("alert", "caller_digest")
    op.drop_index("ix_incident_owner_id", "incident")
    for name in SWEPT:
        op.drop_index(f"ix_incident_{name}", "incident")
    for name in ("origin", "classification", "reminders", "remind_asked", "handover_to", "handover_by"):
        op.drop_column("incident", name)
    for name in ("handover_sealed", *TIMES):
        op.drop_column("incident", name)
