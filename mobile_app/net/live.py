"""One WebSocket per alert: positions up, statuses down, talk both ways. It comes back by itself for as long as the
alert is tracked.

A position stays in the queue until the router's `ack` names it, a line of talk until its `said` does. After a gap the
waiting positions go in one POST, so the line is free for what happens now; lines of talk go in their order. Both go by
POST while no WebSocket gets through.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from mobile_app.core.messages import Position, Said, Status
from mobile_app.core.position import UnsentPositions
from mobile_app.faults import note, noted
from mobile_app.net.client import RouterClient
from mobile_app.net.outbox import FIRST_PAUSE_S, LONGEST_PAUSE_S, RefusedMessage, Unreachable

BATCH = 100
PING_S = 5.0
QUIET_LASTS_S = 2 * 3600.0
QUIET_BRISK_S, QUIET_PAUSE_S = 600.0, 20.0
RADIO_CHECK_S = 0.2
SAY_AGAIN_S = 3.0


class LiveLine:
    """Run `run()` as a task. Callbacks are called on the loop's thread."""

    def __init__(
        self,
        *,
        alert_id: str,
        live_token: str,
        router: RouterClient,
        router_url: str,
        is_on: Callable[[], bool],
        tls: ssl.SSLContext,
        unsent: UnsentPositions,
        heard: Callable[[Status], None],
        connected: Callable[[bool], None],
        delivered: Callable[[Position], None],
        ended: Callable[[], None],
        over: Callable[[], None] = lambda: None,
        asked: Callable[[], None] = lambda: None,
        unsaid: Callable[[], Sequence[Said]] = lambda: (),
        said: Callable[[str], None] = lambda _: None,
        spoken: Callable[[Said], None] = lambda _: None,
    ) -> None:
        base = router_url.rstrip("/").replace("http", "ws", 1)
        self._url = f"{base}/v1/alerts/{alert_id}/live?token={quote(live_token)}"
        self._tls = tls if base.startswith("wss") else None
        self._alert_id, self._live_token, self._router = alert_id, live_token, router
        self._is_on, self._heard, self._connected, self._delivered = is_on, heard, connected, delivered
        self._unsent = unsent
        self._line: ClientConnection | None = None
        self._over = False
        self._ended, self._told_over, self._asked = ended, over, asked
        self._unsaid, self._said, self._spoken = unsaid, said, spoken

    async def send(self, numbered: Position) -> None:
        """Send a position of the queue now if the line is up; otherwise it waits for the line."""
        if self._line is not None and self._is_on():
            await self._say(self._line, numbered)

    async def _say(self, line: ClientConnection, position: Position) -> None:
        with suppress(WebSocketException):  # it stays queued, and the reader notices the broken line
            await line.send(json.dumps({"type": "position", "position": position.to_json()}))

    async def speak_up(self) -> None:
        """Say what is unsaid, if the line is up; otherwise it waits for the line."""
        if self._line is not None and self._is_on():
            for said in self._unsaid():
                await self._tell(self._line, {"type": "say", "said": said.to_json()})

    async def shown(self, said_id: str) -> None:
        """The center's line is before the person's eyes; a lost answer is asked for again."""
        if self._line is not None and self._is_on():
            await self._tell(self._line, {"type": "heard", "id": said_id})

    async def _tell(self, line: ClientConnection, frame: dict[str, Any]) -> None:
        with suppress(WebSocketException):
            await line.send(json.dumps(frame))

    async def post_talk(self) -> None:
        """Say what is unsaid where no WebSocket is; what the router can't take counts as said."""
        for said in self._unsaid():
            try:
                await self._router.post_said(said, live_token=self._live_token)
            except Unreachable:
                return
            except RefusedMessage:
                pass  # it can't be read, now or later
            self._said(said.said_id)

    async def run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._over:
            try:
                if self._is_on():
                    async with connect(
                        self._url, ssl=self._tls, open_timeout=3, ping_interval=PING_S, ping_timeout=PING_S, proxy=None
                    ) as line:
                        pause_s = FIRST_PAUSE_S
                        await self._serve(line)
            except (OSError, TimeoutError, WebSocketException, Unreachable):
                pass
            except Exception as error:  # a fault of ours must not end the line of an alert that goes on
                note(error)
            self._line = None
            self._connected(False)
            if not self._over:
                with noted():
                    if self._is_on():
                        await self.post_talk()
                        await self._post_waiting()
                await asyncio.sleep(random.uniform(0.1, pause_s))  # a whole city's lines must not come back in one beat
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
        await self._send_quietly()

    async def _post_waiting(self) -> bool:
        """Positions where no WebSocket gets through (an office's proxy, a hotel). False: the router takes no more."""
        waiting = self._unsent.waiting()[:BATCH]
        try:
            if waiting:
                await self._router.post_positions(self._alert_id, waiting, live_token=self._live_token)
        except RefusedMessage:
            return False
        except Unreachable:
            return True
        for position in waiting:
            self._confirm(position)
        return True

    async def _send_quietly(self) -> None:
        """After the router's `ended`, which looks the same after a cancel and after a duress code. A forced person's
        positions still count, so after either they go by POST until the router takes no more, or for `QUIET_LASTS_S`,
        ever more seldom: neither the traffic nor the answers tell which code it was.
        """
        began_s = time.monotonic()
        while (gone_s := time.monotonic() - began_s) < QUIET_LASTS_S:
            await asyncio.sleep(LONGEST_PAUSE_S if gone_s < QUIET_BRISK_S else QUIET_PAUSE_S)
            if not await self._post_waiting():
                break
        self._ended()

    async def _serve(self, line: ClientConnection) -> None:
        self._connected(True)
        watch = asyncio.create_task(self._close_without_radio(line))
        again = asyncio.create_task(self._speak_again())
        try:
            await self._catch_up(line)
            async for frame in line:
                self._take(frame)
                if self._over:
                    self._told_over()
                    return
        finally:
            watch.cancel()
            again.cancel()

    async def _catch_up(self, line: ClientConnection) -> None:
        waiting = self._unsent.waiting()
        if len(waiting) > 1:
            for start in range(0, len(waiting), BATCH):
                batch = waiting[start : start + BATCH]
                try:
                    await self._router.post_positions(self._alert_id, batch, live_token=self._live_token)
                except RefusedMessage:
                    break  # an older router without batches: one by one below
                for position in batch:
                    self._confirm(position)
        # Open before the last look into the queue: what comes meanwhile is sent twice rather than not at all.
        self._line = line
        for position in self._unsent.waiting():
            await self._say(line, position)
        await self.speak_up()

    async def _speak_again(self) -> None:
        while True:
            await asyncio.sleep(SAY_AGAIN_S)
            await self.speak_up()

    def _confirm(self, position: Position) -> None:
        self._unsent.acknowledge(position.seq)
        self._delivered(position)

    async def _close_without_radio(self, line: ClientConnection) -> None:
        while self._is_on():  # noqa: ASYNC110  the port can only be asked
            await asyncio.sleep(RADIO_CHECK_S)
        await line.close()

    def _take(self, frame: str | bytes) -> None:
        """Unknown and broken frames are passed over: a newer router must not silence an older phone."""
        try:
            said: dict[str, Any] = json.loads(frame)
            kind = said.get("type")
            if kind == "status":
                self._heard(Status.from_json(said["status"]))
            elif kind == "ack":
                for position in self._unsent.waiting():
                    if position.seq == said["seq"]:
                        self._confirm(position)
            elif kind == "ask" and said.get("what") == "position":
                self._asked()
            elif kind == "say":
                self._spoken(Said.from_json(said["said"]))
            elif kind == "said":
                self._said(str(said["id"]))
            elif kind == "ended":
                self._over = True
        except (AttributeError, KeyError, TypeError, ValueError):
            return
