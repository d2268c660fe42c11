"""What every `migrations/env.py` does: run the migrations of one MetaData, with PostGIS's own tables left alone.

Without GeoAlchemy2's helpers autogenerate wants to drop `spatial_ref_sys` and writes columns it forgets to import.
"""

from __future__ import annotations

import os
from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, MetaData, create_engine, pool

NOT_OURS = ("procrastinate_", "position_p", "position_default")
"""Made by procrastinate's own schema, or daily partitions: the models don't know them."""


def run(metadata: MetaData) -> None:
    """Upgrade, check or autogenerate over `config.attributes["connection"]`, or over `ALEMBIC_URL` from the shell."""
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True, **_geo_hooks())
        with context.begin_transaction():
            context.run_migrations()
        return
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection, metadata)
        return
    engine = create_engine(os.environ["ALEMBIC_URL"], poolclass=pool.NullPool)
    with engine.connect() as own:
        _migrate(own, metadata)
        own.commit()
    engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=False, **_geo_hooks())
    with context.begin_transaction():
        context.run_migrations()


def _geo_hooks() -> dict[str, Any]:
    return {
        "include_object": _include,
        "process_revision_directives": alembic_helpers.writer,
        "render_item": alembic_helpers.render_item,
    }


def _include(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    if reflected and name is not None and name.startswith(NOT_OURS):
        return False
    if kind == "index" and reflected and item.table.name.startswith(NOT_OURS):
        return False
    return bool(alembic_helpers.include_object(item, name, kind, reflected, compare_to))  # type: ignore[no-untyped-call]
