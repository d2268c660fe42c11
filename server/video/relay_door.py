"""How many may be inside the relay at once, in all, from one address and in one name; how many bytes of bodies lie in
hand; and how many refusals are written down."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from types import TracebackType

TOLD_PER_MINUTE = 60


class Full(Exception):
    """No place: for this address, in this name, or at all."""


class Door:
    def __init__(self, *, most: int, most_per_address: int) -> None:
        self._most, self._most_per_address = most, most_per_address
        self._inside: Counter[str] = Counter()
        self._named: Counter[str] = Counter()
        self._minute, self._told, self._left_out = 0, 0, 0

    @property
    def open(self) -> int:
        return self._inside.total()

    def enter(self, address: str, who: str = "") -> Place:
        """A place until it is closed; where it is told for `who`, one name has a quarter of all at most. Raises
        Full."""
        is_one_too_many = who and self._named[who] >= max(1, self._most // 4)
        if self.open >= self._most or self._inside[address] >= self._most_per_address or is_one_too_many:
            raise Full(address)
        self._inside[address] += 1
        self._named[who] += 1
        return Place(self, address, who)

    def leave(self, address: str, who: str = "") -> None:
        for counted, name in ((self._inside, address), (self._named, who)):
            counted[name] -= 1
            if counted[name] <= 0:
                del counted[name]

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


class Purse:
    """Bytes of bodies in hand: `most` in all, and a third of it for any one name, so that whoever sends slowly leaves
    room for others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held, self._sum = Counter[str](), 0

    def take(self, names: Iterable[str], size: int) -> None:
        """`size` more, counted under each of `names`. Raises Full, and nothing is taken."""
        if self._sum + size > self._most or any(self._held[name] + size > self._most // 3 for name in names):
            raise Full
        self._sum += size
        self._held.update(dict.fromkeys(names, size))

    def give_back(self, names: Iterable[str], size: int) -> None:
        self._sum -= size
        self._held.subtract(dict.fromkeys(names, size))
        self._held = +self._held


class Place:
    """One connection's place; closing it twice is closing it once."""

    def __init__(self, door: Door, address: str, who: str = "") -> None:
        self._door: Door | None = door
        self._address, self._who = address, who

    def close(self) -> None:
        if self._door:
            self._door.leave(self._address, self._who)
            self._door = None

    def __enter__(self) -> Place:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
