"""The latest position with its age, and the queue of positions that the router has not confirmed. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime

from mobile_app.core.messages import Position

KEPT_WHILE_OFFLINE = 600
STALE_S = 30.0


class LatestPosition:
    """Newest fix by the sensor's clock; a late older fix never replaces a newer one."""

    def __init__(self, position: Position | None = None) -> None:
        self.value = position

    def take(self, position: Position) -> bool:
        if self.value is not None and position.fixed_at < self.value.fixed_at:
            return False
        self.value = position
        return True

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the sensor fixed it, never negative; None without a position."""
        return None if self.value is None else max(0.0, (now - self.value.fixed_at).total_seconds())


class UnsentPositions:
    """Positions in order with growing `seq` until acknowledged; the oldest fall out beyond `kept`."""

    def __init__(self, kept: int = KEPT_WHILE_OFFLINE, *, next_seq: int = 1) -> None:
        self._waiting: deque[Position] = deque(maxlen=kept)
        self._next_seq = next_seq

    def add(self, position: Position, *, at: datetime) -> Position:
        numbered = position.sent(at=at, seq=self._next_seq)
        self._next_seq += 1
        self._waiting.append(numbered)
        return numbered

    def acknowledge(self, seq: int) -> None:
        """The router has this one; acknowledgements may come in any order."""
        if self._waiting and self._waiting[0].seq == seq:
            self._waiting.popleft()
        else:
            self._waiting = deque((p for p in self._waiting if p.seq != seq), maxlen=self._waiting.maxlen)

    def waiting(self) -> Sequence[Position]:
        return tuple(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)
