"""Releases: one row per disclosure of image or location to someone (제공기록), written before anything is shown.

Rows are opened and ended here and nowhere else, each with its line in the center's chain (`release:granted`,
`release:first_byte`, `release:ended`). Whether somebody may look is decided in `server/gate.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Table, Text, Uuid, func, text

from location_router.runtime.db import Unit
from server.db import metadata
from server.events import SYSTEM, Actor, record

ReleaseKind = Literal["live", "still", "recorded", "position", "identity", "search", "export", "maintenance"]

release = Table(
    "release",
    metadata,
    Column("release_id", Uuid, primary_key=True),
    Column("center_id", Text, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.incident_id")),
    # At the home center there is no incident, only an alert of one of its people that her guardians follow.
    Column("alert_id", Uuid),
    Column("kind", Text, nullable=False),  # ReleaseKind
    Column("camera_id", Text),
    Column("viewer_kind", Text, nullable=False),  # operator | agent | guardian
    Column("viewer_id", Uuid, nullable=False),
    Column("agreement_id", Uuid),
    Column("address", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("first_byte_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    CheckConstraint("incident_id IS NOT NULL OR alert_id IS NOT NULL", name="purpose"),
)
Index("ix_release_open", release.c.incident_id, postgresql_where=text("ended_at IS NULL"))
Index("ix_release_alert_id", release.c.alert_id)


class Kicker(Protocol):
    """What of the video gateway an ending needs."""

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class NewRelease:
    """What is disclosed, to whom, from where, and why it may be."""

    center_id: str
    incident_id: UUID
    kind: ReleaseKind
    viewer_kind: Literal["operator", "agent"]
    viewer_id: UUID
    viewer_name: str
    address: str
    legal_basis: str
    camera_id: str | None = None
    agreement_id: UUID | None = None


async def grant(unit: Unit, new: NewRelease) -> UUID:
    """The release row of this disclosure, with its line in the chain. The caller has asked the gate and commits.

    Each opened stream is a row of its own (two windows of one operator are two viewings with two ends). A position
    is one disclosure per viewer, address and incident: while its row is open, it is that row again.
    """
    if new.kind == "position" and (found := await _open_position(unit, new)) is not None:
        return found
    release_id = uuid4()
    await unit.execute(
        release.insert().values(
            release_id=release_id,
            center_id=new.center_id,
            incident_id=new.incident_id,
            kind=new.kind,
            camera_id=new.camera_id,
            viewer_kind=new.viewer_kind,
            viewer_id=new.viewer_id,
            agreement_id=new.agreement_id,
            address=new.address,
            legal_basis=new.legal_basis,
        )
    )
    record(
        unit,
        center_id=new.center_id,
        incident_id=new.incident_id,
        tag="release:granted",
        actor=Actor(new.viewer_kind, str(new.viewer_id), new.viewer_name),
        payload={
            "release_id": str(release_id),
            "kind": new.kind,
            "camera_id": new.camera_id,
            "address": new.address,
            "legal_basis": new.legal_basis,
            "agreement_id": str(new.agreement_id) if new.agreement_id else None,
        },
    )
    return release_id


async def _open_position(unit: Unit, new: NewRelease) -> UUID | None:
    # Two requests of one page come at the same moment: the second waits for the first one's row.
    key = f"{new.incident_id}/{new.viewer_id}"
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": key})
    found: UUID | None = await unit.scalar(
        "SELECT release_id FROM release WHERE incident_id = :incident AND kind = 'position' AND viewer_id = :viewer"
        " AND address = :address AND legal_basis = :basis AND ended_at IS NULL LIMIT 1",
        {"incident": new.incident_id, "viewer": new.viewer_id, "address": new.address, "basis": new.legal_basis},
    )
    return found


async def note_first_byte(unit: Unit, release_id: UUID) -> bool:
    """The first picture is about to leave; True the first time. Nothing is noted on an ended release."""
    row = await unit.one(
        "UPDATE release SET first_byte_at = now() WHERE release_id = :id AND first_byte_at IS NULL"
        " AND ended_at IS NULL RETURNING *",
        {"id": release_id},
    )
    if row is not None:
        _record(unit, row, "release:first_byte", {})
    return row is not None


async def end_releases(unit: Unit, reasons: dict[UUID, str]) -> list[UUID]:
    """End these releases, each for its reason; returns those that were still open."""
    ended = []
    for release_id, reason in sorted(reasons.items(), key=lambda item: str(item[0])):
        row = await unit.one(
            "UPDATE release SET ended_at = now(), end_reason = :reason WHERE release_id = :id AND ended_at IS NULL"
            " RETURNING *",
            {"id": release_id, "reason": reason},
        )
        if row is not None:
            _record(unit, row, "release:ended", {"reason": reason})
            ended.append(release_id)
    return ended


async def end_incident_releases(
    unit: Unit, incident_id: UUID, reason: str, *, gateway: Kicker | None = None
) -> list[UUID]:
    """End every open release of the incident in the transaction that closes it.

    With `gateway` the running streams are cut right after the commit; without it at the gate's next look, 0.5 s later.
    """
    rows = await unit.all(
        "SELECT release_id FROM release WHERE incident_id = :id AND ended_at IS NULL ORDER BY release_id FOR UPDATE",
        {"id": incident_id},
    )
    ended = await end_releases(unit, {row["release_id"]: reason for row in rows})
    if gateway is not None and ended:
        unit.after_commit(lambda: _kick_soon(gateway, [str(one) for one in ended], reason))
    return ended


_kicking: set[asyncio.Task[bool]] = set()


def _kick_soon(gateway: Kicker, release_ids: list[str], reason: str) -> None:
    """Not awaited: a slow video process must not delay the answer to whoever closed the incident."""
    task = asyncio.get_running_loop().create_task(gateway.kick(release_ids, reason))
    _kicking.add(task)
    task.add_done_callback(_kicking.discard)


def _record(unit: Unit, row: dict[str, Any], tag: str, extra: dict[str, Any]) -> None:
    if row["incident_id"] is None:
        return
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag=tag,
        actor=SYSTEM,
        payload={"release_id": str(row["release_id"]), "kind": row["kind"], "camera_id": row["camera_id"], **extra},
    )
