"""Protected people and their warnings at home, and which requests the serving center tells homes of: tables.

Nothing of an offender is kept at home: where he is is compared and forgotten. Of hers there is at most the last place
that her phone sent for a warning that runs; it goes with the warning's end.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid

from server.db import metadata

_TIME = DateTime(timezone=True)

# At home: the code of the ministry, linked to her account by her consent.
protected_person = Table(
    "protected_person",
    metadata,
    Column("protected_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("ref_sealed", LargeBinary, nullable=False),
    Column("tag_digest", LargeBinary, nullable=False, unique=True),
    Column("registered_at", _TIME, nullable=False),
    Column("tested_at", _TIME),  # an exercise of the ministry has reached her home
)
Index("ix_protected_person_person_id", protected_person.c.person_id)

# At home: one request of the ministry that concerns her.
approach_warning = Table(
    "approach_warning",
    metadata,
    Column("warning_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("protected_id", Uuid, ForeignKey("protected_person.protected_id", ondelete="CASCADE"), nullable=False),
    Column("request_digest", LargeBinary, nullable=False),
    Column("begun_at", _TIME, nullable=False),
    Column("said_at", _TIME, nullable=False),  # of the newest letter, by the serving center's clock
    Column("heard_at", _TIME, nullable=False),
    Column("told_at", _TIME),
    Column("told_sealed", LargeBinary),  # {"band", "direction"}
    Column("times", Integer, nullable=False, server_default="0"),
    Column("place_sealed", LargeBinary),  # her own, as her phone sent it for this warning
    Column("ended_at", _TIME),
    Column("outcome", Text, nullable=False, server_default=""),  # over | silent | withdrawn
    UniqueConstraint("protected_id", "request_digest"),
)

# At the serving center: an accepted request that homes hear of until it ends.
approach_watch = Table(
    "approach_watch",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("next_at", _TIME, nullable=False),
    Column("noted_at", _TIME),
    Column("noted_fix", _TIME),
)
Index("ix_approach_watch_next_at", approach_watch.c.next_at)
