"""Whatever changes something comes from our own pages, or from a program: one rule before all routes.

`SameSite=Strict` keeps a stranger's page from using our cookies, but not a page on another port of this host or on
another host of the city's domain. So the browser's own word counts: `Origin`, and `Sec-Fetch-Site`, which a page can't
forge. Programs say neither, and have no cookie of a person's browser. Sockets ask `same_origin` themselves: a browser
can read a close code, but not a refused handshake.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from location_router.runtime.problems import Problem, answer_of
from server.connection import same_origin

READING = frozenset(("GET", "HEAD", "OPTIONS"))
OWN_SITES = frozenset(("same-origin", "none"))


class OwnPagesOnly:
    """ASGI middleware: 403 `foreign_page` for a change that another site's page asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in READING and not is_own(HTTPConnection(scope)):
            return await answer_of(foreign_page())(scope, receive, send)
        await self._app(scope, receive, send)


def is_own(connection: HTTPConnection) -> bool:
    """Whether no other site's page is behind this request."""
    return same_origin(connection) and connection.headers.get("sec-fetch-site", "none") in OWN_SITES


def foreign_page() -> Problem:
    return Problem(
        403,
        "foreign_page",
        "이 화면에서는 할 수 없습니다. 안심 화면을 직접 열어 다시 시도하세요.",
        "Not from this page: open Ansim's own page and try again.",
    )
