"""One picture stream through the relay: the camera's messages to the browser, nothing back; one end ends both
at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
import websockets
from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.ending import end
from server.video.sentences import refusal_sentence

OPEN_S, SEND_S, GOODBYE_S = 5.0, 10.0, 1.0
MOST_MESSAGE_BYTES = 16 * 1024 * 1024  # one key frame of a large camera
CLOSE_TRY_AGAIN = 1013

Say = Callable[[str], dict[str, str]]

log = structlog.get_logger("relay")


class Behind(Protocol):
    @property
    def socket_url(self) -> str:
        """`ws(s)://host:port` of the video process."""

    @property
    def tls(self) -> Any:
        """The TLS context for `wss`; None for a plain loopback address."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How it went: bytes that reached the browser's socket, and why it ended."""

    bytes: int
    reason: str


async def carry(
    browser: WebSocket, upstream: Behind, headers: dict[str, str], *, most_bytes: int, say: Say = refusal_sentence
) -> Carried:
    """Until either side ends. The browser's socket is closed when this returns. `say`: the two messages of a code."""
    target = browser.scope["raw_path"].decode("latin-1") + "?" + browser.scope["query_string"].decode("latin-1")
    try:
        async with asyncio.timeout(OPEN_S):
            camera = await websockets.connect(
                upstream.socket_url + target,
                additional_headers=headers,
                proxy=None,
                compression=None,
                max_size=MOST_MESSAGE_BYTES,
                max_queue=4,  # a slow browser must slow the video process: there whole pictures are left out
                ssl=upstream.tls,
                close_timeout=GOODBYE_S,
            )
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        log.warning("upstream_away", error=type(error).__name__)
        await refuse(browser, "upstream_away", CLOSE_TRY_AGAIN, say=say)
        return Carried(0, "upstream_away")
    pump = _Pump(browser, camera, most_bytes)
    try:
        return await pump.run()
    finally:
        with contextlib.suppress(websockets.WebSocketException, OSError):
            await camera.close()


async def refuse(browser: WebSocket, code: str, close_code: int, *, say: Say = refusal_sentence) -> None:
    """What the player shows instead of a picture, and the close code by which it knows whether to come back."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await browser.send_json({"type": "refused", "code": code, **say(code)})
            await browser.close(close_code, code)


class _Pump:
    def __init__(self, browser: WebSocket, camera: websockets.ClientConnection, most_bytes: int) -> None:
        self._browser, self._camera, self._most_bytes = browser, camera, most_bytes
        self._bytes, self._reason = 0, "viewer_left"

    async def run(self) -> Carried:
        down = asyncio.create_task(self._down())
        gone = asyncio.create_task(self._until_gone())
        try:
            await asyncio.wait([down, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            errors = await end(down, gone)
        for error in errors:
            if not isinstance(error, (WebSocketDisconnect, RuntimeError, OSError)):
                log.error("relay_broke", error=repr(error)[:200])
                self._reason = "broken"
        await self._say_end()
        return Carried(self._bytes, self._reason)

    async def _down(self) -> None:
        try:
            async for message in self._camera:
                size = len(message)
                if self._bytes + size > self._most_bytes:
                    self._reason = "too_much"
                    return
                async with asyncio.timeout(SEND_S):
                    await (self._browser.send_text(message) if isinstance(message, str) else self._send(message))
                self._bytes += size
            self._reason = "ended"
        except websockets.ConnectionClosed:
            self._reason = "upstream_away" if self._camera.close_code == 1006 else "ended"
        except TimeoutError:
            self._reason = "too_slow"

    async def _send(self, message: bytes) -> None:
        await self._browser.send_bytes(message)

    async def _until_gone(self) -> None:
        """A player says nothing; whatever it says stays here."""
        while True:
            message = await self._browser.receive()
            if message["type"] == "websocket.disconnect":
                return

    async def _say_end(self) -> None:
        code = self._camera.close_code if self._reason == "ended" else None
        if code is None or code in (1005, 1006):
            code = CLOSE_TRY_AGAIN
        with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            async with asyncio.timeout(GOODBYE_S):
                await self._browser.close(code, self._camera.close_reason or self._reason)
