"""Tables of the alert intake: registered senders, their sandbox, locations that wait for their alert, devices.

Of a key only its SHA-256 and the sealed signing secret are kept. What tells about a person is sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from location_router.store import metadata

_NOW, _EMPTY = func.now(), text("''")


def _time(name: str, *, now: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=not now, server_default=_NOW if now else None)


def _word(name: str, default: str = "") -> Column[object]:
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


sender = Table(
    "sender",
    metadata,
    Column("sender_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    _word("contact"),
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    _word("state", "active"),  # active | suspended | revoked
    Column("rate_per_minute", Integer, nullable=False, server_default=text("600")),
    _word("agency_id"),  # the agency in whose name it may raise requests
    _word("certificate_sha256"),  # hex, of the client certificate that a trusted proxy has checked
    _time("created_at", now=True),
    _time("changed_at", now=True),
)

sender_key = Table(
    "sender_key",
    metadata,
    Column("key_id", Uuid, primary_key=True),
    Column("sender_id", Text, ForeignKey("sender.sender_id", ondelete="CASCADE"), nullable=False),
    Column("key_sha256", LargeBinary, nullable=False, unique=True),
    Column("signing_sealed", LargeBinary, nullable=False),
    _time("created_at", now=True),
    _time("expires_at"),
)
Index("ix_sender_key_sender_id", sender_key.c.sender_id)

# Which registered sender raised an alert: it may send positions for it.
sender_alert = Table(
    "sender_alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("sender_id", Text, nullable=False),
    _time("received_at", now=True),
)
Index("ix_sender_alert_received_at", sender_alert.c.received_at)

sandbox_alert = Table(
    "sandbox_alert",
    metadata,
    Column("sender_id", Text, primary_key=True),
    Column("alert_id", Uuid, primary_key=True),
    Column("body_sealed", LargeBinary, nullable=False),
    _time("changed_at", now=True),
)
Index("ix_sandbox_alert_changed_at", sandbox_alert.c.changed_at)

# `alert_id` NULL: it waits for the alert of the same number, for some minutes.
els_location = Table(
    "els_location",
    metadata,
    Column("els_id", Uuid, primary_key=True),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("alert_id", Uuid),
    _time("received_at", now=True),
)
Index("ix_els_location_received_at", els_location.c.received_at)

# How far each sender is ahead of its agreed rate, over all processes; losing it costs nothing.
sender_pace = Table(
    "sender_pace",
    metadata,
    Column("name", Text, primary_key=True),
    Column("due_at", DateTime(timezone=True), nullable=False),
    prefixes=["UNLOGGED"],
)

# No person here: who carries a device only her home center knows.
device = Table(
    "device",
    metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("home_installation", Text, nullable=False),
    _word("kind"),
    _word("state", "active"),  # active | suspended | revoked
    Column("heartbeat_s", Integer, nullable=False, server_default=text("0")),  # 0: sends none
    Column("last_seq", BigInteger, nullable=False, server_default=text("-1")),
    Column("battery_percent", Integer),
    _word("reported"),  # what its home center was last told is wrong: low_battery | silent
    _time("registered_at", now=True),
    _time("last_seen_at"),
)
Index("ix_device_last_seen_at", device.c.last_seen_at, postgresql_where=text("heartbeat_s > 0"))
