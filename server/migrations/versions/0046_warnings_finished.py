"""Where a request's area is now, warnings that a center took off its map, browsers that are told of warnings."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("agency_request", sa.Column("area_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("cap_warning", sa.Column("hidden_at", TIME, nullable=True))
    op.add_column("cap_warning", sa.Column("hidden_by", sa.Uuid(), nullable=True))
    op.add_column("cap_warning", sa.Column("hidden_reason", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "warned_browser",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("subscription_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), server_default="ko", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.device_id"], name=op.f("fk_warned_browser_device_id_device"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_warned_browser")),
    )
    op.execute('ALTER TABLE "warned_browser" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "warned_browser" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "warned_browser" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("warned_browser")
    op.drop_column("cap_warning", "hidden_reason")
    op.drop_column("cap_warning", "hidden_by")
    op.drop_column("cap_warning", "hidden_at")
    op.drop_column("agency_request", "area_sealed")
