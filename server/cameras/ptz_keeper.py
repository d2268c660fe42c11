"""What a camera still has to do when nobody tells it: stop, be let go of, go home.

Everything stands in the row (`ptz_hand`), so any process may do it and a killed one leaves no camera turning: rows are
taken with SKIP LOCKED, sent to the device after the commit, and a stop that failed is tried again. A device that
honours the time limit of its movement has stopped by itself already. A camera goes home only when nobody watches it:
whoever looks at what she turned it to must not lose it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.ending import end
from server.actor import SYSTEM
from server.cameras.devices import device_pool
from server.cameras.moving import LOOK_AGAIN, STOP_AGAIN, STOP_TRIES
from server.cameras.onvif.port import DeviceTrouble, Motion
from server.cameras.ptz import let_go, send
from server.events import record_admin
from server.incidents.state import OPEN

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("ptz")
LOOK_S = 0.25

_DUE = """
SELECT h.*, h.account_id IS NOT NULL AS is_held, r.ended_at IS NOT NULL AS left_off,
       coalesce(i.state = ANY(:open), false) AS is_open
FROM ptz_hand h LEFT JOIN release r USING (release_id) LEFT JOIN incident i ON i.incident_id = h.incident_id
WHERE (h.account_id IS NOT NULL OR h.stop_at IS NOT NULL OR h.home_at IS NOT NULL)
  AND ((h.account_id IS NOT NULL AND (h.until_at <= :now OR r.ended_at IS NOT NULL OR NOT (i.state = ANY(:open))))
       OR h.stop_at <= :now OR h.home_at <= :now)
ORDER BY h.camera_id LIMIT 50 FOR UPDATE OF h SKIP LOCKED
"""
# the same rows, without taking them: nothing is due nearly always
_ANY_DUE = """
SELECT 1 FROM ptz_hand h LEFT JOIN release r USING (release_id) LEFT JOIN incident i ON i.incident_id = h.incident_id
WHERE (h.account_id IS NOT NULL AND (h.until_at <= %(now)s OR r.ended_at IS NOT NULL OR NOT (i.state = ANY(%(open)s))))
   OR h.stop_at <= %(now)s OR h.home_at <= %(now)s LIMIT 1
"""
_WATCHED = "SELECT 1 FROM release WHERE camera_id = :id AND kind = 'live' AND ended_at IS NULL LIMIT 1"


@dataclass(frozen=True, slots=True)
class Todo:
    """What a device is to be told."""

    camera_id: str
    motion: Motion


class PtzKeeper:
    """Looks several times a second until stopped; then the devices' connections are closed."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ptz")

    async def stop(self) -> None:
        await end(self._task)
        await device_pool(self._services).close()

    async def _run(self) -> None:
        while True:
            try:
                for todo in await look(self._services):
                    self._services.soon(lambda one=todo: tell(self._services, one), name="ptz")  # type: ignore[misc]
            except Unavailable:
                pass
            except Exception:
                log.exception("ptz_look_failed")
            await asyncio.sleep(LOOK_S)


async def look(services: Services) -> list[Todo]:
    """Decide what is due, write it down, and return what the devices are to be told after that commit."""
    now, todo = services.clock(), list[Todo]()
    if not await services.db.look(_ANY_DUE, now=now, open=list(OPEN)):
        return []
    async with services.db.begin() as unit:
        for row in await unit.all(_DUE, {"now": now, "open": list(OPEN)}):
            todo += await _advance(unit, row, now)
    return todo


async def _advance(unit: Unit, row: dict[str, Any], now: datetime) -> list[Todo]:
    camera_id, stop_at, home_at = row["camera_id"], row["stop_at"], row["home_at"]
    if row["is_held"] and (row["until_at"] <= now or row["left_off"] or not row["is_open"]):
        reason = "silent" if row["until_at"] <= now else "not_watching" if row["left_off"] else "incident_closed"
        await let_go(unit, row, reason, now=now)
        stop_at, home_at = (now if stop_at is not None else None), None
    if stop_at is not None and stop_at <= now:
        await unit.execute(
            "UPDATE ptz_hand SET stop_at = NULL, stop_tries = stop_tries + 1 WHERE camera_id = :id", {"id": camera_id}
        )
        return [Todo(camera_id, Motion("stop"))]
    if home_at is not None and home_at <= now and not row["is_held"]:
        return await _home(unit, row, now)
    return []


async def _home(unit: Unit, row: dict[str, Any], now: datetime) -> list[Todo]:
    camera_id = row["camera_id"]
    is_watched = await unit.scalar(_WATCHED, {"id": camera_id}) is not None
    later = now + LOOK_AGAIN if is_watched else None
    await unit.execute("UPDATE ptz_hand SET home_at = :at WHERE camera_id = :id", {"id": camera_id, "at": later})
    home = await unit.scalar("SELECT home FROM camera_device WHERE camera_id = :id", {"id": camera_id})
    if is_watched or home is None:
        return []
    payload = {"camera_id": camera_id, "step": "home"}
    record_admin(unit, tag="camera:moved", actor=SYSTEM, center_id=row["center_id"], payload=payload, at=now)
    return [Todo(camera_id, Motion("preset", token=home) if home else Motion("home"))]


async def tell(services: Services, one: Todo) -> None:
    """Tell the device; a stop that did not reach it is due again in a second, a few times."""
    try:
        await send(services, one.camera_id, one.motion)
    except DeviceTrouble as trouble:
        log.warning("camera_not_told", camera_id=one.camera_id, motion=one.motion.kind, code=trouble.code)
        if one.motion.kind != "stop":
            return
        async with services.db.begin() as unit:
            await unit.execute(
                "UPDATE ptz_hand SET stop_at = :again WHERE camera_id = :id AND stop_at IS NULL AND stop_tries < :most",
                {"id": one.camera_id, "again": services.clock() + STOP_AGAIN, "most": STOP_TRIES},
            )
