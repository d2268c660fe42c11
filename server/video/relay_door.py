"""How many may be inside the relay at once, in all and from one address, and how many refusals are written down."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType

TOLD_PER_MINUTE = 60


class Full(Exception):
    """No place: for this address, or at all."""


class Door:
    def __init__(self, *, most: int, most_per_address: int) -> None:
        self._most, self._most_per_address = most, most_per_address
        self._inside: Counter[str] = Counter()
        self._minute, self._told, self._left_out = 0, 0, 0

    @property
    def open(self) -> int:
        return self._inside.total()

    def enter(self, address: str) -> Place:
        """A place until it is closed. Raises Full."""
        if self.open >= self._most or self._inside[address] >= self._most_per_address:
            raise Full(address)
        self._inside[address] += 1
        return Place(self, address)

    def leave(self, address: str) -> None:
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]

    def may_tell(self) -> tuple[bool, int]:
        """Whether this refusal gets a line, and how many before it had none."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._told = minute, 0
        if self._told >= TOLD_PER_MINUTE:
            self._left_out += 1
            return False, 0
        self._told += 1
        left_out, self._left_out = self._left_out, 0
        return True, left_out


class Place:
    """One connection's place; closing it twice is closing it once."""

    def __init__(self, door: Door, address: str) -> None:
        self._door: Door | None = door
        self._address = address

    def close(self) -> None:
        if self._door:
            self._door.leave(self._address)
            self._door = None

    def __enter__(self) -> Place:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
