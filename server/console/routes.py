"""The pages: built by `server/web`, served with headers that let them load nothing from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from server.settings import Settings

router = APIRouter()
STATIC = Path(os.environ.get("PAGES_DIR") or Path(__file__).parent / "static")

# address → the built file that answers there; what a page may show is asked of the API, never of its address
PAGES = {
    "/login": "login.html",
    "/account": "login.html",  # one's own account: both know passwords and second factors, and nothing else
    "/console": "console.html",
    "/admin/cameras": "admin-cameras.html",
    "/agency": "agency.html",
    "/follow/{link}": "follow.html",
    "/respond/{link}": "respond.html",
}

_NOT_BUILT = """<!doctype html><html lang="ko"><meta charset="utf-8"><title>안심</title>
<h1>화면이 아직 만들어지지 않았습니다</h1><p>이 폴더에서 <code>make setup</code> 을 실행한 뒤 새로 고치세요.</p>
<p lang="en">The pages are not built yet: run <code>make setup</code>, then reload.</p></html>"""


def _page(name: str) -> Response:
    file = STATIC / name
    if not file.is_file():
        return HTMLResponse(_NOT_BUILT, 503)
    return FileResponse(file, headers={"Cache-Control": "no-cache"})


@router.get("/")
async def root() -> Response:
    return RedirectResponse("/login")


def _page_route(file: str) -> Callable[[], Awaitable[Response]]:
    async def page() -> Response:
        return _page(file)

    return page


for _address, _file in PAGES.items():
    router.add_api_route(_address, _page_route(_file), methods=["GET"], name=_address)


def mount_static(app: FastAPI) -> None:
    """The built assets; a checkout without them starts all the same."""
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")


class SafeHeaders:
    """ASGI middleware: content security policy and its kin on every HTTP answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        video = urlsplit(settings.video_public_url)
        web = f"http{video.scheme[2:]}://{video.netloc}"  # WHEP beside the socket
        connect = f"'self' {video.scheme}://{video.netloc} {web}" if video.netloc else "'self'"
        media = f"'self' blob: {web}" if video.netloc else "'self' blob:"  # recordings are plain addresses there
        relay, media_server = urlsplit(settings.video_relay_url), urlsplit(settings.mediamtx_public_url)
        if relay.netloc:
            connect += f" {relay.scheme}://{relay.netloc} http{relay.scheme[2:]}://{relay.netloc}"
            media += f" http{relay.scheme[2:]}://{relay.netloc}"
        if media_server.netloc:
            connect += f" {media_server.scheme}://{media_server.netloc}"
        policy = (
            f"default-src 'self'; connect-src {connect}; img-src 'self'; media-src {media};"
            " style-src 'self'; font-src 'self'; worker-src 'none';"
            " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self)"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]
        if settings.origin.startswith("https://"):
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), *self._headers]
                if scope["path"].startswith("/api/"):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, with_headers)
