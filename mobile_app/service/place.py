"""The newest position that counts, kept on disk now and then, so that a phone that was killed knows where it was."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mobile_app.core.messages import Position
from mobile_app.core.position import LAST_KNOWN, LatestPosition
from mobile_app.disk import read_json, write_json

FILE = "last_position.json"
SAVED_EVERY_S = 5.0


class Place:
    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._latest = LatestPosition(self._stored())
        self._saved_s = -SAVED_EVERY_S

    @property
    def value(self) -> Position | None:
        return self._latest.value

    def take(self, position: Position, *, now: datetime) -> bool:
        """Whether this is where she is from now on. `now`: the time of day as well as we know it."""
        if not self._latest.take(position, now=now):
            return False
        if time.monotonic() - self._saved_s >= SAVED_EVERY_S and self._latest.value is not None:
            self._saved_s = time.monotonic()
            with suppress(OSError):  # the network still can take it
                write_json(self._path, self._latest.value.to_json())
        return True

    def now(self) -> Position | None:
        """As it goes into a message."""
        return replace(self.value, sent_at=datetime.now(UTC)) if self.value else None

    def _stored(self) -> Position | None:
        try:
            return replace(Position.from_json(read_json(self._path) or {}), source=LAST_KNOWN)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
