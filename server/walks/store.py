"""Walks home: tables. What she is on her way to is sealed; `center_id` is the home center.

`walk_position` goes with its walk: after as many days as she chose, at once with 0. A walk's row that she keeps
nothing of stays for a day with ids only, so that a request that comes late finds that it has ended.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.db import metadata

_TIME = DateTime(timezone=True)

walk = Table(
    "walk",
    metadata,
    Column("walk_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("alert_id", Uuid, nullable=False, unique=True),  # of the alarm that this walk would raise
    Column("kind", Text, nullable=False),  # route | timer
    Column("version", Integer, nullable=False, server_default="1"),
    Column("body_digest", LargeBinary, nullable=False),  # of the last PUT: the same one again changes nothing
    Column("plan_sealed", LargeBinary),  # {origin, destination, place_name, taxi_note}
    Column("guardians", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("shows_place", Boolean, nullable=False, server_default="false"),  # to them from the start
    Column("is_shared", Boolean, nullable=False, server_default="false"),  # with the center that contains her
    Column("steps", JSONB, nullable=False, server_default="{}"),
    Column("keep_days", Integer, nullable=False, server_default="7"),
    Column("begun_at", _TIME, nullable=False),
    Column("until_at", _TIME),  # of a timer
    Column("eta_s", Float),  # as planned, with what she has added
    Column("eta_at", _TIME),  # as the assessment sees it
    Column("state", Text, nullable=False, server_default="on_track"),
    Column("assessed", JSONB),  # the assessment's memory
    Column("rung", Text, nullable=False, server_default="calm"),
    Column("trouble", Text, nullable=False, server_default=""),
    Column("due_at", _TIME),  # the next rung
    Column("quiet", Text, nullable=False, server_default=""),
    Column("quiet_until", _TIME),
    Column("look_at", _TIME),  # when the sweeper looks; NULL: never again
    Column("answer_no", Integer, nullable=False, server_default="0"),
    Column("lat", Float),
    Column("lon", Float),
    Column("accuracy_m", Float),
    Column("fixed_at", _TIME),
    Column("heard_at", _TIME),
    Column("seen_center", Text, nullable=False, server_default=""),  # which center is shown the dot
    Column("raised_at", _TIME),
    Column("sent_at", _TIME),  # the router has it: its 202
    Column("ended_at", _TIME),
    Column("outcome", Text, nullable=False, server_default=""),  # arrived | cancelled | raised
)
Index("ix_walk_person_id", walk.c.person_id, walk.c.begun_at)
Index("uq_walk_running", walk.c.person_id, unique=True, postgresql_where=text("ended_at IS NULL"))
Index("ix_walk_look_at", walk.c.look_at, postgresql_where=text("look_at IS NOT NULL"))
Index("ix_walk_seen_center", walk.c.seen_center, postgresql_where=text("ended_at IS NULL AND seen_center <> ''"))

walk_position = Table(
    "walk_position",
    metadata,
    Column("walk_id", Uuid, ForeignKey("walk.walk_id", ondelete="CASCADE"), primary_key=True),
    Column("fixed_at", _TIME, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("accuracy_m", Float, nullable=False),
    Column("source", Text, nullable=False),
    Column("received_at", _TIME, nullable=False),
)

walk_change = Table(
    "walk_change",
    metadata,
    Column("walk_id", Uuid, ForeignKey("walk.walk_id", ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("state", Text, nullable=False),
    Column("rung", Text, nullable=False),
    Column("cause", Text, nullable=False),  # begun | position | time | an answer | alert
)

walk_visit = Table(  # a walk of another installation's person, while she is in a center of ours; also gone ones, empty
    "walk_visit",
    metadata,
    Column("visit_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("home", Text, nullable=False),  # the installation that sent it
    Column("at", _TIME, nullable=False),  # by the home's clock: what is older came late
    Column("heard_at", _TIME, nullable=False),
    Column("state", Text, nullable=False, server_default=""),
    Column("eta_at", _TIME),
    Column("lat", Float),  # NULL: gone
    Column("lon", Float),
    Column("accuracy_m", Float),
    Column("fixed_at", _TIME),
    prefixes=["UNLOGGED"],  # minutes old at most: nothing of it is worth a disk's memory
)
Index("ix_walk_visit_heard_at", walk_visit.c.heard_at)
Index("ix_walk_visit_home", walk_visit.c.home)
