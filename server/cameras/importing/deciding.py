"""What an administrator decides about a doubtful row: accept (the suggestion, a place of her own, or the row as it
stands), reject (the row stays out), reopen (both undone). The next import of an unchanged row keeps to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from location_router.runtime.db import Unit
from server.actor import Actor
from server.cameras.importing import applying
from server.cameras.importing.applying import Counts
from server.cameras.importing.ground import Ground
from server.cameras.importing.judging import Good
from server.cameras.importing.reasons import DOUBTFUL
from server.cameras.importing.rows import Row, row_from
from server.cameras.importing.sites import cameras_of, site
from server.events import record_admin

KEPT = ("rounded_coordinate", "shared_coordinate")
"""Doubts whose rows stand in the registry already: accepting them without a place means: leave it so."""


class NotDecided(Exception):
    """`code`: unknown, decided, place_needed, outside, other_center."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Acceptance:
    """Where the row's cameras stand: the suggestion's place when all is empty."""

    lat: float | None = None
    lon: float | None = None
    as_it_is: bool = False


async def accept(
    unit: Unit, doubt_id: UUID, how: Acceptance, *, ground: Ground, actor: Actor, by: UUID, now: datetime
) -> dict[str, Any]:
    """The doubt as it stands afterwards. The unit sees the centers of who decides, and no others. Raises NotDecided."""
    doubt = await _open(unit, doubt_id)
    row, source_key = row_from(doubt["row"], doubt["line"]), doubt["source_key"]
    place = _place(doubt, row, how)
    before = await _cameras(unit, source_key)
    done: dict[str, Any] = {"cameras": before, "as_it_is": how.as_it_is}
    if place is not None:
        lat, lon, accuracy_m = place
        center = ground.containing(lat=lat, lon=lon) or ground.nearest(lat=lat, lon=lon)[0]
        if await unit.one("SELECT 1 AS here FROM center WHERE code = :code", {"code": center}) is None:
            raise NotDecided("outside")
        if unit.center != "*" and center not in unit.center.split(","):
            raise NotDecided("other_center")
        done |= {"lat": lat, "lon": lon, "accuracy_m": accuracy_m, "center_id": center}
        await _write(unit, source_key, Good(row, center, lat, lon, accuracy_m), now)
    said: dict[str, Any] = {name: done[name] for name in ("lat", "lon", "as_it_is") if name in done}
    await _settle(unit, doubt, "accepted", done, by=by, now=now)
    _line(unit, doubt, "camera:doubt_accepted", actor, now, said)
    return await told(unit, doubt_id)


def _place(doubt: dict[str, Any], row: Row, how: Acceptance) -> tuple[float, float, float] | None:
    """(lat, lon, accuracy) to import with; None when accepting imports nothing new."""
    suggestion = doubt["suggestion"] or {}
    if how.lat is not None and how.lon is not None:
        return how.lat, how.lon, 10.0
    if how.as_it_is:
        if row.lat is None or row.lon is None or row.is_metres or not (-90 <= row.lat <= 90 and -180 <= row.lon <= 180):
            raise NotDecided("place_needed")
        return row.lat, row.lon, float(suggestion.get("accuracy_m", 10.0))
    if "lat" in suggestion:
        return suggestion["lat"], suggestion["lon"], 10.0
    if suggestion.get("how") == "leave_out":
        return None
    if doubt["reason"] in KEPT and "accuracy_m" in suggestion:
        return None
    raise NotDecided("place_needed")


async def reject(unit: Unit, doubt_id: UUID, *, actor: Actor, by: UUID, now: datetime) -> dict[str, Any]:
    """The suggestion is wrong and the row stays as it is: out, or in with its poor place. Raises NotDecided."""
    doubt = await _open(unit, doubt_id)
    await _settle(unit, doubt, "rejected", {}, by=by, now=now)
    _line(unit, doubt, "camera:doubt_rejected", actor, now, {})
    return await told(unit, doubt_id)


async def reopen(unit: Unit, doubt_id: UUID, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Undo: cameras that accepting brought are retired, those it moved go back. Raises NotDecided for an open one."""
    doubt = await unit.one("SELECT * FROM camera_doubt WHERE doubt_id = :id FOR UPDATE", {"id": doubt_id})
    if doubt is None:
        raise NotDecided("unknown")
    if doubt["state"] == "open":
        raise NotDecided("decided")
    done = doubt["before"] or {}
    if "lat" in done:
        await _put_back(unit, doubt["source_key"], done.get("cameras", []), now)
    await unit.execute(
        "UPDATE camera_doubt SET state = 'open', decided_by = NULL, decided_at = NULL, before = NULL"
        " WHERE doubt_id = :id",
        {"id": doubt_id},
    )
    _line(unit, doubt, "camera:doubt_reopened", actor, now, {"was": doubt["state"]})
    return await told(unit, doubt_id)


async def _open(unit: Unit, doubt_id: UUID) -> dict[str, Any]:
    doubt = await unit.one("SELECT * FROM camera_doubt WHERE doubt_id = :id FOR UPDATE", {"id": doubt_id})
    if doubt is None:
        raise NotDecided("unknown")
    if doubt["state"] != "open":
        raise NotDecided("decided")
    return doubt


async def _write(unit: Unit, source_key: str, good: Good, now: datetime) -> None:
    name, _, key = source_key.partition("/")
    cameras = cameras_of(good.row)
    assert cameras is not None, "a doubt has a number of cameras"
    await applying.prepare(unit, name)
    await applying.apply(unit, [site(good, key, cameras)], Counts(), name=name, now=now, is_first=True, dry_run=False)
    await applying.finish(unit)


async def _cameras(unit: Unit, source_key: str) -> list[dict[str, Any]]:
    """What the registry has of the row's cameras, as it is put back by `reopen`."""
    return await unit.all(
        "SELECT camera_id, center_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, accuracy_m,"
        " source_digest, CAST(retired_at AS text) AS retired_at FROM camera"
        " WHERE source = 'import' AND starts_with(source_key, :prefix) ORDER BY camera_id",
        {"prefix": f"{source_key}/"},
    )


async def _put_back(unit: Unit, source_key: str, before: list[dict[str, Any]], now: datetime) -> None:
    await unit.execute(
        "UPDATE camera SET retired_at = :now, source_digest = NULL, updated_at = :now WHERE source = 'import'"
        " AND starts_with(source_key, :prefix) AND camera_id <> ALL(:known)",
        {"now": now, "prefix": f"{source_key}/", "known": [one["camera_id"] for one in before]},
    )
    for one in before:
        await unit.execute(
            "UPDATE camera SET center_id = :center_id, accuracy_m = :accuracy_m, source_digest = :source_digest,"
            " place = CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography), updated_at = :now,"
            " retired_at = CAST(:retired_at AS timestamptz) WHERE camera_id = :camera_id",
            {**one, "now": now},
        )


async def _settle(
    unit: Unit, doubt: dict[str, Any], state: str, done: dict[str, Any], *, by: UUID, now: datetime
) -> None:
    await unit.execute(
        "UPDATE camera_doubt SET state = :state, decided_by = :by, decided_at = :now, before = CAST(:done AS jsonb)"
        " WHERE doubt_id = :id",
        {
            "id": doubt["doubt_id"],
            "state": state,
            "by": by,
            "now": now,
            "done": orjson.dumps(done).decode() if done else None,
        },
    )


def _line(unit: Unit, doubt: dict[str, Any], tag: str, actor: Actor, now: datetime, said: dict[str, Any]) -> None:
    payload = {"doubt_id": str(doubt["doubt_id"]), "reason": doubt["reason"], "file": doubt["file"]}
    payload |= {"line": doubt["line"], **said}
    record_admin(unit, tag=tag, actor=actor, center_id=doubt["center_id"], at=now, payload=payload)


_LIST = """
SELECT doubt_id, center_id, batch_id, file, line, reason, row, suggestion, state, decided_by, decided_at
FROM camera_doubt
"""


def _json(row: dict[str, Any]) -> dict[str, Any]:
    ko, en = DOUBTFUL.get(row["reason"], (row["reason"], row["reason"]))
    return {
        **row,
        **{name: row[name] and str(row[name]) for name in ("doubt_id", "batch_id", "decided_by")},
        "decided_at": row["decided_at"] and row["decided_at"].isoformat(),
        "reason_ko": ko,
        "reason_en": en,
        "is_imported": row["reason"] in KEPT and "accuracy_m" in (row["suggestion"] or {}),
    }


async def told(unit: Unit, doubt_id: UUID) -> dict[str, Any]:
    """One doubt as the page shows it. Raises NotDecided."""
    row = await unit.one(f"{_LIST} WHERE doubt_id = :id", {"id": doubt_id})
    if row is None:
        raise NotDecided("unknown")
    return _json(row)


async def listed(
    unit: Unit, *, state: str, reason: str | None, batch_id: UUID | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Doubts by id: `after` is the last one seen."""
    rows = await unit.all(
        f"{_LIST} WHERE state = :state AND (CAST(:reason AS text) IS NULL OR reason = :reason)"
        " AND (CAST(:batch AS uuid) IS NULL OR batch_id = :batch)"
        " AND (CAST(:after AS uuid) IS NULL OR doubt_id > :after) ORDER BY doubt_id LIMIT :limit",
        {"state": state, "reason": reason, "batch": batch_id, "after": after, "limit": limit},
    )
    return [_json(row) for row in rows]


async def counted(unit: Unit, state: str) -> dict[str, int]:
    """How many of each reason."""
    rows = await unit.all(
        "SELECT reason, count(*) AS n FROM camera_doubt WHERE state = :state GROUP BY reason ORDER BY n DESC",
        {"state": state},
    )
    return {row["reason"]: row["n"] for row in rows}


async def imports(unit: Unit, limit: int = 50) -> list[dict[str, Any]]:
    """The last imports that touched the centers the unit sees, newest first."""
    rows = await unit.all(
        "SELECT batch_id, source, begun_at, ended_at, begun_by, report FROM camera_import"
        " ORDER BY begun_at DESC LIMIT :limit",
        {"limit": limit},
    )
    return [
        {
            "batch_id": str(row["batch_id"]),
            "source": row["source"],
            "begun_at": row["begun_at"].isoformat(),
            "ended_at": row["ended_at"] and row["ended_at"].isoformat(),
            "begun_by": row["begun_by"] and str(row["begun_by"]),
            **row["report"],
        }
        for row in rows
    ]
