"""The registry of agreements (협약 대장): conclude, change, suspend, resume, end, and what held at an instant.

Each is one transaction with its line in the center's chain; the line of history is written by the database itself.
What an ending takes away is taken by `server/rights.py`, within a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.agencies.model import Flaw, agreement_from_row, earliest_end, flaws, overlaps
from server.agencies.store import agreement
from server.events import record_admin

if TYPE_CHECKING:
    from server.staff.model import Viewer

SWITCHES = (
    *("may_view_live", "may_view_recorded", "may_view_still"),
    *("may_see_position", "may_see_identity", "may_see_health", "may_store"),
)
TERMS = (
    *("triggers", "legal_bases"),
    *SWITCHES,
    *("storage_days", "is_third_party", "document", "notice_days", "starts_at", "ends_at"),
    *("auto_triggers", "verify_s", "max_minutes", "areas"),
    *("covers_firms", "camera_networks", "plate_quiet_s"),
)
"""What may be changed; the parties of an agreement never change."""


async def conclude(
    unit: Unit,
    viewer: Viewer,
    now: datetime,
    *,
    center: str | None,
    desk: str | None,
    agency_id: str,
    terms: dict[str, Any],
) -> list[dict[str, Any]]:
    """New agreements of the agency: with one center, or with every center of a desk. Problems 422 and 409 name what
    is wrong; none is concluded then."""
    _refuse_flaws(flaws(terms, now))
    if await unit.scalar("SELECT 1 FROM agency WHERE agency_id = :id", {"id": agency_id}) is None:
        raise _bad_field(
            "unknown_agency", "agency_id", agency_id, "등록되지 않은 기관입니다.", "This agency is not registered."
        )
    umbrella = await unit.scalar("SELECT umbrella_id FROM firm WHERE agency_id = :id", {"id": agency_id})
    if umbrella is not None:
        ko = f"{umbrella}에 속한 업체입니다. 그 단체의 협약을 따릅니다."
        en = f"A firm under {umbrella}: it asks by that agreement."
        raise _bad_field("under_umbrella", "agency_id", agency_id, ko, en)
    rows = []
    for code in await _centers(unit, viewer, center, desk):
        row = {"agreement_id": uuid4(), "center_id": code, "agency_id": agency_id, "desk": desk, **terms}
        await _refuse_overlap(unit, row)
        values = {**row, "changed_at": now, "changed_by": viewer.account_id, "version": 1}
        await unit.execute(agreement.insert().values(**values))
        _record(unit, viewer, row, "created", {name: [None, _json(row[name])] for name in TERMS})
        rows.append(await find(unit, row["agreement_id"]))
    return rows


async def change(
    unit: Unit, viewer: Viewer, now: datetime, agreement_id: UUID, *, version: int | None, terms: dict[str, Any]
) -> dict[str, Any]:
    """Other terms from now on. 409 `changed_meanwhile` when `version` is not the one that the caller has seen,
    409 `agreement_over`, 409 `has_begun` for another start of what has begun."""
    before = await _locked(unit, agreement_id, now)
    if version is not None and version != before["version"]:
        ko, en = "그 사이 바뀌었습니다. 다시 불러오세요.", "Somebody changed it meanwhile; load it again."
        raise Problem(409, "changed_meanwhile", ko, en, version=before["version"])
    if "starts_at" in terms and terms["starts_at"] != before["starts_at"] and before["starts_at"] <= now:
        ko, en = "이미 시작된 협약의 시작일은 바꿀 수 없습니다.", "It has begun; its start can't be changed any more."
        raise Problem(409, "has_begun", ko, en, field="starts_at")
    after = {**before, **terms}
    found = flaws(after, now)
    if after["ends_at"] == before["ends_at"]:
        found = [flaw for flaw in found if flaw.code != "ends_in_the_past"]
    _refuse_flaws(found)
    await _refuse_overlap(unit, after)
    return await _write(unit, viewer, now, before, terms, "changed")


async def suspend(unit: Unit, viewer: Viewer, now: datetime, agreement_id: UUID, reason: str) -> dict[str, Any]:
    """Rights rest from this instant until `resume`."""
    before = await _locked(unit, agreement_id, now)
    if before["suspended_at"] is not None:
        ko, en = "이미 정지된 협약입니다.", "It is suspended already."
        raise Problem(409, "already_suspended", ko, en, suspended_at=_json(before["suspended_at"]))
    values = {"suspended_at": now, "suspended_by": viewer.account_id, "suspended_reason": reason}
    return await _write(unit, viewer, now, before, values, "suspended", reason)


async def resume(unit: Unit, viewer: Viewer, now: datetime, agreement_id: UUID) -> dict[str, Any]:
    """The suspension is over. What was ended by it stays ended: it is asked for anew."""
    before = await _locked(unit, agreement_id, now)
    if before["suspended_at"] is None:
        raise Problem(409, "not_suspended", "정지되지 않은 협약입니다.", "It is not suspended.")
    values = {"suspended_at": None, "suspended_by": None, "suspended_reason": ""}
    return await _write(unit, viewer, now, before, values, "resumed")


async def end(
    unit: Unit, viewer: Viewer, now: datetime, agreement_id: UUID, *, reason: str, at: datetime | None, at_once: bool
) -> dict[str, Any]:
    """Give notice: it ends at `at`, or as soon as the notice period allows; `at_once` ignores that period."""
    before = await _locked(unit, agreement_id, now)
    earliest = earliest_end(before["notice_days"], now)
    until = now if at_once else at or earliest
    if not at_once and until < earliest:
        ko = f"통보 기간이 {before['notice_days']}일입니다. 바로 끝내려면 at_once를 쓰세요."
        en = f"Its notice period is {before['notice_days']} days; say at_once to end it all the same."
        raise Problem(409, "notice_period", ko, en, field="at", earliest=_json(earliest))
    if before["ends_at"] is not None:
        until = min(until, before["ends_at"])
    values = {"ends_at": until, "ended_by": viewer.account_id, "ended_reason": reason}
    return await _write(unit, viewer, now, before, values, "ended", reason)


async def find(unit: Unit, agreement_id: UUID) -> dict[str, Any]:
    """The row as it is now; 404 when the unit sees none."""
    row = await unit.one(
        "SELECT g.*, a.kind, a.name_ko, a.name_en FROM agreement g JOIN agency a USING (agency_id)"
        " WHERE agreement_id = :id",
        {"id": agreement_id},
    )
    if row is None:
        raise Problem(404, "unknown_agreement", "협약을 찾을 수 없습니다.", "There is no such agreement for you.")
    return row


async def listed(unit: Unit, *, center: str | None, agency_id: str | None) -> list[dict[str, Any]]:
    """Agreements of the centers that the unit sees, newest first; at most 5,000."""
    return await unit.all(
        "SELECT g.*, a.kind, a.name_ko, a.name_en FROM agreement g JOIN agency a USING (agency_id)"
        " WHERE (CAST(:center AS text) IS NULL OR center_id = :center)"
        " AND (CAST(:agency AS text) IS NULL OR agency_id = :agency)"
        " ORDER BY center_id, agency_id, starts_at DESC, agreement_id LIMIT 5000",
        {"center": center, "agency": agency_id},
    )


async def partners(unit: Unit) -> list[dict[str, Any]]:
    """Agencies with an agreement, also one that is over, in the centers that the unit sees: `agency_id` and names."""
    return await unit.all(
        "SELECT agency_id, kind, name_ko, name_en FROM agency WHERE agency_id IN (SELECT agency_id FROM agreement)"
        " ORDER BY agency_id"
    )


async def as_of(
    unit: Unit, at: datetime, *, center: str | None = None, agency_id: str | None = None
) -> list[dict[str, Any]]:
    """The terms that stood in the registry at that instant (`terms`), each with `in_force` at it. A change made
    later, also one that backdates an end, does not show here."""
    rows = await unit.all(
        "SELECT DISTINCT ON (agreement_id) agreement_id, version, recorded_at, terms FROM agreement_version"
        " WHERE recorded_at <= :at AND (CAST(:center AS text) IS NULL OR center_id = :center)"
        " AND (CAST(:agency AS text) IS NULL OR terms->>'agency_id' = :agency)"
        " ORDER BY agreement_id, version DESC",
        {"at": at, "center": center, "agency": agency_id},
    )
    return [{**row, "in_force": _from_terms(row["terms"]).in_force(at)} for row in rows]


async def history(unit: Unit, agreement_id: UUID) -> list[dict[str, Any]]:
    """Every version, first to last."""
    return await unit.all(
        "SELECT version, recorded_at, changed_by, terms FROM agreement_version WHERE agreement_id = :id"
        " ORDER BY version",
        {"id": agreement_id},
    )


def _from_terms(terms: Mapping[str, Any]) -> Any:
    times = {
        name: datetime.fromisoformat(terms[name]) if terms.get(name) else None
        for name in ("starts_at", "ends_at", "suspended_at")
    }
    return agreement_from_row({**terms, **times, "agreement_id": UUID(terms["agreement_id"])})


async def _centers(unit: Unit, viewer: Viewer, center: str | None, desk: str | None) -> list[str]:
    if (center is None) == (desk is None):
        ko, en = "센터나 상황실 중 하나를 적어 주세요.", "Name either a center or a desk."
        raise _bad_field("one_party", "center", center, ko, en)
    rows = await unit.all(
        "SELECT code FROM center WHERE code = :center OR desk = :desk ORDER BY code", {"center": center, "desk": desk}
    )
    codes = [row["code"] for row in rows if viewer.sees(row["code"])]
    if not codes:
        ko, en = "이 계정이 맡은 센터가 아닙니다.", "This is no center of yours."
        raise _bad_field("unknown_center", "center" if center else "desk", center or desk, ko, en)
    return codes


async def _locked(unit: Unit, agreement_id: UUID, now: datetime) -> dict[str, Any]:
    await unit.execute("SELECT 1 FROM agreement WHERE agreement_id = :id FOR UPDATE", {"id": agreement_id})
    row = await find(unit, agreement_id)
    if row["ends_at"] is not None and row["ends_at"] <= now:
        ko, en = "이미 끝난 협약입니다. 새로 맺어 주세요.", "It has ended; conclude a new one."
        raise Problem(409, "agreement_over", ko, en, ends_at=_json(row["ends_at"]))
    return row


async def _write(
    unit: Unit,
    viewer: Viewer,
    now: datetime,
    before: dict[str, Any],
    values: dict[str, Any],
    what: str,
    reason: str = "",
) -> dict[str, Any]:
    changes = {name: [_json(before[name]), _json(new)] for name, new in values.items() if before[name] != new}
    if not changes:
        return before
    row = {**values, "changed_at": now, "changed_by": viewer.account_id, "version": before["version"] + 1}
    await unit.execute(agreement.update().where(agreement.c.agreement_id == before["agreement_id"]).values(**row))
    _record(unit, viewer, before, what, changes, reason)
    return await find(unit, before["agreement_id"])


def _record(
    unit: Unit, viewer: Viewer, row: dict[str, Any], what: str, changes: dict[str, Any], reason: str = ""
) -> None:
    payload = {"agreement_id": str(row["agreement_id"]), "agency_id": row["agency_id"], "changes": changes}
    if reason:
        payload["reason"] = reason
    record_admin(unit, tag=f"agreement:{what}", actor=viewer.actor, payload=payload, center_id=row["center_id"])


async def _refuse_overlap(unit: Unit, row: dict[str, Any]) -> None:
    """Two agreements that speak of the same occasion at the same time would leave open which one holds."""
    key = f"agreement/{row['center_id']}/{row['agency_id']}"
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": key})
    draft = agreement_from_row({"suspended_at": None, **row})
    for other in await listed(unit, center=row["center_id"], agency_id=row["agency_id"]):
        standing = agreement_from_row(other)
        if overlaps(draft, standing):
            common = sorted(draft.triggers & standing.triggers)
            ko = f"같은 기간에 같은 사유({', '.join(common)})의 협약이 있습니다. 그것을 먼저 끝내거나 기간을 나누세요."
            en = f"Another agreement covers {', '.join(common)} at that time; end it first, or part the dates."
            span = {"starts_at": _json(other["starts_at"]), "ends_at": _json(other["ends_at"])}
            raise Problem(409, "overlaps", ko, en, agreement_id=str(other["agreement_id"]), triggers=common, **span)


def _refuse_flaws(found: list[Flaw]) -> None:
    if not found:
        return
    first = found[0]
    fields = [
        {"field": one.field, "code": one.code, "message_ko": one.ko, "message_en": one.en}
        | ({"allowed": list(one.allowed)} if one.allowed else {})
        for one in found
    ]
    raise Problem(422, first.code, first.ko, first.en, fields=fields)


def _bad_field(code: str, field: str, value: Any, ko: str, en: str) -> Problem:
    return Problem(422, code, ko, en, fields=[{"field": field, "value": value, "message_ko": ko, "message_en": en}])


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
