"""Lines of talk and calls. What was said is sealed; who said something when is not."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from server.db import metadata

# One line may stand here for two centers of one installation: the alert went from the one to the other.
talk_line = Table(
    "talk_line",
    metadata,
    Column("said_id", Uuid, primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("alert_id", Uuid, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("by", Text, nullable=False),  # person | operator
    Column("kind", Text, nullable=False),  # text | quick | tap | phrase | call
    Column("payload_sealed", LargeBinary),  # {"code","text","language","ref","name"}; NULL: purged
    Column("account_id", Uuid),
    Column("said_at", DateTime(timezone=True), nullable=False),  # by the clock of whoever said it
    Column("received_at", DateTime(timezone=True), nullable=False),  # the order of the talk
    Column("heard_at", DateTime(timezone=True)),
)
Index("ix_talk_line_alert_id", talk_line.c.alert_id, talk_line.c.received_at)
Index("ix_talk_line_incident_id", talk_line.c.incident_id, talk_line.c.received_at)

voice_call = Table(
    "voice_call",
    metadata,
    Column("call_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("alert_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("way", Text, nullable=False),  # callback | console | ari
    Column("state", Text, nullable=False),  # shown | dialling | ringing | answered | ended | failed
    Column("release_id", Uuid),  # the number was disclosed
    Column("is_recorded", Boolean, nullable=False, server_default=text("false")),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("ringing_at", DateTime(timezone=True)),
    Column("answered_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
)
Index("ix_voice_call_incident_id", voice_call.c.incident_id, voice_call.c.asked_at)
