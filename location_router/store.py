"""The router's tables. What tells about a person (message, position, delivery, quarantine) is sealed; the rest is not.

The router holds no accounts and serves no center's staff, so there is no `center_id` to separate by: rows know a
center only as an assignment's answer (`center_code`).
"""

from __future__ import annotations

from geoalchemy2 import Geography
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from location_router.runtime.db import new_metadata

metadata = new_metadata()
_NOW = func.now()
_EMPTY = text("''")


def _time(name: str, *, now: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=not now, server_default=_NOW if now else None)


center = Table(
    "center",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("callback", Text, nullable=False, server_default=_EMPTY),
    Column("served_by", Text, nullable=False, server_default=_EMPTY),
    Column("place", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
    Column("boundary_version", Text, nullable=False),
    _time("updated_at", now=True),
    # An administrator's word (`policy_store.py`); hours NULL: always staffed, capabilities NULL: as its desk says.
    Column("is_draining", Boolean, nullable=False, server_default=text("false")),
    Column("hours", JSONB),
    Column("capabilities", ARRAY(Text)),
)
Index("ix_center_place", center.c.place, postgresql_using="gist")

installation = Table(
    "installation",
    metadata,
    Column("installation_id", Text, primary_key=True),
    Column("https_url", Text, nullable=False, server_default=_EMPTY),
    Column("public_key_pem", Text, nullable=False, server_default=_EMPTY),
    Column("serves_all", Boolean, nullable=False, server_default=text("false")),
    Column("serves", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("home_center", Text, nullable=False, server_default=_EMPTY),
    Column("operators_online", Integer, nullable=False, server_default=text("0")),
    Column("queue_length", Integer, nullable=False, server_default=text("0")),
    Column("capabilities", ARRAY(Text)),
    Column("troubles", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    _time("registered_at", now=True),
    _time("last_seen_at"),
    _time("last_sent_at"),  # by the desk's own clock: what is not newer is a repetition
)

alert = Table(
    "alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("phase", Text, nullable=False),
    Column("outcome", Text, nullable=False, server_default=_EMPTY),
    Column("assignment_no", Integer, nullable=False),
    Column("center_code", Text, nullable=False),
    Column("served_by", Text, nullable=False),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("message_sealed", LargeBinary),
    Column("original_sealed", LargeBinary),
    Column("position_sealed", LargeBinary),
    _time("position_at"),
    Column("device_id", Text, nullable=False, server_default=_EMPTY),
    Column("home_installation", Text, nullable=False, server_default=_EMPTY),
    Column("state", Text, nullable=False, server_default=_EMPTY),
    Column("watchers", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # Of the watchers, those who had the alert before a handover; and the dwell of a person beyond a border.
    Column("leaving", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("crossing_sealed", LargeBinary),
    _time("received_at", now=True),
    _time("active_at"),
    _time("pre_deadline_at"),
    _time("ended_at"),
    _time("owner_receipt_at"),
    _time("runner_up_told_at"),
    _time("closed_at"),
    # The ladder's clock: where it starts to count, when it is looked at again (NULL: nobody has to), and since when
    # its owner is seen without a heartbeat.
    _time("ladder_from"),
    _time("ladder_at"),
    _time("owner_silent_at"),
)
Index("ix_alert_ladder_at", alert.c.ladder_at, postgresql_where=text("ladder_at IS NOT NULL"))
Index("ix_alert_device_id_received_at", alert.c.device_id, alert.c.received_at)
Index("ix_alert_owner_receipt_at", alert.c.owner_receipt_at, postgresql_where=text("message_sealed IS NOT NULL"))

assignment = Table(
    "assignment",
    metadata,
    Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), primary_key=True),
    Column("assignment_no", Integer, primary_key=True, autoincrement=False),
    Column("center_code", Text, nullable=False),
    Column("served_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("boundary_version", Text, nullable=False),
    Column("record", JSONB, nullable=False),
    _time("decided_at", now=True),
)

# `is_notice`: to a desk that does not own the alert, in `role`. `next_attempt_at` NULL: nothing left to do.
delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), nullable=False),
    Column("assignment_no", Integer, nullable=False),
    Column("installation", Text, nullable=False),
    Column("is_notice", Boolean, nullable=False, server_default=text("false")),
    Column("role", Text, nullable=False, server_default=text("'owner'")),
    Column("body_sealed", LargeBinary),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("incident_id", Uuid),
    _time("created_at", now=True),
    _time("next_attempt_at"),
    _time("published_at"),
    _time("receipt_at"),
)
Index("ix_delivery_next_attempt_at", delivery.c.next_attempt_at, postgresql_where=text("next_attempt_at IS NOT NULL"))
Index("ix_delivery_alert_id", delivery.c.alert_id)

status = Table(
    "status",
    metadata,
    Column("status_no", BigInteger, Identity(always=True), primary_key=True),
    Column("status_id", Uuid, nullable=False, unique=True),
    Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), nullable=False),
    Column("assignment_no", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_adopted", Boolean, nullable=False),
    Column("body", JSONB, nullable=False),
    _time("received_at", now=True),
)
Index("ix_status_alert_id_status_no", status.c.alert_id, status.c.status_no)

# Statuses on their way to a home installation: sent after commit, swept until the bus holds them.
outbox = Table(
    "outbox",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    _time("next_attempt_at", now=True),
)
Index("ix_outbox_next_attempt_at", outbox.c.next_attempt_at)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    _time("received_at", now=True),
)
Index("ix_quarantine_received_at", quarantine.c.received_at)
