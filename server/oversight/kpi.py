"""Reading the cases and counts of the KPIs from columns and tags; no payload is opened and no position is read."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from server.agencies.registry import partners
from server.incidents.cards import iso
from server.incidents.codes import TYPES
from server.legal import ALL_BASES, KIND_NAMES, basis_names
from server.oversight.model import FEW, FORMULAE, HIDDEN, Arrival, Case, compliance, grouped, half_year, without_few

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

SEES_FEW = ("privacy", "auditor", "supervisor")
"""Roles that read small numbers of their own centers as they are."""


@dataclass(frozen=True, slots=True)
class Period:
    since: datetime
    until: datetime
    center: str | None = None


_INCIDENTS = """
SELECT incident_id, center_id, type, origin, is_drill, active_at, closed_at, disposition, escalation_level, state
FROM incident WHERE closed_at >= :since AND closed_at < :until AND state IN ('closed', 'cancelled')
AND merged_into IS NULL AND role = 'owner' AND (CAST(:center AS text) IS NULL OR center_id = :center)
"""
_IDS = """
(SELECT incident_id FROM incident WHERE closed_at >= :since AND closed_at < :until
 AND state IN ('closed', 'cancelled') AND merged_into IS NULL AND role = 'owner'
 AND (CAST(:center AS text) IS NULL OR center_id = :center))
"""
_EVENTS = f"""
SELECT incident_id, min(at) FILTER (WHERE tag = 'incident:acknowledged' AND actor_kind = 'operator') AS answered_at,
       min(at) FILTER (WHERE tag = 'dispatch:requested' AND actor_kind = 'operator') AS dispatch_at,
       min(at) FILTER (WHERE tag = 'dispatch:requested') AS requested_at,
       min(at) FILTER (WHERE tag = 'dispatch:on_scene') AS on_scene_at
FROM event WHERE incident_id IN {_IDS} AND tag = ANY(:tags) GROUP BY incident_id
"""
_TAGS = ["incident:acknowledged", "dispatch:requested", "dispatch:on_scene"]
_VIDEO = f"""
SELECT incident_id, min(first_byte_at) AS video_at FROM release
WHERE incident_id IN {_IDS} AND kind = 'live' AND viewer_kind = 'operator' AND first_byte_at IS NOT NULL
GROUP BY incident_id
"""
_ARRIVALS = f"""
SELECT d.incident_id, g.kind, d.requested_at, (d.times->>'on_scene')::timestamptz AS on_scene_at
FROM dispatch d LEFT JOIN agency g USING (agency_id)
WHERE d.incident_id IN {_IDS}
"""
_PROVISIONS = """
SELECT r.granted_at, r.center_id, r.kind, r.legal_basis, r.viewer_kind, coalesce(a.agency_id, l.agency_id) AS agency_id
FROM release r LEFT JOIN account a ON a.account_id = r.viewer_id LEFT JOIN agency_line l ON l.line_id = r.viewer_id
WHERE r.granted_at >= :since AND r.granted_at < :until AND (CAST(:center AS text) IS NULL OR r.center_id = :center)
"""
_REFUSED = """
SELECT at, actor_kind FROM event WHERE tag = 'release:refused' AND at >= :since AND at < :until
AND (CAST(:center AS text) IS NULL OR center_id = :center)
"""
_RUNS = """
SELECT finished_at FROM retention_run
WHERE finished_at >= :since AND finished_at < :until AND cardinality(kinds) > 1 AND failed = '{}'
"""
_FIRST_RUN = "SELECT min(finished_at) FROM retention_run WHERE cardinality(kinds) > 1"


async def read(services: Services, viewer: Viewer, period: Period) -> dict[str, Any]:
    """The whole report of the viewer's centers; small numbers are hidden from who must not see them."""
    asked = {"since": period.since, "until": period.until, "center": period.center}
    async with services.db.begin(center=viewer.scope) as unit:
        cases, gone = await _cases(unit, asked)
        report: dict[str, Any] = {
            "from": iso(period.since),
            "to": iso(period.until),
            "center": period.center,
            **grouped(cases),
            "provisions": _counted(
                (half_year(row["granted_at"]), _recipient(row), row["kind"], row["legal_basis"])
                for row in await unit.all(_PROVISIONS, asked)
            ),
            "refused": _counted(
                (half_year(row["at"]), row["actor_kind"], "", "") for row in await unit.all(_REFUSED, asked)
            ),
        }
        # by the worker, for all centers at once: not a center's own number
        days = [row["finished_at"] for row in await unit.all(_RUNS, {"since": period.since, "until": period.until})]
        until = min(period.until, services.clock())
        deletion = compliance(days, await unit.scalar(_FIRST_RUN), period.since, until)
    shown = report if viewer.role in SEES_FEW else without_few(report)
    return shown | {"deletion_compliance": deletion, "gone": gone, "fewer_than": None if shown is report else FEW}


async def _cases(unit: Unit, asked: dict[str, Any]) -> tuple[list[Case], dict[str, int]]:
    """The incidents that ended in the period, and how many of them have lost something to the purge."""
    incidents = await unit.all(_INCIDENTS, asked)
    events = {row["incident_id"]: row for row in await unit.all(_EVENTS, asked | {"tags": _TAGS})}
    video = {row["incident_id"]: row["video_at"] for row in await unit.all(_VIDEO, asked)}
    arrivals: defaultdict[UUID, list[Arrival]] = defaultdict(list)
    known: set[UUID] = set()
    for row in await unit.all(_ARRIVALS, asked):
        known.add(row["incident_id"])
        if row["on_scene_at"] is not None:
            came = Arrival(row["kind"] or "", row["requested_at"], row["on_scene_at"])
            arrivals[row["incident_id"]].append(came)
    gone = 0
    for incident_id, row in events.items():
        if row["requested_at"] is not None and incident_id not in known:
            gone += 1
            if row["on_scene_at"] is not None:
                arrivals[incident_id].append(Arrival("", row["requested_at"], row["on_scene_at"]))
    cases = [
        Case(
            row["center_id"],
            row["type"],
            row["origin"],
            row["is_drill"],
            row["closed_at"],
            row["active_at"],
            events.get(row["incident_id"], {}).get("answered_at"),
            video.get(row["incident_id"]),
            events.get(row["incident_id"], {}).get("dispatch_at"),
            tuple(arrivals[row["incident_id"]]),
            row["disposition"],
            row["escalation_level"] > 0,
        )
        for row in incidents
    ]
    return cases, {"dispatches": gone}


def _recipient(row: dict[str, Any]) -> str:
    """To whom: an agency by its id, the center's own staff, a guardian."""
    if row["viewer_kind"] == "agent":
        return str(row["agency_id"] or "agency")
    return "guardian" if row["viewer_kind"] == "guardian" else "center"


def _counted(keys: Iterator[tuple[str, str, str, str]] | Any) -> list[dict[str, Any]]:
    counts: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for key in keys:
        counts[key] += 1
    return [
        {"half_year": half, "to": to, "kind": kind, "legal_basis": basis, "count": count}
        for (half, to, kind, basis), count in sorted(counts.items())
    ]


async def published(services: Services, viewer: Viewer) -> dict[str, Any]:
    """The formulae, with the names of the codes that a report speaks in: types, kinds, legal bases, agencies."""
    async with services.db.begin(center=viewer.scope) as unit:
        agencies = await partners(unit)
    named = {"types": TYPES, "kinds": KIND_NAMES, "bases": ALL_BASES}
    names = {part: {code: {"ko": one[0], "en": one[1]} for code, one in table.items()} for part, table in named.items()}
    return formulae() | names | {"agencies": agencies}


def formulae() -> dict[str, Any]:
    """What is published of every measure."""
    return {
        "fewer_than": FEW,
        "formulae": [
            {"name": name, "ko": ko, "en": en, "formula_ko": formula_ko, "formula_en": formula_en}
            for name, (ko, en, formula_ko, formula_en) in FORMULAE.items()
        ],
    }


_HEAD = ("구분", "항목", "지표", "건수", "해당 건수", "중앙값(초)", "90백분위(초)", "비율", "7분 이내 비율")
_GROUPS = {"total": "전체", "agencies": "연계기관 요청", "exercises": "센터 훈련", "drills": "개인 훈련"}
_LISTS = {"by_center": "센터", "by_month": "월", "by_type": "유형"}


def as_csv(report: dict[str, Any]) -> str:
    """For Excel: with a BOM, Korean headers, and no cell that a spreadsheet would take for a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for row in _rows(report):
        writer.writerow([safe(cell) for cell in row])
    return out.getvalue()


def safe(cell: Any) -> Any:
    """A cell as text where a spreadsheet would compute it; `<5` stays as it is."""
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell


def _rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    for name, korean in _GROUPS.items():
        yield from _block_rows(korean, "", report[name])
    for name, korean in _LISTS.items():
        for block in report[name]:
            key = TYPES.get(block["key"], (block["key"],))[0] if name == "by_type" else block["key"]
            yield from _block_rows(korean, key, block)
    for name in ("provisions", "refused"):
        for row in report[name]:
            kind = KIND_NAMES.get(row["kind"], (row["kind"],))[0]
            key = " · ".join(filter(None, (row["half_year"], row["to"], kind, basis_names(row["legal_basis"])[0])))
            yield [FORMULAE[name][0], key, FORMULAE[name][0], row["count"], "", "", "", "", ""]
    kept = report["deletion_compliance"]
    yield ["전체", "", FORMULAE["deletion_compliance"][0], kept["n"], kept["count"], "", "", kept["share"], ""]


def _block_rows(group: str, key: str, block: dict[str, Any]) -> Iterator[list[Any]]:
    yield [group, key, "사건", block["incidents"], "", "", "", "", ""]
    for name, one in block["measures"].items():
        times = [one.get("median_s"), one.get("p90_s")]
        yield [
            group,
            key,
            FORMULAE[name][0],
            one["n"],
            one.get("count"),
            *times,
            one.get("share"),
            one.get("within_7_min"),
        ]


__all__ = ["HIDDEN", "Period", "as_csv", "formulae", "published", "read", "safe"]
