"""Imported boundary versions: what was imported, its polygons, when it was activated, and the keys of all polygons.

A version without an activation is a draft. An activation stands until it is withdrawn (rolled back); the rows stay, so
that the history can be read. Nothing here is about a person.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from location_router.store import metadata

boundary_version = Table(
    "boundary_version",
    metadata,
    Column("label", Text, primary_key=True),
    Column("effective", Date, nullable=False),
    Column("source", Text, nullable=False),
    Column("report", JSONB, nullable=False),
    Column("imported_by", Text, nullable=False, server_default=text("''")),
    Column("imported_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

boundary_area = Table(
    "boundary_area",
    metadata,
    Column("label", Text, ForeignKey("boundary_version.label", ondelete="CASCADE"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("area", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
)
Index("ix_boundary_area_area", boundary_area.c.area, postgresql_using="gist")

boundary_activation = Table(
    "boundary_activation",
    metadata,
    Column("activation_no", BigInteger, Identity(always=True), primary_key=True),
    Column("label", Text, ForeignKey("boundary_version.label"), nullable=False),
    Column("effective", Date, nullable=False),
    Column("until", Date),
    Column("activated_by", Text, nullable=False, server_default=text("''")),
    Column("activated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", DateTime(timezone=True)),
    CheckConstraint("until IS NULL OR until > effective", name="until"),
)

# Also for the built-in versions, which have no row above: all processes must hand out the same keys.
boundary_key = Table(
    "boundary_key",
    metadata,
    Column("label", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
)
