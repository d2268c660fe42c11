"""Node keys of the bus, revocation."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _time(name: str, *, now: bool = False) -> sa.Column:
    default = {"server_default": sa.text("now()"), "nullable": False} if now else {"nullable": True}
    return sa.Column(name, sa.DateTime(timezone=True), **default)


def upgrade() -> None:
    op.create_table(
        "node",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bus_domain", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("revoked_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        _time("enrolled_at", now=True),
        _time("revoked_at"),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_node")),
    )
    op.create_table(
        "node_key",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_by", sa.Text(), nullable=False),
        _time("valid_from", now=True),
        _time("valid_until"),
        _time("revoked_at"),
        sa.ForeignKeyConstraint(
            ["node_id"], ["node.node_id"], name=op.f("fk_node_key_node_id_node"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("node_id", "key_id", name=op.f("pk_node_key")),
    )


def downgrade() -> None:
    op.drop_table("node_key")
    op.drop_table("node")
