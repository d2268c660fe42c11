"""Browsers that a person has enrolled: the cookie's digest, how long it is good, when she last read a code there."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SEEN = (
    "current_setting('ansim.center', true) = '*' OR "
    "center_id = ANY (string_to_array(current_setting('ansim.center', true), ','))"
)


def upgrade() -> None:
    op.create_table(
        "browser",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Text(), nullable=False),
        sa.Column("cookie_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.device_id"], name=op.f("fk_browser_device_id_device"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_browser")),
        sa.UniqueConstraint("cookie_digest", name=op.f("uq_browser_cookie_digest")),
    )
    op.execute('ALTER TABLE "browser" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "browser" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY center_separation ON "browser" USING ({SEEN})')


def downgrade() -> None:
    op.drop_table("browser")
