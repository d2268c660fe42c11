"""Fan-out inside a process, in exact chain order, of what is on disk.

Two units of one center may commit in order and wake up out of order, and another process (the worker) may own a
`seq` between two of ours. So events wait here until the one before them has been handed out; a gap that stays is
read from the database. NOTIFY `ansim_event` (coalesced to 50/s, on a connection of its own) is only the hint to
read; its loss delays a screen by one poll and loses nothing.
Positions bypass all this: the latest wins.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from location_router.runtime.db import Database, Listener, Unavailable
from location_router.runtime.ending import end
from location_router.runtime.notify import Notifier
from server.events import CommittedEvent, chain_heads, read_events

log = structlog.get_logger("broadcast")

CHANNEL = "ansim_event"
TOPIC = "~"  # begins a hint that names no center
GAP_PATIENCE_S = 0.03
POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class PositionFrame:
    """A new current position of an open incident; `position` is the wire's Position as JSON."""

    center: str
    incident_id: UUID
    alert_id: UUID
    position: dict[str, Any]


class Broadcast:
    """Subscribers are plain functions that must neither block nor raise: they put into queues of their own."""

    def __init__(self, *, origin: str) -> None:
        self._origin = origin
        self._db: Database | None = None
        self._on_event: dict[int, Callable[[CommittedEvent], None]] = {}
        self._on_position: dict[int, Callable[[PositionFrame], None]] = {}
        self._on_hint: dict[int, Callable[[str], None]] = {}
        self._next: dict[str, int] = {}
        self._waiting: defaultdict[str, dict[int, CommittedEvent]] = defaultdict(dict)
        self._healing: dict[str, asyncio.Task[None]] = {}
        self._primed = False
        self._hears = True
        self._notifier: Notifier | None = None
        self._poller: asyncio.Task[None] | None = None
        self._listener: Listener | None = None
        self._key = 0

    def read_from(self, db: Database) -> None:
        self._db = db

    def subscribe(
        self,
        *,
        on_event: Callable[[CommittedEvent], None] | None = None,
        on_position: Callable[[PositionFrame], None] | None = None,
        on_hint: Callable[[str], None] | None = None,
    ) -> Callable[[], None]:
        """Returns the function that ends the subscription."""
        self._key += 1
        key = self._key
        if on_event:
            self._on_event[key] = on_event
        if on_position:
            self._on_position[key] = on_position
        if on_hint:
            self._on_hint[key] = on_hint

        def unsubscribe() -> None:
            self._on_event.pop(key, None)
            self._on_position.pop(key, None)
            self._on_hint.pop(key, None)

        return unsubscribe

    async def start(self, *, hears: bool = True) -> None:
        """Begin at the chains' heads as they are now, and follow what other processes commit.

        A process without screens (`hears=False`) only tells the others what it commits.
        """
        assert self._db is not None
        self._hears = hears
        self._notifier = Notifier(self._db.url, CHANNEL)
        self._notifier.start()
        if not hears:
            return
        await self._prime()
        self._listener = Listener(self._db.url, [CHANNEL], self._on_notify)
        self._listener.start()
        self._poller = asyncio.create_task(self._poll(), name="broadcast:poll")

    async def _prime(self) -> None:
        assert self._db is not None
        async with self._db.begin() as unit:
            heads = await chain_heads(unit)
        for center, seq in heads.items():
            self._next.setdefault(center, seq + 1)
        self._primed = True

    async def stop(self) -> None:
        if self._listener:
            await self._listener.stop()
        if self._notifier:
            await self._notifier.stop()
        tasks = [*([self._poller] if self._poller else []), *self._healing.values()]
        await end(*tasks)

    def hint(self, topic: str) -> None:
        """Other processes look again at what they show of `topic`; like every hint it may be lost."""
        if self._notifier is not None:
            self._notifier.tell(f"{self._origin}:{TOPIC}{topic}")

    def tell(self, topic: str) -> None:
        """The same to this process's own subscribers too, after the commit."""
        for hear in list(self._on_hint.values()):
            hear(topic)
        self.hint(topic)

    def position(self, frame: PositionFrame) -> None:
        for hand in list(self._on_position.values()):
            hand(frame)

    def publish(self, events: Iterable[CommittedEvent]) -> None:
        """Events that this process has just committed."""
        centers = set()
        for event in events:
            centers.add(event.center)
            if not self._hears:
                continue
            self._next.setdefault(event.center, 1 if self._primed else event.seq)
            if event.seq >= self._next[event.center]:
                self._waiting[event.center][event.seq] = event
        for center in sorted(centers) if self._hears else ():
            self._drain(center)
        if self._notifier is not None:
            for center in centers:
                self._notifier.tell(f"{self._origin}:{center}")

    def _drain(self, center: str) -> None:
        waiting = self._waiting[center]
        while (event := waiting.pop(self._next[center], None)) is not None:
            self._next[center] += 1
            for hand in list(self._on_event.values()):
                try:
                    hand(event)
                except Exception:
                    log.exception("subscriber_failed", tag=event.line["tag"])
        if waiting:
            self._heal(center, GAP_PATIENCE_S)

    def _heal(self, center: str, delay_s: float) -> None:
        if center not in self._healing and self._db is not None:
            self._healing[center] = asyncio.create_task(self._read(center, delay_s), name=f"broadcast:heal:{center}")

    async def _read(self, center: str, delay_s: float) -> None:
        """Read what is missing, and hand it out."""
        try:
            await asyncio.sleep(delay_s)
            assert self._db is not None
            while True:
                after = self._next.setdefault(center, 1) - 1
                async with self._db.begin(center=center) as unit:
                    found = await read_events(unit, center=center, after=after, limit=500)
                for event in found:
                    if event.seq >= self._next[center]:
                        self._waiting[center][event.seq] = event
                waiting = self._waiting[center]
                for seq in [seq for seq in waiting if seq < self._next[center]]:
                    del waiting[seq]
                if not found:
                    break
                self._drain(center)
        except Unavailable:
            log.warning("broadcast_waits_for_database", center=center)
        finally:
            self._healing.pop(center, None)

    async def _on_notify(self, _channel: str, payload: str) -> None:
        if not payload:
            await self._compare()
        for word in payload.splitlines():
            origin, _, center = word.partition(":")
            if origin != self._origin and center.startswith(TOPIC):
                for hear in list(self._on_hint.values()):
                    hear(center.removeprefix(TOPIC))
            elif origin != self._origin:
                self._heal(center, 0)

    async def _compare(self) -> None:
        """Heal every center whose head is ahead of what was handed out."""
        assert self._db is not None
        try:
            async with self._db.begin() as unit:
                heads = await chain_heads(unit)
        except Unavailable:
            return
        for center, seq in heads.items():
            if seq >= self._next.setdefault(center, 1):
                self._heal(center, GAP_PATIENCE_S)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self._compare()
            except Exception:  # the net under every hint that is lost
                log.exception("screens_not_compared")
