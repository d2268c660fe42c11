"""Incidents, the alerts they hold, and positions: tables.

`caller_sealed` and positions are personal: the caller is ciphertext, positions are purged by policy.
Deadlines are columns, so that a timer survives every crash (`pre_deadline_at`, `escalate_at`, `target_at`,
`remind_at`, `handover_until`): the sweeper looks at them.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.db import metadata

incident = Table(
    "incident",
    metadata,
    Column("incident_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    # received | acknowledged | dispatched | on_scene | closed | cancelled | transferred
    Column("state", Text, nullable=False),
    Column("phase", Text, nullable=False),  # pre | active | ended: the phase of its leading alert
    Column("type", Text, nullable=False, server_default="sos"),
    Column("is_drill", Boolean, nullable=False, server_default="false"),
    Column("is_duress", Boolean, nullable=False, server_default="false"),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("active_at", DateTime(timezone=True)),
    Column("pre_deadline_at", DateTime(timezone=True)),
    Column("escalate_at", DateTime(timezone=True)),
    Column("escalation_level", Integer, nullable=False, server_default="0"),
    Column("owner_id", Uuid),
    Column("owner_name_sealed", LargeBinary),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("disposition", Text),
    # owner | runner_up | leaving: whether this center acts on its alerts (docs/interfaces.md section 8)
    Column("role", Text, nullable=False, server_default="owner"),
    Column("merged_into", Uuid),  # its alerts are in that incident now
    Column("attention_at", DateTime(timezone=True)),  # she has pressed again and nobody has said that he heard
    Column("origin", Text, nullable=False, server_default="alert"),  # alert | observed | exercise | agency
    Column("classification", Text),  # grave | ordinary; `type` is what it was classified as
    # Verify first: when each stage is due (fixed at the acknowledgment) and when it was done; target_at is the next
    # due time that the sweeper has not looked at.
    Column("contact_due_at", DateTime(timezone=True)),
    Column("view_due_at", DateTime(timezone=True)),
    Column("classify_due_at", DateTime(timezone=True)),
    Column("contacted_at", DateTime(timezone=True)),
    Column("viewed_at", DateTime(timezone=True)),
    Column("classified_at", DateTime(timezone=True)),
    Column("target_at", DateTime(timezone=True)),
    # Acknowledged and idle: when to look, how often it was said since something last happened, and whether the
    # operator asked for it at this very time.
    Column("remind_at", DateTime(timezone=True)),
    Column("reminders", Integer, nullable=False, server_default="0"),
    Column("remind_asked", Boolean, nullable=False, server_default="false"),
    # A hand-over that was asked for and not answered yet; names and reason are sealed.
    Column("handover_to", Uuid),
    Column("handover_by", Uuid),
    Column("handover_at", DateTime(timezone=True)),
    Column("handover_until", DateTime(timezone=True)),
    Column("handover_sealed", LargeBinary),
)
Index(
    "ix_incident_open",
    incident.c.center_id,
    incident.c.opened_at,
    postgresql_where=text("state NOT IN ('closed','cancelled','transferred')"),
)
Index("ix_incident_merged_into", incident.c.merged_into, postgresql_where=text("merged_into IS NOT NULL"))
Index("ix_incident_pre_deadline_at", incident.c.pre_deadline_at, postgresql_where=text("pre_deadline_at IS NOT NULL"))
Index("ix_incident_escalate_at", incident.c.escalate_at, postgresql_where=text("escalate_at IS NOT NULL"))
Index("ix_incident_target_at", incident.c.target_at, postgresql_where=text("target_at IS NOT NULL"))
Index("ix_incident_remind_at", incident.c.remind_at, postgresql_where=text("remind_at IS NOT NULL"))
Index("ix_incident_handover_until", incident.c.handover_until, postgresql_where=text("handover_until IS NOT NULL"))
Index("ix_incident_owner_id", incident.c.owner_id, postgresql_where=text("closed_at IS NULL"))

alert = Table(
    "alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("phase", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("assignment_no", Integer, nullable=False),
    Column("assignment", JSONB, nullable=False),
    Column("flags", JSONB, nullable=False, server_default="[]"),
    Column("caller_sealed", LargeBinary, nullable=False),
    Column("home", Text, nullable=False, server_default=""),
    Column("person_ref", Text, nullable=False, server_default=""),
    Column("battery_percent", Integer),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("superseded_at", DateTime(timezone=True)),
    Column("origin_id", Uuid),  # the incident it was merged from
    Column("pre_deadline_at", DateTime(timezone=True)),  # set where an incident holds more than one pre-alert
    Column("caller_digest", LargeBinary),  # keyed; only of a caller whose credential was checked
    Column("is_health_shared", Boolean, nullable=False, server_default="false"),  # health.shares_health
    # keyed, of her checked credential's mobile number; empty: it names none; NULL: not worked out (an older row)
    Column("number_digest", LargeBinary),
)
Index("ix_alert_incident_id", alert.c.incident_id)
Index("ix_alert_number_digest", alert.c.number_digest, postgresql_where=text("number_digest IS NOT NULL"))
Index(
    "ix_alert_number_unread",  # what an older release has left: read once (server/telco_places.py)
    alert.c.incident_id,
    postgresql_where=text("number_digest IS NULL AND caller_digest IS NOT NULL"),
)
Index("ix_alert_person_ref", alert.c.person_ref, postgresql_where=text("person_ref <> ''"))  # legal holds

# How a verified caller's earlier incidents ended: orders the queue, and nothing else (requirement: never drops).
caller_history = Table(
    "caller_history",
    metadata,
    Column("caller_digest", LargeBinary, primary_key=True),
    Column("incident_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("was_false", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# Both directions of a link stand here, each seen by the center of its `alert_id`.
alert_link = Table(
    "alert_link",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("other_id", Uuid, primary_key=True),
    Column("kind", Text, primary_key=True),  # same_person | same_place | same_number | manual
    Column("center_id", Text, nullable=False),
    Column("other_center", Text, nullable=False, server_default=""),
    Column("at", DateTime(timezone=True), nullable=False),
)

# An alert as an incident had it that does not hold it any more: it went to another center of this installation. With
# this row the old incident keeps its alert for the staff of its center, who may not see the other's rows.
handed_alert = Table(
    "handed_alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("assignment_no", Integer, nullable=False),
    Column("assignment", JSONB, nullable=False),
    Column("flags", JSONB, nullable=False, server_default="[]"),
    Column("caller_sealed", LargeBinary, nullable=False),
    Column("home", Text, nullable=False, server_default=""),
    Column("battery_percent", Integer),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("superseded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_handed_alert_incident_id", handed_alert.c.incident_id)

# In daily partitions by `fixed_at`, which a redelivery repeats exactly (the clock of arrival it does not) and which is
# never later than the arrival: a day that is dropped holds nothing younger. A fix older than any day, and what a legal
# hold keeps after its day, lies in `position_default`. Days are made and dropped by server/retention/partitions.py.
position = Table(
    "position",
    metadata,
    Column("alert_id", Uuid, nullable=False),
    Column("fixed_at", DateTime(timezone=True), nullable=False),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    Column("accuracy_m", Double, nullable=False),
    Column("speed_mps", Double),
    Column("heading_deg", Double),
    Column("source", Text, nullable=False, server_default="gps"),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("incident_id", "fixed_at", "alert_id"),  # in this order: everybody asks by incident
    postgresql_partition_by="RANGE (fixed_at)",
)
Index("ix_position_rescue", position.c.incident_id, postgresql_where=text("source IN ('els', 'telco', 'police')"))
