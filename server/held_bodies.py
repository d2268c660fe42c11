"""Long bodies that are held before anything is known of their sender: so many bytes at once, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from fnmatch import fnmatchcase

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from location_router.runtime.problems import Problem
from server.line_turns import whose
from server.video.relay_door import Full, Purse

LETTER_BYTES = 64 * 1024
"""What a body has without the purse: as much as any letter of a line."""
MOST_HELD_BYTES = 64 * 1024 * 1024
BODY_S = 30.0


class HeldBodies:
    """ASGI middleware for the addresses that begin with one of `paths` (`*` stands for anything), whose routes hold
    their body: 503 `bodies_full` where the purse has no more for this address or for all, 408 `too_slow`."""

    def __init__(self, app: ASGIApp, paths: Sequence[str], most_bytes: int = MOST_HELD_BYTES) -> None:
        self._app, self._paths, self._purse = app, tuple(paths), Purse(most_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(fnmatchcase(scope["path"], f"{path}*") for path in self._paths):
            return await self._app(scope, receive, send)
        names = [whose((scope.get("client") or ("",))[0])]
        read = taken = 0
        is_read = False
        deadline = asyncio.get_running_loop().time() + BODY_S

        async def counted() -> Message:
            nonlocal read, taken, is_read
            if is_read:  # from now on it says only when the sender has gone
                return await receive()
            message = await _before(deadline, receive)
            read += len(message.get("body", b""))
            is_read = not message.get("more_body", False)
            if (more := max(0, read - LETTER_BYTES) - taken) > 0:
                _take(self._purse, names, more)
                taken += more
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._purse.give_back(names, taken)


async def _before(deadline: float, receive: Receive) -> Message:
    try:
        async with asyncio.timeout_at(deadline):
            return await receive()
    except TimeoutError:
        ko, en = "본문이 너무 느리게 옵니다. 다시 보내 주세요.", "The body comes too slowly: send it again."
        raise Problem(408, "too_slow", ko, en, headers={"Connection": "close"}) from None


def _take(purse: Purse, names: list[str], size: int) -> None:
    try:
        purse.take(names, size)
    except Full:
        ko, en = (
            "지금 받는 파일이 너무 많습니다. 잠시 뒤 다시 보내 주세요.",
            "Too much is being taken in: send it again.",
        )
        raise Problem(503, "bodies_full", ko, en, headers={"Retry-After": "2"}) from None
