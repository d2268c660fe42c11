"""First tables of an installation.

Revision ID: 0001
"""
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from location_router.runtime.db import separation_statements
from server.db import load_tables, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute(text(SchemaManager.get_schema()))
    load_tables()
    metadata.create_all(op.get_bind())
    for statement in separation_statements(metadata):
        op.execute(statement)


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
