"""The newest position that counts, kept on disk now and then, so that a phone that was killed knows where it was; and
whether a fresh one is wanted now."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mobile_app.core.messages import Position
from mobile_app.core.position import GOOD_M, IDLE_SAMPLING, LAST_KNOWN, LatestPosition, as_known
from mobile_app.disk import read_json, write_json

FILE = "last_position.json"
SAVED_EVERY_S = 5.0
WANTED_FOR_S, FRESH_S = 30.0, 5.0
SEEN_EVERY = timedelta(seconds=0.9 * IDLE_SAMPLING.interval_s)


class Place:
    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._latest = LatestPosition(self._stored())
        self._saved_s = -SAVED_EVERY_S
        self._wanted_until_s = self._looked_until_s = -math.inf
        self._seen: datetime | None = None

    @property
    def value(self) -> Position | None:
        return self._latest.value

    def take(self, position: Position, *, now: datetime) -> bool:
        """Whether this is where she is from now on. `now`: the time of day as well as we know it."""
        if not self._latest.take(position, now=now):
            return False
        latest = self._latest.value
        if latest is not None and time.monotonic() < self._looked_until_s:
            self._seen = latest.fixed_at
        if latest is not None and latest.accuracy_m <= GOOD_M and (now - latest.fixed_at).total_seconds() <= FRESH_S:
            self._wanted_until_s = self._looked_until_s = -math.inf
        if time.monotonic() - self._saved_s >= SAVED_EVERY_S and latest is not None:
            self._saved_s = time.monotonic()
            with suppress(OSError):  # the network still can take it
                write_json(self._path, latest.to_json())
        return True

    def want(self) -> None:
        """A fix of now is worth its battery: something was raised. Until a good one has come, or for half a minute."""
        self._wanted_until_s = time.monotonic() + WANTED_FOR_S

    def look(self) -> None:
        """The same for somebody who looks at a screen with the place on it, which shows it then."""
        self._looked_until_s = time.monotonic() + WANTED_FOR_S

    @property
    def is_wanted(self) -> bool:
        return time.monotonic() < max(self._wanted_until_s, self._looked_until_s)

    def now(self, now: datetime) -> Position | None:
        """As it goes into a message: with its true age, and called by its name when that is old. `now` as in `take`."""
        known = as_known(self.value, now)
        return replace(known, sent_at=datetime.now(UTC)) if known else None

    def seen_at(self, *, is_on_screen: bool) -> datetime | None:
        """When she was where the screen says. At rest it moves as seldom as a phone at rest asks, or when somebody
        looked: a covert alert that has a fix each second must not shine through."""
        fixed_at = self.value.fixed_at if self.value else None
        if (
            fixed_at is None
            or self._seen is None
            or is_on_screen
            or not self._seen <= fixed_at < self._seen + SEEN_EVERY
        ):
            self._seen = fixed_at
        return self._seen

    def _stored(self) -> Position | None:
        try:
            return replace(Position.from_json(read_json(self._path) or {}), source=LAST_KNOWN)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
