"""What the phone asks its home for by itself: now and then, and at once when a push says that there is news."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from mobile_app.faults import noted

TICK_S = 1.0


class Pushed(ABC):
    """All methods on the loop. `_look_at_s`: when to ask next, by the monotonic clock."""

    def __init__(self) -> None:
        self._look_at_s = 0.0

    def pushed(self) -> None:
        """A push says that there is something to read."""
        self._look_at_s = 0.0

    async def run(self) -> None:
        while True:
            with noted():
                await self._tick()
            await asyncio.sleep(TICK_S)

    @abstractmethod
    async def _tick(self) -> None:
        """Asks, if it is time."""
