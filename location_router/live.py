"""The line between one phone and the router: positions up, statuses down; any API process can hold it.

Each line reads the database behind its own cursor; a NOTIFY from whichever process stored a status only wakes it, and
it looks every `LOOK_S` in any case. To whoever holds the phone a cancel and a duress end the line the same way.
A phone that has told no place is asked for it. Borders are watched by `location_router/crossings.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
import psycopg
import structlog
from fastapi import WebSocket, WebSocketDisconnect

from location_router.bus import Bus
from location_router.crossings import Crossings, Standing
from location_router.delivery import STATUS_CHANNEL
from location_router.intake import read_position
from location_router.registry import Registry
from location_router.runtime.db import Listener, Unavailable
from location_router.runtime.ending import end
from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer
from location_router.talk import Talk, read_said
from location_router.thinning import Thinning
from location_router.transfer import Transfers
from location_router.wire import Flag, Phase, Position, PositionUpdate, utc_now

log = structlog.get_logger("live")
LOOK_S = 3.0
SAVE_GAP_S = 0.25
CATCH_UP_GAP_S = 0.5
ASK_EVERY_S = 15.0
SAY_AGAIN_S = 10.0
SAVE_AT_ONCE = 100  # sealing many would hold the loop
LONGEST_FRAME = 16 * 1024
Steps = Callable[[], Awaitable[list[dict[str, Any]]]]

ASKED = "UPDATE alert SET flags = array_append(flags, %s) WHERE alert_id = %s AND NOT %s = ANY(flags)"
NEWS = "SELECT status_no, body FROM status WHERE alert_id = %s AND is_adopted AND status_no > %s ORDER BY status_no"
# A batch after a gap may come through another process, later, and yet be older than what the line has brought.
SAVE = """
UPDATE alert SET position_sealed = t.sealed, position_at = t.at
FROM unnest(%s::uuid[], %s::bytea[], %s::timestamptz[]) AS t(alert_id, sealed, at)
WHERE alert.alert_id = t.alert_id AND alert.message_sealed IS NOT NULL
  AND (alert.position_at IS NULL OR alert.position_at <= t.at)"""


class Live:
    """All lines of this process. `pool` is the positions' own, so that no alert waits for them."""

    def __init__(
        self,
        url: str,
        pool: Pool,
        sealer: Sealer,
        bus: Bus,
        registry: Registry,
        transfers: Transfers,
        thinning: Thinning,
        talk: Talk,
    ) -> None:
        self._pool, self._sealer, self._bus = pool, sealer, bus
        self._crossings = Crossings(pool, sealer, registry, transfers)
        self.thinning, self.talk = thinning, talk
        self._lines: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listener = Listener(url, [STATUS_CHANNEL], self._wake)
        self._unsaved: dict[UUID, Position] = {}
        self._saver: asyncio.Task[None] | None = None
        self._thinned: dict[UUID, tuple[Standing, Position]] = {}
        self._catcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._listener.start()
        self._saver = asyncio.create_task(self._save_for_ever(), name="save-positions")
        self._catcher = asyncio.create_task(self._catch_up_for_ever(), name="thinned-positions")

    async def stop(self) -> None:
        await self._listener.stop()
        await end(self._saver, self._catcher)
        with contextlib.suppress(Unavailable, psycopg.Error):
            await self._save()

    async def standing(self, alert_id: UUID) -> Standing | None:
        """None for an unknown alert. Raises Unavailable."""
        return await self._crossings.standing(alert_id)

    async def moved(self, alert_id: UUID, standing: Standing, position: Position) -> None:
        """One position: to the serving desk and the home installation, newest wins; the last one is kept."""
        if not standing.is_tracked:
            return
        body = PositionUpdate(alert_id=alert_id, position=position).model_dump_json().encode()
        for installation in {standing.served_by, standing.home_installation, *standing.watchers} - {""}:
            await self._bus.latest(f"position.{installation}", str(alert_id), body)
        last = self._unsaved.get(alert_id)
        if last is None or position.fixed_at >= last.fixed_at:
            self._unsaved[alert_id] = position
        await self._crossings.moved(alert_id, standing, position)

    async def came(self, alert_id: UUID, standing: Standing, position: Position) -> None:
        """A position of her phone. One that is thinned out waits: if no newer one comes, that is where she is."""
        if not self.thinning.keeps(alert_id):
            self._thinned[alert_id] = standing, position
            return
        self._thinned.pop(alert_id, None)
        await self.moved(alert_id, standing, position)

    async def _catch_up_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CATCH_UP_GAP_S)
            for alert_id, waiting in list(self._thinned.items()):
                try:
                    if self._thinned.get(alert_id) is waiting:
                        await self.came(alert_id, *waiting)
                except Unavailable:
                    self._thinned.setdefault(alert_id, waiting)
                except Exception:
                    log.exception("position_not_caught_up")

    async def asked(self, alert_id: UUID) -> None:
        """The phone was asked where it is; the alert says so from now on."""
        with contextlib.suppress(Unavailable):
            await self._pool.run(ASKED, (Flag.LOCATION_ASKED, alert_id, Flag.LOCATION_ASKED))

    async def hold(self, socket: WebSocket, alert_id: UUID, *, steps: Steps | None = None) -> None:
        """Serve one accepted WebSocket until either side ends it. `steps`: how an agency's request has stood so far."""
        wake = asyncio.Event()
        self._lines[str(alert_id)].add(wake)
        line = _Line(self, socket, alert_id, wake, steps)
        up, down = asyncio.create_task(line.up()), asyncio.create_task(line.down())
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for error in await end(up, down):
                if not isinstance(error, WebSocketDisconnect | RuntimeError):
                    log.warning("line_failed", error=repr(error)[:200])
            self._crossings.let_go(alert_id)
            self._lines[str(alert_id)].discard(wake)
            if not self._lines[str(alert_id)]:
                del self._lines[str(alert_id)]

    async def news(self, alert_id: UUID, cursor: int) -> list[tuple[int, dict[str, Any]]]:
        return [(row[0], row[1]) for row in await self._pool.run(NEWS, (alert_id, cursor))]

    def _wake(self, _: str, payload: str) -> None:
        names = payload.split("\n") if payload else list(self._lines)
        for name in names:
            for event in self._lines.get(name, ()):
                event.set()

    async def _save_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SAVE_GAP_S)
            try:
                await self._save()
            except (Unavailable, psycopg.Error):
                pass
            except Exception:
                log.exception("positions_not_saved")

    async def _save(self) -> None:
        await self._crossings.save()
        waiting, self._unsaved = self._unsaved, {}
        ids = list(waiting)
        for some in (ids[at : at + SAVE_AT_ONCE] for at in range(0, len(ids), SAVE_AT_ONCE)):
            sealed = [
                self._sealer.seal(waiting[alert_id].model_dump_json(), context=f"alert.position:{alert_id}")
                for alert_id in some
            ]
            now = utc_now()
            fixed_at = [min(waiting[alert_id].fixed_at, now) for alert_id in some]
            await self._pool.run(SAVE, (some, sealed, fixed_at))


class _Line:
    """One WebSocket; `up` and `down` run side by side and the first to end ends both."""

    def __init__(self, live: Live, socket: WebSocket, alert_id: UUID, wake: asyncio.Event, steps: Steps | None) -> None:
        self._live, self._socket, self._alert_id, self._wake = live, socket, alert_id, wake
        self._steps = steps
        self._step: dict[str, Any] = {}
        self._standing: Standing | None = None
        self._told: dict[UUID, float] = {}

    async def up(self) -> None:
        while True:
            text = await self._socket.receive_text()
            try:
                frame = orjson.loads(text) if len(text) <= LONGEST_FRAME else None
            except orjson.JSONDecodeError:
                continue
            if not isinstance(frame, dict):
                continue
            if frame.get("type") == "ping":
                await self._send({"type": "pong"})
            elif frame.get("type") == "position":
                await self._position(frame.get("position"))
            elif frame.get("type") == "say":
                await self._say(frame.get("said"))
            elif frame.get("type") == "heard":
                await self._heard(frame.get("id"))

    async def _position(self, data: Any) -> None:
        """Acknowledged even if it names no place, so that a phone does not send it for ever."""
        if self._standing is None:
            with contextlib.suppress(Unavailable):
                self._standing = await self._live.standing(self._alert_id)
        position = read_position(data, now=utc_now())
        if position is not None and self._standing is not None:
            await self._live.came(self._alert_id, self._standing, position)
        seq = data.get("seq", 0) if isinstance(data, dict) else 0
        await self._send({"type": "ack", "seq": seq if isinstance(seq, int) else 0})

    async def _say(self, data: Any) -> None:
        """Answered after the commit. What can't be read is answered too, or the phone would say it for ever."""
        said = read_said(data, alert_id=self._alert_id, now=utc_now())
        if said is None:
            given = str(data.get("said_id", "") if isinstance(data, dict) else "")[:80]
            return await self._send({"type": "said", "id": given, "problem": "unreadable"})
        with contextlib.suppress(Unavailable):  # no answer: the phone says it again
            await self._live.talk.said(said)
            await self._send({"type": "said", "id": str(said.said_id)})

    async def _heard(self, given: Any) -> None:
        with contextlib.suppress(Unavailable, ValueError):
            await self._live.talk.heard(self._alert_id, UUID(str(given)))

    async def _pass_talk(self) -> None:
        """What the center has said and the phone has not shown; again now and then until it has."""
        at = time.monotonic()
        for said in await self._live.talk.unheard(self._alert_id):
            if at >= self._told.get(said.said_id, 0.0):
                self._told[said.said_id] = at + SAY_AGAIN_S
                await self._send({"type": "say", "said": said.model_dump(mode="json")})

    async def _pass_steps(self) -> None:
        """Each word of the center about the request that this line has not passed on yet."""
        steps = await self._steps() if self._steps is not None else []
        new = steps[steps.index(self._step) + 1 if self._step in steps else 0 :]
        for self._step in new:
            await self._send({"type": "request_state", **self._step})

    async def down(self) -> None:
        cursor, ask_at = 0, 0.0
        while True:
            self._wake.clear()
            try:
                standing = self._standing = await self._live.standing(self._alert_id)
                news = await self._live.news(self._alert_id, cursor)
                await self._pass_steps()
            except Unavailable:
                await asyncio.sleep(1.0)
                continue
            if standing is None:
                return
            if standing.phase != Phase.ENDED:
                for number, body in news if cursor else news[-1:]:
                    await self._send({"type": "status", "status": body})
                    cursor = number
            if standing.is_over_for_phone:
                await self._send({"type": "ended"})
                await self._socket.close(1000)
                return
            if standing.is_spoken_to:
                with contextlib.suppress(Unavailable):
                    await self._pass_talk()
            if standing.lacks_position and time.monotonic() >= ask_at:
                ask_at = time.monotonic() + ASK_EVERY_S
                await self._send({"type": "ask", "what": "position"})
                await self._live.asked(self._alert_id)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(frame).decode())
