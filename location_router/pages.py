"""The router's pages for administrators: built by `server/web` (`--mode router`), served here with headers that let
them load nothing from elsewhere, and the way in.

The pages live under `/manage`, their facts under `/admin` (the API). `PAGES_DIR_ROUTER` names another folder of built
pages. Borders for their map come from the same file of tiles that the centers use.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse
from starlette.types import Scope

from location_router.admin.access import bounds_of, foreign_page, is_own_page, name_of, session_of, sessions_of
from location_router.admin.sessions import COOKIE
from location_router.app import Router
from location_router.index import basemap_path
from location_router.runtime.packed_files import PackedFiles
from location_router.runtime.problems import Problem
from location_router.runtime.tile_file import BadTileFile, TileFile

page_routes = APIRouter(include_in_schema=False)
STATIC = Path(os.environ.get("PAGES_DIR_ROUTER") or Path(__file__).parent / "static")
PAGE = "router/manage.html"
FOREVER = "public, max-age=31536000, immutable"
WRONG_TOKEN_S = 0.5
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self';"
    " font-src 'self'; worker-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NOT_BUILT = """<!doctype html><html lang="ko"><meta charset="utf-8"><title>안심 라우터</title>
<h1>화면이 아직 만들어지지 않았습니다</h1><p>이 폴더에서 <code>make setup</code> 을 실행한 뒤 새로 고치세요.
경보는 <a href="/alarms">/alarms</a> 에서 바로 볼 수 있습니다.</p>
<p lang="en">The pages are not built yet: run <code>make setup</code>, then reload.
The alarms are at <a href="/alarms">/alarms</a>.</p></html>"""


class SignIn(BaseModel):
    """The administrator's token, as it would stand behind `Authorization: Bearer`."""

    model_config = ConfigDict(extra="forbid")
    token: str = Field(max_length=8000)


@page_routes.get("/")
async def root() -> Response:
    return RedirectResponse("/manage")


@page_routes.get("/manage")
@page_routes.get("/manage/{section}")
async def page() -> Response:
    file = STATIC / PAGE
    if not file.is_file():
        return HTMLResponse(_NOT_BUILT, 503, HEADERS)
    return FileResponse(file, headers=HEADERS | {"Cache-Control": "no-cache"})


# -- the way in


@page_routes.get("/manage/session/now")
async def who(request: Request) -> Response:
    """Who is signed in, `{"name": null}` for nobody: a question, so never an error on the page's first breath."""
    found = await session_of(request)
    told: dict[str, Any] = {"name": None, "now": datetime.now(UTC).isoformat()}
    if found is not None:
        told |= {"name": found.admin, "expires_at": found.expires_at.isoformat()}
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


@page_routes.post("/manage/session")
async def sign_in(given: SignIn, request: Request) -> Response:
    """A token becomes a cookie: HttpOnly, SameSite=Strict, Secure where the browser came by https."""
    if not is_own_page(request):
        raise foreign_page()
    token = given.token.strip()
    name = await asyncio.to_thread(name_of, token) if token else ""
    if not name:
        await asyncio.sleep(WRONG_TOKEN_S)
        raise Problem(
            401,
            "wrong_token",
            "등록된 토큰이 아닙니다. 다시 확인해 주세요.",
            "This token is not known here; check it again.",
            field="token",
        )
    digest, until = await asyncio.to_thread(bounds_of, token)
    secret, ends = await sessions_of(request).open(name, token_sha256=digest, until=until)
    answer = JSONResponse({"name": name, "expires_at": ends.isoformat()}, headers={"Cache-Control": "no-store"})
    is_https = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
    left_s = max(1, int((ends - datetime.now(UTC)).total_seconds()))
    answer.set_cookie(COOKIE, secret, max_age=left_s, httponly=True, samesite="strict", secure=is_https)
    return answer


@page_routes.delete("/manage/session")
async def sign_out(request: Request) -> Response:
    if not is_own_page(request):
        raise foreign_page()
    if secret := request.cookies.get(COOKIE, ""):
        await sessions_of(request).close(secret)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


# -- the map under the pages' maps: public data


def _borders(request: Request) -> TileFile | None:
    state, router = request.app.state, request.app.state.router
    assert isinstance(router, Router)
    held: TileFile | None = getattr(state, "basemap", None)
    if held is None or not held.is_current():
        try:
            held = state.basemap = TileFile.open(basemap_path(router.settings.boundary_snapshot))
        except BadTileFile:
            return held
    return held


@page_routes.get("/api/basemap")
async def about_basemap(request: Request) -> dict[str, Any]:
    """As a center's (docs/pages.md section 5), so that the same map draws it; never with streets."""
    file = await asyncio.to_thread(_borders, request)
    boundaries = None
    if file is not None:
        boundaries = {"version": file.version, "min_zoom": file.min_zoom, "max_zoom": file.max_zoom}
        boundaries |= {"source_date": file.metadata.get("source_date", "")}
    return {"boundaries": boundaries, "streets": None}


@page_routes.get("/basemap/{z}/{x}/{y}")
async def tile(request: Request, z: int, x: int, y: int, v: str = "") -> Response:
    file = await asyncio.to_thread(_borders, request)
    body = file.get(z, x, y) if file is not None else None
    if file is None or body is None:
        return Response(status_code=204)
    headers = {"Cache-Control": FOREVER if v == file.version else "no-cache"}
    if file.is_gzipped:
        headers["Content-Encoding"] = "gzip"  # every browser takes it, and nobody else asks here
    return Response(body, media_type=file.media_type, headers=headers)


class _SafeFiles(PackedFiles):
    """Built files that no page of another origin may use or frame: the page itself lies among them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers.update(HEADERS)
        return answer


def mount_pages(app: FastAPI) -> None:
    """Pages, sign-in and built files; a checkout without built pages starts all the same."""
    app.include_router(page_routes)
    app.mount("/static", _SafeFiles(STATIC), name="static")
