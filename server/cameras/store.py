"""The city's cameras: tables. Stream addresses are ciphertext and never leave the server.

`camera_revision` says that something about some camera changed (never its health): a trigger raises it in the
transaction that changes the camera, so whoever reads a revision reads rows at least as new.
"""

from __future__ import annotations

from geoalchemy2 import Geography
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.db import metadata
from server.purposes import STANDS

camera = Table(
    "camera",
    metadata,
    Column("camera_id", Text, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
    Column("accuracy_m", Double, nullable=False, server_default="10"),  # of the registered place, 68 %
    Column("heading_deg", Double),  # clockwise from north; NULL sees all round
    Column("heading_text", Text, nullable=False, server_default=""),  # the source's words
    Column("field_of_view_deg", Double, nullable=False, server_default="70"),
    Column("range_m", Double, nullable=False, server_default="60"),
    Column("height_m", Double),
    Column("is_ptz", Boolean, nullable=False, server_default="false"),
    Column("pan_speed_deg_s", Double),
    Column("is_anpr", Boolean, nullable=False, server_default="false"),
    Column("width_px", Integer),
    Column("night", Text, nullable=False, server_default="unknown"),
    Column("purpose", Text, nullable=False, server_default="생활방범"),  # the source's words
    Column("purposes", ARRAY(Text), nullable=False, server_default=text("ARRAY['crime_prevention']")),
    Column("number_at_site", Integer, nullable=False, server_default="1"),
    Column("owner_name", Text, nullable=False, server_default=""),
    Column("office", Text, nullable=False, server_default=""),
    Column("office_phone", Text, nullable=False, server_default=""),
    Column("management_no", Text, nullable=False, server_default=""),
    Column("site_address", Text, nullable=False, server_default=""),
    Column("retention_days", Integer),
    Column("installed_on", Date),
    Column("is_indoor", Boolean, nullable=False, server_default="false"),
    Column("is_private", Boolean, nullable=False, server_default="false"),
    Column("consent_until", DateTime(timezone=True)),  # a private camera is usable only until then
    Column("agreement_id", Uuid),
    Column("is_buffered", Boolean, nullable=False, server_default="false"),  # the recorder keeps it open
    Column("sub_url_sealed", LargeBinary),  # NULL: the camera is only known to exist
    Column("main_url_sealed", LargeBinary),
    Column("source", Text, nullable=False, server_default="manual"),
    Column("source_key", Text),
    Column("source_digest", Text),  # of the row as last imported: its place and the rest, 8 characters each
    Column("retired_at", DateTime(timezone=True)),
    Column("health", Text, nullable=False, server_default="unknown"),
    Column("health_at", DateTime(timezone=True)),  # last looked at
    Column("health_since", DateTime(timezone=True)),  # so since
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("health IN ('unknown', 'working', 'dark', 'frozen', 'obstructed', 'down')", name="health"),
    CheckConstraint("night IN ('infrared', 'lit', 'none', 'unknown')", name="night"),
    CheckConstraint("source IN ('manual', 'import', 'onvif', 'seed')", name="source"),
    UniqueConstraint("center_id", "source", "source_key"),
)
Index("ix_camera_place", camera.c.place, postgresql_using="gist")
Index("ix_camera_center_id", camera.c.center_id)
# Asked each second, each 5 s and each 6 s, of a registry that may hold 100,000 cameras: who is to be recorded, who is
# broken, whom the patrol looks at next.
Index("ix_camera_buffered", camera.c.camera_id, postgresql_where=text("is_buffered"))
Index("ix_camera_broken", camera.c.center_id, postgresql_where=text("health NOT IN ('unknown', 'working')"))
Index(
    "ix_camera_looked_at",
    text("health_at NULLS FIRST"),
    camera.c.camera_id,
    postgresql_where=text("retired_at IS NULL AND sub_url_sealed IS NOT NULL"),
)
Index(  # a site's cameras by the beginning of their keys, whatever center they are in: each doubt that is decided
    "ix_camera_source_key",
    camera.c.source_key,
    postgresql_ops={"source_key": "text_pattern_ops"},
    postgresql_where=text("source = 'import'"),
)

camera_revision = Table(
    "camera_revision",
    metadata,
    Column("one", Boolean, primary_key=True, server_default="true"),
    Column("revision", BigInteger, nullable=False, server_default="0"),
)

camera_import = Table(
    "camera_import",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),  # the data set's name: a second import of it updates
    Column("centers", ARRAY(Text), nullable=False, server_default="{}"),  # whose cameras it touched
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("begun_by", Uuid),  # NULL: at the command line
    Column("report", JSONB, nullable=False, server_default="{}"),
)
Index("ix_camera_import_begun_at", camera_import.c.begun_at)

camera_doubt = Table(
    "camera_doubt",
    metadata,
    Column("doubt_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("source_key", Text, nullable=False),  # of the row's first camera
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("row", JSONB, nullable=False),
    Column("suggestion", JSONB),
    Column("state", Text, nullable=False, server_default="open"),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("before", JSONB),  # what accepting replaced: undo puts it back
    CheckConstraint("state IN ('open', 'accepted', 'rejected')", name="state"),
    UniqueConstraint("center_id", "source_key"),
)
Index("ix_camera_doubt_open", camera_doubt.c.center_id, camera_doubt.c.state)

HEALTHY = "health IN ('unknown', 'working')"
"""SQL: nobody has found this camera's picture wanting."""

USABLE = f"{STANDS.format(c='')} AND sub_url_sealed IS NOT NULL"
"""SQL: a camera that may be chosen at all (its purpose is asked separately: server.purposes.is_purpose_allowed)."""
