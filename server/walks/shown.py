"""Release rows of a walk's place, under the id of the alert that it would be: consent, and no incident.

A center's seat is shown the dot by `lia-15` (her consent for this walk), a guardian by `lia-19-consent`. They end with
the walk, when she leaves the center, or when the alert takes over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import dict_row

from location_router.runtime.db import Database, Unit
from server.events import NO_INCIDENT, SYSTEM, Actor, record
from server.gate import Facts, judge, plain_address
from server.staff.model import Viewer

CENTER_BASIS, GUARDIAN_BASIS = "lia-15", "lia-19-consent"
_INSERT = """
INSERT INTO release (release_id, center_id, alert_id, kind, viewer_kind, viewer_id, address, legal_basis, granted_at,
                     granted_event, first_byte_at) VALUES (%s, %s, %s, 'walk', %s, %s, %s, %s, %s, %s, %s)
"""
_OPEN = """
SELECT viewer_id, address FROM release WHERE alert_id = %s AND kind = 'walk' AND center_id = %s AND ended_at IS NULL
AND viewer_kind = 'operator'
"""
_OPEN_OF_ALL = """
SELECT alert_id, center_id, viewer_id, address FROM release WHERE alert_id = ANY(%(alerts)s) AND kind = 'walk'
AND ended_at IS NULL AND viewer_kind = 'operator'
"""
_RUNS = """
SELECT 1 FROM walk WHERE alert_id = %s AND seen_center = %s AND ended_at IS NULL AND rung <> 'raised' FOR SHARE
"""
_VISITS = "SELECT 1 FROM walk_visit WHERE visit_id = %s AND center_id = %s AND lat IS NOT NULL FOR SHARE"
_END = """
UPDATE release SET ended_at = %s, end_reason = %s, ended_event = gen_random_uuid()
WHERE alert_id = %s AND kind = 'walk' AND ended_at IS NULL
AND (%s OR viewer_kind = 'operator') RETURNING release_id, center_id, ended_event
"""
_END_LEFT_OVER = """
UPDATE release r SET ended_at = %s, end_reason = 'walk_silent', ended_event = gen_random_uuid()
WHERE kind = 'walk' AND viewer_kind = 'operator' AND ended_at IS NULL
AND NOT EXISTS (SELECT 1 FROM walk w WHERE w.alert_id = r.alert_id)
AND NOT EXISTS (SELECT 1 FROM walk_visit v WHERE v.visit_id = r.alert_id) RETURNING release_id, center_id, ended_event
"""

_VIEWERS = """
SELECT q.account_id, q.address, a.role, coalesce(a.active, false) AS active, a.desk = c.desk AS own_desk,
       ARRAY(SELECT network FROM registered_network n WHERE n.account_id = q.account_id) AS networks,
       ARRAY(SELECT address FROM session s WHERE s.account_id = q.account_id
             AND s.ended_at IS NULL AND s.expires_at > %s) AS sessions
FROM unnest(%s::uuid[], %s::text[]) AS q (account_id, address) LEFT JOIN account a USING (account_id)
LEFT JOIN center c ON c.code = %s
"""


async def open_rows(db: Database, alerts: Sequence[UUID]) -> set[tuple[UUID, str, UUID, str]]:
    """(alert, center, account, address) of each center's seat that has an open row. Raises Unavailable."""
    return {tuple(row) for row in await db.look(_OPEN_OF_ALL, alerts=list(alerts))}


async def show_to_seats(
    unit: Unit, *, alert_id: UUID, center: str, viewers: Sequence[Viewer], now: datetime
) -> set[tuple[UUID, str]] | None:
    """A row for each of these viewers whom the gate lets see a walk and who has none open; returns (account, address)
    of those who may be shown it once this has committed. None: the center may not be shown this walk (any more)."""
    for statement in (_RUNS, _VISITS):
        if await (await unit.driver.execute(statement, [alert_id, center])).fetchone() is not None:
            break
    else:
        return None
    known = {(row[0], row[1]) for row in await (await unit.driver.execute(_OPEN, [alert_id, center])).fetchall()}
    names = {(one.account_id, plain_address(one.address)): one.name for one in viewers}
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_VIEWERS, [now, [key[0] for key in names], [key[1] for key in names], center])
        rows = await cursor.fetchall()
    may = {(row["account_id"], row["address"]) for row in rows if judge(_facts(row, center), now) is None}
    for account_id, address in sorted(may - known):
        actor = Actor("operator", str(account_id), names[account_id, address])
        await _grant(unit, center, alert_id, "operator", account_id, address, CENTER_BASIS, actor, now)
    return may


def _facts(row: dict[str, Any], center: str) -> Facts:
    """What the gate looks at; there is no incident, and so no picture."""
    return Facts(
        None,
        role=row["role"],
        account_active=row["active"],
        own_desk=bool(row["own_desk"]),
        networks=tuple(row["networks"]),
        session_addresses=tuple(row["sessions"]),
        address=row["address"],
        legal_basis=CENTER_BASIS,
        center_id=center,
        kind="walk",
    )


async def _grant(
    unit: Unit, center: str, alert_id: UUID, kind: str, viewer: UUID, address: str, basis: str, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    release_id, event_id = uuid4(), uuid4()
    values = [release_id, center, alert_id, kind, viewer, address, basis, now, event_id, now]
    await unit.driver.execute(_INSERT, values)
    payload: dict[str, Any] = {"release_id": str(release_id), "kind": "walk", "address": address, "legal_basis": basis}
    record(
        unit,
        center_id=center,
        incident_id=NO_INCIDENT,
        tag="release:granted",
        actor=actor,
        payload=payload,
        at=now,
        event_id=event_id,
    )


async def end_walk_releases(
    unit: Unit, alert_id: UUID, reason: str, now: datetime, *, of_guardians: bool = True
) -> None:
    """Every open one of this walk, from this commit on; `of_guardians` False: those of the center's seats only."""
    rows = await (await unit.driver.execute(_END, [now, reason, alert_id, of_guardians])).fetchall()
    _record_ends(unit, rows, reason, now)


async def end_where_nothing_runs(unit: Unit, now: datetime) -> None:
    """Those of walks that are not here any more: a visit of which nothing is heard, or that a crash has forgotten."""
    rows = await (await unit.driver.execute(_END_LEFT_OVER, [now])).fetchall()
    _record_ends(unit, rows, "walk_silent", now)


def _record_ends(unit: Unit, rows: list[tuple[Any, ...]], reason: str, now: datetime) -> None:
    for release_id, center, event_id in rows:
        record(
            unit,
            center_id=center,
            incident_id=NO_INCIDENT,
            tag="release:ended",
            actor=SYSTEM,
            payload={"release_id": str(release_id), "kind": "walk", "reason": reason},
            at=now,
            event_id=event_id,
        )
