"""One at a time for each person: who sends much waits for herself, not everybody for her.

Two messages that touch the same rows would wait for each other inside the database, each holding one of a few
connections; a phone gone mad could take them all. Here they wait in memory. Nothing is dropped, and two processes are
still put in a row by the rows themselves. Keys that are busy in this process are never in two statements at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Turns:
    def __init__(self) -> None:
        self._held: dict[Hashable, _Turn] = {}

    def __len__(self) -> int:
        return len(self._held)

    def of(self, keys: Iterable[Hashable]) -> Held:
        """`async with`: hold all `keys`, first come first served; taken in one order, so that no two callers block
        each other."""
        return Held(self._held, sorted(set(keys), key=repr))


class Held:
    """The turns of some keys, from `async with` to its end."""

    def __init__(self, held: dict[Hashable, _Turn], keys: list[Hashable]) -> None:
        self._held, self._keys = held, keys
        self._mine: list[Hashable] = []

    async def __aenter__(self) -> None:
        try:
            for key in self._keys:
                turn = self._held.get(key) or self._held.setdefault(key, _Turn())
                turn.wanted += 1
                try:
                    await turn.lock.acquire()
                except BaseException:
                    self._leave(key, turn)
                    raise
                self._mine.append(key)
        except BaseException:
            self._release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        for key in reversed(self._mine):
            turn = self._held[key]
            turn.lock.release()
            self._leave(key, turn)
        self._mine.clear()

    def _leave(self, key: Hashable, turn: _Turn) -> None:
        turn.wanted -= 1
        if not turn.wanted:
            del self._held[key]
