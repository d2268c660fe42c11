"""SOS pages in a browser: which sites' pages may send an alert and read the answer (CORS).

The page is served by a home center, the alert goes straight to the router. Allowed are the origins of registered
installations and those of `WEB_ORIGINS`. CORS keeps a foreign page from reading our answer; it does not keep an alert
out, and must not (invariant 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from location_router.app import Router

PATH = "/v1/alerts"


class WebOrigins(CORSMiddleware):
    def __init__(self, app: ASGIApp, router: Router) -> None:
        super().__init__(
            app,
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "X-Ansim-Delayed"],
            max_age=600,
        )
        self._router = router
        self._given = frozenset(
            one.strip().rstrip("/") for one in router.settings.web_origins.split(",") if one.strip()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] == PATH or scope["path"].startswith(PATH + "/")):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def is_allowed_origin(self, origin: str) -> bool:
        known = {_origin(one.https_url) for one in self._router.registry.installations.values()}
        return origin in self._given or (bool(origin) and origin in known)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
