"""Releases: one row per disclosure of image, place or name to someone (제공기록), written before anything is shown.

Rows are opened and ended here and nowhere else, each with its line in the center's chain (`release:granted`,
`release:first_byte`, `release:ended`); the row names its lines by event id, so that `verify-log` can hold the table
against the log. Whether somebody may look is decided in `server/gate.py`.
Places shown to many operators at once are a row for each of them and one line that names them all (`places`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Table, Text, Uuid, func, text

from location_router.runtime.db import Unit
from server.db import metadata
from server.events import NO_INCIDENT, SYSTEM, Actor, record
from server.legal import ReleaseKind

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
    Column("legal_basis", Text, nullable=False),  # server.legal.ALL_BASES
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("first_byte_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    # its lines in the log; the nil id in rows that are older than these columns
    Column("granted_event", Uuid),
    Column("ended_event", Uuid),
    Column("until_at", DateTime(timezone=True)),  # ends by itself then
    Column("breakglass_id", Uuid),  # by which a viewer of another desk was shown it
    # a place: of one open line of an agency's system; the nil id is all that this viewer looks at from this address
    Column("view_id", Uuid, nullable=False, server_default=str(UUID(int=0))),
    CheckConstraint(
        "incident_id IS NOT NULL OR alert_id IS NOT NULL OR kind IN ('search', 'export', 'maintenance')",
        name="purpose",
    ),
)
Index("ix_release_open", release.c.incident_id, postgresql_where=text("ended_at IS NULL"))
Index("ix_release_alert_id", release.c.alert_id)
Index(
    "ix_release_agreed",  # what stands on an agreement now: looked at several times a second (server/rights.py)
    release.c.agreement_id,
    postgresql_where=text("ended_at IS NULL AND agreement_id IS NOT NULL"),
)
Index("ix_release_center_at", release.c.center_id, release.c.granted_at)
# A place is one disclosure per viewer, address, incident and view: while its row is open, it is that row again.
Index(
    "uq_release_one_place",
    release.c.incident_id,
    release.c.viewer_id,
    release.c.address,
    release.c.legal_basis,
    release.c.view_id,
    unique=True,
    postgresql_where=text("kind = 'position' AND ended_at IS NULL"),
)


class Kicker(Protocol):
    """What of the video gateway an ending needs."""

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class NewRelease:
    """What is disclosed, to whom, from where, and why it may be; `reason` in the viewer's own words."""

    center_id: str
    incident_id: UUID | None
    kind: ReleaseKind
    viewer_kind: Literal["operator", "agent"]
    viewer_id: UUID
    viewer_name: str
    address: str
    legal_basis: str
    camera_id: str | None = None
    agreement_id: UUID | None = None
    at: datetime | None = None
    until_at: datetime | None = None
    reason: str = ""
    detail: dict[str, Any] | None = None
    breakglass_id: UUID | None = None
    view_id: UUID = UUID(int=0)
    """Of a place: one view that begins and ends by itself; nil: whatever this viewer looks at from this address."""


_INSERT = """
INSERT INTO release (release_id, center_id, incident_id, kind, camera_id, viewer_kind, viewer_id, agreement_id, address,
                     legal_basis, granted_at, until_at, granted_event, breakglass_id, view_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (incident_id, viewer_id, address, legal_basis, view_id) WHERE kind = 'position' AND ended_at IS NULL
  DO NOTHING
RETURNING release_id
"""
_SAME_PLACE = """
SELECT release_id FROM release WHERE incident_id = %s AND viewer_id = %s AND address = %s AND legal_basis = %s
AND view_id = %s AND kind = 'position' AND ended_at IS NULL
"""


async def grant(unit: Unit, new: NewRelease) -> UUID:
    """The release row of this disclosure, with its line in the chain. The caller has asked the gate and commits.

    Each opened stream is a row of its own (two windows of one operator are two viewings with two ends); a place
    whose row is open already for this view is that row.
    """
    release_id, event_id, at = uuid4(), uuid4(), new.at or datetime.now(UTC)
    values = [release_id, new.center_id, new.incident_id, new.kind, new.camera_id, new.viewer_kind, new.viewer_id]
    values += [new.agreement_id, new.address, new.legal_basis, at, new.until_at, event_id]
    values += [new.breakglass_id, new.view_id]
    if await (await unit.driver.execute(_INSERT, values)).fetchone() is None:
        same = [new.incident_id, new.viewer_id, new.address, new.legal_basis, new.view_id]
        found = await (await unit.driver.execute(_SAME_PLACE, same)).fetchone()
        return UUID(str(found[0])) if found else await grant(unit, new)  # it ended between the two statements
    payload: dict[str, Any] = {
        "release_id": str(release_id),
        "kind": new.kind,
        "camera_id": new.camera_id,
        "address": new.address,
        "legal_basis": new.legal_basis,
        "agreement_id": str(new.agreement_id) if new.agreement_id else None,
    }
    if new.breakglass_id:
        payload["breakglass_id"] = str(new.breakglass_id)
    if new.reason:
        payload["reason"] = new.reason
    record(
        unit,
        center_id=new.center_id,
        incident_id=new.incident_id or NO_INCIDENT,
        tag="release:granted",
        actor=Actor(new.viewer_kind, str(new.viewer_id), new.viewer_name),
        payload=payload | (new.detail or {}),
        at=at,
        event_id=event_id,
    )
    return release_id


@dataclass(frozen=True, slots=True)
class PlaceShown:
    """One incident's place, for one operator at one address."""

    center_id: str
    incident_id: UUID
    viewer_id: UUID
    address: str

    @property
    def order(self) -> tuple[bytes, bytes, str]:
        """Rows are written in one order everywhere, so that two units can't wait for each other."""
        return self.incident_id.bytes, self.viewer_id.bytes, self.address


_INSERT_PLACES = """
INSERT INTO release (release_id, center_id, incident_id, kind, viewer_kind, viewer_id, address, legal_basis, granted_at,
                     granted_event)
SELECT gen_random_uuid(), %s, incident_id, 'position', 'operator', viewer_id, address, %s, %s, %s
FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS q (incident_id, viewer_id, address)
ON CONFLICT (incident_id, viewer_id, address, legal_basis, view_id)
  WHERE kind = 'position' AND ended_at IS NULL DO NOTHING
RETURNING release_id, incident_id, viewer_id, address
"""


async def grant_places(
    unit: Unit, shown: Sequence[PlaceShown], *, legal_basis: str, names: dict[UUID, str], at: datetime
) -> int:
    """A row for each viewer and incident that has none open, and one line per center that names them all; returns how
    many rows are new. The line belongs to the incident when it is about one, and is not sent to the seats."""
    by_center: defaultdict[str, list[PlaceShown]] = defaultdict(list)
    for one in sorted(shown, key=lambda one: one.order):
        by_center[one.center_id].append(one)
    count = 0
    for center, places in sorted(by_center.items()):
        event_id = uuid4()
        columns = [one.incident_id for one in places], [one.viewer_id for one in places], [p.address for p in places]
        cursor = await unit.driver.execute(_INSERT_PLACES, [center, legal_basis, at, event_id, *columns])
        rows = await cursor.fetchall()
        if rows:
            record(
                unit,
                center_id=center,
                incident_id=_the_one({row[1] for row in rows}) or NO_INCIDENT,
                tag="release:granted",
                actor=_who(rows, names),
                payload={"kind": "position", "legal_basis": legal_basis, "places": _places(rows)},
                at=at,
                event_id=event_id,
            )
        count += len(rows)
    return count


def _places(rows: Sequence[Any]) -> list[list[str]]:
    """The line's list: release, incident, viewer and address of each."""
    return [[str(value) for value in row] for row in rows]


def _who(rows: Sequence[Any], names: dict[UUID, str]) -> Actor:
    viewer = _the_one({row[2] for row in rows})
    return Actor("operator", str(viewer), names.get(viewer, "")) if viewer else SYSTEM


def _the_one(ids: set[UUID]) -> UUID | None:
    return next(iter(ids)) if len(ids) == 1 else None


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


_OPEN = """
SELECT release_id, center_id, incident_id, alert_id, kind, camera_id, viewer_id, address, granted_event FROM release
WHERE release_id = ANY(:ids) AND ended_at IS NULL ORDER BY release_id FOR UPDATE
"""
_END = """
UPDATE release r SET ended_at = %s, end_reason = q.reason, ended_event = q.event_id
FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) AS q (release_id, reason, event_id) WHERE r.release_id = q.release_id
"""


DUE = """
SELECT release_id, kind FROM release
WHERE kind IN ('capture', 'position') AND ended_at IS NULL AND until_at <= %(now)s
"""
"""Rows that end by themselves. Streams are ended by whoever sends them, who asks the gate."""
_STANDING = """
SELECT release_id FROM release WHERE release_id = ANY(%s) AND ended_at IS NULL ORDER BY release_id FOR UPDATE
"""


async def end_due(unit: Unit, *, now: datetime) -> None:
    """What has come to its time: a capture's minutes are over, also when nobody looks any more; a place's view has not
    said for a while that it is open, so its process is gone."""
    rows = await (await unit.driver.execute(DUE, {"now": now})).fetchall()
    if rows:
        words = {"capture": "expired", "position": "viewer_left"}
        await end_releases(unit, {row[0]: words[row[1]] for row in rows}, at=now)


async def keep_open(unit: Unit, release_ids: Sequence[UUID], *, until_at: datetime) -> set[UUID]:
    """Of these, those that still stand; they do so until then."""
    rows = await (await unit.driver.execute(_STANDING, [list(release_ids)])).fetchall()
    standing = [row[0] for row in rows]
    await unit.driver.execute("UPDATE release SET until_at = %s WHERE release_id = ANY(%s)", [until_at, standing])
    return set(standing)


async def end_releases(unit: Unit, reasons: dict[UUID, str], *, at: datetime | None = None) -> list[UUID]:
    """End these releases, each for its reason; returns those that were still open. Places that end for one reason are
    one line of the log."""
    at = at or datetime.now(UTC)
    rows = await unit.all(_OPEN, {"ids": list(reasons)})
    groups: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        reason = reasons[row["release_id"]]
        is_place = row["kind"] == "position" and row["incident_id"] is not None
        groups[(row["incident_id"], reason) if is_place else row["release_id"]].append(row)
    ended, said, lines = [], [], []
    for group in groups.values():
        reason, event_id = reasons[group[0]["release_id"]], uuid4()
        _record_end(unit, group, reason, event_id, at)
        for row in group:
            ended.append(row["release_id"])
            said.append(reason)
            lines.append(event_id)
    if ended:
        await unit.driver.execute(_END, [at, ended, said, lines])
    return ended


def _record_end(unit: Unit, group: list[dict[str, Any]], reason: str, event_id: UUID, at: datetime) -> None:
    if len(group) == 1:
        return _record(unit, group[0], "release:ended", {"reason": reason}, at=at, event_id=event_id)
    rows = [(row["release_id"], row["incident_id"], row["viewer_id"], row["address"]) for row in group]
    record(
        unit,
        center_id=group[0]["center_id"],
        incident_id=group[0]["incident_id"],
        tag="release:ended",
        payload={"kind": "position", "reason": reason, "places": _places(rows)},
        at=at,
        event_id=event_id,
    )


async def end_incident_releases(
    unit: Unit, incident_id: UUID, reason: str, *, gateway: Kicker | None = None, at: datetime | None = None
) -> list[UUID]:
    """End every open release of the incident in the transaction that closes it.

    With `gateway` the running streams are cut right after the commit; without it at the gate's next look, 0.5 s later.
    """
    rows = await unit.all(
        "SELECT release_id, kind FROM release WHERE incident_id = :id AND ended_at IS NULL ORDER BY release_id"
        " FOR UPDATE",
        {"id": incident_id},
    )
    ended = await end_releases(unit, {row["release_id"]: reason for row in rows}, at=at)
    streams = [str(row["release_id"]) for row in rows if row["kind"] != "position"]
    if gateway is not None and streams:
        unit.after_commit(lambda: _kick_soon(gateway, streams, reason))
    return ended


_kicking: set[asyncio.Task[bool]] = set()


def _kick_soon(gateway: Kicker, release_ids: list[str], reason: str) -> None:
    """Not awaited: a slow video process must not delay the answer to whoever closed the incident."""
    task = asyncio.get_running_loop().create_task(gateway.kick(release_ids, reason))
    _kicking.add(task)
    task.add_done_callback(_kicking.discard)


def _record(
    unit: Unit,
    row: dict[str, Any],
    tag: str,
    extra: dict[str, Any],
    *,
    at: datetime | None = None,
    event_id: UUID | None = None,
) -> None:
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"] or row["alert_id"] or NO_INCIDENT,
        tag=tag,
        actor=SYSTEM,
        payload={"release_id": str(row["release_id"]), "kind": row["kind"], "camera_id": row["camera_id"], **extra},
        at=at,
        event_id=event_id,
    )
