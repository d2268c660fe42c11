"""Photos and sound of a person's own phone. The bytes lie sealed in their rows like stills: one commit with what is
said of them, under the center's key, purged and resealed like every sealed column (decision 0011)."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid

from server.db import metadata

# An alert may have gone from one center of this installation to another: each has its own rows.
capture = Table(
    "capture",
    metadata,
    Column("capture_id", Uuid, primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("alert_id", Uuid, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("kind", Text, nullable=False),  # photo | sound
    Column("format", Text, nullable=False),
    Column("lens", Text, nullable=False, server_default=""),
    Column("seconds", Double, nullable=False, server_default="0"),
    Column("pieces", Integer, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),  # by the phone's clock
    Column("received_at", DateTime(timezone=True), nullable=False),  # its first piece, by the router's
)
Index("ix_capture_incident_id", capture.c.incident_id, capture.c.taken_at)

capture_piece = Table(
    "capture_piece",
    metadata,
    Column("capture_id", Uuid, primary_key=True),
    Column("center_id", Text, primary_key=True),
    Column("piece_no", Integer, primary_key=True, autoincrement=False),
    Column("alert_id", Uuid, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id"), nullable=False),
    Column("chain_no", Integer, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),  # {"header": as it came, "body": base64}
    Column("received_at", DateTime(timezone=True), nullable=False),
)
Index("ix_capture_piece_alert_id", capture_piece.c.alert_id, capture_piece.c.chain_no)
Index("ix_capture_piece_incident_id", capture_piece.c.incident_id)
