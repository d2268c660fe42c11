"""Warnings of disaster rooms, and who wants to be warned where: tables.

Whether a warning runs is never written: it does until it expires, unless a later message of the same agency names it
in its references. So the order in which messages come makes no difference.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from server.db import metadata

_TIME = DateTime(timezone=True)

# One row per message and center: of the centers that it touches, and of the home center, for its people.
cap_warning = Table(
    "cap_warning",
    metadata,
    Column("warning_id", Uuid, primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("via", Text, nullable=False),  # router | center
    Column("key", Text, nullable=False),  # sender,identifier,sent
    Column("refers_to", ARRAY(Text), nullable=False),  # keys of what it replaces or ends
    Column("thread_id", Uuid, nullable=False),  # the first message of what this one goes on with
    Column("kind", Text, nullable=False),  # Alert | Update | Cancel
    Column("is_drill", Boolean, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("is_here", Boolean, nullable=False),  # it touches this center; False: only people of this home hear of it
    Column("severity", Text, nullable=False),
    Column("centers", ARRAY(Text), nullable=False),  # all that it touches
    Column("sent_at", _TIME, nullable=False),
    Column("received_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("content", JSONB, nullable=False),  # cap_warning.values.told
    Column("body", LargeBinary, nullable=False),  # as it came: what is told to everybody is no secret
    Column("told", Integer, nullable=False, server_default="0"),  # phones, browsers pushed to; nobody's name
    Column("hidden_at", _TIME),  # taken off this center's map; people and other centers are told all the same
    Column("hidden_by", Uuid),
    Column("hidden_reason", Text, nullable=False, server_default=""),  # model.HIDE_REASONS
)
Index("ix_cap_warning_expires_at", cap_warning.c.center_id, cap_warning.c.expires_at)
Index("ix_cap_warning_refers_to", cap_warning.c.refers_to, postgresql_using="gin")

# Who agreed to be warned, and for which municipalities; not where she is.
warned_person = Table(
    "warned_person",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("places", ARRAY(Text), nullable=False),
    Column("agreed_at", _TIME, nullable=False),
)
Index("ix_warned_person_places", warned_person.c.places, postgresql_using="gin")

# A browser of somebody who agreed that is pushed to as well: where (a vendor's address) and the keys that seal for it.
warned_browser = Table(
    "warned_browser",
    metadata,
    Column("device_id", Uuid, ForeignKey("device.device_id", ondelete="CASCADE"), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("subscription_sealed", LargeBinary, nullable=False),
    Column("language", Text, nullable=False, server_default="ko"),
    Column("created_at", _TIME, nullable=False),
)

OVER_BY = """SELECT u.kind, u.received_at FROM cap_warning u
  WHERE u.center_id = w.center_id AND u.agency_id = w.agency_id
  AND u.kind IN ('Update', 'Cancel') AND w.key = ANY(u.refers_to)"""
"""Later messages that name row `w` of `cap_warning`."""
_STANDS = """(w.via = 'router' OR w.kind = 'Cancel' OR EXISTS (SELECT FROM agreement g WHERE g.agency_id = w.agency_id
  AND g.center_id = ANY({centers}) AND 'disaster' = ANY(g.triggers) AND g.starts_at <= :now
  AND (g.ends_at IS NULL OR g.ends_at > :now) AND (g.suspended_at IS NULL OR g.suspended_at > :now)))"""
STANDS, STANDS_SOMEWHERE = (_STANDS.format(centers=one) for one in ("ARRAY[w.center_id]", "w.centers"))
"""Whether row `w` counts now, at its own center's desks, and for people: what came by a line rests on the agreement
with its center; what came by the router, on its sender's registration there; nobody needs an agreement to call
something off. Never written, as RUNNING is not."""
RUNNING = f"w.kind <> 'Cancel' AND w.expires_at > :now AND NOT EXISTS ({OVER_BY})"
