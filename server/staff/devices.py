"""Browsers and seats an account has come from, and the notice when it comes from a new one.

Known is a browser by its cookie or a seat by its address: whoever sits at her own desk is never a stranger. The notice
stays in `Me` until somebody at another address than the new one has seen it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from server.events import record_admin
from server.live import Hub, encode
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services


async def note_device(unit: Unit, services: Services, viewer: Viewer, device: str) -> None:
    """Remember where this sign-in came from; a first one of a new kind is an event and a notice."""
    digest, now = services.sealer.digest, services.clock()
    seat = digest(f"address:{viewer.address}", context="device")
    marks = [seat] + ([digest(f"cookie:{device}", context="device")] if device else [])
    rows = await unit.all("SELECT device_digest FROM known_device WHERE account_id = :id", {"id": viewer.account_id})
    known = {bytes(row["device_digest"]) for row in rows}
    is_new = bool(known) and not known & set(marks)
    for mark in marks:
        await unit.execute(
            "INSERT INTO known_device (account_id, device_digest, first_seen_at, address, told_at)"
            " VALUES (:id, :mark, :now, :address, :told) ON CONFLICT DO NOTHING",
            {
                "id": viewer.account_id,
                "mark": mark,
                "now": now,
                "address": viewer.address,
                "told": None if is_new and mark == seat else now,
            },
        )
    if is_new:
        record_admin(unit, tag="session:new_device", actor=viewer.actor, payload={"address": viewer.address})
        unit.after_commit(lambda: _tell(services, viewer, now))


def _tell(services: Services, viewer: Viewer, at: datetime) -> None:
    """The account's open seats hear of it at once; the others read it in `Me`."""
    hub = services.shared.get("feed")
    frame = encode({"type": "notice", "code": "new_device", "at": at, "address": viewer.address})
    for seat in list(hub.seats) if isinstance(hub, Hub) else ():
        if seat.about.get("account_id") == str(viewer.account_id):
            seat.put(frame)


async def notices(unit: Unit, viewer: Viewer) -> list[dict[str, Any]]:
    """What this seat should be told of its account."""
    rows = await unit.all(
        "SELECT first_seen_at, address FROM known_device WHERE account_id = :id AND told_at IS NULL"
        " AND address <> :here ORDER BY first_seen_at DESC LIMIT 10",
        {"id": viewer.account_id, "here": viewer.address},
    )
    return [{"code": "new_device", "at": row["first_seen_at"], "address": row["address"]} for row in rows]


async def notices_seen(unit: Unit, services: Services, viewer: Viewer) -> None:
    await unit.execute(
        "UPDATE known_device SET told_at = :now WHERE account_id = :id AND told_at IS NULL AND address <> :here",
        {"now": services.clock(), "id": viewer.account_id, "here": viewer.address},
    )
