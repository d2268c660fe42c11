"""Scouts: what a municipality offers, its pairs on duty, bookings, who was shown a meeting place, calls for help of a
pair: tables. Names, numbers and places are ciphertext; `center_id` is the center that walks her home, which need not
be her home center."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
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
from sqlalchemy.dialects.postgresql import JSONB

from server.db import metadata
from server.scouts.model import STATES

scout_offer = Table(
    "scout_offer",
    metadata,
    Column("offer_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("body", JSONB, nullable=False),  # server.scouts.offer_body.OfferBody
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("center_id", "starts_on"),
)

# Two people, one work phone, one night: the link and the code of the phone's page are told once, kept as digests.
scout_pair = Table(
    "scout_pair",
    metadata,
    Column("pair_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("name", Text, nullable=False),  # "1조": nobody's own name
    Column("members_sealed", LargeBinary, nullable=False),
    Column("begins_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("link_digest", LargeBinary, nullable=False, unique=True),
    Column("code_digest", LargeBinary, nullable=False),
    Column("wrong_answers", Integer, nullable=False, server_default="0"),
    Column("bound_digest", LargeBinary),
    Column("made_by", Text, nullable=False),
    Column("ended_at", DateTime(timezone=True)),  # off duty, safe; or withdrawn
    Column("position_sealed", LargeBinary),
    Column("position_at", DateTime(timezone=True)),
    Column("safe_by", DateTime(timezone=True)),  # by then they have to say that they are back
    Column("late_level", Integer, nullable=False, server_default="0"),  # 1: the dispatcher knows, 2: the leader
    Column("due_at", DateTime(timezone=True)),
    Column("seen_by", Text),  # who takes care of it
    CheckConstraint("begins_at < ends_at", name="order"),
)
Index("ix_scout_pair_duty", scout_pair.c.center_id, scout_pair.c.begins_at)
Index("ix_scout_pair_due", scout_pair.c.due_at, postgresql_where=text("due_at IS NOT NULL"))

scout_booking = Table(
    "scout_booking",
    metadata,
    Column("booking_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE")),  # none: she telephoned
    Column("by_phone", Boolean, nullable=False, server_default="false"),
    Column("state", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("trip_min", Integer, nullable=False),
    Column("pair_id", Uuid, ForeignKey("scout_pair.pair_id", ondelete="SET NULL")),
    Column("words_sealed", LargeBinary, nullable=False),  # name, phone, meeting place, where to, a note
    Column("code_key_sealed", LargeBinary, nullable=False),
    Column("reason_sealed", LargeBinary),  # why it was called off
    Column("waiting_since", DateTime(timezone=True)),
    Column("her_code_read", Boolean, nullable=False, server_default="false"),
    Column("their_code_read", Boolean, nullable=False, server_default="false"),
    Column("wrong_codes", Integer, nullable=False, server_default="0"),
    Column("late_told", Boolean, nullable=False, server_default="false"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    CheckConstraint(f"state IN ({', '.join(repr(one) for one in STATES)})", name="state"),
    CheckConstraint("by_phone = (person_id IS NULL)", name="caller"),
)
Index("ix_scout_booking_at", scout_booking.c.center_id, scout_booking.c.at)
Index("ix_scout_booking_person_id", scout_booking.c.person_id)
Index("ix_scout_booking_due", scout_booking.c.due_at, postgresql_where=text("due_at IS NOT NULL"))
Index(
    "uq_scout_booking_running",  # one at a time
    scout_booking.c.person_id,
    unique=True,
    postgresql_where=text("state IN ('booked', 'assigned', 'waiting', 'accompanying')"),
)

# The register of disclosures of a meeting place: a row before it is shown, one for each who was shown it.
scout_shown = Table(
    "scout_shown",
    metadata,
    Column("booking_id", Uuid, ForeignKey("scout_booking.booking_id", ondelete="CASCADE"), primary_key=True),
    Column("viewer_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("viewer_kind", Text, nullable=False),  # operator | pair
    Column("at", DateTime(timezone=True), nullable=False),
)

# A pair's call for help until the router has it, as it goes to the router.
scout_sos = Table(
    "scout_sos",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("pair_id", Uuid, ForeignKey("scout_pair.pair_id", ondelete="CASCADE"), nullable=False),
    Column("body_sealed", LargeBinary),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True)),
)
Index("ix_scout_sos_pair_id", scout_sos.c.pair_id)

__all__ = ["scout_booking", "scout_offer", "scout_pair", "scout_shown", "scout_sos"]
