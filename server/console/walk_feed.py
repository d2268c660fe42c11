"""Walks on the operators' map: a dot with its state and expected arrival, no name and no number, and no camera.

A seat is shown a walk once its release row is on disk (`walks/shown.py`), and each newer place, once a second at most,
as long as that row is open: another process may have handed her over a border and back meanwhile, and her rows have
ended with it. What is over goes at once. Nothing of it is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from server.live import Seat, encode
from server.places import may_be_shown, seat_of
from server.staff.model import Viewer
from server.walks.seen import SEEN_FOR, WalkSeen, listen, look
from server.walks.shown import open_rows, show_to_seats

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("walks")
EVERY_S, LEAST_S = 1.0, 0.2
"""A seat is told so often at most; sooner, but no more often than the other, of somebody who has just come."""
AGAIN_S = 0.5
MOST_AT_ONCE = 200


class WalkFeed:
    """`seats` are those of the hub; each carries its `viewer`."""

    def __init__(self, services: Services, seats: Callable[[], Iterable[Seat]]) -> None:
        self._services, self._seats = services, seats
        self._newest: dict[UUID, WalkSeen] = {}
        self._shown: dict[UUID, set[Seat]] = {}
        self._refused: dict[UUID, set[Seat]] = {}
        self._moved: dict[UUID, None] = {}  # in the order they came
        self._task: asyncio.Task[None] | None = None
        self._is_new = asyncio.Event()  # somebody has come into a center: she is shown there at once
        listen(services, self.heard)

    def heard(self, message: WalkSeen) -> None:
        """The newest of a walk; what overtook it is nothing."""
        walk, before = message.seen_id, self._newest.get(message.seen_id)
        if before is not None and (before.at > message.at or (not before.center and before.at == message.at)):
            return
        if not message.center:
            self._newest[walk] = message  # an older place that comes late finds it
            self._take_away(walk, lambda seat: True)
            self._refused.pop(walk, None)
            return
        if before is not None and before.center != message.center:
            self._take_away(walk, lambda seat: True)  # the rows have ended: whoever sees both centers gets a new one
            self._refused.pop(walk, None)
        if before is None or before.center != message.center:
            self._is_new.set()
        self._newest[walk] = message
        self._wake(walk)

    async def _look(self) -> None:
        """What other processes have moved, and what is not shared any more."""
        began = self._services.clock()
        there = {one.seen_id: one for one in await look(self._services)}
        for message in there.values():
            before = self._newest.get(message.seen_id)
            if before is None or before.at < message.at:
                self.heard(message)
        for walk, message in list(self._newest.items()):
            if message.center and walk not in there and message.at < began:
                self.heard(message.model_copy(update={"center": "", "at": began}))

    def seated(self, seat: Seat) -> None:
        """From now on this process looks, as long as anybody sits here."""
        self._run_on()
        for walk, message in self._newest.items():
            if message.center and seat.wants(message.center):
                self._wake(walk)

    def left(self, seat: Seat) -> None:
        for seats in (*self._shown.values(), *self._refused.values()):
            seats.discard(seat)

    async def stop(self) -> None:
        await end(self._task)

    def _take_away(self, walk: UUID, whose: Callable[[Seat], bool]) -> None:
        for seat in [one for one in self._shown.get(walk, ()) if whose(one)]:
            self._shown[walk].discard(seat)
            seat.put(encode({"type": "walk", "walks": [], "gone": [str(walk)]}))

    def _wake(self, walk: UUID) -> None:
        self._moved[walk] = None
        self._run_on()

    def _run_on(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="feed:walks")

    async def _run(self) -> None:
        while any(True for _ in self._seats()):
            batch: list[UUID] = []
            told: dict[UUID, WalkSeen] = {}
            try:
                await self._look()
                batch = list(self._moved)[:MOST_AT_ONCE]
                for walk in batch:
                    del self._moved[walk]
                self._forget_old()
                told = await self._with_open_rows(batch)
                await self._release(told)
            except Unavailable:
                self._moved |= dict.fromkeys(batch)
                await asyncio.sleep(AGAIN_S)
                continue
            except Exception:
                log.exception("walks_not_released")
            self._show(told)
            await self._pause(0.0 if len(batch) == MOST_AT_ONCE else EVERY_S)
        self._moved.clear()
        self._newest.clear()

    async def _pause(self, most_s: float) -> None:
        await asyncio.sleep(min(most_s, LEAST_S))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(most_s - LEAST_S, 0.0)):
                await self._is_new.wait()
        self._is_new.clear()

    def _forget_old(self) -> None:
        now = self._services.clock()
        for walk, message in list(self._newest.items()):
            if now - message.at > (SEEN_FOR if message.center else timedelta(minutes=1)):
                self._take_away(walk, lambda seat: True)
                for kept in (self._newest, self._shown, self._refused):
                    kept.pop(walk, None)

    async def _with_open_rows(self, batch: list[UUID]) -> dict[UUID, WalkSeen]:
        """These walks as they are now; a seat whose row has ended since then is shown them no more until it has a new
        one. What is heard while we ask is for the next time: its rows are not looked at yet."""
        told = {walk: message for walk in batch if (message := self._newest.get(walk)) is not None and message.center}
        alerts = [message.alert_id for walk, message in told.items() if self._shown.get(walk)]
        there = await open_rows(self._services.db, alerts) if alerts else set()
        for walk, message in told.items():
            name, seats = (message.alert_id, message.center), self._shown.get(walk, set())
            closed = {seat for seat in seats if (*name, *seat_of(_viewer(seat))) not in there}
            self._take_away(walk, closed.__contains__)
        return told

    def _without(self, message: WalkSeen) -> list[Seat]:
        had = self._shown.get(message.seen_id, set()) | self._refused.get(message.seen_id, set())
        return [
            seat
            for seat in self._seats()
            if seat not in had and seat.close_code is None and seat.wants(message.center)
            if may_be_shown(_viewer(seat))
        ]

    async def _release(self, told: dict[UUID, WalkSeen]) -> None:
        """The rows of all of them in one unit; a seat belongs to `_shown` only after its commit."""
        asking = {walk: seats for walk, message in told.items() if (seats := self._without(message))}
        if not asking:
            return
        async with self._services.db.begin() as unit:
            may = {
                walk: await show_to_seats(
                    unit,
                    alert_id=told[walk].alert_id,
                    center=told[walk].center,
                    viewers=[_viewer(seat) for seat in seats],
                    now=self._services.clock(),
                )
                for walk, seats in asking.items()
            }
        for walk, seats in asking.items():
            allowed = may[walk]
            if allowed is None or not self._is_still_there(told[walk]):
                continue  # it went elsewhere while we wrote: its rows have ended with that, and nobody was refused
            for seat in seats:
                kept = self._shown if seat_of(_viewer(seat)) in allowed else self._refused
                kept.setdefault(walk, set()).add(seat)

    def _is_still_there(self, message: WalkSeen) -> bool:
        newest = self._newest.get(message.seen_id)
        return newest is not None and newest.center == message.center

    def _show(self, told: dict[UUID, WalkSeen]) -> None:
        by_seat: dict[Seat, list[dict[str, Any]]] = {}
        for walk, message in told.items():
            for seat in self._shown.get(walk, ()) if self._is_still_there(message) else ():
                by_seat.setdefault(seat, []).append(message.dot())
        for seat, dots in by_seat.items():
            seat.put(encode({"type": "walk", "walks": dots, "gone": []}))


def _viewer(seat: Seat) -> Viewer:
    viewer: Viewer = seat.about["viewer"]
    return viewer
