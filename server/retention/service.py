"""Policies and legal holds: read, changed, recorded. One transaction per function.

A change of a policy takes effect at the next run. It is asked twice: the first answer is 409 `confirm_change` with
what would go and a word to say it again with, which stands for this change only.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import SYSTEM
from server.agencies.model import BASES
from server.events import record_admin
from server.retention import model
from server.retention.kinds import KINDS, kind_named
from server.retention.model import EVERY_CENTER, Kind, Policy
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

HOLD_BASES = BASES
"""A hold stands on the same legal bases as a disclosure to an agency."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('legal_hold', 0))"


async def policies(unit: Unit) -> dict[tuple[str, str], Policy]:
    """What administrators have set; the unit must see every center."""
    rows = await unit.all("SELECT center_id, kind, days, version FROM retention_policy")
    return {(row["center_id"], row["kind"]): Policy(row["days"], row["version"]) for row in rows}


async def centers_of(unit: Unit, viewer: Viewer) -> list[str]:
    """Codes of the centers the viewer answers for."""
    rows = await unit.all("SELECT code FROM center ORDER BY code")
    return [row["code"] for row in rows if viewer.sees(row["code"])]


def may_set_default(viewer: Viewer) -> bool:
    """The city's default, and what belongs to no center, are for who sees every center."""
    return viewer.centers == "all"


async def listed(services: Services, viewer: Viewer) -> dict[str, Any]:
    """Every kind with its limits and reasons, and the days in force for each of the viewer's centers."""
    async with services.db.begin() as unit:
        known, centers = await policies(unit), await centers_of(unit, viewer)
        runs = await unit.all("SELECT kind, first_seen_at, cleaned_at FROM retention_kind")
    cleaned = {row["kind"]: row["cleaned_at"] for row in runs}
    return {
        "may_set_default": may_set_default(viewer),
        "backup_keep_days": services.settings.backup_keep_days,
        "kinds": [_told(kind, known, centers) | {"cleaned_at": cleaned.get(kind.name)} for kind in KINDS],
    }


def _told(kind: Kind, known: model.Policies, centers: list[str]) -> dict[str, Any]:
    default = model.policy_of(known, kind, EVERY_CENTER)
    own = {center: model.policy_of(known, kind, center) for center in centers if (center, kind.name) in known}
    return {
        "kind": kind.name,
        "what": {"ko": kind.what_ko, "en": kind.what_en},
        "counts_from": {"ko": kind.counts_from_ko, "en": kind.counts_from_en},
        "reason": {"ko": kind.reason_ko, "en": kind.reason_en},
        "days": default.days,
        "version": default.version,
        "default_days": kind.days,
        "least_days": kind.least_days,
        "most_days": kind.most_days,
        "is_fixed": kind.is_fixed,
        "per_center": any(rows.center for rows in kind.rows),
        "centers": {center: {"days": policy.days, "version": policy.version} for center, policy in own.items()},
    }


async def change(
    services: Services, viewer: Viewer, *, kind_name: str, center: str, days: int | None, confirm: str, would_go: Any
) -> dict[str, Any]:
    """Set the days of a kind for a center (`-`: the city's default); `days` None takes the center's own away.

    `would_go` is what the change adds to the next run, for the question. Raises Problem 404, 403, 422, 409.
    """
    kind = await checked(services, viewer, kind_name=kind_name, center=center)
    async with services.db.begin() as unit:
        await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended('retention_policy', 0))")
        known = await policies(unit)
        old = model.policy_of(known, kind, center)
        wanted = days if days is not None else _without_own(known, kind, center)
        if (trouble := model.trouble_with(kind, wanted)) is not None:
            raise _out_of_bounds(kind, wanted, trouble)
        word = model.confirmation(center, kind, old, wanted)
        if confirm != word:
            raise Problem(
                409,
                "confirm_change",
                f"{kind.what_ko}: {old.days}일에서 {wanted}일로 바뀝니다. 확인하고 confirm 값을 넣어 다시 보내세요.",
                f"{kind.what_en}: {old.days} days become {wanted}. Look, and send again with this confirm.",
                confirm=word,
                days_before=old.days,
                days_after=wanted,
                would_go=would_go,
            )
        version = await _store(unit, services, viewer, kind, center, days)
        record_admin(
            unit,
            tag="policy:changed",
            actor=viewer.actor,
            at=services.clock(),
            center_id="" if center == EVERY_CENTER else center,
            payload={"kind": kind.name, "days_before": old.days, "days_after": wanted, "version": version},
        )
    return {"kind": kind.name, "center": center, "days": wanted, "version": version}


async def checked(services: Services, viewer: Viewer, *, kind_name: str, center: str) -> Kind:
    """The kind, when the viewer may set it there. Raises Problem 404 `unknown_kind`, `unknown_center`, 403."""
    kind = known_kind(kind_name)
    if center == EVERY_CENTER:
        if not may_set_default(viewer):
            raise Problem(
                403,
                "default_is_not_yours",
                "도시 전체의 기본값은 모든 센터를 맡은 관리자만 바꿀 수 있습니다. center에 담당 센터를 넣으세요.",
                "The city's default is for an administrator of every center: name one of yours as center.",
            )
        return kind
    async with services.db.begin() as unit:
        if center not in await centers_of(unit, viewer):
            raise Problem(404, "unknown_center", "담당 센터가 아닙니다.", "That is no center of yours.", field="center")
    if not any(rows.center for rows in kind.rows):
        raise Problem(
            422,
            "city_wide",
            f'{kind.what_ko}: 센터별로 정할 수 없습니다. 도시 기본값(center "-")으로 정하세요.',
            f'{kind.what_en} belongs to no center: set the city\'s default (center "-").',
            field="center",
        )
    return kind


def known_kind(name: str) -> Kind:
    """The kind of that name. Raises Problem 404 `unknown_kind`."""
    kind = kind_named(name)
    if kind is None:
        names = ", ".join(one.name for one in KINDS)
        raise Problem(
            404, "unknown_kind", f"그런 보관 종류가 없습니다. {names} 가운데 고르세요.", f"Choose one of {names}."
        )
    return kind


def _without_own(known: model.Policies, kind: Kind, center: str) -> int:
    left = {key: policy for key, policy in known.items() if key != (center, kind.name)}
    return model.policy_of(left, kind, center).days


def _out_of_bounds(kind: Kind, days: int, trouble: model.Trouble) -> Problem:
    limits_ko = f"{kind.least_days}~{kind.most_days}일" if not kind.is_fixed else f"{kind.days}일로 정해져 있음"
    limits_en = f"{kind.least_days} to {kind.most_days} days" if not kind.is_fixed else f"fixed at {kind.days}"
    return Problem(
        422,
        trouble,
        f"days {days}: {kind.what_ko}의 보관 기간은 {limits_ko}입니다. 근거: {kind.reason_ko}",
        f"days {days}: {kind.what_en} are kept {limits_en}. {kind.reason_en}",
        field="days",
        value=days,
        least_days=kind.least_days,
        most_days=kind.most_days,
    )


async def _store(unit: Unit, services: Services, viewer: Viewer, kind: Kind, center: str, days: int | None) -> int:
    version = 1 + int(await unit.scalar("SELECT coalesce(max(version), 0) FROM retention_policy") or 0)
    key = {"center": center, "kind": kind.name}
    if days is None:
        await unit.execute("DELETE FROM retention_policy WHERE center_id = :center AND kind = :kind", key)
        return version
    await unit.execute(
        "INSERT INTO retention_policy (center_id, kind, days, version, changed_at, changed_by)"
        " VALUES (:center, :kind, :days, :version, :now, :who) ON CONFLICT (center_id, kind) DO UPDATE SET"
        " days = excluded.days, version = excluded.version, changed_at = excluded.changed_at,"
        " changed_by = excluded.changed_by",
        key | {"days": days, "version": version, "now": services.clock(), "who": str(viewer.account_id)},
    )
    return version


async def place_hold(
    services: Services,
    viewer: Viewer,
    *,
    incident_id: UUID | None,
    person_ref: str | None,
    reason: str,
    basis: str,
    until: datetime,
) -> dict[str, Any]:
    """Keep everything that hangs on the incident, or on every incident of a person, until then.

    When this returns, no purge deletes any of it: it waits for the batch that is running. Problem 404, 422.
    """
    _check_hold(basis=basis, until=until, now=services.clock())
    hold_id = uuid4()
    async with services.db.begin(center=viewer.scope) as unit:
        await unit.execute(_LOCK)
        center = await _center_of_subject(unit, incident_id, person_ref)
        await unit.execute(
            "INSERT INTO legal_hold (hold_id, center_id, incident_id, person_ref, basis, reason_sealed, until,"
            " placed_at, placed_by) VALUES (:id, :center, :incident, :person, :basis, :reason, :until, :now, :who)",
            {
                "id": hold_id,
                "center": center,
                "incident": incident_id,
                "person": person_ref,
                "basis": basis,
                "reason": services.sealer.seal(reason, context=f"hold.reason:{hold_id}", center=center),
                "until": until,
                "now": services.clock(),
                "who": viewer.account_id,
            },
        )
        incidents = await unit.scalar("SELECT count(*) FROM held_incidents()")
        record_admin(
            unit,
            tag="hold:placed",
            actor=viewer.actor,
            at=services.clock(),
            center_id=center,
            payload={
                "hold_id": str(hold_id),
                "incident_id": str(incident_id) if incident_id else None,
                "of_person": person_ref is not None,
                "basis": basis,
                "until": until.isoformat(),
                "reason": reason,
            },
        )
    return {"hold_id": str(hold_id), "center": center, "until": until, "incidents_held_now": incidents}


def _check_hold(*, basis: str, until: datetime, now: datetime) -> None:
    if (trouble := model.trouble_with_hold(until=until, now=now)) is not None:
        raise _bad_until(trouble)
    if basis not in HOLD_BASES:
        names = ", ".join(HOLD_BASES)
        raise Problem(
            422,
            "unknown_basis",
            f"basis: 법적 근거를 {names} 가운데 고르세요.",
            f"basis: choose one of {names}.",
            field="basis",
        )


async def _center_of_subject(unit: Unit, incident_id: UUID | None, person_ref: str | None) -> str:
    if incident_id is not None:
        center = await unit.scalar("SELECT center_id FROM incident WHERE incident_id = :id", {"id": incident_id})
        if center is None:
            raise Problem(404, "unknown_incident", "그런 사건이 없습니다.", "There is no such incident.")
        return str(center)
    rows = await unit.all("SELECT DISTINCT center_id FROM alert WHERE person_ref = :ref", {"ref": person_ref})
    if not rows:
        raise Problem(
            404,
            "unknown_person",
            "이 센터의 사건 가운데 그런 사람의 신고가 없습니다.",
            "No incident of this center has an alert of that person.",
        )
    if len(rows) > 1:
        raise Problem(
            409,
            "several_centers",
            "여러 센터에 사건이 있습니다. 사건별로 보전하세요.",
            "This person has incidents in several centers: hold each incident.",
            centers=sorted(row["center_id"] for row in rows),
        )
    return str(rows[0]["center_id"])


def _bad_until(trouble: str) -> Problem:
    if trouble == "over":
        return Problem(
            422,
            "until_is_over",
            "until: 지금보다 뒤의 시각을 넣으세요.",
            "until: give a time after now.",
            field="until",
        )
    return Problem(
        422,
        "until_too_far",
        "until: 5년을 넘을 수 없습니다. 더 필요하면 끝나기 전에 다시 보전하세요.",
        "until: five years at most; place it again before it ends if it is still needed.",
        field="until",
    )


async def holds(services: Services, viewer: Viewer, *, ended: bool) -> list[dict[str, Any]]:
    """Holds in force, or with `ended` those that are over; newest first."""
    async with services.db.begin(center=viewer.scope) as unit:
        rows = await unit.all(
            "SELECT * FROM legal_hold WHERE (ended_at IS NOT NULL) = :ended ORDER BY placed_at DESC LIMIT 500",
            {"ended": ended},
        )
    return [
        {
            **{key: row[key] for key in ("hold_id", "incident_id", "person_ref", "basis", "until", "placed_at")},
            "center": row["center_id"],
            "placed_by": row["placed_by"],
            "reason": services.sealer.open(row["reason_sealed"], context=f"hold.reason:{row['hold_id']}"),
            "ended_at": row["ended_at"],
            "ended_by": row["ended_by"],
        }
        for row in rows
    ]


async def held_now(services: Services, viewer: Viewer) -> int:
    """Incidents of the viewer's centers that some hold keeps."""
    async with services.db.begin(center=viewer.scope) as unit:
        return int(await unit.scalar("SELECT count(*) FROM held_incidents()") or 0)


async def end_hold(services: Services, viewer: Viewer, hold_id: UUID, *, reason: str) -> dict[str, Any]:
    """What it kept goes at the next run, if nothing else keeps it. Ending twice is ending once. Problem 404."""
    async with services.db.begin(center=viewer.scope) as unit:
        row = await unit.one("SELECT * FROM legal_hold WHERE hold_id = :id FOR UPDATE", {"id": hold_id})
        if row is None:
            raise Problem(404, "unknown_hold", "그런 보전이 없습니다.", "There is no such hold.")
        ended_at = row["ended_at"] or services.clock()
        if row["ended_at"] is None:
            sealed = services.sealer.seal(reason, context=f"hold.end_reason:{hold_id}", center=row["center_id"])
            await unit.execute(
                "UPDATE legal_hold SET ended_at = :now, ended_by = :who, end_reason_sealed = :reason"
                " WHERE hold_id = :id",
                {"now": ended_at, "who": viewer.account_id, "reason": sealed, "id": hold_id},
            )
            record_admin(
                unit,
                tag="hold:ended",
                actor=viewer.actor,
                at=ended_at,
                center_id=row["center_id"],
                payload={"hold_id": str(hold_id), "reason": reason},
            )
    return {"hold_id": str(hold_id), "ended_at": ended_at}


async def end_expired_holds(services: Services) -> int:
    """Holds whose time is over end, each with its line in the log."""
    now = services.clock()
    async with services.db.begin() as unit:
        rows = await unit.all(
            "UPDATE legal_hold SET ended_at = until WHERE ended_at IS NULL AND until <= :now"
            " RETURNING hold_id, center_id",
            {"now": now},
        )
        for row in rows:
            record_admin(
                unit,
                tag="hold:ended",
                actor=SYSTEM,
                at=now,
                center_id=row["center_id"],
                payload={"hold_id": str(row["hold_id"]), "reason": "until"},
            )
    return len(rows)
