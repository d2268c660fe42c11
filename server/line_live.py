"""An agency's request on an open line: its states, what may be seen of it now, its cameras and its place.

`WS /api/lines/{agency_id}/requests/{request_id}/live`, signed like a GET. Each look reads what is on disk, by the gate:
at once when something happens here, and when `server/line_watch.py`, which looks twice a second for all lines, finds
anything changed; so what ends, ends here, too. A place is sent behind a release row of this socket alone, which ends
with it; and also when nobody is left to say so: it stands for a while, and an open line lets it stand longer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from starlette.websockets import WebSocket

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.problems import Problem
from server import gate, request_line
from server.cameras.service import chosen
from server.dispatch.responder_hub import responder_hub
from server.gate import Refused, Wish
from server.incidents.cards import iso, position_json
from server.legal import ReleaseKind
from server.line_calls import check_still_signed
from server.line_turns import turns_of
from server.line_views import viewer_of
from server.line_watch import LIFE, LOOK_S, Watched, line_watch
from server.live import until_gone
from server.releases import end_releases
from server.request_line import Letter
from server.requests import moving, service
from server.requests.model import OPEN_STATES
from server.staff.model import Viewer, is_registered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.services import Services

BEAT_S = 10.0
MOST_OF_AGENCY, MOST_OF_REQUEST = 64, 2
CLOSE_REFUSED, CLOSE_TRY_AGAIN = 4401, 1013
KINDS: tuple[ReleaseKind, ...] = ("live", "still", "position")


async def serve(socket: WebSocket, services: Services, letter: Letter, request_id: UUID) -> None:
    """One accepted socket to its end: 1000 when the request is over, 4401 when the line may not hear it (any more)."""
    try:
        row = await request_line.held(services, letter, request_id)
        # an agency's places are taken by what it has signed, and by nothing else
        with _place(services, letter.agency_id, request_id):
            await _Line(socket, services, letter, row).run()
    except Problem as problem:
        await _refuse(socket, problem)
    except Unavailable:
        ko, en = "지금은 답할 수 없습니다. 다시 연결해 주세요.", "No answer can be had now: connect again."
        await _refuse(socket, Problem(503, "unavailable", ko, en))


@contextmanager
def _place(services: Services, agency_id: str, request_id: UUID) -> Iterator[None]:
    """Problem 429 for one line too many of an agency, or of one of its requests, in this process."""
    open_now: Counter[tuple[str, ...]] = services.shared.setdefault("request_lines", Counter())
    places = {(agency_id,): MOST_OF_AGENCY, (agency_id, str(request_id)): MOST_OF_REQUEST}
    for place, most in places.items():
        if open_now[place] >= most:
            ko, en = f"열린 회선이 {most}개를 넘습니다.", f"More than {most} lines are open: close one."
            raise Problem(429, "too_many_lines", ko, en)
    open_now.update(places.keys())
    try:
        yield
    finally:
        open_now.subtract(places.keys())
        for place in [one for one in places if not open_now[one]]:
            del open_now[place]


async def _refuse(socket: WebSocket, problem: Problem) -> None:
    """The code stands in the close's reason; docs/agencies.md says what to do about it."""
    with suppress(RuntimeError, OSError):
        await socket.close(CLOSE_TRY_AGAIN if problem.status in (429, 503) else CLOSE_REFUSED, problem.code)


class _Line:
    """What one socket has been told, so that it is told only what changes."""

    def __init__(self, socket: WebSocket, services: Services, letter: Letter, row: dict[str, Any]) -> None:
        self._socket, self._services, self._letter = socket, services, letter
        self._request_id, self._center_id = row["request_id"], row["center_id"]
        self._incident_id: UUID | None = row["incident_id"]
        self._line_id: UUID | None = None
        self._steps = 0
        self._told: dict[str, Any] = {}
        self._release_id: UUID | None = None
        self._view_id = uuid4()
        self._is_over = False
        self._watched: Watched | None = None

    async def run(self) -> None:
        gone = asyncio.create_task(until_gone(self._socket))
        try:
            with responder_hub(self._services).page(self._incident_id or self._request_id) as wake:
                line = Watched(self._letter.agency_id, self._request_id, self._center_id, self._incident_id, wake)
                with line_watch(self._services).watched(line) as self._watched:
                    await self._until(gone, line)
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            await self._end_place("viewer_left")

    async def _until(self, gone: asyncio.Task[None], line: Watched) -> None:
        loop = asyncio.get_running_loop()
        next_beat = loop.time() + BEAT_S
        while not gone.done():
            line.wake.clear()
            wait_s = BEAT_S
            try:
                for frame in await self._look(line):
                    await self._socket.send_json(frame)
            except Unavailable:
                line.seen, wait_s = None, LOOK_S
            if self._is_over:
                return await self._socket.close(1000)
            if loop.time() >= next_beat:
                next_beat = loop.time() + BEAT_S
                await self._socket.send_json({"type": "beat", "now": iso(self._services.clock())})
            woken = asyncio.create_task(line.wake.wait())
            wait_s = min(wait_s, next_beat - loop.time())
            await asyncio.wait({gone, woken}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()

    async def _look(self, line: Watched) -> list[dict[str, Any]]:
        """What is new, after the commit of its releases. Problem 401, 403 where the line may hear nothing any more.
        Unavailable: nothing of it was told, and is looked at again."""
        if line.is_ended:
            line.is_ended, self._release_id = False, None
            self._told.pop("position", None)
        before = self._steps, dict(self._told), self._release_id
        try:
            row, frames, reason = await self._read()
        except Unavailable:
            self._steps, self._told, self._release_id = before
            raise
        if reason is not None:
            await self._end_place(reason)
        line.release_id = self._release_id
        if row["state"] not in OPEN_STATES:
            self._is_over = True
            frames.append({"type": "ended", "state": row["state"], "reason": row["reason"]})
        return frames

    async def _read(self) -> tuple[dict[str, Any], list[dict[str, Any]], str | None]:
        """The request, what is new of it, and why its place may not be told."""
        async with turns_of(self._services).look(), self._services.db.begin() as unit:
            row = await service.find(unit, self._request_id, center_id=self._center_id)
            if row is None:
                raise request_line.unknown()
            viewer = await self._viewer(unit)
            frames = [{"type": "request_state", **one} for one in row["history"][self._steps :]]
            self._steps = len(row["history"])
            frames += await self._may(unit, row, viewer)
            reason = self._told["rights"]["why_not"].get("position")
            frames += await self._position(unit, row, viewer) if reason is None else []
        return row, frames, reason

    async def _viewer(self, unit: Unit) -> Viewer:
        """The line that began this is the line that still stands, with the key that signed for it, from an address that
        is still one of the agency's."""
        agency_id, address = self._letter.agency_id, self._letter.address
        center_id = self._center_id
        viewer = await viewer_of(unit, self._services, agency_id=agency_id, center_id=center_id, address=address)
        await check_still_signed(unit, self._services, self._letter, center_id)
        rows = await unit.all("SELECT network FROM agency_address WHERE agency_id = :id", {"id": agency_id})
        if rows and not is_registered(address, [one["network"] for one in rows]):
            raise Refused("address_not_registered")
        if self._line_id not in (None, viewer.account_id):
            raise Problem(401, "unknown_line", "회선이 바뀌었습니다.", "The line is another one now.")
        self._line_id = viewer.account_id
        return viewer

    async def _may(self, unit: Unit, row: dict[str, Any], viewer: Viewer) -> list[dict[str, Any]]:
        """The frames of rights and cameras. A camera is named by its number; where it stands says where the incident
        is, so that goes with the right to its place."""
        five = await chosen(unit, row["incident_id"]) if row["incident_id"] else []
        if self._watched is not None:
            self._watched.camera_ids = [one["camera_id"] for one in five]
            self._watched.incident_id = row["incident_id"]
        why_not: dict[str, str] = {}
        open_ones: set[str] = set()
        for kind in KINDS:
            ids = ("",) if kind == "position" else tuple(one["camera_id"] for one in five) or ("",)
            codes = await self._judged(unit, viewer, Wish(kind, row["incident_id"], camera_ids=ids))
            if None not in codes.values():
                why_not[kind] = next(code for code in codes.values() if code is not None)
            open_ones |= {camera for camera, code in codes.items() if code is None}
        rights: dict[str, bool] = {kind: kind not in why_not for kind in KINDS}
        names = ("number", "camera_id", *(("name", "lat", "lon", "heading_deg") if rights["position"] else ()))
        shown = [{name: one.get(name) for name in names} for one in five if one["camera_id"] in open_ones]
        frames = self._changed({"type": "rights", **rights, "why_not": why_not, "ends_at": iso(row["ends_at"])})
        return frames + self._changed({"type": "cameras", "cameras": shown})

    async def _judged(self, unit: Unit, viewer: Viewer, wish: Wish) -> dict[str, str | None]:
        if wish.incident_id is None:
            return dict.fromkeys(wish.camera_ids, "no_dispatch")
        return await gate.look(unit, viewer, wish, now=self._services.clock())

    async def _position(self, unit: Unit, row: dict[str, Any], viewer: Viewer) -> list[dict[str, Any]]:
        place = await moving.place_of(unit, self._request_id, row["incident_id"])
        frame = {"type": "position", "position": position_json(place) if place else None}
        if place is None or self._told.get("position") == frame:
            return []
        now = self._services.clock()
        wish = Wish("position", row["incident_id"], until_at=now + LIFE, view_id=self._view_id)
        answer = await gate.ask(unit, viewer, wish, now=now)
        if isinstance(answer, Refused):  # between two statements
            return []
        (self._release_id,) = answer
        return self._changed(frame)

    async def _end_place(self, reason: str) -> None:
        """While the database is away its row stays known and is ended at a later look; after the last one by `end_due`
        of `server/releases.py`."""
        if self._release_id is None:
            return
        self._told.pop("position", None)
        try:
            async with self._services.db.begin() as unit:
                await end_releases(unit, {self._release_id: reason})
        except Unavailable:
            if self._watched is not None:
                self._watched.seen = None
        else:
            self._release_id = None

    def _changed(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        kind = frame["type"]
        if self._told.get(kind) == frame:
            return []
        self._told[kind] = frame
        return [frame]
