"""First tables of PgBus."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _messages()
    _rest()


def _messages() -> None:
    op.create_table(
        "bus_message",
        sa.Column("message_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("message_no", name=op.f("pk_bus_message")),
        sa.UniqueConstraint("subject", "message_id", name=op.f("uq_bus_message_subject_message_id")),
    )
    op.create_index("ix_bus_message_published_at", "bus_message", ["published_at"], unique=False)
    op.create_table(
        "bus_pending",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("durable", sa.Text(), nullable=False),
        sa.Column("message_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["message_no"], ["bus_message.message_no"], name=op.f("fk_bus_pending_message_no")),
        sa.PrimaryKeyConstraint("subject", "durable", "message_no", name=op.f("pk_bus_pending")),
    )
    op.create_index("ix_bus_pending_message_no", "bus_pending", ["message_no"], unique=False)
    op.create_table(
        "bus_durable",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("durable", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject", "durable", name=op.f("pk_bus_durable")),
    )


def _rest() -> None:
    op.create_table(
        "bus_dead",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("durable", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("died_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject", "durable", "message_id", name=op.f("pk_bus_dead")),
    )
    op.create_table(
        "bus_latest",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "key", name=op.f("pk_bus_latest")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_bus_latest_subject_changed_at", "bus_latest", ["subject", "changed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_bus_pending_message_no", table_name="bus_pending")
    op.drop_table("bus_pending")
    op.drop_index("ix_bus_message_published_at", table_name="bus_message")
    op.drop_table("bus_message")
    op.drop_index("ix_bus_latest_subject_changed_at", table_name="bus_latest")
    op.drop_table("bus_latest")
    op.drop_table("bus_durable")
    op.drop_table("bus_dead")
