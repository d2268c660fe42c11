"""Every line of a log says which request it belongs to, and which alert or incident, if the path names one.

The id a proxy or a client sent (`X-Request-ID`) is taken over when it is one, else made; the answer carries it back.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from location_router.runtime.hiding import hide

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)
_NAMED = re.compile(r"/(alert|incident|dispatch)(?:e?s)/([0-9a-fA-F]{8}-[0-9a-fA-F-]{27})(?=/|$)")


class RequestIds:
    """ASGI middleware, the outermost: what is logged after everything else has failed has the id too. Nothing is
    unbound: a request has a task, and so a context, of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            send = named(scope, send)
        await self._app(scope, receive, send)


def install_request_ids(app: FastAPI) -> None:
    """Around all of `app`, its handler of last resort included, which middleware of FastAPI's own can't be."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: RequestIds(build())  # type: ignore[method-assign]


def named(scope: Scope, send: Send) -> Send:
    """Bind the ids of this request to the logs; returns the `send` that answers with the request's id."""
    request_id = _given(scope) or uuid4().hex
    found: Any = {f"{kind}_id": number.lower() for kind, number in _NAMED.findall(scope["path"])}
    bind_contextvars(request_id=request_id, **found)
    header = (b"x-request-id", request_id.encode())

    async def answering(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message["headers"] = [*message.get("headers", ()), header]
        await send(message)

    return answering


def _given(scope: Scope) -> str:
    """The id that came with the request, if it is one: no text of somebody's, no phone number."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = str(value.decode("latin-1"))
            return text if _SANE.fullmatch(text) and hide(text) == text else ""
    return ""
