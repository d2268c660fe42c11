"""Following a person across borders, in whichever API process her positions come: the state around `handover.step`.

Well inside a jurisdiction a position costs one look into the grid and no database work. While she is beyond the border
the dwell is kept in the alert's row (sealed, since it holds a place), written together with her last position, so that
another process goes on counting where this one stopped. What a process reads there is newer than what it remembers,
unless it has something unwritten of its own. Moving the alert is `transfer.py`'s, under the row's lock.
"""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from uuid import UUID

import psycopg

from location_router.handover import Track, fix_of, step
from location_router.registry import Registry
from location_router.runtime.db import Unavailable
from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer
from location_router.transfer import GUESSED, Transfers
from location_router.wire import Phase, Position

REMEMBERED = 50_000
REFUSED_PAUSE_S = 5.0

# `inside`: the candidate that held the place when it was decided, which need not be the center that has the alert.
STANDING = """
SELECT a.served_by, a.home_installation, a.phase, a.outcome, a.closed_at IS NOT NULL, a.device_id, s.reason,
  a.assignment_no, a.watchers, a.position_sealed IS NULL AND 'no_position' = ANY(a.flags), a.crossing_sealed,
  coalesce((SELECT c->>'code' FROM jsonb_array_elements(s.record->'candidates') c
            WHERE (c->>'distance_m')::float8 = 0 LIMIT 1), a.center_code),
  EXISTS (SELECT FROM talk_line t WHERE t.alert_id = a.alert_id AND t.is_from_center AND t.heard_at IS NULL)
FROM alert a LEFT JOIN assignment s USING (alert_id, assignment_no) WHERE a.alert_id = %s"""
SAVE = """
UPDATE alert SET crossing_sealed = t.sealed
FROM unnest(%s::uuid[], %s::int[], %s::bytea[]) AS t(alert_id, number, sealed)
WHERE alert.alert_id = t.alert_id AND alert.assignment_no = t.number AND alert.message_sealed IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a line has to know about its alert."""

    served_by: str
    home_installation: str
    phase: str
    outcome: str
    is_closed: bool
    device_id: str
    reason: str | None
    assignment_no: int
    watchers: list[str]
    lacks_position: bool
    crossing_sealed: bytes | None
    inside: str
    is_spoken_to: bool = False  # the center has said something that the phone has not shown yet

    @property
    def is_over_for_phone(self) -> bool:
        return self.phase == Phase.ENDED or self.is_closed

    @property
    def is_tracked(self) -> bool:
        """Whether positions still go to anybody: not after a cancel, but under duress."""
        return not self.is_closed and (self.phase != Phase.ENDED or self.outcome == "duress")


class Crossings:
    """All alerts whose positions come through this process."""

    def __init__(self, pool: Pool, sealer: Sealer, registry: Registry, transfers: Transfers) -> None:
        self._pool, self._sealer, self._registry, self._transfers = pool, sealer, registry, transfers
        self._tracks: OrderedDict[UUID, Track] = OrderedDict()
        self._unsaved: dict[UUID, Track] = {}
        self._placed: set[tuple[UUID, int]] = set()
        self._refused: dict[UUID, float] = {}

    async def standing(self, alert_id: UUID) -> Standing | None:
        """The alert as its row says, None for an unknown one. Raises Unavailable."""
        rows = await self._pool.run(STANDING, (alert_id,))
        if not rows:
            return None
        standing = Standing(*rows[0])
        self._learn(alert_id, standing)
        return standing

    async def moved(self, alert_id: UUID, standing: Standing, position: Position) -> None:
        """A position of a tracked alert. Never raises because the database is away: the next position comes."""
        with contextlib.suppress(Unavailable):
            if standing.reason in GUESSED and (alert_id, standing.assignment_no) not in self._placed:
                if not await self._transfers.relocate(alert_id, position):
                    return
                self._placed.add((alert_id, standing.assignment_no))
            await self._step(alert_id, standing, position)

    def let_go(self, alert_id: UUID) -> None:
        """A line has ended; what is unwritten stays until it is written."""
        self._tracks.pop(alert_id, None)
        self._refused.pop(alert_id, None)
        self._placed = {one for one in self._placed if one[0] != alert_id} if self._placed else self._placed

    async def save(self) -> None:
        """Write the dwells that have changed. Raises Unavailable, psycopg.Error; nothing is lost then."""
        waiting, self._unsaved = self._unsaved, {}
        if not waiting:
            return
        sealed = [
            None if track.is_plain else self._sealer.seal(track.dump(), context=f"alert.crossing:{alert_id}")
            for alert_id, track in waiting.items()
        ]
        try:
            await self._pool.run(SAVE, (list(waiting), [track.number for track in waiting.values()], sealed))
        except (Unavailable, psycopg.Error):
            self._unsaved = waiting | self._unsaved
            raise

    async def _step(self, alert_id: UUID, standing: Standing, position: Position) -> None:
        before = self._tracks.get(alert_id) or Track(standing.inside, standing.assignment_no)
        track, crossing = step(before, fix_of(position), self._registry.jurisdictions)
        self._keep(alert_id, track)
        if not (before.is_plain and track.is_plain):
            self._unsaved[alert_id] = track
        if crossing is None or time.monotonic() < self._refused.get(alert_id, 0.0):
            return
        if not await self._transfers.hand_over(alert_id, position, crossing, number=track.number):
            self._refused[alert_id] = time.monotonic() + REFUSED_PAUSE_S
            return
        self._unsaved.pop(alert_id, None)
        self._keep(alert_id, Track(crossing.to, track.number + 1, last=track.last))

    def _learn(self, alert_id: UUID, standing: Standing) -> None:
        """Take what the row says, unless this process knows more."""
        known = self._tracks.get(alert_id)
        if known is not None and known.number > standing.assignment_no:
            return
        if known is None or known.number < standing.assignment_no:
            known = Track(standing.inside, standing.assignment_no, last=known.last if known else None)
        if alert_id not in self._unsaved or self._unsaved[alert_id].number != standing.assignment_no:
            known = self._written(alert_id, standing) or replace(known, since_s=None, fixes=0, stray=None, strays=0)
        self._keep(alert_id, known)

    def _written(self, alert_id: UUID, standing: Standing) -> Track | None:
        if standing.crossing_sealed is None:
            return None
        try:
            track = Track.load(str(self._sealer.open(standing.crossing_sealed, context=f"alert.crossing:{alert_id}")))
        except (ValueError, TypeError, KeyError):  # of another release of the program: the dwell begins anew
            return None
        return track if track.number == standing.assignment_no else None

    def _keep(self, alert_id: UUID, track: Track) -> None:
        self._tracks[alert_id] = track
        self._tracks.move_to_end(alert_id)
        while len(self._tracks) > REMEMBERED:
            self._refused.pop(self._tracks.popitem(last=False)[0], None)
