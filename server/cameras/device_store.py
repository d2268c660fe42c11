"""Tables of camera devices: how we get into them, what moves them now, what was looked for on a subnet."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.db import metadata

_CAMERA = "camera.camera_id"

camera_device = Table(
    "camera_device",
    metadata,
    Column("camera_id", Text, ForeignKey(_CAMERA, ondelete="CASCADE"), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("url", Text, nullable=False),  # the device's ONVIF address, without credentials
    Column("user_sealed", LargeBinary, nullable=False),
    Column("password_sealed", LargeBinary, nullable=False),
    Column("maker", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False, server_default=""),
    Column("firmware", Text, nullable=False, server_default=""),
    Column("clock_offset_s", Double),  # the device's clock minus ours when it was bound
    Column("sub_profile", Text, nullable=False),
    Column("main_profile", Text, nullable=False),
    Column("ptz_profile", Text),  # NULL: it can't be moved
    Column("home", Text),  # NULL: none; '' its home position; else a preset's token
    Column("has_replay", Boolean, nullable=False, server_default="false"),
    Column("findings", ARRAY(Text), nullable=False, server_default="{}"),  # codes of onvif.profiles.FINDINGS
    Column("bound_by", Uuid, nullable=False),
    Column("bound_at", DateTime(timezone=True), nullable=False),
)
Index("ix_camera_device_center_id", camera_device.c.center_id)

ptz_hand = Table(
    "ptz_hand",  # one per camera: whose hand is on it, and what is still to be done when it lets go
    metadata,
    Column("camera_id", Text, ForeignKey(_CAMERA, ondelete="CASCADE"), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("account_id", Uuid),  # NULL: nobody's
    Column("release_id", Uuid),  # under which she watches it
    Column("taken_at", DateTime(timezone=True)),
    Column("until_at", DateTime(timezone=True)),
    Column("moves", Integer, nullable=False, server_default="0"),
    Column("presets", Integer, nullable=False, server_default="0"),
    Column("stop_at", DateTime(timezone=True)),  # a movement runs: it is stopped then, whatever the page does
    Column("stop_tries", Integer, nullable=False, server_default="0"),
    Column("home_at", DateTime(timezone=True)),  # goes back to its home then, unless somebody watches
    CheckConstraint(
        "account_id IS NULL OR (release_id IS NOT NULL AND taken_at IS NOT NULL AND until_at IS NOT NULL)",
        name="held",
    ),
)
Index(
    "ix_ptz_hand_due",  # looked at several times a second
    ptz_hand.c.camera_id,
    postgresql_where=text("account_id IS NOT NULL OR stop_at IS NOT NULL OR home_at IS NOT NULL"),
)

camera_discovery = Table(
    "camera_discovery",
    metadata,
    Column("discovery_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("subnet", Text, nullable=False),
    Column("ports", ARRAY(Integer), nullable=False),
    Column("state", Text, nullable=False),  # running | done | cancelled
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("to_ask", Integer, nullable=False),
    Column("found", JSONB, nullable=False, server_default="[]"),
    Column("begun_by", Uuid, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('running', 'done', 'cancelled')", name="state"),
)
Index(
    "uq_camera_discovery_running",  # one at a time per center
    camera_discovery.c.center_id,
    unique=True,
    postgresql_where=text("state = 'running'"),
)
