"""The sessions whose sockets this process holds, looked at twice a second.

A session that has ended (signed out, ended by an administrator, rights changed, address struck off, time over) loses
its sockets within a second, whichever process ended it; streams are the video process's to end, which asks the gate
as often. Nobody is thrown out in the middle of an incident: the session of whoever owns an open one is extended, up to
sixteen hours, and every seat is told before its time is over.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from server.actor import SYSTEM
from server.events import record_admin
from server.live import encode
from server.staff.model import EXTENSION, LONGEST_SESSION, ends_soon, is_idle, is_registered
from server.staff.sessions import end_sockets

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("watch")
LOOK_S = 0.5
EXTEND_EVERY_S = 5.0
ALIVE_EVERY_S = 30.0
EXTEND_BEFORE = timedelta(minutes=2)

_LOOK = """
SELECT s.token_digest, s.address, s.expires_at, s.extended_at, s.seen_at, a.role,
       s.ended_at IS NOT NULL OR s.expires_at <= :now OR NOT a.active AS is_over,
       ARRAY(SELECT network FROM registered_network n WHERE n.account_id = a.account_id) AS networks
FROM session s JOIN account a USING (account_id) WHERE s.token_digest = ANY(:digests)
"""
_EXTEND = """
UPDATE session s SET expires_at = least(:now + :extension, s.created_at + :longest), extended_at = :now
WHERE s.ended_at IS NULL AND s.expires_at > :now AND s.expires_at <= :now + :before
  AND s.expires_at < s.created_at + :longest
  AND EXISTS (SELECT 1 FROM incident i WHERE i.owner_id = s.account_id
              AND i.state NOT IN ('closed', 'cancelled', 'transferred'))
RETURNING s.session_id, s.account_id, s.expires_at
"""


class SessionWatch:
    """Looks until stopped."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None
        self._told: dict[bytes, datetime] = {}
        self._next = {"extend": 0.0, "alive": 0.0}

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="session watch")

    async def stop(self) -> None:
        await end(self._task)

    async def _run(self) -> None:
        while True:
            try:
                await self._tick()
            except Unavailable:
                pass
            except Exception:
                log.exception("session_watch_failed")
            await asyncio.sleep(LOOK_S)

    async def _tick(self) -> None:
        if self._is_due("extend", EXTEND_EVERY_S):
            await extend(self._services)
        await self.look()
        if self._is_due("alive", ALIVE_EVERY_S):
            await self._note_alive()

    def _is_due(self, what: str, every_s: float) -> bool:
        now = asyncio.get_running_loop().time()
        if now < self._next[what]:
            return False
        self._next[what] = now + every_s
        return True

    async def look(self) -> None:
        """End the sockets of sessions that are over; tell those whose time is short."""
        open_ = _open_sessions(self._services)
        self._told = {digest: at for digest, at in self._told.items() if digest in open_}
        if not open_:
            return
        services, now = self._services, self._services.clock()
        async with services.db.begin() as unit:
            rows = await unit.all(_LOOK, {"now": now, "digests": list(open_)})
        good = {bytes(row["token_digest"]): row for row in rows if not self._is_over(row, now)}
        end_sockets(services, [digest for digest in open_ if digest not in good])
        for digest, row in good.items():
            if ends_soon(row["expires_at"], now) and self._told.get(digest) != row["expires_at"]:
                self._told[digest] = row["expires_at"]
                _tell(services, digest, row)

    def _is_over(self, row: dict[str, Any], now: datetime) -> bool:
        idle_timeout_s = self._services.settings.idle_timeout_s
        return (
            row["is_over"]
            or not is_registered(row["address"], row["networks"])
            or is_idle(row["role"], row["seen_at"], now, idle_timeout_s=idle_timeout_s)
        )

    async def _note_alive(self) -> None:
        """So that of many sessions the ones on somebody's screen are kept."""
        if digests := list(_open_sessions(self._services)):
            async with self._services.db.begin() as unit:
                await unit.execute(
                    "UPDATE session SET alive_at = :now WHERE token_digest = ANY(:digests) AND ended_at IS NULL",
                    {"now": self._services.clock(), "digests": digests},
                )


async def extend(services: Services) -> int:
    """Sessions of those in the middle of an incident get a quarter of an hour more, each time; returns how many."""
    async with services.db.begin() as unit:
        rows = await unit.all(
            _EXTEND,
            {
                "now": services.clock(),
                "extension": EXTENSION,
                "longest": LONGEST_SESSION,
                "before": EXTEND_BEFORE,
            },
        )
        for row in rows:
            payload = {"account_id": str(row["account_id"]), "session_id": str(row["session_id"])}
            payload |= {"until": row["expires_at"].isoformat()}
            record_admin(unit, tag="session:extended", actor=SYSTEM, payload=payload)
    return len(rows)


def _open_sessions(services: Services) -> set[bytes]:
    hubs = (services.shared.get("feed"), services.shared.get("agency_feed"))
    return {digest for hub in hubs if hub is not None for digest in hub.sessions()}


def _tell(services: Services, digest: bytes, row: dict[str, Any]) -> None:
    """A frame for the console; the agencies' page reads it in `Me`."""
    hub = services.shared.get("feed")
    frame = encode({"type": "session", "expires_at": row["expires_at"], "extended": row["extended_at"] is not None})
    for seat in list(hub.seats) if hub is not None else ():
        if seat.session == digest:
            seat.put(frame)
