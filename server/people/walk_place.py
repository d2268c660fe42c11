"""The place of a running walk, as the home center shows it to a guardian: behind a release row of kind `walk` under the
id of the alert that the walk would raise.

Walks stand above people in the import order, so their rows are read here in SQL; `server/walks/store.py` declares
them, and ends these releases with the walk.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from server.events import NO_INCIDENT, SYSTEM, Actor, record
from server.people import model, precision
from server.people.whereabouts import address_of

if TYPE_CHECKING:
    from server.services import Services


async def running(unit: Unit, person_id: UUID) -> dict[str, Any] | None:
    """`alert_id, center_id, lat, lon, accuracy_m, fixed_at` of her running walk, once it has a position."""
    return await unit.one(
        "SELECT alert_id, center_id, lat, lon, accuracy_m, fixed_at FROM walk WHERE person_id = :id"
        " AND ended_at IS NULL AND lat IS NOT NULL ORDER BY begun_at DESC LIMIT 1",
        {"id": person_id},
    )


async def show(
    unit: Unit,
    services: Services,
    guardian: dict[str, Any],
    *,
    until: datetime | None,
    address: str,
    is_chosen: bool,
) -> dict[str, Any] | None:
    """The place now, with its time; None without a running walk. The caller's unit commits before it is shown.
    `until`: when it ends by itself, None: with the walk. `is_chosen`: she allowed this guardian to see it."""
    walk = await running(unit, guardian["person_id"])
    if walk is None:
        return None
    values = {"alert": walk["alert_id"], "guardian": guardian["guardian_id"]}
    if await released_since(unit, walk["alert_id"], guardian["guardian_id"]) is None:
        await _grant(unit, services, walk["center_id"], values | {"until": until, "address": address})
    rule = await rule_of(unit, services, guardian["person_id"])
    is_exact = precision.is_walk_exact(rule, is_chosen=is_chosen)
    shown = as_shown(walk, is_exact=is_exact)
    return shown | {
        "address": await address_of(services, lat=shown["lat"], lon=shown["lon"]),
        "shown_until": until.isoformat() if until else None,
        "now": services.clock().isoformat(),
    }


def as_shown(walk: dict[str, Any], *, is_exact: bool) -> dict[str, Any]:
    """The place of the walk's row as a guardian is shown it."""
    place = {name: walk[name] for name in ("lat", "lon", "accuracy_m")} | {"fixed_at": walk["fixed_at"].isoformat()}
    if is_exact:
        return place | {"precision": "exact"}
    about = precision.coarse(place)
    return {name: about[name] for name in place} | {"precision": "coarse"}


async def rule_of(unit: Unit, services: Services, person_id: UUID) -> str:
    """How exactly guardians see her, by her choice or her home center's."""
    chosen = await unit.scalar("SELECT follow_precision FROM person WHERE person_id = :id", {"id": person_id})
    return str(chosen or services.settings.follow_precision)


async def released_since(unit: Unit, alert_id: UUID, guardian_id: UUID) -> datetime | None:
    """Since when this guardian is shown this walk's place; None: is not."""
    since: datetime | None = await unit.scalar(
        "SELECT min(granted_at) FROM release WHERE alert_id = :alert AND viewer_id = :guardian"
        " AND viewer_kind = 'guardian' AND kind = 'walk' AND ended_at IS NULL",
        {"alert": alert_id, "guardian": guardian_id},
    )
    return since


async def _grant(unit: Unit, services: Services, center: str, values: dict[str, Any]) -> None:
    release_id, event_id, now = uuid4(), uuid4(), services.clock()
    await unit.execute(
        "INSERT INTO release (release_id, center_id, alert_id, kind, viewer_kind, viewer_id, address, legal_basis,"
        " granted_at, granted_event, first_byte_at, until_at) VALUES (:id, :center, :alert, 'walk', 'guardian',"
        " :guardian, :address, :basis, :now, :event, :now, :until)",
        values | {"id": release_id, "center": center, "basis": model.GUARDIAN_BASIS, "now": now, "event": event_id},
    )
    payload = {
        "release_id": str(release_id),
        "kind": "walk",
        "address": values["address"],
        "legal_basis": model.GUARDIAN_BASIS,
    }
    record(
        unit,
        center_id=center,
        incident_id=NO_INCIDENT,
        tag="release:granted",
        actor=Actor("guardian", str(values["guardian"])),
        payload=payload,
        at=now,
        event_id=event_id,
    )


async def hide(unit: Unit, services: Services, guardian_id: UUID, why: str = "consent_withdrawn") -> None:
    """This guardian is shown no walk's place any more, from this commit on; looking again begins a new release."""
    await _hide(unit, services, "viewer_id = :id", guardian_id, why)


async def hide_from_all(unit: Unit, services: Services, person_id: UUID) -> None:
    """No guardian of hers is."""
    await _hide(
        unit,
        services,
        "viewer_id IN (SELECT guardian_id FROM guardian WHERE person_id = :id)",
        person_id,
        "consent_withdrawn",
    )


async def _hide(unit: Unit, services: Services, whose: str, id_: UUID, why: str) -> None:
    rows = await unit.all(
        "UPDATE release SET ended_at = :now, end_reason = :why, ended_event = gen_random_uuid()"
        f" WHERE {whose} AND viewer_kind = 'guardian' AND kind = 'walk' AND ended_at IS NULL"
        " RETURNING release_id, center_id, ended_at, ended_event",
        {"now": services.clock(), "id": id_, "why": why},
    )
    for row in rows:
        record(
            unit,
            center_id=row["center_id"],
            incident_id=NO_INCIDENT,
            tag="release:ended",
            actor=SYSTEM,
            payload={"release_id": str(row["release_id"]), "kind": "walk", "reason": why},
            at=row["ended_at"],
            event_id=row["ended_event"],
        )
