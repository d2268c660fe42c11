"""An association's firms: entered, listed with how their requests went, limited, suspended, given accounts and keys.

Everything here is done by the umbrella's own people and can only take away from what its agreement says: what a firm
may is worked out by the view `agreed`. A firm's requests are shown to the umbrella as states and numbers; no subject,
no place, no picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.agencies.model import agreement_from_row
from server.events import record_admin
from server.firms.model import BadRow, NewFirm
from server.incidents.queue import FALSE_REASONS, firm_score
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

MOST_FIRMS = 10_000
LIMITS = ("triggers", "centers", "ends_at", "branches")
_COVERING = """
SELECT g.*, o.name_ko, o.name_en FROM agreement g LEFT JOIN center o ON o.code = g.center_id
WHERE g.agency_id = :umbrella AND g.covers_firms AND (g.ends_at IS NULL OR g.ends_at > :now) ORDER BY g.center_id
"""
_FIRMS = """
SELECT f.*, a.kind, a.name_ko, a.name_en,
       (SELECT count(*) FROM account c WHERE c.agency_id = f.agency_id AND c.active) AS accounts,
       (SELECT count(*) FROM account c WHERE c.agency_id = f.agency_id AND c.last_login_at IS NOT NULL)
         AS accounts_used,
       EXISTS (SELECT FROM agency_line l WHERE l.agency_id = f.agency_id AND l.active AND l.kind = 'webhook')
         AS has_line,
       coalesce(n.taken, 0) AS taken, coalesce(n.decided, 0) AS decided, coalesce(n.false_n, 0) AS false_n,
       coalesce(n.refused, 0) AS refused, coalesce(n.running, 0) AS running, n.last_at
FROM firm f JOIN agency a USING (agency_id)
LEFT JOIN (
  SELECT r.agency_id, count(*) FILTER (WHERE r.state <> 'refused') AS taken,
         count(*) FILTER (WHERE r.decided_at IS NOT NULL) AS decided,
         count(*) FILTER (WHERE r.state = 'refused') AS refused,
         count(*) FILTER (WHERE r.state IN ('received', 'accepted')) AS running,
         count(*) FILTER (WHERE r.state = 'rejected' AND r.reason = ANY(:false)) AS false_n,
         max(r.received_at) AS last_at
  FROM agency_request r JOIN firm g USING (agency_id)
  WHERE g.umbrella_id = :umbrella AND r.received_at >= :since AND NOT r.is_drill GROUP BY 1) n USING (agency_id)
WHERE f.umbrella_id = :umbrella AND (CAST(:id AS text) IS NULL OR f.agency_id = :id)
ORDER BY f.agency_id LIMIT :most
"""
_STATES = """
SELECT request_id, center_id AS center, trigger, state, reason, branch, received_at, decided_at, ended_at, is_drill
FROM agency_request WHERE agency_id = :id ORDER BY received_at DESC LIMIT 100
"""
_ENTER = """
WITH made AS (INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:agency_id, 'security', :name_ko, :name_en)
              ON CONFLICT DO NOTHING RETURNING agency_id)
INSERT INTO firm (agency_id, umbrella_id, triggers, centers, branches, ends_at, added_at, added_by)
SELECT agency_id, :umbrella, :triggers, :centers, :branches, :ends_at, :now, :by FROM made RETURNING agency_id
"""


async def covering(unit: Unit, umbrella: str, now: datetime) -> list[dict[str, Any]]:
    """The umbrella's agreements that stand for its firms, begun or not, by center."""
    return await unit.all(_COVERING, {"umbrella": umbrella, "now": now})


def agreed_words(rows: Sequence[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """Occasions and centers that these agreements name."""
    return {one for row in rows for one in row["triggers"]}, {row["center_id"] for row in rows}


async def listed(
    unit: Unit, umbrella: str, *, now: datetime, days: int, agency_id: str | None = None
) -> list[dict[str, Any]]:
    """FirmCards by id; numbers of the last `days` days, drills left out."""
    asked = {"umbrella": umbrella, "since": now - timedelta(days=days), "id": agency_id, "most": MOST_FIRMS}
    rows = await unit.all(_FIRMS, asked | {"false": list(FALSE_REASONS)})
    return [_card(row, now) for row in rows]


def _card(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    names = ("agency_id", "kind", "name_ko", "name_en", *LIMITS, "suspended_at", "suspended_reason", "version")
    counts = ("added_at", "accounts", "accounts_used", "has_line", "taken", "decided", "refused", "running", "last_at")
    is_over = row["ends_at"] is not None and row["ends_at"] <= now
    return {name: row[name] for name in (*names, *counts)} | {
        "state": "suspended" if row["suspended_at"] is not None else "over" if is_over else "in_force",
        "false_rate": row["false_n"] / row["decided"] if row["decided"] else None,
        "score": firm_score(false_before=row["false_n"], decided=row["decided"]),
    }


async def states_of(unit: Unit, agency_id: str) -> list[dict[str, Any]]:
    """How the firm's last hundred requests stand: nothing of whom or where."""
    return await unit.all(_STATES, {"id": agency_id})


async def find(unit: Unit, umbrella: str, agency_id: str) -> dict[str, Any]:
    """The firm's row, locked. Problem 404 `no_firm` for what is none of this umbrella."""
    row = await unit.one(
        "SELECT * FROM firm WHERE agency_id = :id AND umbrella_id = :umbrella FOR UPDATE",
        {"id": agency_id, "umbrella": umbrella},
    )
    if row is None:
        raise Problem(404, "no_firm", "소속 업체가 아닙니다.", "There is no such firm of yours.")
    return row


async def enter(
    unit: Unit, services: Services, viewer: Viewer, rows: Sequence[tuple[int, NewFirm]]
) -> tuple[list[str], list[str], list[BadRow]]:
    """Ids of the firms made now, of those that were this umbrella's before, and the rows whose id is somebody else's.
    Problem 409 `no_umbrella` without an agreement that stands for firms. One line of the log."""
    umbrella, now = umbrella_of(viewer), services.clock()
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": f"firms/{umbrella}"})
    refuse_unagreed(await covering(unit, umbrella, now))
    if await unit.scalar("SELECT 1 FROM firm WHERE agency_id = :id", {"id": umbrella}) is not None:
        raise Problem(409, "no_umbrella", "소속 업체는 업체를 둘 수 없습니다.", "A firm has no firms of its own.")
    known = await unit.all("SELECT agency_id FROM firm WHERE umbrella_id = :id", {"id": umbrella})
    own = {row["agency_id"] for row in known}
    made, held, taken = [], [], []
    for line, one in rows:
        if one.agency_id in own:
            held.append(one.agency_id)
            continue
        values = {name: getattr(one, name) for name in ("agency_id", "name_ko", "name_en", "ends_at")}
        lists = ("triggers", "centers", "branches")
        limits = {name: list(said) if (said := getattr(one, name)) else None for name in lists}
        said_of = {"umbrella": umbrella, "now": now, "by": viewer.account_id}
        if await unit.scalar(_ENTER, values | limits | said_of) is None:
            ko, en = "다른 기관이 쓰는 아이디입니다.", "Another agency has this id."
            taken.append(BadRow(line, "agency_id", one.agency_id, "known_agency", ko, en))
        else:
            made.append(one.agency_id)
    if made:
        payload = {"umbrella_id": umbrella, "agency_ids": made, "count": len(made)}
        record_admin(unit, tag="agreement:firms_added", actor=viewer.actor, payload=payload, at=now)
    return made, held, taken


def refuse_unagreed(rows: Sequence[dict[str, Any]]) -> None:
    """Problem 409 `no_umbrella`: no center has agreed that firms ask by this agency's agreement."""
    if not rows:
        ko = "소속 업체까지 맡는 협약이 없습니다. 관제센터에 협약의 ‘소속 업체 포함’을 켜 달라고 하세요."
        en = "No agreement of yours stands for firms: ask the center to switch that on."
        raise Problem(409, "no_umbrella", ko, en)


async def limit(
    unit: Unit, services: Services, viewer: Viewer, agency_id: str, changes: dict[str, Any]
) -> dict[str, Any]:
    """Other limits, or another name. Problems 404, 422 `wider` for what the umbrella's agreements don't name."""
    umbrella, now = umbrella_of(viewer), services.clock()
    before = await find(unit, umbrella, agency_id)
    known = dict(zip(("triggers", "centers"), agreed_words(await covering(unit, umbrella, now)), strict=True))
    for field, words in known.items():
        unknown = sorted(set(changes.get(field) or ()) - words)
        if unknown:
            ko = f"협약에 없는 값입니다: {', '.join(unknown)}"
            en = f"Not of the umbrella's agreement: {', '.join(unknown)}."
            fields = [{"field": field, "value": unknown, "message_ko": ko, "message_en": en, "allowed": sorted(words)}]
            raise Problem(422, "wider", ko, en, fields=fields)
    names = {name: changes.pop(name) for name in ("name_ko", "name_en") if name in changes}
    if names:
        sets = ", ".join(f"{name} = :{name}" for name in names)
        await unit.execute(f"UPDATE agency SET {sets} WHERE agency_id = :id", names | {"id": agency_id})
    changed = {name: value for name, value in changes.items() if before[name] != value}
    await _write(unit, before, changed)
    told = {name: [_json(before[name]), _json(value)] for name, value in changed.items()} | dict.fromkeys(names, "")
    _record(unit, viewer, "firm_changed", agency_id, now, changes=told)
    return (await listed(unit, umbrella, now=now, days=90, agency_id=agency_id))[0]


async def suspend(unit: Unit, services: Services, viewer: Viewer, agency_id: str, reason: str) -> dict[str, Any]:
    """The firm's rights rest from this instant, everywhere; the desks hear it within a second (`server/rights.py`).
    Problems 404, 409 `already_suspended`."""
    umbrella, now = umbrella_of(viewer), services.clock()
    before = await find(unit, umbrella, agency_id)
    if before["suspended_at"] is not None:
        raise Problem(409, "already_suspended", "이미 정지된 업체입니다.", "It is suspended already.")
    values = {"suspended_at": now, "suspended_by": viewer.account_id, "suspended_reason": reason}
    await _write(unit, before, values)
    _record(unit, viewer, "firm_suspended", agency_id, now, reason=reason)
    return (await listed(unit, umbrella, now=now, days=90, agency_id=agency_id))[0]


async def resume(unit: Unit, services: Services, viewer: Viewer, agency_id: str) -> dict[str, Any]:
    """Problems 404, 409 `not_suspended`."""
    umbrella, now = umbrella_of(viewer), services.clock()
    before = await find(unit, umbrella, agency_id)
    if before["suspended_at"] is None:
        raise Problem(409, "not_suspended", "정지되지 않은 업체입니다.", "It is not suspended.")
    await _write(unit, before, {"suspended_at": None, "suspended_by": None, "suspended_reason": ""})
    _record(unit, viewer, "firm_resumed", agency_id, now)
    return (await listed(unit, umbrella, now=now, days=90, agency_id=agency_id))[0]


async def _write(unit: Unit, before: dict[str, Any], values: dict[str, Any]) -> None:
    if values:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        query = f"UPDATE firm SET {sets}, version = version + 1 WHERE agency_id = :id"
        await unit.execute(query, values | {"id": before["agency_id"]})


def _record(unit: Unit, viewer: Viewer, what: str, agency_id: str, now: datetime, **more: Any) -> None:
    payload = {"agency_id": agency_id, "umbrella_id": umbrella_of(viewer), **more}
    record_admin(unit, tag=f"agreement:{what}", actor=viewer.actor, payload=payload, at=now)


def umbrella_of(viewer: Viewer) -> str:
    """The association whose administrator looks. Problem 403 `no_agency`."""
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    return viewer.agency.agency_id


def terms_card(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What one center agreed with the umbrella, as far as it is a firm's business."""
    names = ("center_id", "triggers", "starts_at", "ends_at", "suspended_at", "document")
    said = {name: row[name] for name in names}
    ko, en = row["name_ko"] or row["center_id"], row["name_en"] or row["center_id"]
    return said | {"name_ko": ko, "name_en": en, "in_force": agreement_from_row(row).in_force(now)}


async def account_within(unit: Unit, umbrella: str, agency_id: str, account_id: UUID) -> None:
    """Problem 404 `no_account` unless it is an agent of this firm of the umbrella."""
    await find(unit, umbrella, agency_id)
    query = "SELECT 1 FROM account WHERE account_id = :id AND agency_id = :agency AND role = 'agent'"
    if await unit.scalar(query, {"id": account_id, "agency": agency_id}) is None:
        raise Problem(404, "no_account", "그런 계정이 없습니다.", "There is no such account for you.")


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
