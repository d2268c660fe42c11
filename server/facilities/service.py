"""Imports of facilities: looked at, made public, taken back as a whole; one transaction each.

A later file of the same source replaces the one before, center by center. The one before is kept once, so that taking
the new one back brings it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.cameras.importing.importer import ImportRefused, ground_of
from server.cameras.importing.reasons import Unreadable
from server.events import record_admin
from server.facilities.model import Facility
from server.facilities.reading import Read, Wish, read_file

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('ansim.facilities'))"
_IMPORT = """
INSERT INTO facility_import (import_id, center_id, source, file, count, by_kind, report, made_at, made_by, changed_at)
VALUES (:id, :center, :source, :file, :count, CAST(:by_kind AS jsonb), CAST(:report AS jsonb), :now, :by, :now)
"""
_NAMES = ("facility_id", "center_id", "kind", "lat", "lon", "name", "address", "phone", "hours", "source_no")
_WRITE = f"""
INSERT INTO facility (import_id, facility_id, center_id, kind, place, name, address, phone, hours, source_no, as_of)
SELECT %s, facility_id, center_id, kind, CAST(ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geography), name, address,
  phone, hours, source_no, as_of
FROM unnest({", ".join("%s::float8[]" if one in ("lat", "lon") else "%s::text[]" for one in _NAMES)}, %s::date[])
  AS q ({", ".join(_NAMES)}, as_of)
"""
_AT_ONCE = 10_000
MOST_DRAWN = 5_000
_LISTED = """
SELECT i.*, c.name_ko, c.name_en, coalesce((SELECT sum(o.count) FROM facility_import o WHERE o.state = 'live'
  AND o.center_id = i.center_id AND o.source = i.source AND o.import_id <> i.import_id), 0) AS before
FROM facility_import i LEFT JOIN center c ON c.code = i.center_id ORDER BY i.made_at DESC, i.import_id, i.center_id
"""


async def preview(
    services: Services, viewer: Viewer, path: Path, *, file: str, source: str, wish: Wish
) -> dict[str, Any]:
    """Read the file and keep what is good where nobody sees it: `{"import": … | null, "report"}`, null when no row
    was good. Problems: 422 `unreadable`, 503 `no_boundaries`."""
    try:
        ground = await ground_of(services)
    except ImportRefused as error:
        ko, _, en = str(error).partition(" · ")
        raise Problem(503, "no_boundaries", ko, en) from None
    async with services.db.begin(center=viewer.scope) as unit:
        served = frozenset(row["code"] for row in await unit.all("SELECT code FROM center"))
    if viewer.centers != "all":
        served &= frozenset(viewer.centers)
    one_at_a_time: asyncio.Lock = services.shared.setdefault("facility_reading", asyncio.Lock())
    try:
        async with one_at_a_time:  # a file takes a core for seconds: alerts need the other thread's turns
            read = await asyncio.to_thread(read_file, path, ground, served, wish)
    except Unreadable as error:
        told = error.json()
        raise Problem(
            422, "unreadable", told["ko"], told["en"], field="file", value=error.detail, reason=error.code
        ) from None
    if not read.facilities:
        return {"import": None, "report": read.json()}
    now, import_id = services.clock(), uuid4()
    async with services.db.begin(center=viewer.scope) as unit:
        await unit.execute(
            "DELETE FROM facility_import WHERE state = 'preview' AND ((source = :source AND made_by = :by)"
            " OR made_at < :now - interval '7 days')",
            {"source": source, "now": now, "by": viewer.account_id},
        )
        await write(unit, import_id, read, source=source, file=file, by=viewer.account_id, now=now)
        listed = await listed_in(unit)
    return {"import": next(one for one in listed if one["import_id"] == str(import_id)), "report": read.json()}


async def write(
    unit: Unit, import_id: UUID, read: Read, *, source: str, file: str, by: UUID | None, now: datetime
) -> None:
    """The import as a preview, center by center."""
    by_center: defaultdict[str, list[Facility]] = defaultdict(list)
    for one in read.facilities:
        by_center[one.center_id].append(one)
    report = orjson.dumps(read.json()).decode()
    for center, those in sorted(by_center.items()):
        by_kind = orjson.dumps(Counter(one.kind for one in those)).decode()
        values = {"id": import_id, "center": center, "source": source, "file": file, "count": len(those)}
        await unit.execute(_IMPORT, values | {"by_kind": by_kind, "report": report, "now": now, "by": by})
    for begin in range(0, len(read.facilities), _AT_ONCE):
        those = read.facilities[begin : begin + _AT_ONCE]
        columns = [[getattr(one, name) for one in those] for name in (*_NAMES, "as_of")]
        await unit.driver.execute(_WRITE, [import_id, *columns])


async def listed_in(unit: Unit) -> list[dict[str, Any]]:
    """Imports, newest first, each with its centers; `before`: what is live of that source there now."""
    told: dict[str, dict[str, Any]] = {}
    for row in await unit.all(_LISTED):
        one = told.setdefault(
            str(row["import_id"]),
            {name: row[name] for name in ("source", "file", "made_at", "report")}
            | {"import_id": str(row["import_id"]), "centers": []},
        )
        names = ("center_id", "name_ko", "name_en", "state", "count", "by_kind", "before")
        one["centers"].append({name: row[name] for name in names})
    return list(told.values())


async def places_of(unit: Unit, import_id: UUID) -> dict[str, Any]:
    """`{"places": [[kind, lat, lon, name], …], "of"}`: at most MOST_DRAWN of them. Problem 404 `no_import`."""
    count = await unit.scalar("SELECT sum(count) FROM facility_import WHERE import_id = :id", {"id": import_id})
    if count is None:
        raise _no_import()
    rows = await unit.all(
        "SELECT kind, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, name FROM facility"
        " WHERE import_id = :id ORDER BY facility_id LIMIT :most",
        {"id": import_id, "most": MOST_DRAWN},
    )
    return {"places": [[row["kind"], row["lat"], row["lon"], row["name"]] for row in rows], "of": int(count)}


async def confirm(unit: Unit, import_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The preview becomes public, in all centers that the unit sees. Problems: 404 `no_import`, 409 `not_a_preview`."""
    rows = await _rows(unit, import_id)
    if any(row["state"] != "preview" for row in rows):
        raise Problem(
            409,
            "not_a_preview",
            "이미 공개한 파일입니다. 목록을 새로 고쳐 주세요.",
            "It is public already: load the list again.",
        )
    for row in rows:
        whose = {"center": row["center_id"], "source": row["source"], "now": now, "id": import_id}
        where = " WHERE center_id = :center AND source = :source AND state = "
        await unit.execute(f"DELETE FROM facility_import{where}'replaced'", whose)
        await unit.execute(f"UPDATE facility_import SET state = 'replaced', changed_at = :now{where}'live'", whose)
        await unit.execute(
            "UPDATE facility_import SET state = 'live', changed_at = :now WHERE import_id = :id"
            " AND center_id = :center",
            whose,
        )
        _line(unit, "facility:imported", row, actor, now)


async def take_back(unit: Unit, import_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The whole import goes; what it replaced is public again. Problem 404 `no_import`."""
    for row in await _rows(unit, import_id):
        whose = {"center": row["center_id"], "source": row["source"], "now": now, "id": import_id}
        await unit.execute("DELETE FROM facility_import WHERE import_id = :id AND center_id = :center", whose)
        if row["state"] == "live":
            await unit.execute(
                "UPDATE facility_import SET state = 'live', changed_at = :now WHERE center_id = :center"
                " AND source = :source AND state = 'replaced'",
                whose,
            )
        if row["state"] != "preview":
            _line(unit, "facility:removed", row, actor, now)


async def _rows(unit: Unit, import_id: UUID) -> Sequence[dict[str, Any]]:
    await unit.execute(_LOCK)
    rows = await unit.all(
        "SELECT center_id, source, state, count FROM facility_import WHERE import_id = :id ORDER BY center_id",
        {"id": import_id},
    )
    if not rows:
        raise _no_import()
    return rows


def _no_import() -> Problem:
    return Problem(
        404,
        "no_import",
        "그런 가져오기가 없습니다. 목록을 새로 고쳐 주세요.",
        "There is no such import: load the list again.",
    )


def _line(unit: Unit, tag: str, row: dict[str, Any], actor: Actor, now: datetime) -> None:
    payload = {"source": row["source"], "count": row["count"]}
    record_admin(unit, tag=tag, actor=actor, center_id=row["center_id"], at=now, payload=payload)
