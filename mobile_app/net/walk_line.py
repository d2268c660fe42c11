"""The line of a walk that runs: what the home center sees and asks comes at once. It comes back by itself; where no
WebSocket gets through, the answers to her positions tell the same, only later (`walks.py`)."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, WebSocketException

from mobile_app.core.walk import Walk
from mobile_app.faults import note
from mobile_app.net.client import is_safe
from mobile_app.net.walks import Hearing

PING_S = 20.0
LOOK_S, FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 1.0, 30.0
MOST_BYTES = 64 * 1024


class WalkLine:
    """`run()` until cancelled. `lost`: a line that has spoken is closed, so ask how the walk stands."""

    def __init__(
        self,
        home_url: str,
        *,
        token: Callable[[], str],
        is_on: Callable[[], bool],
        tls: ssl.SSLContext,
        keeper: Hearing,
        lost: Callable[[], None],
    ) -> None:
        base = home_url.rstrip("/")
        self._base = base.replace("http", "ws", 1) if is_safe(base) else ""
        self._tls = tls if self._base.startswith("wss") else None
        self._token, self._is_on, self._keeper, self._lost = token, is_on, keeper, lost

    async def run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            walk = self._keeper.book.walk
            if not self._base or walk is None or not walk.is_known or not self._is_on():
                await asyncio.sleep(LOOK_S)
                continue
            try:
                if await self._listen(walk):
                    pause_s = FIRST_PAUSE_S
                    self._lost()
            except (OSError, TimeoutError, WebSocketException):
                pass
            except Exception as error:  # a fault of ours must not end the line of a walk that goes on
                note(error)
            await asyncio.sleep(random.uniform(0.3, 1.0) * pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _listen(self, walk: Walk) -> bool:
        """Until it is closed or another walk runs; whether anything was heard."""
        url = f"{self._base}/api/people/me/walks/{quote(walk.walk_id, safe='')}/line"
        headers = {"Authorization": f"Bearer {self._token()}"}
        is_heard = False
        async with connect(
            url, ssl=self._tls, additional_headers=headers, open_timeout=5, ping_interval=PING_S, ping_timeout=PING_S,
            max_size=MOST_BYTES, proxy=None,
        ) as line:  # fmt: skip
            watch = asyncio.create_task(self._until_over(walk.walk_id, line.close))
            try:
                async for frame in line:
                    is_heard = self._take(walk.walk_id, frame) or is_heard
            except ConnectionClosedError:  # torn, not closed
                self._lost()
            finally:
                watch.cancel()
        return is_heard

    async def _until_over(self, walk_id: str, close: Callable[[], Any]) -> None:
        while self._is_on() and (walk := self._keeper.book.walk) is not None and walk.walk_id == walk_id:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)
        await close()

    def _take(self, walk_id: str, frame: str | bytes) -> bool:
        """What can't be understood is passed over: a newer home center must not silence an older phone."""
        try:
            said = json.loads(frame)
        except (RecursionError, ValueError):
            return False
        if isinstance(said, dict):
            self._keeper.heard(walk_id, said)
        return isinstance(said, dict)
