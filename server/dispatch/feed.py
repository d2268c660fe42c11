"""The agency desk's live feed: its own dispatches as they change, and positions of those it is shown anyway.

Each seat has a bounded queue; a full one is cut off (4408) and starts again from the snapshot, so a slow browser
never holds anybody up. Positions are coalesced: the latest per incident wins.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.ending import end
from location_router.wire import utc_now
from server.basemap.addresses import words_of
from server.broadcast import PositionFrame
from server.dispatch import desk
from server.events import CommittedEvent
from server.incidents.cards import iso
from server.live import until_gone
from server.staff.service import still_signed_in

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

QUEUE_LIMIT = 256
BEAT_S = 5.0
LOOK_S = 1.0  # how long a position may be shown on what was true a moment ago
SIGNED_OUT, TOO_SLOW = 4401, 4408
_SUBJECTS = ("dispatch:", "incident:", "alert:", "access:")
_FIELD = ("responder:", "sighting:")  # links, messages, stills, the trail: the desk reads them again where shown


_ASKED = {"video": ("video_request", ("request_id", "case_no", "reason")), "request": ("request", ("request_id",))}
"""What an agency asks for: the frame that tells its desks, and what is in it."""


class Seat:
    """One connected agent."""

    def __init__(self, viewer: Viewer) -> None:
        assert viewer.agency is not None
        self.viewer, self.agency_id = viewer, viewer.agency.agency_id
        self.changed: deque[UUID] = deque()
        self.news: deque[dict[str, Any]] = deque()
        self.positions: dict[UUID, PositionFrame] = {}
        self.shown: dict[UUID, str] = {}  # incident → dispatch, of those whose position may be shown
        self.looked_at: dict[UUID, float] = {}
        self.wake = asyncio.Event()
        self.close_code = 0
        self.all_again = False

    def on_change(self, incident_id: UUID) -> None:
        if incident_id in self.changed:
            return
        if len(self.changed) >= QUEUE_LIMIT:
            return self.end(TOO_SLOW)
        self.changed.append(incident_id)
        self.wake.set()

    def on_news(self, frame: dict[str, Any]) -> None:
        if len(self.news) >= QUEUE_LIMIT:
            return self.end(TOO_SLOW)
        self.news.append(frame)
        self.wake.set()

    def on_position(self, frame: PositionFrame) -> None:
        if frame.incident_id in self.shown:
            self.positions[frame.incident_id] = frame
            self.wake.set()

    def end(self, code: int) -> None:
        self.close_code = code
        self.wake.set()


class AgencyFeed:
    """All seats of all agencies in this process (`services.shared["agency_feed"]`)."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.seats: set[Seat] = set()
        self._unsubscribe = services.broadcast.subscribe(on_event=self._on_event, on_position=self._on_position)

    def sessions(self) -> set[bytes]:
        """Whose sockets are open here."""
        return {seat.viewer.session for seat in self.seats}

    def end_session(self, session: bytes) -> None:
        for seat in list(self.seats):
            if seat.viewer.session == session:
                seat.end(SIGNED_OUT)

    def agencies(self) -> set[str]:
        """Agencies that have a seat in this process."""
        return {seat.agency_id for seat in self.seats}

    def rights_changed(self, agency_id: str) -> None:
        """What the agency may see is another thing now: each of its desks is told everything anew."""
        for seat in self.seats:
            if seat.agency_id == agency_id:
                seat.all_again = True
                seat.wake.set()

    def _on_event(self, event: CommittedEvent) -> None:
        self._on_request(event.line)
        tag = event.line["tag"]
        if event.incident is None or not tag.startswith(_SUBJECTS + _FIELD):
            return
        agencies = {one["agency"]["agency_id"] for one in event.incident["dispatches"]}
        if tag.startswith(_FIELD):
            agencies |= {one["agency"]["agency_id"] for one in event.incident["requests"]}
        for seat in self.seats:
            if seat.agency_id not in agencies:
                continue
            if tag.startswith(_FIELD):
                seat.on_news({"type": "field", "incident_id": str(event.incident_id), "what": tag})
            else:
                seat.on_change(event.incident_id)

    def _on_request(self, line: dict[str, Any]) -> None:
        """Something happened to what the agency asks for: its desks look it up."""
        payload, (subject, _, what) = line["payload"], line["tag"].partition(":")
        if subject not in _ASKED or "request_id" not in payload:
            return
        kind, names = _ASKED[subject]
        told = {name: payload.get(name) for name in names}
        for seat in self.seats:
            if seat.agency_id == payload.get("agency_id"):
                seat.on_news({"type": kind, "what": what, "at": line["at"], **told})

    def _on_position(self, frame: PositionFrame) -> None:
        for seat in self.seats:
            seat.on_position(frame)

    async def serve(self, socket: WebSocket, viewer: Viewer) -> None:
        """One seat until it leaves, is too slow, or its session ends."""
        seat = Seat(viewer)
        self.seats.add(seat)
        sender = asyncio.create_task(self._send(socket, seat))
        reader = asyncio.create_task(until_gone(socket))
        try:
            await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.seats.discard(seat)
            results = await end(sender, reader)
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(seat.close_code or 1011)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect | RuntimeError):
                raise result

    async def _send(self, socket: WebSocket, seat: Seat) -> None:
        await socket.send_json(await self._snapshot(seat))
        loop = asyncio.get_running_loop()
        next_beat = loop.time() + BEAT_S
        while not seat.close_code:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_beat):
                    await seat.wake.wait()
            seat.wake.clear()
            await self._send_waiting(socket, seat)
            if loop.time() >= next_beat:
                next_beat = loop.time() + BEAT_S
                if not await still_signed_in(self.services, seat.viewer):
                    seat.end(SIGNED_OUT)
                await socket.send_json({"type": "beat", "now": iso(utc_now())})

    async def _send_waiting(self, socket: WebSocket, seat: Seat) -> None:
        if seat.all_again:
            seat.all_again = False
            for view in await self._views(seat, None):
                await socket.send_json({"type": "dispatch", "dispatch": view})
            await socket.send_json({"type": "request", "what": "rights", "at": iso(utc_now()), "request_id": None})
        while seat.news and not seat.close_code:
            await socket.send_json(seat.news.popleft())
        while seat.changed and not seat.close_code:
            incident_id = seat.changed.popleft()
            for view in await self._views(seat, incident_id):
                await socket.send_json({"type": "dispatch", "dispatch": view})
        positions, seat.positions = seat.positions, {}
        for incident_id, frame in positions.items():
            await self._look_again(socket, seat, incident_id)
            if dispatch_id := seat.shown.get(incident_id):
                words = await words_of(self.services, frame.position)
                moved = {"type": "position", "dispatch_id": dispatch_id, "position": frame.position, "address": words}
                await socket.send_json(moved)

    async def _look_again(self, socket: WebSocket, seat: Seat, incident_id: UUID) -> None:
        """An agreement that ends makes no event, so before a position is shown the right to it is asked for again."""
        loop = asyncio.get_running_loop()
        if incident_id not in seat.shown or loop.time() - seat.looked_at.get(incident_id, 0.0) < LOOK_S:
            return
        if not await still_signed_in(self.services, seat.viewer):
            seat.shown.clear()
            return seat.end(SIGNED_OUT)
        views = await self._views(seat, incident_id)
        if incident_id not in seat.shown:
            for view in views:
                await socket.send_json({"type": "dispatch", "dispatch": view})

    async def _snapshot(self, seat: Seat) -> dict[str, Any]:
        return {"type": "snapshot", "now": iso(utc_now()), "dispatches": await self._views(seat, None)}

    async def _views(self, seat: Seat, incident_id: UUID | None) -> list[dict[str, Any]]:
        async with self.services.db.begin() as unit:
            views = await desk.views(unit, self.services, seat.viewer, incident_id=incident_id)
        for view in views:
            shown_id = UUID(view["incident_id"])
            seat.looked_at[shown_id] = asyncio.get_running_loop().time()
            if view["position"] is not None:
                seat.shown[shown_id] = view["dispatch_id"]
            else:
                seat.shown.pop(shown_id, None)
                seat.looked_at.pop(shown_id, None)
        return views


def agency_feed(services: Services) -> AgencyFeed:
    """This process's feed, made on first use."""
    feed: AgencyFeed | None = services.shared.get("agency_feed")
    if feed is None:
        feed = services.shared["agency_feed"] = AgencyFeed(services)
    return feed
