"""Positions may be thinned under load; an alert never is. Decides for each position whether it is worth the work.

Two signs of load: more positions a second than this process has a share for, and an event loop that comes late (then
alerts come late too). Under load each alert keeps one position every `THIN_GAP_S`; what is dropped is counted. The
newest wins in any case (`Live` keeps the last one of each alert until a newer comes), so a thinned track is a coarser
one, never an older one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

from location_router.runtime.ending import end

PER_S = 1000.0
THIN_GAP_S = 2.0
LATE_S = 0.025
BEAT_S = 0.05
MOST_ALERTS = 50_000


class Thinning:
    """`per_s`: positions a second that are handled without a second thought; `clock` is monotonic seconds."""

    def __init__(
        self, metrics: CollectorRegistry, *, per_s: float = PER_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s, self._clock = per_s, clock
        self._share, self._at = per_s, clock()
        self._kept: dict[UUID, float] = {}
        self._late_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self.shed = Counter("ansim_router_positions_shed", "Positions dropped under load", registry=metrics)

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="thinning")

    async def stop(self) -> None:
        await end(self._task)

    @property
    def is_loaded(self) -> bool:
        return self._share < 1.0 or self._clock() < self._late_until

    def keeps(self, alert_id: UUID) -> bool:
        """Whether this position of the alert is handled; counts those that are not."""
        now = self._clock()
        self._share = min(self._per_s, self._share + (now - self._at) * self._per_s)
        self._at = now
        if self.is_loaded and now - self._kept.get(alert_id, -THIN_GAP_S) < THIN_GAP_S:
            self.shed.inc()
            return False
        self._share = max(self._share - 1.0, 0.0)
        if len(self._kept) >= MOST_ALERTS:
            self._kept = {one: at for one, at in self._kept.items() if now - at < THIN_GAP_S}
        self._kept[alert_id] = now
        return True

    def came_late(self, late_s: float) -> None:
        """The loop ran a beat that much too late."""
        if late_s > LATE_S:
            self._late_until = self._clock() + 1.0

    async def _listen(self) -> None:
        while True:
            due = self._clock() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self.came_late(self._clock() - due)
