"""The wanted list, readers, hits, and near misses that wait for a person: tables.

Of a plate there is a keyed digest and a sealed text, and no more than that: what a reader saw and nobody wants is
written nowhere. A removed entry loses its sealed text at once; the row stays so that an old message can't bring it
back.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from server.db import metadata

_TIME = DateTime(timezone=True)

wanted_plate = Table(
    "wanted_plate",
    metadata,
    Column("center_id", Text, primary_key=True),
    Column("entry_id", Uuid, primary_key=True),  # chosen by the agency
    Column("agency_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("crime", Text, nullable=False),  # location_router.request_content.subjects.CRIMES
    Column("legal_basis", Text, nullable=False),
    Column("plate_digest", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary),  # {"plate", "reason", "case_no"}; gone when removed
    Column("pushed_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("changed_at", _TIME, nullable=False),  # by the database's clock: what the lists in memory follow
    Column("removed_at", _TIME),
    Column("removed_reason", Text, nullable=False, server_default=""),
)
Index("ix_wanted_plate_changed_at", wanted_plate.c.changed_at)

plate_reader = Table(
    "plate_reader",
    metadata,
    Column("reader_id", Text, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("key_sealed", LargeBinary, nullable=False),
    Column("cameras", ARRAY(Text), nullable=False),  # for which it may speak
    Column("is_active", Boolean, nullable=False, server_default="true"),
    Column("added_at", _TIME, nullable=False),
    Column("clock_off_s", Double),  # how far its newest read was from now, behind below zero; NULL: it was right
    Column("clock_seen_at", _TIME),
)

plate_hit = Table(
    "plate_hit",
    metadata,
    Column("hit_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("read_at", _TIME, nullable=False),
    Column("found_at", _TIME, nullable=False),
    Column("confidence", Double),  # the reader's own; none where it tells none
    Column("probability", Double, nullable=False),
    Column("decided_by", Uuid),  # who confirmed a near one
    Column("request_id", Uuid, nullable=False),
    Column("incident_id", Uuid),
    Column("told_at", _TIME),
)
Index("ix_plate_hit_entry_id", plate_hit.c.entry_id, plate_hit.c.camera_id, plate_hit.c.read_at)
Index("ix_plate_hit_request_id", plate_hit.c.request_id)

plate_candidate = Table(
    "plate_candidate",
    metadata,
    Column("candidate_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("read_at", _TIME, nullable=False),
    Column("probability", Double, nullable=False),
    Column("body_sealed", LargeBinary),  # {"read", "confidence", "because"}; gone when dismissed
    Column("expires_at", _TIME, nullable=False),
    Column("dismissed_at", _TIME),  # from then until expires_at its like are counted, not shown
    Column("quieted", Integer, nullable=False, server_default="0"),
    Column("picture_sealed", LargeBinary),  # the reader's own, base64 of a JPEG, for the request that is confirmed
)
Index("ix_plate_candidate_expires_at", plate_candidate.c.expires_at)
