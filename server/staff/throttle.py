"""Delay after wrong answers, by login and by address; in this process's memory (holds are on disk: `holds.py`)."""

from __future__ import annotations

import time
from collections import defaultdict

MAX_DELAY_S = 5.0


class Throttle:
    """Delay that doubles with each wrong answer from 0.25 s up, forgotten after five minutes of silence."""

    def __init__(self) -> None:
        self._wrong: defaultdict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))

    def delay_s(self, *keys: str) -> float:
        now = time.monotonic()
        counts = [count for count, at in (self._wrong.get(key, (0, 0.0)) for key in keys) if now - at < 300]
        worst = max(counts, default=0)
        return min(0.25 * 2 ** (worst - 2), MAX_DELAY_S) if worst >= 2 else 0.0

    def wrong(self, *keys: str) -> None:
        now = time.monotonic()
        if len(self._wrong) > 10_000:
            oldest = sorted(self._wrong, key=lambda key: self._wrong[key][1])
            for key in oldest[:5_000]:
                del self._wrong[key]
        for key in keys:
            count, at = self._wrong[key]
            self._wrong[key] = (count + 1 if now - at < 300 else 1, now)

    def right(self, *keys: str) -> None:
        for key in keys:
            self._wrong.pop(key, None)
