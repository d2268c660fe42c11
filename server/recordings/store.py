"""Segments and pins: tables, and the questions that other parts ask of them.

A segment's row is written when its file is complete. Rows of the rolling buffer go with their files; what an incident
kept leaves its row with `gone_at` when the file goes, so that a hash in an evidence package can be explained later.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
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
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from location_router.runtime.db import Unit
from server.db import metadata
from server.recordings.model import Pin, Segment

if TYPE_CHECKING:
    from server.settings import Settings

segment = Table(
    "segment",
    metadata,
    Column("segment_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("begin_at", DateTime(timezone=True), nullable=False),
    Column("end_at", DateTime(timezone=True), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("path", Text, nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("codec", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("is_adopted", Boolean, nullable=False, server_default="false"),
    Column("source", Text, nullable=False, server_default="own"),  # own | device (server/replays)
    Column("clock_offset_s", Double),  # of a device: its clock minus ours, put right in begin_at and end_at
    Column("is_kept", Boolean, nullable=False, server_default="false"),  # a pin was seen on it: the buffer passes it by
    Column("gone_at", DateTime(timezone=True)),
    Column("gone_why", Text),  # buffer | disk | retention | missing
    UniqueConstraint("path"),
    CheckConstraint("end_at > begin_at", name="order"),
    CheckConstraint("source IN ('own', 'device')", name="source"),
    CheckConstraint("(gone_at IS NULL) = (gone_why IS NULL)", name="gone"),
)
Index("ix_segment_camera", segment.c.camera_id, segment.c.begin_at)
Index("ix_segment_buffer", segment.c.end_at, postgresql_where=text("gone_at IS NULL AND NOT is_kept"))
Index("ix_segment_end", segment.c.end_at, postgresql_where=text("gone_at IS NULL"))
Index("ix_segment_let_go", segment.c.gone_at, postgresql_where=text("gone_why IN ('buffer', 'disk')"))

pin = Table(
    "pin",
    metadata,
    Column("pin_id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("center_id", Text, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("why", Text, nullable=False),  # chosen | nearby | asked (an operator looked back)
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True)),
    UniqueConstraint("incident_id", "camera_id"),
    CheckConstraint("until_at IS NULL OR until_at > from_at", name="order"),
    CheckConstraint("why IN ('chosen', 'nearby', 'asked')", name="why"),
)
Index("ix_pin_camera", pin.c.camera_id, pin.c.from_at)
Index("ix_pin_until_at", pin.c.until_at)  # which run: asked each second, among those of a month

# What a release of kind `recorded` shows: its segments are settled when it is granted.
clip = Table(
    "clip",
    metadata,
    Column("release_id", Uuid, ForeignKey("release.release_id", ondelete="CASCADE"), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("begin_at", DateTime(timezone=True), nullable=False),
    Column("end_at", DateTime(timezone=True), nullable=False),
    Column("segment_ids", ARRAY(Uuid), nullable=False),
)

# What the recorder last said of itself: for `ansim doctor` and the monitoring.
recorder = Table(
    "recorder",
    metadata,
    Column("recorder_id", Text, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("trouble", Text, nullable=False, server_default=""),
    Column("trouble_since", DateTime(timezone=True)),
    Column("disk_percent", Double, nullable=False, server_default="0"),
    Column("recording", Integer, nullable=False, server_default="0"),
    Column("missing", Integer, nullable=False, server_default="0"),
    Column("strays", Integer, nullable=False, server_default="0"),
    Column("no_room", Integer, nullable=False, server_default="0"),
)

_SEGMENT = (
    "segment_id, center_id, camera_id, begin_at, end_at, bytes, frames, sha256, path, width_px, height_px, codec,"
    " format, is_adopted, gone_at, source, clock_offset_s"
)


def folder_of(settings: Settings) -> Path:
    """VIDEO_DIR; by default in the state folder, one folder per installation."""
    return settings.video_folder


def path_of(settings: Settings, found: Segment) -> Path:
    """Where the segment's file is. It may be gone: open it and see."""
    return folder_of(settings) / found.path


async def segments_between(unit: Unit, camera_id: str, begin_at: datetime, end_at: datetime) -> list[Segment]:
    """Segments that are there and touch the span, in order of time."""
    rows = await unit.all(
        f"SELECT {_SEGMENT} FROM segment WHERE camera_id = :camera AND begin_at < :end AND end_at > :begin"
        " AND gone_at IS NULL ORDER BY begin_at, segment_id",
        {"camera": camera_id, "begin": begin_at, "end": end_at},
    )
    return [segment_from_row(row) for row in rows]


async def pinned_cameras(unit: Unit, incident_id: UUID) -> list[Pin]:
    """What the incident keeps, by camera."""
    rows = await unit.all(
        "SELECT pin_id, center_id, camera_id, incident_id, from_at, until_at FROM pin WHERE incident_id = :id"
        " ORDER BY camera_id",
        {"id": incident_id},
    )
    return [Pin(**row) for row in rows]


def segment_from_row(row: dict[str, Any]) -> Segment:
    return Segment(**row | {"sha256": bytes(row["sha256"])})
