"""No request body grows without a bound: who sends too much is answered 413, and the rest is not kept."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware. What a client announces is believed, what it sends is counted."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app, self._most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        left = self._most_bytes
        is_too_long = not announced.isdigit() or int(announced[:12]) > self._most_bytes

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
