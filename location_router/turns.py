"""One at a time for each person: who sends much waits for herself, not everybody for her.

Two messages that touch the same rows would wait for each other inside the database, each holding one of a few
connections; a phone gone mad could take them all. Here they wait in memory. Nothing is dropped, and two processes are
still put in a row by the rows themselves. Keys that are busy in this process are never in two statements at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
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

    @asynccontextmanager
    async def of(self, keys: Iterable[Hashable]) -> AsyncIterator[None]:
        """Hold all `keys`, first come first served; taken in one order, so that no two callers block each other."""
        async with AsyncExitStack() as stack:
            for key in sorted(set(keys), key=repr):
                await stack.enter_async_context(self._one(key))
            yield

    @asynccontextmanager
    async def _one(self, key: Hashable) -> AsyncIterator[None]:
        turn = self._held.setdefault(key, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._held[key]
