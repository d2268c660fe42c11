"""No request body grows without a bound: who sends too much is answered 413, and the rest is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware. What a client announces is believed, what it sends is counted. `larger`: bounds of their own for
    addresses that begin so (`*` stands for anything), whose routes stream a body to disk."""

    def __init__(self, app: ASGIApp, most_bytes: int, larger: Mapping[str, int] | None = None) -> None:
        self._app, self._most_bytes, self._larger = app, most_bytes, dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        most = next((n for path, n in self._larger.items() if fnmatchcase(scope["path"], f"{path}*")), self._most_bytes)
        left = most
        is_too_long = not announced.isdigit() or int(announced[:12]) > most

        async def counted() -> Message:
            nonlocal left
            if is_too_long:
                raise HTTPException(413, "too long")
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    raise HTTPException(413, "too long")
            return message

        await self._app(scope, counted, send)
