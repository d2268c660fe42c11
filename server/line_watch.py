"""Whether anything stands otherwise for the open lines of this process: one small question for all of them.

An open line tells an agency what it may see now, and that takes ten questions. They are asked when something has
happened: when the answer to this one question, twice a second for all lines together, is another one than before. It
names the version of every row that a look of a line rests on (`xmin`: whoever changes a row, by whatever way, changes
it), and on which side of now their times lie; so what ends, ends within a second, whoever ended it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
import structlog

from location_router.runtime.db import Unavailable
from server.line_turns import turns_of
from server.releases import keep_open

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("lines")
LOOK_S = 0.5
KEEP_S, LIFE = 30.0, timedelta(seconds=90)
"""How often an open line's row of its place is said to stand, and for how long: one whose process is killed ends then
(`server/releases.py`, `end_due`)."""

STANDING = """
SELECT q.number, md5(concat_ws('|',
  (SELECT concat(r.xmin, r.ends_at > %(now)s) FROM agency_request r
    WHERE r.request_id = q.request_id AND r.center_id = q.center_id),
  (SELECT string_agg(concat(r.xmin, r.ends_at > %(now)s), ',' ORDER BY r.request_id) FROM agency_request r
    WHERE r.incident_id = q.incident_id AND r.agency_id = q.agency_id),
  (SELECT string_agg(d.xmin::text, ',' ORDER BY d.dispatch_id) FROM dispatch d
    WHERE d.incident_id = q.incident_id AND d.agency_id = q.agency_id),
  (SELECT i.xmin::text FROM incident i WHERE i.incident_id = q.incident_id),
  (SELECT max(e.seq)::text FROM event e WHERE e.incident_id = q.incident_id AND e.tag = 'camera:chosen'),
  (SELECT string_agg(concat(c.xmin, c.consent_until > %(now)s), ',' ORDER BY c.camera_id) FROM camera c
    WHERE c.camera_id = ANY(q.camera_ids)),
  (SELECT string_agg(concat(l.xmin, l.until_at > %(now)s), ',' ORDER BY l.camera_id) FROM lent_camera l
    WHERE l.request_id = q.request_id),
  (SELECT concat(p.alert_id, p.fixed_at, p.lat, p.lon) FROM position p WHERE p.incident_id = q.incident_id
    ORDER BY p.fixed_at DESC LIMIT 1),
  (SELECT concat(p.fixed_at, p.lat, p.lon) FROM position p
    WHERE p.incident_id = q.incident_id AND p.alert_id = q.request_id ORDER BY p.fixed_at DESC LIMIT 1),
  (SELECT string_agg(l.xmin::text, ',' ORDER BY l.line_id) FROM agency_line l WHERE l.agency_id = q.agency_id),
  (SELECT string_agg(d.network, ',' ORDER BY d.network) FROM agency_address d WHERE d.agency_id = q.agency_id),
  (SELECT a.xmin::text FROM agency a WHERE a.agency_id = q.agency_id),
  (SELECT concat(f.xmin, f.ends_at > %(now)s, f.suspended_at > %(now)s) FROM firm f WHERE f.agency_id = q.agency_id),
  (SELECT string_agg(concat(g.xmin, g.starts_at > %(now)s, g.ends_at > %(now)s, g.suspended_at > %(now)s), ','
      ORDER BY g.agreement_id) FROM agreement g
    WHERE g.agency_id = coalesce((SELECT f.umbrella_id FROM firm f WHERE f.agency_id = q.agency_id), q.agency_id))
)) FROM jsonb_to_recordset(CAST(%(lines)s AS jsonb))
  AS q(number int, agency_id text, request_id uuid, center_id text, incident_id uuid, camera_ids text[])
"""
"""For each line a digest of what it stands on. It reads every table that a look rests on: a test compares the two
(`tests/server/requests/test_line_views.py`)."""


@dataclass(eq=False, slots=True)
class Watched:
    """One open line. `wake` is set when something may be otherwise; `camera_ids`: those it was told of."""

    agency_id: str
    request_id: UUID
    center_id: str
    incident_id: UUID | None
    wake: asyncio.Event
    camera_ids: Sequence[str] = ()
    seen: str | None = field(default=None)
    """The digest from before its last look; None: it has to look again in any case."""
    release_id: UUID | None = None
    """The row behind the place that it was told, while it was told one."""
    is_ended: bool = False
    """Whether that row has ended without it: what it was told needs another one."""


class LineWatch:
    """Looks while a line is open."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lines: set[Watched] = set()
        self._left, self._is_running = asyncio.Event(), False
        self._keep_at = 0.0

    @contextmanager
    def watched(self, line: Watched) -> Iterator[Watched]:
        """The line is woken whenever it has to look, from now until the end of the block."""
        self._lines.add(line)
        if not self._is_running:
            self._is_running = True
            self._services.soon(self._run, name="lines")
        try:
            yield line
        finally:
            self._lines.discard(line)
            if not self._lines:
                self._left.set()

    async def _run(self) -> None:
        try:
            while self._lines:
                self._left.clear()
                await self._try()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._left.wait()
        finally:
            self._is_running = False

    async def _try(self) -> None:
        try:
            await self.look()
            if asyncio.get_running_loop().time() >= self._keep_at:
                await self.keep()
                self._keep_at = asyncio.get_running_loop().time() + KEEP_S
        except Unavailable:
            self._keep_at = 0.0  # as soon as it is back: another process may have ended what was not kept
        except Exception:
            log.exception("lines_not_looked_at")
            for line in self._lines:
                line.wake.set()  # each looks by itself

    async def look(self) -> None:
        """Wake those for whom something is otherwise. The digest is read before they look: what happens in between
        wakes them once too often, and never too seldom."""
        lines = list(self._lines)
        names = ("agency_id", "request_id", "center_id", "incident_id", "camera_ids")
        asked = [{"number": number} | {name: getattr(one, name) for name in names} for number, one in enumerate(lines)]
        found = await self._services.db.look(STANDING, lines=orjson.dumps(asked).decode(), now=self._services.clock())
        for number, digest in found:
            line = lines[number]
            if line.seen != digest:
                line.seen = digest
                line.wake.set()

    async def keep(self) -> None:
        """The rows of what these lines show stand for another while. A line whose row has ended meanwhile looks again:
        what it shows gets a new row."""
        lines = {one.release_id: one for one in self._lines if one.release_id is not None}
        if not lines:
            return
        until_at = self._services.clock() + LIFE
        async with turns_of(self._services).look(), self._services.db.begin() as unit:
            standing = await keep_open(unit, list(lines), until_at=until_at)
        for release_id, line in lines.items():
            if release_id not in standing and line.release_id == release_id:
                line.is_ended = True
                line.wake.set()


def line_watch(services: Services) -> LineWatch:
    """This process's watch, made on first use."""
    watch: LineWatch | None = services.shared.get("line_watch")
    if watch is None:
        watch = services.shared["line_watch"] = LineWatch(services)
    return watch
