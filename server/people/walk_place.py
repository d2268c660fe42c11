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
from server.people import model
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
    unit: Unit, services: Services, guardian: dict[str, Any], *, until: datetime, address: str
) -> dict[str, Any] | None:
    """The place now, with its time; None without a running walk. The caller's unit commits before it is shown."""
    walk = await running(unit, guardian["person_id"])
    if walk is None:
        return None
    values = {"alert": walk["alert_id"], "guardian": guardian["guardian_id"]}
    known = await unit.scalar(
        "SELECT true FROM release WHERE alert_id = :alert AND viewer_id = :guardian AND viewer_kind = 'guardian'"
        " AND kind = 'walk' AND ended_at IS NULL",
        values,
    )
    if not known:
        await _grant(unit, services, walk["center_id"], values | {"until": until, "address": address})
    return {
        "lat": walk["lat"],
        "lon": walk["lon"],
        "accuracy_m": walk["accuracy_m"],
        "fixed_at": walk["fixed_at"].isoformat(),
        "address": await address_of(services, lat=walk["lat"], lon=walk["lon"]),
        "shown_until": until.isoformat(),
        "now": services.clock().isoformat(),
    }


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


async def hide(unit: Unit, services: Services, guardian_id: UUID) -> None:
    """This guardian is shown no walk's place any more, from this commit on."""
    rows = await unit.all(
        "UPDATE release SET ended_at = :now, end_reason = 'consent_withdrawn', ended_event = gen_random_uuid()"
        " WHERE viewer_id = :id AND viewer_kind = 'guardian' AND kind = 'walk' AND ended_at IS NULL"
        " RETURNING release_id, center_id, ended_at, ended_event",
        {"now": services.clock(), "id": guardian_id},
    )
    for row in rows:
        record(
            unit,
            center_id=row["center_id"],
            incident_id=NO_INCIDENT,
            tag="release:ended",
            actor=SYSTEM,
            payload={"release_id": str(row["release_id"]), "kind": "walk", "reason": "consent_withdrawn"},
            at=row["ended_at"],
            event_id=row["ended_event"],
        )
