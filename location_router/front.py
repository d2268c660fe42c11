"""The shortest way from the socket to an alert: `POST /v1/alerts` of a phone passes by the routing of everything else.

Same handler, same answers as the route of that name, which stays for browsers (CORS) and for the documentation; what
is saved is a dozen layers that an alert has no use for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from location_router.runtime.db import Unavailable
from location_router.runtime.problems import Problem, answer_of, unavailable, unexpected
from location_router.runtime.request_ids import named

PATH = "/v1/alerts"


class AlertsFirst(FastAPI):
    """The application; `take` answers an alert."""

    take: Callable[[Request], Awaitable[Response]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST" or _is_browser(scope):
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        send = named(scope, send)
        try:
            response = await self.take(Request(scope, receive))
        except Problem as problem:
            response = answer_of(problem)
        except Unavailable as error:
            response = unavailable(error)
        except Exception as error:
            response = unexpected(PATH, error)
        await response(scope, receive, send)


def _is_browser(scope: Scope) -> bool:
    return any(name == b"origin" for name, _ in scope["headers"])
