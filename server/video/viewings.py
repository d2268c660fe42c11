"""One open viewing: a WebSocket (or a WebRTC peer, `whep.py`), a release, a camera stream; and the set of all of them.

No byte of video leaves before the gate has opened, and a viewing ends when its release ends: at once by
`kick`, or at the next poll (one question per 0.5 s for all viewings together). When the gate can't be
asked for 2 s, pictures stop too (release fails closed), but the player may try again. A viewer that
went and did not come back while its ticket lived has left, and its release is closed at that. So is a release whose
ticket was never used, and one that a dead process left behind: every SWEEP_S, and at the start, the gate names all
that stand open, and what nobody watches counts as left from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.ending import end
from server.video.fmp4 import TIMESCALE
from server.video.gateway import Gate, Viewing
from server.video.mux import Fragment, StreamInit
from server.video.sentences import end_sentence
from server.video.stream import CameraStream, Viewer
from server.video.tickets import TICKET_LIFE_S, Ticket, renewed, sign

POLL_S, STATE_S, RENEW_S, GATE_SILENCE_S, SWEEP_S = 0.5, 1.0, 20.0, 2.0, 20.0
AWAY_S = TICKET_LIFE_S + 1.0  # by then no ticket of this viewing is alive
CLOSE_ENDED, CLOSE_UNPLAYABLE, CLOSE_TRY_AGAIN = 4403, 4415, 1013

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class End:
    """Why a viewing ends. Without a sentence the player reconnects by itself."""

    reason: str
    close_code: int = CLOSE_ENDED
    is_final: bool = True


class Watched(Protocol):
    """A viewing by whatever transport."""

    viewing: Viewing

    @property
    def was_ended_by_gate(self) -> bool: ...

    def end(self, end: End) -> None: ...

    async def run(self) -> None: ...


class LiveViewing:
    """Sends pictures until the release ends, the viewer goes, or the camera proves unplayable."""

    def __init__(
        self, socket: WebSocket, *, ticket: Ticket, viewing: Viewing, stream: CameraStream, gate: Gate, key: str
    ) -> None:
        self.viewing = viewing
        self._socket, self._ticket, self._stream = socket, ticket, stream
        self._gate, self._key = gate, key
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._init: StreamInit | None = None
        self._next_state = self._next_renewal = 0.0

    @property
    def was_ended_by_gate(self) -> bool:
        return self._end.done() and self._end.result().close_code == CLOSE_ENDED

    def end(self, end: End) -> None:
        """Stop sending now; the first reason counts."""
        if not self._end.done():
            self._end.set_result(end)

    async def run(self) -> None:
        viewer = self._stream.join()
        sender = asyncio.create_task(self._send(viewer))
        gone = asyncio.create_task(self._until_gone())
        try:
            waiting: list[asyncio.Future[Any]] = [sender, gone, self._end]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stream.leave(viewer)
            results = await end(sender, gone)
        for error in results:
            if isinstance(error, Exception) and not isinstance(error, (WebSocketDisconnect, RuntimeError, OSError)):
                log.error("viewing broke", release_id=self.viewing.release_id, error=repr(error))
                self.end(End("broken", CLOSE_TRY_AGAIN, is_final=False))
        if self._end.done():
            await self._say_end(self._end.result())

    async def _send(self, viewer: Viewer) -> None:
        self._next_renewal = time.monotonic() + RENEW_S
        while True:
            await self._say_state()
            fragment = await viewer.next(max(0.0, self._next_state - time.monotonic()))
            if fragment is None:
                continue
            if fragment.init is not self._init and not await self._start(fragment):
                return
            await self._socket.send_bytes(fragment.data)

    async def _start(self, fragment: Fragment) -> bool:
        """First picture, or a new format: say what comes, then the init segment. False when the release has ended."""
        if self._init is None and (reason := await note_first_byte(self._gate, self.viewing.release_id)):
            self.end(End(reason))
            return False
        self._init = fragment.init
        picture = fragment.init.picture
        message: dict[str, Any] = {"type": "init", "mime": f'video/mp4; codecs="{picture.codec}"'}
        message |= {"width": picture.width, "height": picture.height, "camera_id": self._stream.camera_id}
        live_pts_s = max(self._stream.live_pts, fragment.pts) / TIMESCALE
        message |= {"live_pts_s": live_pts_s, "watermark": self.viewing.watermark}
        await self._socket.send_json(message)
        await self._socket.send_bytes(fragment.init.segment)
        return True

    async def _say_state(self) -> None:
        now = time.monotonic()
        if now < self._next_state:
            return
        self._next_state = now + STATE_S
        state = self._stream.state()
        if state.refusal:
            return self.end(End(state.refusal, CLOSE_UNPLAYABLE))
        told: dict[str, Any] = {"type": "state", "state": state.state, "age_ms": state.age_ms}
        if self._init is not None:  # of which picture that is the age: the player measures its own delay by it
            told["live_pts_s"] = self._stream.live_pts / TIMESCALE
        await self._socket.send_json(told)
        if now >= self._next_renewal:
            # a player that loses its connection an hour later can so come back; the gate is asked again
            self._next_renewal = now + RENEW_S
            ticket = sign(renewed(self._ticket, time.time()), self._key)
            await self._socket.send_json({"type": "ticket", "ticket": ticket})
        return None

    async def _until_gone(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return

    async def _say_end(self, end: End) -> None:
        with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            async with asyncio.timeout(1.0):
                if end.is_final:
                    await self._socket.send_json({"type": "end", "reason": end.reason, **end_sentence(end.reason)})
                await self._socket.close(end.close_code, end.reason)


async def note_first_byte(gate: Gate, release_id: str) -> str | None:
    """Before the first byte. The reason why none may leave after all: the release ended while the camera was waited
    for. A gate that fails just now is loud in the log and no reason to be blind: it was asked a moment ago."""
    try:
        async with asyncio.timeout(1.0):
            if await gate.first_byte(release_id):
                return None
            return (await gate.still_open([release_id])).get(release_id, "released_ended")
    except Exception as error:
        log.error("first byte not recorded", release_id=release_id, error=repr(error))
        return None


class Viewings:
    """Everything that is open, by release. A release is watched once: a newer viewing replaces the older."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._open: dict[str, Watched] = {}
        self._left_at: dict[str, float] = {}
        self._answered_at = time.monotonic()
        self._next_sweep = 0.0

    def __len__(self) -> int:
        return len(self._open)

    async def run(self, live: Watched) -> None:
        release_id = live.viewing.release_id
        older = self._open.get(release_id)
        if older:
            older.end(End("replaced"))
        self._open[release_id] = live
        self._left_at.pop(release_id, None)
        try:
            await live.run()
        finally:
            if self._open.get(release_id) is live:
                del self._open[release_id]
                if not live.was_ended_by_gate:
                    self._left_at[release_id] = time.monotonic()

    def kick(self, release_ids: Iterable[str], reason: str) -> int:
        """How many were open."""
        found = [self._open[release_id] for release_id in release_ids if release_id in self._open]
        for live in found:
            live.end(End(reason))
        return len(found)

    async def poll_forever(self) -> None:
        """What ends viewings waits for no other question: a gate that is slow to hear who left would show on."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._look_forever())
            both.create_task(self._tidy_forever())

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            release_ids = list(self._open)
            if release_ids:
                await self._poll(release_ids)
            else:
                self._answered_at = time.monotonic()

    async def _tidy_forever(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            await self._tell_left()
            await self._sweep()

    async def _poll(self, release_ids: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(GATE_SILENCE_S):
                ended = await self._gate.still_open(release_ids)
        except Exception as error:
            silent_s = time.monotonic() - self._answered_at
            log.warning("the gate does not answer", silent_s=round(silent_s, 1), error=repr(error))
            if silent_s >= GATE_SILENCE_S:
                for live in list(self._open.values()):
                    live.end(End("gate_silent", CLOSE_TRY_AGAIN, is_final=False))
            return
        self._answered_at = time.monotonic()
        for release_id, reason in ended.items():
            self.kick([release_id], reason)

    async def _tell_left(self) -> None:
        """Told until it was heard."""
        long_ago = time.monotonic() - AWAY_S
        gone = [release_id for release_id, left_at in self._left_at.items() if left_at < long_ago]
        if not gone:
            return
        try:
            async with asyncio.timeout(GATE_SILENCE_S):
                await self._gate.left(gone)
        except Exception as error:
            log.warning("leaving not recorded", releases=len(gone), error=repr(error))
            return
        for release_id in gone:
            self._left_at.pop(release_id, None)

    async def _sweep(self) -> None:
        """What stands open and nobody watches: a ticket never used, a viewer whom a dead process took with it."""
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_S
        try:
            async with asyncio.timeout(GATE_SILENCE_S):
                standing = set(await self._gate.standing())
        except Exception as error:
            log.warning("open releases not looked at", error=repr(error))
            return
        for release_id in standing - self._open.keys():
            self._left_at.setdefault(release_id, now)
