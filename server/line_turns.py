"""Turns at the database on agencies' lines. A process has twelve connections, and an SOS needs one: whoever calls much
waits behind its own calls, what nobody is known to have signed behind its own address, and nobody is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from server.services import Services

MOST, MOST_OF_LINE = 6, 3
MOST_UNSIGNED, MOST_OF_STRANGER = 4, 2
MOST_LOOKS = 3


class Turns:
    """Of one process. Each turn is taken in the same order, so that no two wait for each other."""

    def __init__(self) -> None:
        self.looks = asyncio.Semaphore(MOST_LOOKS)
        """Of open lines, which look twice a second each."""
        self._all, self._unsigned = asyncio.Semaphore(MOST), asyncio.Semaphore(MOST_UNSIGNED)
        self._lines, self._strangers = _ByName(MOST_OF_LINE), _ByName(MOST_OF_STRANGER)

    @asynccontextmanager
    async def call(self, agency_id: str, address: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """One call's turn. What it yields is to be awaited once the signature is known: until then the call may be
        anybody's. A line is counted by address, too, so that a stranger who uses an agency's name holds up nobody."""
        async with self._lines.turn(f"{agency_id}/{address}"), AsyncExitStack() as unsigned:
            await unsigned.enter_async_context(self.unsigned(address))
            async with self._all:
                yield unsigned.aclose

    @asynccontextmanager
    async def unsigned(self, address: str) -> AsyncIterator[None]:
        """The turn of a question that anybody can bring about."""
        async with self._strangers.turn(address), self._unsigned:
            yield


class _ByName:
    """One semaphore for each name, for as long as somebody has it or waits for it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def turn(self, name: str) -> asyncio.Semaphore:
        return self._of.setdefault(name, asyncio.Semaphore(self._most))


def turns_of(services: Services) -> Turns:
    """This process's turns, made on first use."""
    turns: Turns = services.shared.setdefault("line_turns", Turns())
    return turns
