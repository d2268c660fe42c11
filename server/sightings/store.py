"""Who was seen where, and what agencies ask to look at: tables.

A sighting keeps the place of its camera as it stood then: a camera may be moved or retired, the trail may not.
`due_at` of a request is its next deadline, so that it survives every crash: the sweeper looks at it.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from server.db import metadata

sighting = Table(
    "sighting",
    metadata,
    Column("sighting_id", Uuid, primary_key=True),  # chosen by the page: a double click is one sighting
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("lat", Double, nullable=False),  # of the camera
    Column("lon", Double, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("subject", Text, nullable=False),
    Column("words_sealed", LargeBinary, nullable=False),  # {"note", "plate"}
    Column("marked_by", Uuid, nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False),
    Column("struck_by", Uuid),
    Column("struck_at", DateTime(timezone=True)),
    CheckConstraint("subject IN ('person', 'vehicle')", name="subject"),
)
Index("ix_sighting_incident_id", sighting.c.incident_id, sighting.c.seen_at)

video_request = Table(
    "video_request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("agency_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("agreement_id", Uuid, ForeignKey("agreement.agreement_id"), nullable=False),
    Column("case_no", Text, nullable=False),  # the agency's own
    Column("legal_basis", Text, nullable=False),
    Column("incident_type", Text, nullable=False),
    Column("is_area", Boolean, nullable=False),
    Column("asked_sealed", LargeBinary, nullable=False),  # {"reason", "place", "area", "by"}
    Column("asked_by", Uuid, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False),  # unanswered
    Column("escalated_at", DateTime(timezone=True)),
    Column("answer_sealed", LargeBinary),  # {"reason", "by"}
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("incident_id", Uuid),  # what the approval opened
    Column("dispatch_id", Uuid),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text, nullable=False, server_default=""),
    CheckConstraint(
        "state IN ('asked', 'approved', 'refused', 'withdrawn', 'expired', 'ended')",
        name="state",
    ),
)
Index(
    "uq_video_request_open",
    video_request.c.agency_id,
    video_request.c.case_no,
    unique=True,
    postgresql_where=text("state IN ('asked', 'approved')"),
)
Index("ix_video_request_due_at", video_request.c.due_at, postgresql_where=text("due_at IS NOT NULL"))
Index("ix_video_request_center_id", video_request.c.center_id, video_request.c.asked_at)
Index("ix_video_request_agency_id", video_request.c.agency_id, video_request.c.asked_at)
