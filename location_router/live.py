"""The line between one phone and the router: positions up, statuses down; any API process can hold it.

Each line reads the database behind its own cursor; a NOTIFY from whichever process stored a status only wakes it, and
it looks every `LOOK_S` in any case. To whoever holds the phone a cancel and a duress end the line the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg
import structlog
from fastapi import WebSocket, WebSocketDisconnect

from location_router.alerts import GUESSED, Alerts
from location_router.bus import Bus
from location_router.delivery import STATUS_CHANNEL
from location_router.intake import read_position
from location_router.runtime.db import Listener, Unavailable
from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer
from location_router.wire import Phase, Position, PositionUpdate, utc_now

log = structlog.get_logger("live")
LOOK_S = 3.0
SAVE_GAP_S = 0.25
LONGEST_FRAME = 16 * 1024

STANDING = """
SELECT a.served_by, a.home_installation, a.phase, a.outcome, a.closed_at IS NOT NULL, a.device_id, s.reason
FROM alert a LEFT JOIN assignment s USING (alert_id, assignment_no) WHERE a.alert_id = %s"""
NEWS = "SELECT status_no, body FROM status WHERE alert_id = %s AND is_adopted AND status_no > %s ORDER BY status_no"
SAVE = """
UPDATE alert SET position_sealed = t.sealed FROM unnest(%s::uuid[], %s::bytea[]) AS t(alert_id, sealed)
WHERE alert.alert_id = t.alert_id AND alert.message_sealed IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a line has to know about its alert."""

    served_by: str
    home_installation: str
    phase: str
    outcome: str
    is_closed: bool
    device_id: str
    reason: str | None

    @property
    def is_over_for_phone(self) -> bool:
        return self.phase == Phase.ENDED or self.is_closed

    @property
    def is_tracked(self) -> bool:
        """Whether positions still go to anybody: not after a cancel, but under duress."""
        return not self.is_closed and (self.phase != Phase.ENDED or self.outcome == "duress")


class Live:
    """All lines of this process."""

    def __init__(self, url: str, pool: Pool, sealer: Sealer, bus: Bus, alerts: Alerts) -> None:
        self._pool, self._sealer, self._bus, self._alerts = pool, sealer, bus, alerts
        self._lines: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listener = Listener(url, [STATUS_CHANNEL], self._wake)
        self._unsaved: dict[UUID, Position] = {}
        self._saver: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._listener.start()
        self._saver = asyncio.create_task(self._save_for_ever(), name="save-positions")

    async def stop(self) -> None:
        await self._listener.stop()
        if self._saver:
            self._saver.cancel()
            await asyncio.gather(self._saver, return_exceptions=True)
        with contextlib.suppress(Unavailable, psycopg.Error):
            await self._save()

    async def standing(self, alert_id: UUID) -> Standing | None:
        """None for an unknown alert. Raises Unavailable."""
        rows = await self._pool.run(STANDING, (alert_id,))
        return Standing(*rows[0]) if rows else None

    async def moved(self, alert_id: UUID, standing: Standing, position: Position) -> None:
        """One position: to the serving desk and the home installation, newest wins; the last one is kept."""
        if not standing.is_tracked:
            return
        body = PositionUpdate(alert_id=alert_id, position=position).model_dump_json().encode()
        for installation in {standing.served_by, standing.home_installation} - {""}:
            await self._bus.latest(f"position.{installation}", str(alert_id), body)
        last = self._unsaved.get(alert_id)
        if last is None or position.fixed_at >= last.fixed_at:
            self._unsaved[alert_id] = position
        if standing.reason in GUESSED:
            with contextlib.suppress(Unavailable):
                await self._alerts.relocate(alert_id, position)

    async def hold(self, socket: WebSocket, alert_id: UUID) -> None:
        """Serve one accepted WebSocket until either side ends it."""
        wake = asyncio.Event()
        self._lines[str(alert_id)].add(wake)
        line = _Line(self, socket, alert_id, wake)
        up, down = asyncio.create_task(line.up()), asyncio.create_task(line.down())
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            for result in await asyncio.gather(up, down, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect | RuntimeError):
                    log.warning("line_failed", error=repr(result)[:200])
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
            with contextlib.suppress(Unavailable, psycopg.Error):
                await self._save()

    async def _save(self) -> None:
        waiting, self._unsaved = self._unsaved, {}
        if waiting:
            sealed = [
                self._sealer.seal(position.model_dump_json(), context=f"alert.position:{alert_id}")
                for alert_id, position in waiting.items()
            ]
            await self._pool.run(SAVE, (list(waiting), sealed))


class _Line:
    """One WebSocket; `up` and `down` run side by side and the first to end ends both."""

    def __init__(self, live: Live, socket: WebSocket, alert_id: UUID, wake: asyncio.Event) -> None:
        self._live, self._socket, self._alert_id, self._wake = live, socket, alert_id, wake
        self._standing: Standing | None = None

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

    async def _position(self, data: Any) -> None:
        """Acknowledged even if it names no place, so that a phone does not send it for ever."""
        if self._standing is None:
            with contextlib.suppress(Unavailable):
                self._standing = await self._live.standing(self._alert_id)
        position = read_position(data, now=utc_now())
        if position is not None and self._standing is not None:
            await self._live.moved(self._alert_id, self._standing, position)
        seq = data.get("seq", 0) if isinstance(data, dict) else 0
        await self._send({"type": "ack", "seq": seq if isinstance(seq, int) else 0})

    async def down(self) -> None:
        cursor = 0
        while True:
            self._wake.clear()
            try:
                standing = self._standing = await self._live.standing(self._alert_id)
                news = await self._live.news(self._alert_id, cursor)
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
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_S)

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(frame).decode())
