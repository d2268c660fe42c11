"""The five follow the person: they are chosen anew when she has moved, not at every position.

May be lost with the process: the next position asks again. Under a crowd of alerts the oldest question is dropped
first, since cameras that are already chosen still show where she was.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from server.cameras.service import choose_for_incident

if TYPE_CHECKING:
    from server.services import Services

EVERY_S, MOVED_M = 5.0, 10.0
AT_ONCE, MOST_WAITING = 2, 50
_MOST_KNOWN = 10_000
_M_PER_DEG = 111_195.0


@dataclass
class Follower:
    """Per process: where each incident's person was when its cameras were last asked for."""

    services: Services
    every_s: float = EVERY_S
    _last: dict[UUID, tuple[float, float, float]] = field(default_factory=dict)
    _waiting: dict[UUID, None] = field(default_factory=dict)
    _running: int = 0

    def moved(self, positions: Iterable[dict[str, Any]]) -> None:
        """Newest positions of incidents (`incident_id`, `lat`, `lon`, `accuracy_m`), as they were stored. A move within
        the fix's own error is none."""
        now = time.monotonic()
        for row in positions:
            incident_id, lat, lon = row["incident_id"], row["lat"], row["lon"]
            known = self._last.pop(incident_id, None)
            if known is None:  # its cameras are chosen as it opens
                self._last[incident_id] = (now, lat, lon)
                continue
            if now - known[0] < self.every_s or _metres(known, lat, lon) < max(MOVED_M, min(row["accuracy_m"], 100.0)):
                self._last[incident_id] = known
                continue
            self._last[incident_id] = (now, lat, lon)
            self._waiting[incident_id] = None
        while len(self._last) > _MOST_KNOWN:
            self._last.pop(next(iter(self._last)))
        while len(self._waiting) > MOST_WAITING:
            self._waiting.pop(next(iter(self._waiting)))
        while self._waiting and self._running < AT_ONCE:
            self._running += 1
            self.services.soon(self._work, name="cameras_follow")

    async def _work(self) -> None:
        try:
            while self._waiting:
                incident_id = next(iter(self._waiting))
                del self._waiting[incident_id]
                await choose_for_incident(self.services, incident_id)
                await asyncio.sleep(0)
        finally:
            self._running -= 1


def _metres(known: tuple[float, float, float], lat: float, lon: float) -> float:
    return math.hypot(lat - known[1], (lon - known[2]) * math.cos(math.radians(lat))) * _M_PER_DEG


def follow(services: Services, positions: Iterable[dict[str, Any]]) -> None:
    """The process's follower hears of new positions."""
    services.shared.setdefault("camera_follower", Follower(services)).moved(positions)
