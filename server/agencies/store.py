"""Linked agencies, the agreements that let them do what they may, and the addresses they may come from: tables.

`agreement` is what holds now; every insert and change of it writes a line of `agreement_version` by a trigger of the
database (migration 0014), which nobody may change or delete: what was in force at an instant can always be answered.
Whoever asks what an agency may reads the view `agreed` (migration 0042): its own agreements, and for a firm under an
umbrella the umbrella's, within the firm's own limits.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.db import metadata

agency = Table(
    "agency",
    metadata,
    Column("agency_id", Text, primary_key=True),  # "112-demo", "119-demo"
    Column("kind", Text, nullable=False),  # 112 | 119 | …
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

agreement = Table(
    "agreement",
    metadata,
    Column("agreement_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("agency_id", Text, ForeignKey("agency.agency_id"), nullable=False),
    Column("triggers", ARRAY(Text), nullable=False),  # model.TRIGGERS
    Column("legal_bases", ARRAY(Text), nullable=False),  # model.BASES
    Column("may_view_live", Boolean, nullable=False, server_default="false"),
    Column("may_view_recorded", Boolean, nullable=False, server_default="false"),
    Column("may_store", Boolean, nullable=False, server_default="false"),
    Column("may_see_position", Boolean, nullable=False, server_default="false"),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    Column("suspended_at", DateTime(timezone=True)),
    Column("may_view_still", Boolean, nullable=False, server_default="false"),
    Column("may_see_identity", Boolean, nullable=False, server_default="false"),
    Column("storage_days", Integer, nullable=False, server_default="0"),
    Column("is_third_party", Boolean, nullable=False, server_default="true"),
    Column("desk", Text),  # concluded for all centers of this desk: one row for each of them
    Column("document", Text, nullable=False, server_default=""),  # where the signed paper is: "안양시 협약 2026-014"
    Column("notice_days", Integer, nullable=False, server_default="0"),
    Column("suspended_by", Uuid),
    Column("suspended_reason", Text, nullable=False, server_default=""),
    Column("ended_by", Uuid),
    Column("ended_reason", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_by", Uuid),  # None: by the installation itself (seed, migration, SQL)
    Column("may_see_health", Boolean, nullable=False, server_default="false"),
    # what it says about the agency's own requests (server/requests)
    Column("auto_triggers", ARRAY(Text), nullable=False, server_default="{}"),
    Column("verify_s", Integer, nullable=False, server_default="60"),
    Column("max_minutes", Integer, nullable=False, server_default="120"),
    Column("areas", JSONB(none_as_null=True)),
    Column("covers_firms", Boolean, nullable=False, server_default="false"),  # an umbrella's: its firms ask by it
    Column("camera_networks", ARRAY(Text), nullable=False, server_default="{}"),  # whose cameras it may lend
    Column("plate_quiet_s", Integer),  # how long a wrong plate rests at its camera; NULL: as the installation says
)
Index("ix_agreement_parties", agreement.c.center_id, agreement.c.agency_id)
Index("ix_agreement_ends_at", agreement.c.ends_at)

agreement_version = Table(
    "agreement_version",
    metadata,
    Column("agreement_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Uuid),
    Column("terms", JSONB, nullable=False),  # the whole row of `agreement` as of this version
)

# The networks of all the agency's agents (view `registered_network`: these and an account's own).
agency_address = Table(
    "agency_address",
    metadata,
    Column("agency_id", Text, ForeignKey("agency.agency_id"), primary_key=True),
    Column("network", Text, primary_key=True),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

__all__ = ["agency", "agency_address", "agreement", "agreement_version"]
