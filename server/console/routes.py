"""The pages: built by `server/web`, served with headers that let them load nothing from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from location_router.runtime.packed_files import PackedFiles
from server.connection import services_of

if TYPE_CHECKING:
    from server.settings import Settings

router = APIRouter()
STATIC = Path(os.environ.get("PAGES_DIR") or Path(__file__).parent / "static")

# address → the built file that answers there; what a page may show is asked of the API, never of its address
PAGES = {
    "/login": "login.html",
    "/account": "login.html",  # one's own account: both know passwords and second factors, and nothing else
    "/console": "console.html",
    "/admin": "admin.html",
    "/admin/{section}": "admin.html",
    "/wall": "monitor-wall.html",  # further screens of a console, which they follow (server/console/seats.py)
    "/map": "monitor-map.html",
    "/queue": "monitor-queue.html",
    "/agency": "agency.html",
    "/follow/{link}": "follow.html",
    "/invitation/{invitation}": "invitation.html",
    "/representative/{link}": "representative.html",
    "/notice/{link}": "notice.html",
    "/mine": "mine.html",
    "/respond/{link}": "respond.html",
    "/scouts": "scouts.html",
    "/scout/{link}": "scout.html",
}

PUSHED_TO = ("/follow/", "/invitation/", "/notice/", "/mine", "/guardian-worker.js")
"""Pages with a worker that shows pushes."""
SOS_PAGE = ("/sos", "/sos/worker.js")
OWN_PLACE = ("/sos", "/respond/", "/scout/", "/mine")
"""Where a person tells where she is, or an officer looks how far it is from here; no other page may ask for it."""
OWN_CAMERA = ("/scout/", "/mine")
"""Where one reads the other's code with the camera when they meet."""
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


@router.get("/sos")
async def sos(request: Request) -> Response:
    """The web SOS page. Where the router is stands in its head, so that not even that has to be asked for."""
    file, settings = STATIC / "sos.html", services_of(request).settings
    if not file.is_file():
        return HTMLResponse(_NOT_BUILT, 503)
    facts = {
        "ansim-router": settings.router_url.rstrip("/"),
        "ansim-home": settings.home_center,
        "ansim-text-number": settings.sos_text_number,
    }
    metas = "".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in facts.items())
    page = file.read_text(encoding="utf-8").replace("</head>", f"{metas}</head>", 1)
    return HTMLResponse(page, headers={"Cache-Control": "no-cache"})


@router.get("/sos/worker.js", include_in_schema=False)
async def sos_worker() -> Response:
    """Keeps the SOS page for when there is no network; it may answer for that page only."""
    file = STATIC / "sos-worker.js"
    if not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/sos"})


@router.get("/guardian-worker.js", include_in_schema=False)
async def guardian_worker() -> Response:
    """Shows pushes; it answers for no page's requests."""
    file = STATIC / "guardian-worker.js"
    if not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, headers={"Cache-Control": "no-cache"})


def mount_static(app: FastAPI) -> None:
    """The built assets; a checkout without them starts all the same."""
    app.mount("/static", PackedFiles(STATIC), name="static")


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
        to_router = urlsplit(settings.router_url)
        self._sos_policy = (
            f"default-src 'self'; connect-src 'self' {to_router.scheme}://{to_router.netloc}"
            f" ws{to_router.scheme[4:]}://{to_router.netloc}; worker-src 'self';"
            " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ).encode()
        self._guardian_policy = policy.replace("worker-src 'none'", "worker-src 'self'").encode()
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
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
                if scope["path"] in SOS_PAGE:  # its own WebSocket and worker, and where she is
                    headers = [one for one in headers if one[0] != b"content-security-policy"]
                    headers.append((b"content-security-policy", self._sos_policy))
                if scope["path"].startswith(PUSHED_TO):  # push needs a worker
                    headers = [one for one in headers if one[0] != b"content-security-policy"]
                    headers.append((b"content-security-policy", self._guardian_policy))
                place = b"(self)" if scope["path"].startswith(OWN_PLACE) else b"()"
                lens = b"(self)" if scope["path"].startswith(OWN_CAMERA) else b"()"
                told = b"camera=" + lens + b", microphone=(), geolocation=" + place
                headers.append((b"permissions-policy", told))
                if scope["path"].startswith("/api/"):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, with_headers)
