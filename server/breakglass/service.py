"""Break-glass, one transaction each: ask, decide, choose, renew, end, review. Loud by design.

Every step is an event in the chain of the center whose walls it is about: on the incident's own timeline, where its
operators see it, or without an incident as long as none is chosen. What it opens is decided at the release gate, which
reads the row itself (`server/gate_facts.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import SYSTEM, Actor
from server.breakglass.model import (
    BASES,
    LASTS,
    SHORTEST_REASON,
    BreakGlass,
    Verdict,
    may_decide,
    may_review,
)
from server.breakglass.store import breakglass
from server.events import record, record_admin
from server.incidents.model import OPEN
from server.releases import end_releases

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

SENTENCES: dict[str, tuple[str, str]] = {
    "not_alone": (
        "다른 사람이 다른 자리에서 승인해야 합니다.",
        "Another person, signed in elsewhere, has to approve it.",
    ),
    "not_asked": ("승인을 기다리는 요청이 아닙니다.", "This is not waiting for a decision any more."),
    "not_yourselves": ("요청하거나 승인한 사람은 검토할 수 없습니다.", "Whoever asked or approved can't review it."),
    "not_over": ("아직 끝나지 않았습니다.", "It is not over yet."),
    "reviewed": ("이미 검토되었습니다.", "It has been reviewed already."),
    "not_open": ("지금 열려 있지 않습니다. 새로 요청하세요.", "It is not open now; ask anew."),
    "chosen": ("이미 사건을 골랐습니다.", "An incident is chosen already."),
    "own_center": ("맡은 센터의 사건입니다. 관제 화면에서 바로 여세요.", "It is your own center's: just open it."),
}


def _conflict(code: str) -> Problem:
    return Problem(409, code, *SENTENCES[code])


def not_open() -> Problem:
    return _conflict("not_open")


def unknown() -> Problem:
    return Problem(404, "no_breakglass", "그런 비상 열람 요청이 없습니다.", "There is no such break-glass for you.")


async def breakglass_in_force(unit: Unit, account_id: UUID, incident_id: UUID, now: datetime) -> UUID | None:
    """The break-glass by which this account may look at this incident now; None: there is none."""
    rows = await unit.all(
        "SELECT * FROM breakglass WHERE account_id = :account AND incident_id = :incident AND is_approved"
        " ORDER BY ends_at DESC LIMIT 5",
        {"account": account_id, "incident": incident_id},
    )
    open_rows = (one for row in rows if (one := of_row(row)).opens(account_id, incident_id, now))
    return next((one.breakglass_id for one in open_rows), None)


def of_row(row: dict[str, Any]) -> BreakGlass:
    values = {name: row[name] for name in BreakGlass.__dataclass_fields__}
    return BreakGlass(**values | {"session": bytes(row["session"])})


async def ask(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    *,
    center: str,
    incident_id: UUID | None,
    reason: str,
    basis: str,
    renews: UUID | None = None,
) -> dict[str, Any]:
    """A request that waits for a second person. Problems 404, 409 `own_center`, 422."""
    _check_words(reason, basis)
    desk = await unit.scalar("SELECT desk FROM center WHERE code = :center", {"center": center})
    if desk is None:
        raise _bad_field("unknown_center", "center", center, "그런 센터가 없습니다.", "There is no such center here.")
    if desk == viewer.desk:
        raise _conflict("own_center")
    if incident_id is not None:
        await _open_incident(unit, center, incident_id)
    breakglass_id, now = uuid4(), services.clock()
    await unit.execute(
        breakglass.insert().values(
            breakglass_id=breakglass_id,
            center_id=center,
            incident_id=incident_id,
            account_id=viewer.account_id,
            session=viewer.session,
            basis=basis,
            reason_sealed=services.sealer.seal(reason, context=f"breakglass.reason:{breakglass_id}", center=center),
            requested_at=now,
            renews=renews,
        )
    )
    row = await _row(unit, breakglass_id)
    say = {"reason": reason, "basis": basis, "desk": viewer.desk} | ({"renews": str(renews)} if renews else {})
    _record(unit, row, "renewal_requested" if renews else "requested", viewer.actor, say, now)
    return row


async def decide(
    unit: Unit, services: Services, viewer: Viewer, breakglass_id: UUID, *, approve: bool
) -> dict[str, Any]:
    """The second person's word: it opens for half an hour, or it does not. 409 `not_alone`, `not_asked`."""
    row, now = await locked(unit, viewer, breakglass_id), services.clock()
    asked = of_row(row)
    if (refusal := may_decide(asked, viewer.account_id, viewer.session, now)) is not None:
        raise _conflict(refusal)
    values = {"decided_by": viewer.account_id, "decided_at": now, "is_approved": approve}
    if approve:
        # a renewal goes on from where the first one ends
        before = await unit.scalar(
            "SELECT ends_at FROM breakglass WHERE breakglass_id = :id AND ended_at IS NULL", {"id": row["renews"]}
        )
        values["ends_at"] = max(now, before or now) + LASTS
    await _update(unit, breakglass_id, values)
    said = {"ends_at": values["ends_at"].isoformat()} if approve else {}
    _record(unit, row, "approved" if approve else "declined", viewer.actor, said, now)
    return await _row(unit, breakglass_id)


async def choose(
    unit: Unit, services: Services, viewer: Viewer, breakglass_id: UUID, incident_id: UUID
) -> dict[str, Any]:
    """Which of the center's open incidents it is: once, and only that one."""
    row, now = await own(unit, viewer, breakglass_id), services.clock()
    if of_row(row).state(now) != "open":
        raise _conflict("not_open")
    if row["incident_id"] is not None:
        raise _conflict("chosen")
    await _open_incident(unit, row["center_id"], incident_id)
    await _update(unit, breakglass_id, {"incident_id": incident_id, "chosen_at": now})
    row = await _row(unit, breakglass_id)
    _record(unit, row, "chosen", viewer.actor, {}, now)
    return row


async def to_choose_from(unit: Unit, services: Services, viewer: Viewer, breakglass_id: UUID) -> list[dict[str, Any]]:
    """The center's open incidents: what and since when, nothing about a person and no place."""
    row = await own(unit, viewer, breakglass_id)
    if of_row(row).state(services.clock()) != "open":
        raise _conflict("not_open")
    return await unit.all(
        "SELECT incident_id, type, state, opened_at FROM incident WHERE center_id = :center AND state = ANY(:open)"
        " AND active_at IS NOT NULL AND NOT is_drill ORDER BY opened_at DESC LIMIT 200",
        {"center": row["center_id"], "open": list(OPEN)},
    )


async def stop(unit: Unit, services: Services, viewer: Viewer, breakglass_id: UUID) -> dict[str, Any]:
    """Over before its time: by who asked, or by who could have approved it."""
    row, now = await locked(unit, viewer, breakglass_id), services.clock()
    if row["account_id"] != viewer.account_id and not viewer.may("breakglass.approve"):
        raise unknown()
    if of_row(row).state(now) != "open":
        raise _conflict("not_open")
    await _update(unit, breakglass_id, {"ended_at": now, "ended_by": viewer.account_id})
    await _end_releases(unit, services, [breakglass_id], now)
    _record(unit, row, "ended", viewer.actor, {"by": "person"}, now)
    return await _row(unit, breakglass_id)


async def review(
    unit: Unit, services: Services, viewer: Viewer, breakglass_id: UUID, *, verdict: Verdict, note: str
) -> dict[str, Any]:
    """What a third person thinks of it. 409 `not_yourselves`, `not_over`, `reviewed`."""
    row, now = await locked(unit, viewer, breakglass_id), services.clock()
    if not row["is_approved"]:
        raise _conflict("not_over")
    if (refusal := may_review(of_row(row), viewer.account_id, now)) is not None:
        raise _conflict(refusal)
    sealed = services.sealer.seal(note, context=f"breakglass.note:{breakglass_id}", center=row["center_id"])
    values = {"reviewed_by": viewer.account_id, "reviewed_at": now, "verdict": verdict, "note_sealed": sealed}
    await _update(unit, breakglass_id, values)
    _record(unit, row, "reviewed", viewer.actor, {"verdict": verdict}, now)
    return await _row(unit, breakglass_id)


DUE = "SELECT FROM breakglass WHERE is_approved AND ended_at IS NULL AND ends_at <= %(now)s"


async def end_due(unit: Unit, services: Services) -> None:
    """What has had its half hour: its releases end, and the chain says so. May be called by many at once."""
    now = services.clock()
    rows = await unit.all(
        "UPDATE breakglass SET ended_at = ends_at WHERE breakglass_id IN (SELECT breakglass_id FROM breakglass"
        " WHERE is_approved AND ended_at IS NULL AND ends_at <= :now FOR UPDATE SKIP LOCKED) RETURNING *",
        {"now": now},
    )
    for row in rows:
        _record(unit, row, "ended", SYSTEM, {"by": "time"}, now)
    if rows:
        await _end_releases(unit, services, [row["breakglass_id"] for row in rows], now)


async def _end_releases(unit: Unit, services: Services, breakglass_ids: list[UUID], now: datetime) -> None:
    """Those that no other open break-glass of the same person and incident carries on."""
    rows = await unit.all(
        "SELECT r.release_id, r.kind FROM release r JOIN breakglass b USING (breakglass_id)"
        " WHERE b.breakglass_id = ANY(:ids) AND r.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM breakglass n"
        " WHERE n.account_id = b.account_id AND n.incident_id = b.incident_id AND n.is_approved AND n.ends_at > :now"
        " AND n.ended_at IS NULL)",
        {"ids": breakglass_ids, "now": now},
    )
    await end_releases(unit, {row["release_id"]: "breakglass_over" for row in rows})
    streams = [str(row["release_id"]) for row in rows if row["kind"] == "live"]
    if streams:
        unit.after_commit(
            lambda: services.soon(lambda: services.gateway.kick(streams, "breakglass_over"), name="breakglass")
        )


_SEEN = """
SELECT b.*, i.state AS incident_state, a.desk, a.login FROM breakglass b JOIN account a USING (account_id)
LEFT JOIN incident i ON i.incident_id = b.incident_id LEFT JOIN center o ON o.code = b.center_id
WHERE (b.account_id = :me OR :leads AND (a.desk = :desk OR o.desk = :desk))
"""


async def listed(unit: Unit, viewer: Viewer, *, limit: int = 500) -> list[dict[str, Any]]:
    """Newest first: one's own, and for who approves or reviews those asked at, or about, the own desk."""
    return await unit.all(f"{_SEEN} ORDER BY b.requested_at DESC LIMIT {limit}", _eyes(viewer))


async def locked(unit: Unit, viewer: Viewer, breakglass_id: UUID) -> dict[str, Any]:
    """The row, locked, when it is one that this viewer sees; 404 otherwise."""
    found = await unit.one(f"{_SEEN} AND b.breakglass_id = :id FOR UPDATE OF b", _eyes(viewer) | {"id": breakglass_id})
    if found is None:
        raise unknown()
    return found


async def own(unit: Unit, viewer: Viewer, breakglass_id: UUID) -> dict[str, Any]:
    """The viewer's own, locked; 404 otherwise."""
    row = await locked(unit, viewer, breakglass_id)
    if row["account_id"] != viewer.account_id:
        raise unknown()
    return row


def _eyes(viewer: Viewer) -> dict[str, Any]:
    leads = viewer.may("breakglass.approve") or viewer.may("misuse.review")
    return {"me": viewer.account_id, "leads": leads, "desk": viewer.desk}


async def _row(unit: Unit, breakglass_id: UUID) -> dict[str, Any]:
    row = await unit.one(
        "SELECT b.*, a.desk, a.login FROM breakglass b JOIN account a USING (account_id) WHERE breakglass_id = :id",
        {"id": breakglass_id},
    )
    assert row is not None
    return row


async def _update(unit: Unit, breakglass_id: UUID, values: dict[str, Any]) -> None:
    await unit.execute(breakglass.update().where(breakglass.c.breakglass_id == breakglass_id).values(**values))


async def _open_incident(unit: Unit, center: str, incident_id: UUID) -> None:
    state = await unit.scalar(
        "SELECT state FROM incident WHERE incident_id = :id AND center_id = :center",
        {"id": incident_id, "center": center},
    )
    if state not in OPEN:
        ko, en = "그 센터에 열려 있는 그런 사건이 없습니다.", "That center has no such open incident."
        raise _bad_field("unknown_incident", "incident_id", str(incident_id), ko, en)


def _check_words(reason: str, basis: str) -> None:
    if len(reason) < SHORTEST_REASON:
        ko = f"사유를 {SHORTEST_REASON}자 이상 적어 주세요."
        raise _bad_field("reason_too_short", "reason", reason, ko, f"Say why in {SHORTEST_REASON} characters or more.")
    if basis not in BASES:
        ko, en = "비상 열람의 법적 근거가 아닙니다.", "Not a legal basis of a break-glass."
        raise _bad_field("legal_basis", "basis", basis, ko, f"{en} One of: {', '.join(BASES)}.")


def _bad_field(code: str, field: str, value: Any, ko: str, en: str) -> Problem:
    return Problem(422, code, ko, en, fields=[{"field": field, "value": value, "message_ko": ko, "message_en": en}])


def _record(unit: Unit, row: dict[str, Any], what: str, actor: Actor, more: dict[str, Any], at: datetime) -> None:
    payload = {"breakglass_id": str(row["breakglass_id"]), "account_id": str(row["account_id"]), **more}
    tag, center = f"breakglass:{what}", row["center_id"]
    if row["incident_id"] is None:
        record_admin(unit, tag=tag, actor=actor, payload=payload, center_id=center)
    else:
        record(unit, center_id=center, incident_id=row["incident_id"], tag=tag, actor=actor, payload=payload, at=at)
