"""Requests to 112, 119 and other agencies, the lines to their own systems, and their officers in the field: tables."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
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
from sqlalchemy.dialects.postgresql import JSONB

from server.db import metadata

# One row per (incident, agency): a request after a decline is the same case with the next `request_no`.
dispatch = Table(
    "dispatch",
    metadata,
    Column("dispatch_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("agency_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("agreement_id", Uuid, ForeignKey("agreement.agreement_id"), nullable=False),
    # requested → delivered → accepted | declined → en_route → on_scene → done; cancelled, failed
    Column("state", Text, nullable=False),
    Column("case_no", Text, nullable=False, unique=True),
    Column("receipt_no", Text),
    Column("legal_basis", Text, nullable=False),
    Column("trigger", Text, nullable=False, server_default="dispatch"),  # the agreement's, under which it stands
    Column("body_sealed", LargeBinary, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("times", JSONB, nullable=False, server_default="{}"),
    Column("overdue_at", DateTime(timezone=True)),
    Column("is_overdue", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("is_drill", Boolean, nullable=False, server_default="false"),
    Column("gateway", Text, nullable=False, server_default="desk"),  # desk | webhook | console, when it was requested
    Column("request_no", Integer, nullable=False, server_default="1"),
    Column("requested_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempts", Integer, nullable=False, server_default="0"),  # tries to deliver that failed
    Column("failed_reason", Text, nullable=False, server_default=""),
    Column("reported_at", DateTime(timezone=True)),  # of the newest report, by the agency's clock
    Column("unit", Text, nullable=False, server_default=""),
    Column("eta_at", DateTime(timezone=True)),
    Column("unit_position", JSONB),  # {"lat","lon","at"}: the officers' place, gone when the case ends
    # Position updates to the agency's system: the number of the last one and the fix that it told
    Column("update_no", Integer, nullable=False, server_default="0"),
    Column("update_fixed_at", DateTime(timezone=True)),
    UniqueConstraint("incident_id", "agency_id"),
)
Index("ix_dispatch_agency", dispatch.c.agency_id, dispatch.c.created_at)

# The last case number of each kind of agency and Korean day.
case_counter = Table(
    "case_counter",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("last_number", Integer, nullable=False),
)

# How an agency is reached: by all centers, or by one of them differently.
agency_line = Table(
    "agency_line",
    metadata,
    Column("line_id", Uuid, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("center_id", Text),  # None: every center of the installation
    Column("kind", Text, nullable=False),  # desk | webhook | console
    Column("url", Text, nullable=False, server_default=""),
    Column("key_sealed", LargeBinary),
    Column("content_type", Text, nullable=False, server_default="application/json"),
    Column("timeout_s", Double, nullable=False, server_default="5"),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # set by the association of a firm, which has no say in the center's own networks
    Column("by_umbrella", Boolean, nullable=False, server_default="false"),
)
Index(
    "uq_agency_line_agency_id_center_id",
    agency_line.c.agency_id,
    func.coalesce(agency_line.c.center_id, text("''")),
    unique=True,
)

# What agencies' systems have said, by the message's id: a thing said twice happens once.
dispatch_report = Table(
    "dispatch_report",
    metadata,
    Column("agency_id", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("dispatch_id", Uuid, ForeignKey("dispatch.dispatch_id", ondelete="CASCADE"), nullable=False),
    Column("body_digest", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_dispatch_report_dispatch_id", dispatch_report.c.dispatch_id)

# An officer in the field who follows one dispatch, or one request of his own agency, on a phone's browser.
responder = Table(
    "responder",
    metadata,
    Column("responder_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("dispatch_id", Uuid, ForeignKey("dispatch.dispatch_id", ondelete="CASCADE")),  # None: `request_id`
    Column("request_id", Uuid),
    Column("request_no", Integer, nullable=False),  # of the dispatch; 0 of a request
    Column("name_sealed", LargeBinary, nullable=False),
    Column("link_digest", LargeBinary, nullable=False, unique=True),
    Column("code_digest", LargeBinary, nullable=False),
    Column("wrong_answers", Integer, nullable=False, server_default="0"),
    Column("bound_digest", LargeBinary),
    Column("bound_at", DateTime(timezone=True)),
    Column("invited_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    # {"lat","lon","at"} of an officer of a request, while he shares it; of a dispatch it stands in its own row
    Column("unit_position", JSONB(none_as_null=True)),
    ForeignKeyConstraint(
        ["request_id", "center_id"], ["agency_request.request_id", "agency_request.center_id"], ondelete="CASCADE"
    ),
    CheckConstraint("(dispatch_id IS NULL) <> (request_id IS NULL)", name="part"),
)
Index("ix_responder_dispatch_id", responder.c.dispatch_id)
Index("ix_responder_request_id", responder.c.request_id, responder.c.center_id)

# What an agency asks for beside its request (server/dispatch/asks.py): asked → answered | refused.
request_ask = Table(
    "request_ask",
    metadata,
    Column("ask_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),  # asks.Asks
    Column("state", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    Column("answered_by", Uuid),  # None: by a machine (a plate reader's sighting)
    Column("answer", Text, nullable=False, server_default=""),  # still | sighting | package | words
    Column("answer_id", Uuid),
    Column("reason", Text, nullable=False, server_default=""),  # asks.REFUSALS
    ForeignKeyConstraint(
        ["request_id", "center_id"], ["agency_request.request_id", "agency_request.center_id"], ondelete="CASCADE"
    ),
)
Index("ix_request_ask_request_id", request_ask.c.request_id, request_ask.c.center_id)
Index(
    "uq_request_ask_open",
    request_ask.c.request_id,
    request_ask.c.center_id,
    request_ask.c.kind,
    unique=True,
    postgresql_where=text("state = 'asked'"),
)

# Single pictures that an operator has sent to the responders of an incident.
still = Table(
    "still",
    metadata,
    Column("still_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("release_id", Uuid, nullable=False),  # of the operator who took it
    Column("image_sealed", LargeBinary, nullable=False),  # base64 of a JPEG
    Column("taken_at", DateTime(timezone=True), nullable=False),
)
Index("ix_still_incident_id", still.c.incident_id, still.c.taken_at)

# Green lights asked for a unit's way: requested → granted | refused → ended.
signal_priority = Table(
    "signal_priority",
    metadata,
    Column("priority_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("dispatch_id", Uuid, ForeignKey("dispatch.dispatch_id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("is_drill", Boolean, nullable=False, server_default="false"),
    Column("is_simulated", Boolean, nullable=False, server_default="false"),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("release_id", Uuid),  # of the place that the traffic system is told
)
Index("ix_signal_priority_dispatch_id", signal_priority.c.dispatch_id, signal_priority.c.requested_at)
