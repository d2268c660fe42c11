"""A place's release for each open view of a line; lines that an association set; lent cameras by their last second."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0046"
branch_labels = None
depends_on = None

INDEX, TABLE = "uq_release_one_place", "release"
WHO = ["incident_id", "viewer_id", "address", "legal_basis"]
OPEN_PLACE = sa.text("kind = 'position' AND ended_at IS NULL")
NOBODYS = sa.text("'00000000-0000-0000-0000-000000000000'")


def upgrade() -> None:
    op.execute("SELECT set_config('ansim.center', '*', true)")
    op.add_column(TABLE, sa.Column("view_id", sa.Uuid(), server_default=NOBODYS, nullable=False))
    op.drop_index(INDEX, table_name=TABLE)
    op.create_index(INDEX, TABLE, [*WHO, "view_id"], unique=True, postgresql_where=OPEN_PLACE)
    op.add_column("agency_line", sa.Column("by_umbrella", sa.Boolean(), server_default="false", nullable=False))
    # who set a firm's common line is not known: its association may have
    op.execute(
        "UPDATE agency_line l SET by_umbrella = true FROM firm f"
        " WHERE f.agency_id = l.agency_id AND l.center_id IS NULL"
    )
    op.create_index(
        "ix_lent_camera_until_at", "lent_camera", ["until_at"], postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.execute("SELECT set_config('ansim.center', '*', true)")
    op.drop_index("ix_lent_camera_until_at", table_name="lent_camera")
    op.drop_column("agency_line", "by_umbrella")
    op.execute("UPDATE release SET ended_at = now() WHERE kind = 'position' AND ended_at IS NULL")
    op.drop_index(INDEX, table_name=TABLE)
    op.create_index(INDEX, TABLE, WHO, unique=True, postgresql_where=OPEN_PLACE)
    op.drop_column(TABLE, "view_id")
