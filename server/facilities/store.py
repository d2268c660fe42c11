"""Safe facilities as the cities publish them: tables. Public facts, nothing about a person.

A row of `facility_import` is one file's part in one center: `preview` (nobody sees it), `live`, or `replaced` (by a
later file of the same source; undoing that one brings it back). Facilities never change: another file replaces them.
"""

from __future__ import annotations

from geoalchemy2 import Geography
from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.db import metadata
from server.facilities.model import KINDS

_TIME = DateTime(timezone=True)

facility_import = Table(
    "facility_import",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("source", Text, nullable=False),  # the data set's name: a later import of it replaces this one
    Column("file", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="preview"),
    Column("count", Integer, nullable=False),
    Column("by_kind", JSONB, nullable=False, server_default="{}"),
    Column("report", JSONB, nullable=False, server_default="{}"),
    Column("made_at", _TIME, nullable=False),
    Column("made_by", Uuid),
    Column("changed_at", _TIME, nullable=False),
    CheckConstraint("state IN ('preview', 'live', 'replaced')", name="state"),
)
Index(
    "uq_facility_import_live",
    facility_import.c.center_id,
    facility_import.c.source,
    unique=True,
    postgresql_where=text("state = 'live'"),
)

facility = Table(
    "facility",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("facility_id", Text, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("phone", Text, nullable=False, server_default=""),
    Column("hours", Text, nullable=False, server_default=""),
    Column("source_no", Text, nullable=False, server_default=""),  # the city's own number of it
    Column("as_of", Date),
    CheckConstraint(f"kind IN ({', '.join(repr(one) for one in KINDS)})", name="kind"),
    ForeignKeyConstraint(
        ["import_id", "center_id"],
        ["facility_import.import_id", "facility_import.center_id"],
        name="fk_facility_import_id",
        ondelete="CASCADE",
    ),
)
Index("ix_facility_place", facility.c.place, postgresql_using="gist")
Index("ix_facility_import", facility.c.import_id, facility.c.center_id)
