"""Which seats of this process are shown which place, and the rows that come first.

A card is on every screen at once and has no place. Right behind it one unit writes the releases of all seats that
have none yet for the incident (`server/places.py`); after its commit the place goes out, and from then on every new
position goes straight to the seats that have their row. What changes while a unit runs waits for the next one, so
however fast alerts come there is one unit at a time in each process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from server.broadcast import PositionFrame
from server.live import Seat, encode
from server.places import Place, Shown, may_be_shown, release_places, seat_of
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("places")
AGAIN_S = 0.02  # an incident that somebody is just changing
MOST_TRIES = 250
AWAY_S = 0.5


class PlaceFeed:
    """`seats` are those of the hub; each carries its `viewer`."""

    def __init__(self, services: Services, seats: Callable[[], Iterable[Seat]]) -> None:
        self._services, self._seats = services, seats
        self._shown: dict[UUID, set[Seat]] = {}
        self._refused: dict[UUID, set[Seat]] = {}
        self._newest: dict[UUID, PositionFrame] = {}
        self._centers: dict[UUID, str] = {}
        self._waiting: set[UUID] = set()
        self._ended: set[UUID] = set()  # while a unit runs
        self._tries: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None

    def changed(self, incident_id: UUID, center: str, is_open: bool) -> None:
        """News of an incident: whoever has no row for it yet gets one, and the place."""
        if not is_open:
            for kept in (self._shown, self._refused, self._newest, self._centers):
                kept.pop(incident_id, None)
            self._waiting.discard(incident_id)
            self._ended.add(incident_id)
            return
        self._centers[incident_id] = center
        if self._without(incident_id):
            self._wake(incident_id)

    def moved(self, frame: PositionFrame) -> None:
        """A new position: straight to those who have their row."""
        self._newest[frame.incident_id] = frame
        seats = self._shown.get(frame.incident_id)
        if seats:
            text = encode(place_frame(frame.incident_id, frame.alert_id, frame.position))
            for seat in seats:
                seat.put(text)
        self.changed(frame.incident_id, frame.center, is_open=True)

    def seated(self, seat: Seat, shown: Shown) -> None:
        """A seat's first frames have told it these places; of those that were locked just then it hears later."""
        for incident_id, _ in shown.held(_viewer(seat)):
            self._shown.setdefault(incident_id, set()).add(seat)
        for incident_id in shown.locked:
            self._wake(incident_id)

    def left(self, seat: Seat) -> None:
        for seats in (*self._shown.values(), *self._refused.values()):
            seats.discard(seat)

    async def stop(self) -> None:
        await end(self._task)

    def _without(self, incident_id: UUID) -> list[Seat]:
        center = self._centers.get(incident_id)
        shown, refused = self._shown.get(incident_id, ()), self._refused.get(incident_id, ())
        return [
            seat
            for seat in self._seats()
            if seat not in shown
            and seat not in refused
            and seat.close_code is None
            and (center is None or seat.wants(center))
            and may_be_shown(_viewer(seat))
        ]

    def _wake(self, incident_id: UUID) -> None:
        self._waiting.add(incident_id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="feed:places")

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, set()
            try:
                left = await self._release(batch)
            except Unavailable:
                self._waiting |= batch
                await asyncio.sleep(AWAY_S)
                continue
            except Exception:
                log.exception("places_not_released")
                left = set()
            self._tries = {one: self._tries.get(one, 0) + 1 for one in left}
            if left:
                self._waiting |= {one for one in left if self._tries[one] < MOST_TRIES}
                await asyncio.sleep(AGAIN_S)

    async def _release(self, batch: set[UUID]) -> set[UUID]:
        """One unit, then the places; returns the incidents that were locked."""
        asking = {incident_id: self._without(incident_id) for incident_id in batch}
        viewers = {seat_of(_viewer(seat)): _viewer(seat) for seats in asking.values() for seat in seats}
        if not viewers:
            return set()
        self._ended.clear()
        async with self._services.db.begin() as unit:
            shown = await release_places(unit, batch, viewers.values(), now=self._services.clock(), wait=False)
        for incident_id, seats in asking.items():
            self._hand_out(incident_id, seats, shown)
        return batch & shown.locked

    def _hand_out(self, incident_id: UUID, seats: list[Seat], shown: Shown) -> None:
        if incident_id in self._ended:  # its rows have ended with it, while we wrote them
            return
        place, may = shown.places.get(incident_id), shown.seats.get(incident_id, set())
        if place is None:
            return
        text = encode(self._latest(incident_id, place))
        for seat in seats:
            key = seat_of(_viewer(seat))
            if key in may:
                self._shown.setdefault(incident_id, set()).add(seat)
                seat.put(text)
            elif (incident_id, key) in shown.refused:
                self._refused.setdefault(incident_id, set()).add(seat)

    def _latest(self, incident_id: UUID, place: Place) -> dict[str, Any]:
        newest = self._newest.get(incident_id)
        if newest is not None and newest.position["fixed_at"] > place.position["fixed_at"]:
            return place_frame(incident_id, newest.alert_id, newest.position)
        return place_frame(incident_id, place.alert_id, place.position)


def place_frame(incident_id: UUID, alert_id: UUID, position: dict[str, Any]) -> dict[str, Any]:
    return {"type": "position", "incident_id": incident_id, "alert_id": alert_id, "position": position}


def _viewer(seat: Seat) -> Viewer:
    viewer: Viewer = seat.about["viewer"]
    return viewer
