"""What an administrator does with boundary versions in PostGIS: the one module that the command line and the admin API
call. Every function takes an open psycopg connection and works in its transaction; nothing takes effect before
`activate`. Running routers notice by themselves (`following`). Refusals are `VersionProblem`, in both languages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import shapely

from location_router.admin.record import record
from location_router.boundaries.area import Area, areas_of
from location_router.boundaries.importing import Draft
from location_router.index import KST, Index
from location_router.runtime.pool import Connection

_LOCK = 0x616E0003
_LABEL = re.compile(r"[A-Za-z0-9가-힣][A-Za-z0-9가-힣._-]{0,63}")
MOST_MISSING = 0.1


class VersionProblem(Exception):
    """What was asked can't be done: one sentence in both languages. `code` is for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Stored:
    """A version's row: when it is meant for, where it comes from, and its activations, oldest first."""

    label: str
    effective: date
    source: str
    centers: int
    imported_by: str
    imported_at: datetime
    state: str
    ruling: tuple[tuple[date, date | None], ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "version": self.label,
            "effective": self.effective.isoformat(),
            "state": self.state,
            "centers": self.centers,
            "source": self.source,
            "imported_by": self.imported_by,
            "imported_at": self.imported_at.astimezone(UTC).isoformat(),
            "in_force": [
                {"from": start.isoformat(), "until": end.isoformat() if end else None} for start, end in self.ruling
            ],
        }


def today() -> date:
    """The day in Korea, at whose midnight versions change."""
    return datetime.now(UTC).astimezone(KST).date()


async def store_draft(
    conn: Connection, draft: Draft, *, effective: date, label: str = "", by: str = "", index: Index | None = None
) -> str:
    """Keeps a draft under `label` (default: its date and a number, `2026-12-01.1`); returns the label. Nothing takes
    effect. Raises VersionProblem for a label that is taken or odd."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    taken = {row[0] for row in await (await conn.execute("SELECT label FROM boundary_version")).fetchall()}
    taken |= {one.boundary_version for one in index.built_in()} if index else set()
    if not label:
        label = next(name for number in range(1, 10_000) if (name := f"{effective}.{number}") not in taken)
    if not _LABEL.fullmatch(label):
        raise VersionProblem(
            "bad_name", f"--name {label!r}: 글자, 숫자, . _ -만 64자까지 · letters, digits, . _ -, at most 64"
        )
    if label in taken:
        raise VersionProblem(
            "name_taken", f"--name {label!r}: 이미 있는 버전입니다 · there is a version of that name already"
        )
    await conn.execute(
        "INSERT INTO boundary_version (label, effective, source, report, imported_by) VALUES (%s, %s, %s, %s, %s)",
        (label, effective, draft.report["file"], json.dumps(draft.report, ensure_ascii=False), by),
    )
    rows = [
        (label, one.code, one.name_ko, one.name_en, one.lat, one.lon, shapely.to_wkb(_multi(one.polygon)))
        for one in draft.areas.values()
    ]
    async with conn.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO boundary_area (label, code, name_ko, name_en, lat, lon, area) "
            "VALUES (%s, %s, %s, %s, %s, %s, ST_GeomFromWKB(%s, 4326))",
            rows,
        )
    await record(conn, by, "boundary:imported", label, effective=effective, file=draft.report.get("file", ""))
    return label


def _multi(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.multipolygons(shapely.get_parts(shape))


async def stored_versions(conn: Connection) -> list[Stored]:
    """Every imported version by date. `state`: draft, scheduled, active (in force today), past, superseded (another
    activated one outranks it today), withdrawn."""
    rows = await (
        await conn.execute(
            "SELECT v.label, v.effective, v.source, v.imported_by, v.imported_at, "
            "(SELECT count(*) FROM boundary_area a WHERE a.label = v.label) FROM boundary_version v "
            "ORDER BY v.effective, v.imported_at"
        )
    ).fetchall()
    log = await (
        await conn.execute(
            "SELECT label, effective, until, withdrawn_at IS NOT NULL FROM boundary_activation ORDER BY activation_no"
        )
    ).fetchall()
    ruling: dict[str, list[tuple[date, date | None]]] = {}
    for label, effective, until, is_withdrawn in log:
        if not is_withdrawn:
            ruling.setdefault(label, []).append((effective, until))
    active = _active([(label, start, end) for label, start, end, gone in log if not gone])
    withdrawn = {row[0] for row in log if row[3]}
    return [
        Stored(
            row[0],
            row[1],
            row[2],
            row[5],
            row[3],
            row[4],
            _state(row[0], ruling, withdrawn, active),
            tuple(ruling.get(row[0], ())),
        )
        for row in rows
    ]


def _active(rows: list[tuple[str, date, date | None]]) -> str:
    """The imported version in force today, by the same rule as the index; empty for none."""
    day = today()
    best = ""
    for label, start, end in sorted(rows, key=lambda row: row[1]):
        if start <= day and (end is None or day < end):
            best = label
    return best


def _state(label: str, ruling: Mapping[str, list[tuple[date, date | None]]], withdrawn: set[str], active: str) -> str:
    day = today()
    if label == active:
        return "active"
    spans = ruling.get(label)
    if not spans:
        return "withdrawn" if label in withdrawn else "draft"
    if any(start > day for start, _ in spans):
        return "scheduled"
    return "past" if all(end is not None and end <= day for _, end in spans) else "superseded"


async def report_of(conn: Connection, label: str) -> dict[str, Any]:
    """The import's report. Raises VersionProblem for an unknown version."""
    row = await (await conn.execute("SELECT report FROM boundary_version WHERE label = %s", (label,))).fetchone()
    if row is None:
        raise _unknown(label)
    found: dict[str, Any] = row[0]
    return found


async def areas(conn: Connection, label: str, *, index: Index | None = None) -> dict[str, Area]:
    """The municipalities of a version, imported or (with `index`) built in. Raises VersionProblem."""
    rows = await (
        await conn.execute(
            "SELECT code, name_ko, name_en, lat, lon, ST_AsBinary(area) FROM boundary_area WHERE label = %s "
            "ORDER BY code",
            (label,),
        )
    ).fetchall()
    if rows:
        return {row[0]: Area(row[0], row[1], row[2], row[3], row[4], shapely.from_wkb(bytes(row[5]))) for row in rows}
    built_in = next((one for one in index.built_in() if one.boundary_version == label), None) if index else None
    if built_in is None:
        raise _unknown(label)
    return areas_of(built_in)


def _unknown(label: str) -> VersionProblem:
    return VersionProblem(
        "no_version",
        f"VERSION {label!r}: 그런 버전이 없습니다. `boundaries list`로 보세요 · no such version; see `boundaries list`",
    )


async def activate(
    conn: Connection,
    label: str,
    *,
    effective: date | None = None,
    until: date | None = None,
    by: str = "",
    allow_missing: bool = False,
    index: Index | None = None,
) -> dict[str, Any]:
    """Puts a version in force from the Korean midnight of `effective` (default: the date it was imported for; a day to
    come means scheduled) until `until`, if given. With `index`, refuses a version in which more than a tenth of
    the centers in force then have no place, unless `allow_missing`. Returns what now holds. Raises VersionProblem."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    found = {one.label: one for one in await stored_versions(conn)}
    if label not in found:
        raise _unknown(label)
    start = effective or found[label].effective
    if until is not None and until <= start:
        raise VersionProblem("bad_until", f"--until {until}: {start}보다 뒤여야 합니다 · must lie after {start}")
    if (start, until) in found[label].ruling:
        raise VersionProblem(
            "already_active", f"{label}: 이미 {start}부터 켜져 있습니다 · activated from {start} already"
        )
    if index is not None and not allow_missing:
        await _refuse_holes(conn, label, start, index)
    await conn.execute(
        "INSERT INTO boundary_activation (label, effective, until, activated_by) VALUES (%s, %s, %s, %s)",
        (label, start, until, by),
    )
    state = next(one.state for one in await stored_versions(conn) if one.label == label)
    done = {
        "version": label,
        "effective": start.isoformat(),
        "until": until.isoformat() if until else None,
        "state": state,
    }
    await record(conn, by, "boundary:activated", label, **done, allow_missing=allow_missing)
    return done


async def _refuse_holes(conn: Connection, label: str, start: date, index: Index) -> None:
    before = index.version(max(start, today()))
    mine = await areas(conn, label)
    tree = shapely.STRtree([one.polygon for one in mine.values()])
    missing = [
        one.name_ko
        for code, one in before.centers.items()
        if code not in mine and not len(tree.query(shapely.Point(one.lon, one.lat), predicate="within"))
    ]
    if len(missing) > MOST_MISSING * len(before.centers):
        raise VersionProblem(
            "centers_missing",
            f"{label}에는 지금 센터 {len(before.centers)}곳 중 {len(missing)}곳의 자리가 없습니다({missing[0]} "
            f"…). 정말이면 "
            f"--allow-missing · {len(missing)} of {len(before.centers)} centers in force have no place in it; "
            f"their alerts "
            "would go to the nearest other center. If you mean it: --allow-missing",
        )


async def newest_activation(conn: Connection) -> str | None:
    """The version that `rollback` would take back, None for none."""
    row = await (
        await conn.execute(
            "SELECT label FROM boundary_activation WHERE withdrawn_at IS NULL ORDER BY activation_no DESC LIMIT 1"
        )
    ).fetchone()
    return row[0] if row else None


async def rollback(conn: Connection, *, by: str = "", expected: str = "") -> dict[str, Any]:
    """Takes back the newest activation that stands (also one that is only scheduled): what held before holds again.
    Raises VersionProblem when there is none, or when it is no longer that of the version `expected`."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    if expected and (newest := await newest_activation(conn)) != expected:
        raise VersionProblem(
            "changed_meanwhile",
            f"그 사이에 다른 사람이 바꿔, 지금 마지막 적용은 {newest}입니다. 새로 고쳐 다시 보세요 "
            f"· somebody changed it meanwhile: the newest activation is {newest} now; look again",
        )
    row = await (
        await conn.execute(
            "UPDATE boundary_activation SET withdrawn_at = now(), withdrawn_by = %s WHERE activation_no = "
            "(SELECT max(activation_no) FROM boundary_activation WHERE withdrawn_at IS NULL) RETURNING label, "
            "effective",
            (by,),
        )
    ).fetchone()
    if row is None:
        raise VersionProblem("nothing_to_roll_back", "켜진 버전이 없습니다 · no imported version is activated")
    active = next((one.label for one in await stored_versions(conn) if one.state == "active"), None)
    await record(conn, by, "boundary:rolled_back", row[0], effective=row[1], active=active)
    return {"withdrawn": row[0], "effective": row[1].isoformat(), "active": active}


async def discard(conn: Connection, label: str, *, by: str = "") -> None:
    """Forgets a draft. Raises VersionProblem for a version that was ever activated: alerts may name it."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    used = await (await conn.execute("SELECT 1 FROM boundary_activation WHERE label = %s LIMIT 1", (label,))).fetchone()
    if used:
        raise VersionProblem("was_active", f"{label}: 쓰인 적이 있어 지울 수 없습니다 · it was in force once: it stays")
    gone = await (await conn.execute("DELETE FROM boundary_version WHERE label = %s RETURNING 1", (label,))).fetchone()
    if gone is None:
        raise _unknown(label)
    await record(conn, by, "boundary:discarded", label)


async def preview(conn: Connection, label: str, *, index: Index | None = None) -> dict[str, Any]:
    """A version as a GeoJSON FeatureCollection, every point of its borders."""
    return collection(
        [
            ({"code": one.code, "name_ko": one.name_ko, "name_en": one.name_en, "version": label}, one.polygon)
            for one in (await areas(conn, label, index=index)).values()
        ]
    )


def collection(rows: list[tuple[dict[str, Any], shapely.Geometry]]) -> dict[str, Any]:
    """GeoJSON from properties and shapes."""
    features = [
        {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}
        for properties, shape in rows
    ]
    return {"type": "FeatureCollection", "features": features}
