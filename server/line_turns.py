"""Turns at the database on agencies' lines. A process has twelve connections, and an SOS needs one: whoever calls much
waits behind its own calls, what nobody is known to have signed behind its own address, and nobody is refused.

Strangers of many addresses share one queue. Who has signed from an address lately has another one: however many
strangers there are, an agency that calls as it did before waits for none of them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from server.services import Services

FREE = 3
"""Connections of the pool that no turn here takes: an SOS waits for no line."""
MOST, MOST_OF_LINE = 6, 3
MOST_UNSIGNED, MOST_OF_STRANGER = 3, 2
MOST_OF_KNOWN = 1
"""Calls from addresses where somebody has signed lately, while their own signature is looked at; with those of
strangers fewer than MOST, so that what is signed goes on."""
MOST_LOOKS, MOST_READS, MOST_ASIDE = 2, 2, 3
"""Of open lines and of readers: neither takes all that they have together, which leaves with MOST still FREE of the
pool (`location_router/runtime/db.py`)."""
MOST_REMEMBERED = 4096
_OWN_NETWORK = 64
"""Bits of an IPv6 address that are its network's: who has one has all of its addresses, so they count as one."""


class Turns:
    """Of one process. Each turn is taken in the same order, so that no two wait for each other."""

    def __init__(self) -> None:
        self._looks, self._aside = asyncio.Semaphore(MOST_LOOKS), asyncio.Semaphore(MOST_ASIDE)
        self._reads, self._readers = asyncio.Semaphore(MOST_READS), _ByName(1)
        self._all, self._unsigned = asyncio.Semaphore(MOST), asyncio.Semaphore(MOST_UNSIGNED)
        self._known = asyncio.Semaphore(MOST_OF_KNOWN)
        self._lines, self._strangers = _ByName(MOST_OF_LINE), _ByName(MOST_OF_STRANGER)
        self._signed_from: OrderedDict[str, None] = OrderedDict()

    @asynccontextmanager
    async def call(self, agency_id: str, address: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """One call's turn. What it yields is to be awaited once the signature is known: until then the call may be
        anybody's. A line is counted by address, too, so that a stranger who uses an agency's name holds up nobody."""
        async with self._lines.turn(f"{agency_id}/{whose(address)}"), AsyncExitStack() as unsigned:
            await unsigned.enter_async_context(self._unknown(address))

            async def is_signed() -> None:
                self.signed_from(address)
                await unsigned.aclose()

            async with self._all:
                yield is_signed

    @asynccontextmanager
    async def work(self, agency_id: str, address: str) -> AsyncIterator[None]:
        """The turn of what a signed call goes on to do after its own unit. Never inside of `call`, which it would wait
        for; and not while anything else than the database is waited for."""
        async with self._lines.turn(f"{agency_id}/{whose(address)}"), self._all:
            yield

    @asynccontextmanager
    async def unsigned(self, address: str) -> AsyncIterator[None]:
        """The turn of a question that anybody can bring about; one of MOST, too."""
        async with self._unknown(address), self._all:
            yield

    @asynccontextmanager
    async def _unknown(self, address: str) -> AsyncIterator[None]:
        name = whose(address)
        async with self._strangers.turn(name), self._known if name in self._signed_from else self._unsigned:
            yield

    @asynccontextmanager
    async def read(self, reader_id: str) -> AsyncIterator[None]:
        """The turn of one read of a plate that is wanted: of a reader one after the other."""
        async with self._readers.turn(reader_id), self._reads, self._aside:
            yield

    @asynccontextmanager
    async def look(self) -> AsyncIterator[None]:
        """The turn of an open line that has something to look at."""
        async with self._looks, self._aside:
            yield

    def signed_from(self, address: str) -> None:
        """Somebody known has signed a call from there: for a while its calls wait for no stranger's."""
        name = whose(address)
        self._signed_from[name] = None
        self._signed_from.move_to_end(name)
        if len(self._signed_from) > MOST_REMEMBERED:
            self._signed_from.popitem(last=False)


@lru_cache(maxsize=4096)
def whose(address: str) -> str:
    """The address, or of IPv6 the network that its holder has; what is none stays as it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((parsed, _OWN_NETWORK), strict=False))
    return str(parsed)


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
