"""Rights that end without anybody doing anything: an agreement's last second, a break-glass's half hour.

Streams ask the gate twice a second anyhow. What else stands on an agreement is looked at here as often: open releases
(a place on an agency's screen) are ended in the log, and the agency's desks are told anew what they may see. One look
is one small question, the same in every process; it rests on the rows and the clock alone, so a change by SQL, by
another process or while nobody looked counts like any other.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from psycopg.rows import dict_row

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.ending import end
from server.agencies.model import agreement_from_row
from server.breakglass.service import DUE as BREAKGLASS_DUE
from server.breakglass.service import end_due
from server.releases import DUE as RELEASES_DUE
from server.releases import end_due as end_due_releases
from server.releases import end_releases

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("rights")
LOOK_S = 0.4

_FALLEN = """
SELECT r.release_id, r.kind FROM release r
LEFT JOIN account a ON a.account_id = r.viewer_id LEFT JOIN agency_line l ON l.line_id = r.viewer_id
JOIN agreement o ON o.agreement_id = r.agreement_id
LEFT JOIN agreed g ON g.agreement_id = r.agreement_id AND g.agency_id = coalesce(a.agency_id, l.agency_id, o.agency_id)
WHERE r.ended_at IS NULL AND r.agreement_id IS NOT NULL AND NOT (g.agreement_id IS NOT NULL AND
    g.starts_at <= %(now)s AND (g.ends_at IS NULL OR g.ends_at > %(now)s)
    AND (g.suspended_at IS NULL OR g.suspended_at > %(now)s)
    AND CASE r.kind WHEN 'live' THEN g.may_view_live WHEN 'recorded' THEN g.may_view_recorded
        WHEN 'still' THEN g.may_view_still WHEN 'position' THEN g.may_see_position
        WHEN 'identity' THEN g.may_see_identity
        WHEN 'profile' THEN g.may_see_health ELSE false END
    AND EXISTS (SELECT 1 FROM party p WHERE p.incident_id = r.incident_id AND p.agreement_id = r.agreement_id
        AND p.agency_id = g.agency_id AND p.trigger = ANY(g.triggers)
        AND (p.kind = 'dispatch' OR (p.is_working AND p.until_at > %(now)s))))
LIMIT 500
"""
_ANY_DUE = f"SELECT EXISTS ({_FALLEN}) OR EXISTS ({BREAKGLASS_DUE}) OR EXISTS ({RELEASES_DUE})"
_OF_AGENCIES = "SELECT * FROM agreed WHERE agency_id = ANY(:agencies) ORDER BY agreement_id"


class RightsWatch:
    """Looks until stopped."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None
        self._standing: dict[str, list[tuple[UUID, int, bool]]] = {}

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="rights")

    async def stop(self) -> None:
        await end(self._task)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable:
                pass
            except Exception:
                log.exception("rights_not_looked_at")
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """End what has lost its ground, and tell the desks whose agreements changed."""
        feed: Any = self._services.shared.get("agency_feed")
        seated = feed.agencies() if feed is not None else set()
        if not seated:
            self._standing = {}
            [(is_due,)] = await self._services.db.look(_ANY_DUE, now=self._services.clock())
            if not is_due:
                return
        async with self._services.db.begin() as unit:
            streams = await _end_fallen(unit, self._services)
            await end_due(unit, self._services)
            await end_due_releases(unit, now=self._services.clock())
            changed = await self._changed(unit, seated)
        if streams:
            await self._services.gateway.kick(streams, "no_agreement")
        for agency_id in changed:
            feed.rights_changed(agency_id)

    async def _changed(self, unit: Unit, seated: set[str]) -> list[str]:
        """Of the agencies that have a seat here, those whose agreements stand otherwise than at the last look. A first
        seat sat down before that: what it was told then may be over, so it is told once more."""
        now, standing = self._services.clock(), {agency_id: [] for agency_id in seated}
        for row in await unit.all(_OF_AGENCIES, {"agencies": sorted(seated)}) if seated else ():
            held = agreement_from_row(row)
            standing[held.agency_id].append((held.agreement_id, row["version"], held.in_force(now)))
        before, self._standing = self._standing, standing
        return [agency_id for agency_id in seated if before.get(agency_id) != standing[agency_id]]


async def _end_fallen(unit: Unit, services: Services) -> list[str]:
    """The streams among them, for the video process."""
    cursor = unit.driver.cursor(row_factory=dict_row)
    rows = await (await cursor.execute(_FALLEN, {"now": services.clock()})).fetchall()
    if not rows:
        return []
    ended = set(await end_releases(unit, {row["release_id"]: "no_agreement" for row in rows}))
    return [
        str(row["release_id"]) for row in rows if row["kind"] in ("live", "recorded") and row["release_id"] in ended
    ]
