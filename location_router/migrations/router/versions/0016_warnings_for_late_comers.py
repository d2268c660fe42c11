"""Who has been told of a warning, and until when it runs: for an installation that begins to serve a center later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    told = sa.Column("told", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    op.add_column("cap_warning", told)
    # what came before counts as over: everybody who served then has heard of it
    ends = sa.Column("expires_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    op.add_column("cap_warning", ends)
    op.create_index("ix_cap_warning_expires_at", "cap_warning", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_cap_warning_expires_at", "cap_warning")
    op.drop_column("cap_warning", "expires_at")
    op.drop_column("cap_warning", "told")
