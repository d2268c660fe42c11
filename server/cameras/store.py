"""The city's cameras: tables. Stream addresses are ciphertext and never leave the server."""

from __future__ import annotations

from geoalchemy2 import Geography
from sqlalchemy import Boolean, Column, DateTime, Double, Index, LargeBinary, Table, Text, func

from server.db import metadata

camera = Table(
    "camera",
    metadata,
    Column("camera_id", Text, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
    Column("heading_deg", Double),  # clockwise from north; NULL sees all round
    Column("field_of_view_deg", Double, nullable=False, server_default="70"),
    Column("range_m", Double, nullable=False, server_default="60"),
    Column("is_ptz", Boolean, nullable=False, server_default="false"),
    Column("purpose", Text, nullable=False, server_default="생활방범"),
    Column("healthy", Boolean, nullable=False, server_default="true"),
    Column("sub_url_sealed", LargeBinary, nullable=False),
    Column("main_url_sealed", LargeBinary, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_camera_place", camera.c.place, postgresql_using="gist")
Index("ix_camera_center_id", camera.c.center_id)
