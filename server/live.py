"""Sockets that look on: one bounded queue for each seat, one encoding of a frame for all of them.

A reader that has stalled must not hold up the room: its queue fills, it is cut off with 4408, and it comes back with
its cursor. Each socket has a task that sends; the handler itself reads, or uvicorn could not stop.
Used by the console's feed, the agencies' feed and the follow page.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.problems import Problem

log = structlog.get_logger("live")

QUEUE_FRAMES = 256
BEAT_S = 5.0
GOODBYE_S = 0.2
SESSION_ENDED = 4401
FOREIGN_PAGE = 4403
TOO_SLOW = 4408
BAD_FRAME = 4400
GOING_AWAY = 1012
View = dict[str, Any]


def encode(frame: dict[str, Any]) -> str:
    """A frame as it goes over the wire; orjson writes UUIDs and times."""
    return orjson.dumps(frame, option=orjson.OPT_UTC_Z).decode()


def now_iso() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@dataclass(eq=False)
class Seat:
    """One socket. `put` never waits; `wants` filters by the seat's own rule (center, agency, link)."""

    socket: WebSocket
    wants: Callable[[Any], bool] = lambda key: True
    session: bytes = b""
    queue: asyncio.Queue[tuple[Any, str]] = field(default_factory=lambda: asyncio.Queue(QUEUE_FRAMES))
    close_code: int | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    about: dict[str, Any] = field(default_factory=dict)
    """What the hub knows of the seat: its viewer."""
    left_with: int | None = None
    """The code with which the page closed its socket; 1006 when the line broke."""

    def put(self, text: str, key: Any = None) -> None:
        """Queue an encoded frame. `key` is for a pump that must skip what a snapshot already told."""
        if self.close_code is not None:
            return
        try:
            self.queue.put_nowait((key, text))
        except asyncio.QueueFull:
            self.end(TOO_SLOW)

    def end(self, code: int) -> None:
        """Close the socket soon; the first reason counts."""
        if self.close_code is None:
            self.close_code = code
            self.closing.set()


class Hub:
    """The seats of one kind of page in this process."""

    def __init__(self) -> None:
        self.seats: set[Seat] = set()
        self.slow = 0

    def put(self, frame: Callable[[], dict[str, Any]], *, to: Any, key: Any = None) -> None:
        """Give a frame to every seat that wants `to`; it is built and encoded once, and only if somebody does."""
        text = ""
        for seat in list(self.seats):
            if seat.wants(to):
                text = text or encode(frame())
                seat.put(text, key)

    def sessions(self) -> set[bytes]:
        """Whose sockets are open here."""
        return {seat.session for seat in self.seats}

    def end_session(self, session: bytes) -> None:
        """Close every socket of a session that has ended."""
        for seat in list(self.seats):
            if seat.session == session:
                seat.end(SESSION_ENDED)

    def end_all(self) -> None:
        for seat in list(self.seats):
            seat.end(GOING_AWAY)

    @contextlib.asynccontextmanager
    async def seated(self, seat: Seat) -> AsyncIterator[Seat]:
        """Frames reach the seat's queue from here on, also before anything is sent."""
        self.seats.add(seat)
        try:
            yield seat
        finally:
            self.seats.discard(seat)
            self.slow += seat.close_code == TOO_SLOW


async def run_seat(
    seat: Seat,
    *,
    first: Iterable[str] = (),
    skip: Callable[[Any], bool] = lambda key: False,
    on_frame: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
    still_good: Callable[[], Awaitable[bool]] | None = None,
) -> None:
    """Send `first`, then the queue (without what `skip(key)` says is known already), with a beat each 5 s, and read
    until the socket ends. `still_good` is asked at each beat; False closes with 4401."""
    tasks = [
        asyncio.create_task(_send(seat, first, skip), name="seat:send"),
        asyncio.create_task(_beat(seat, still_good), name="seat:beat"),
        asyncio.create_task(_read(seat, on_frame), name="seat:read"),
        asyncio.create_task(seat.closing.wait(), name="seat:closing"),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if seat.close_code is None:
            await asyncio.wait([tasks[2]], timeout=GOODBYE_S)  # a sender that failed first knows no reason
    finally:
        await end(*tasks)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):  # a stalled reader would hold the close back as well
                await seat.socket.close(seat.close_code or 1000)


async def _send(seat: Seat, first: Iterable[str], skip: Callable[[Any], bool]) -> None:
    try:
        for text in first:
            await seat.socket.send_text(text)
        while True:
            key, text = await seat.queue.get()
            if key is None or not skip(key):
                await seat.socket.send_text(text)
    except (WebSocketDisconnect, RuntimeError, OSError):
        return


async def _beat(seat: Seat, still_good: Callable[[], Awaitable[bool]] | None) -> None:
    while True:
        await asyncio.sleep(BEAT_S)
        if still_good is not None:
            try:
                if not await still_good():
                    seat.end(SESSION_ENDED)
                    return
            except Exception as error:
                log.warning("seat_not_checked", error=repr(error)[:200])
        seat.put(encode({"type": "beat", "now": now_iso()}))


async def _read(seat: Seat, on_frame: Callable[[dict[str, Any]], Awaitable[None]] | None) -> None:
    try:
        while True:
            text = await seat.socket.receive_text()
            frame = orjson.loads(text)
            if not isinstance(frame, dict):
                raise ValueError("not an object")
            if on_frame is not None:
                await on_frame(frame)
    except WebSocketDisconnect as gone:
        seat.left_with = gone.code
    except (ValueError, KeyError):
        seat.end(BAD_FRAME)


async def until_gone(socket: WebSocket) -> None:
    """Read from a page that says nothing: that is how we notice that it left."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def run_page(socket: WebSocket, sending: Coroutine[Any, Any, None]) -> None:
    """`sending` until it has told everything or the page leaves; then close with 1000."""
    sender, reader = asyncio.create_task(sending), asyncio.create_task(until_gone(socket))
    await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
    await end(sender, reader)
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(1000)


async def send_views(
    socket: WebSocket,
    view: View,
    wake: asyncio.Event,
    *,
    look: Callable[[View], Awaitable[View]],
    send_changes: Callable[[WebSocket, View, View], Awaitable[None]],
    every_s: float,
    clock: Callable[[], datetime],
) -> None:
    """What a guardian's page is told: `view` at once, what has changed whenever it is woken (and after `every_s` in any
    case), `beat`, and `ended` when the view says so or `look` raises Problem."""
    loop = asyncio.get_running_loop()
    await socket.send_json({"type": "view", "view": view})
    next_beat = loop.time() + BEAT_S
    while not view["ended"]:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await wake.wait()
        wake.clear()
        try:
            before, view = view, await look(view)
            await send_changes(socket, before, view)
        except Unavailable:
            pass  # the database is away: the page keeps what it has, with its time
        except Problem:
            break  # the guardian is none any more, and her link is gone with her
        if loop.time() >= next_beat:
            next_beat = loop.time() + BEAT_S
            await socket.send_json({"type": "beat", "now": clock().isoformat()})
    await socket.send_json({"type": "ended"})
