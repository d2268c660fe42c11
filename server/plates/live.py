"""The wanted lists as this process knows them, a second behind the database at most.

NOTIFY on a connection of its own says "look again"; each look reads what changed since the last one, and a lost hint
costs one poll; removed entries stay rows, so a look after a reconnect finds them too. Agreements are read at each look:
what one no longer covers matches nothing, and the database is asked once more before anything leaves. While the lists
are not read, or not lately, nothing is compared: "no hit" would be a guess, and the reader is told to send it again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Listener, Unavailable
from location_router.runtime.ending import end
from location_router.runtime.notify import Notifier
from location_router.runtime.problems import Problem
from server.agencies.model import Agreement, agreement_from_row, choose
from server.plates import candidates
from server.plates.confusion import shipped
from server.plates.grammar import BadPlate, parse
from server.plates.matching import Entry, Match, WantedList
from server.plates.reads import Batch
from server.plates.service import TRIGGER, context

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("plates")

CHANNEL = "ansim_plates"
POLL_S = 0.5
STALE_S = 5.0
"""Lists that were read longer ago are not compared with: something may have been pushed or removed since."""
OVERLAP = timedelta(seconds=10)
"""A transaction that was slow to commit is seen by a later look."""
_ROWS = "SELECT center_id, entry_id, agency_id, body_sealed, expires_at, changed_at FROM wanted_plate"
_WANTED = f"{_ROWS} WHERE removed_at IS NULL AND expires_at > :now"
_CHANGED = f"{_ROWS} WHERE changed_at > :since ORDER BY changed_at"
_TERMS = "SELECT * FROM agreement WHERE :trigger = ANY(triggers) AND (ends_at IS NULL OR ends_at > :now)"
_NEWS = """
SELECT EXISTS (SELECT FROM wanted_plate WHERE changed_at > %(since)s),
       EXISTS (SELECT FROM plate_candidate WHERE expires_at <= %(now)s),
       (SELECT md5(string_agg(g::text, '' ORDER BY g.agreement_id)) FROM agreement g
        WHERE %(trigger)s = ANY(g.triggers) AND (g.ends_at IS NULL OR g.ends_at > %(now)s))
"""

Key = tuple[str, str]  # center, agency


class LiveLists:
    """`start`, `scan`, `tell`, `stop`; held by `lists_of(services)`."""

    def __init__(self, services: Services) -> None:
        self._services, self._model = services, shipped()
        self._lists: dict[Key, WantedList] = {}
        self._terms: dict[Key, list[Agreement]] = {}
        self._seen: dict[tuple[str, UUID], datetime] = {}
        self._since: datetime | None = None
        self._terms_mark: str | None = None  # which agreements the last poll has seen
        self._read_s = float("-inf")  # when the last look began
        self._turn = asyncio.Lock()
        self._listener = Listener(services.db.url, [CHANNEL], self._on_wake)
        self._notifier = Notifier(services.db.url, CHANNEL)
        self._poller: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._notifier.start()
        self._listener.start()
        self._poller = asyncio.create_task(self._poll(), name="plates:poll")

    async def stop(self) -> None:
        await self._listener.stop()
        await end(self._poller)
        await self._notifier.stop()

    def tell(self) -> None:
        """Something was committed: every process looks now."""
        self._notifier.tell("look")

    def scan(self, center: str, batch: Batch, now: datetime) -> list[tuple[int, str, Match]]:
        """Place in the batch, agency, match: of the agencies whose agreement with this center is in force. Problem 503
        `lists_not_read`."""
        if time.monotonic() - self._read_s > STALE_S:
            ko, en = "수배 목록을 읽는 중입니다. 다시 보내 주세요.", "The wanted lists are being read: send it again."
            raise Problem(503, "lists_not_read", ko, en, headers={"Retry-After": "1"})
        found = []
        for (at, agency), wanted in self._lists.items():
            if at == center and self._is_in_force((at, agency), now):
                hits = wanted.scan(batch.plates, batch.confidences, now, batch.two_lines)
                found += [(place, agency, match) for place, match in hits]
        return found

    def _is_in_force(self, key: Key, now: datetime) -> bool:
        return choose(self._terms.get(key, ()), trigger=TRIGGER, now=now) is not None

    async def _on_wake(self, _channel: str, _payload: str) -> None:
        await self.look()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self._glance()
            except Unavailable:
                pass
            except Exception:  # the net under every hint that is lost
                log.exception("plates_not_read")

    async def _glance(self) -> None:
        """One question, and a look only where there is news: in the most centers there is none all night."""
        began_s, now = time.monotonic(), self._services.clock()
        since = (self._since or now) - OVERLAP
        ((is_changed, has_expired, mark),) = await self._services.db.look(_NEWS, since=since, now=now, trigger=TRIGGER)
        if is_changed or mark != self._terms_mark or self._since is None:
            await self.look()
            self._terms_mark = mark
        else:
            async with self._turn:
                self._expire(now)
                self._read_s = max(self._read_s, began_s)
        if has_expired:
            async with self._services.db.begin() as unit:
                await candidates.forget(unit, now)

    def _expire(self, now: datetime) -> None:
        for wanted in self._lists.values():
            wanted.expire(now)

    async def look(self) -> None:
        """Take in what has changed; the first time, all of it."""
        async with self._turn:
            began_s = time.monotonic()
            if self._since is None:
                await self._build()
            else:
                await self._follow(self._since)
            self._read_s = began_s

    async def _build(self) -> None:
        async with self._services.db.begin() as unit:
            since = await unit.scalar("SELECT clock_timestamp()")
            rows = await unit.all(_WANTED, {"now": self._services.clock()})
            terms = await unit.all(_TERMS, {"trigger": TRIGGER, "now": self._services.clock()})
        lists = await asyncio.to_thread(self._made_of, rows)
        self._seen = {(row["center_id"], row["entry_id"]): row["changed_at"] for row in rows}
        self._lists, self._since = lists, since
        self._take_terms(terms)
        log.info("plates_read", entries=len(rows))

    def _made_of(self, rows: Iterable[dict[str, Any]]) -> dict[Key, WantedList]:
        entries: dict[Key, list[Entry]] = {}
        for row in rows:
            if (entry := self._entry(row)) is not None:
                entries.setdefault((row["center_id"], row["agency_id"]), []).append(entry)
        return {key: WantedList(self._model, found) for key, found in entries.items()}

    async def _follow(self, since: datetime) -> None:
        now = self._services.clock()
        async with self._services.db.begin() as unit:
            rows = await unit.all(_CHANGED, {"since": since - OVERLAP})
            terms = await unit.all(_TERMS, {"trigger": TRIGGER, "now": now})
        for row in rows:
            self._apply(row)
            self._since = max(self._since or since, row["changed_at"])
        self._take_terms(terms)
        self._expire(now)

    def _apply(self, row: dict[str, Any]) -> None:
        at = row["center_id"], row["entry_id"]
        if self._seen.get(at) == row["changed_at"]:
            return
        self._seen[at] = row["changed_at"]
        key = row["center_id"], row["agency_id"]
        entry = self._entry(row)
        if entry is None:
            if key in self._lists:
                self._lists[key].remove(str(row["entry_id"]))
            return
        if key not in self._lists:
            self._lists[key] = WantedList(self._model)
        self._lists[key].add(entry)

    def _take_terms(self, rows: Iterable[dict[str, Any]]) -> None:
        terms: dict[Key, list[Agreement]] = {}
        for row in rows:
            terms.setdefault((row["center_id"], row["agency_id"]), []).append(agreement_from_row(row))
        self._terms = terms

    def _entry(self, row: dict[str, Any]) -> Entry | None:
        """None: removed, or its key was destroyed."""
        entry_id = row["entry_id"]
        body = self._services.sealer.open(row["body_sealed"], context=context(entry_id))
        try:
            return Entry(str(entry_id), parse(body["plate"]), row["expires_at"]) if body else None
        except BadPlate:
            log.error("plate_unreadable", entry_id=str(entry_id))  # by the grammar of today
            return None


def lists_of(services: Services) -> LiveLists:
    """This process's lists."""
    if "plates" not in services.shared:
        services.shared["plates"] = LiveLists(services)
    return services.shared["plates"]  # type: ignore[no-any-return]
