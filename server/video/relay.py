"""`ansim relay`: the door between two networks. Only what carries a ticket of ours goes through, to one upstream.

It knows no camera, no database and no VIDEO_KEY: it verifies tickets with their public half, says in a signed header
for whom it asks (`relayed.py`), and writes its own log before the first byte (`relay_log.py`). Whether somebody may
look is decided behind it: the video process asks the gate, and what it ends here ends at once.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from location_router.runtime.limits import BodyLimit
from server.video.relay_door import Full
from server.video.relay_notes import Notes
from server.video.relay_socket import carry, refuse
from server.video.relayed import HEADER, Asked, stamp
from server.video.sentences import refusal_sentence
from server.video.tickets import BadTicket, Purpose, Ticket, same_address, verify

CLOSE_BAD_TICKET, CLOSE_TRY_AGAIN = 4401, 1013
MOST_BODY_BYTES = 64 * 1024  # an SDP offer; a player sends nothing else
MOST_BEGUN = 10_000
_PASSED_ON = ("range", "if-range", "if-none-match", "if-modified-since", "content-type", "if-match", "accept")
_PASSED_BACK = (
    *("content-type", "content-length", "content-range", "accept-ranges", "etag", "last-modified", "cache-control"),
    *("content-disposition", "location", "link", "accept-patch", "accept-post", "retry-after"),
    *("x-ansim-begin", "x-ansim-end", "x-ansim-part", "x-ansim-parts"),
    *("access-control-allow-origin", "access-control-expose-headers"),
)
_SESSION = re.compile(r"/whep/session/[A-Za-z0-9_-]{8,80}")

log = structlog.get_logger("relay")


@dataclass(frozen=True)
class Upstream:
    """The one video process behind the relay: `http(s)://host:port`, and how its certificate is checked."""

    url: str
    http: httpx.AsyncClient
    tls: Any = None

    @property
    def socket_url(self) -> str:
        return "ws" + self.url[4:]


@dataclass(kw_only=True)
class Relay(Notes):
    """What one relay process holds. `begun`: tickets in use (a film goes on after its ticket's minute), `sessions`: the
    WHEP sessions that were begun here, each with its ticket."""

    upstream: Upstream
    tickets: Ed25519PublicKey
    most_bytes: int
    begun: OrderedDict[str, None] = field(default_factory=OrderedDict)
    sessions: OrderedDict[str, Ticket] = field(default_factory=OrderedDict)

    def ticket(self, text: str, purpose: Purpose, address: str, *, camera_id: str | None = None) -> Ticket:
        begun = self.begun if purpose == "clip" else ()
        ticket = verify(
            text, self.tickets, purpose=purpose, address=address, now=time.time(), camera_id=camera_id, begun=begun
        )
        _remember(self.begun, ticket.ticket_id, None)
        return ticket

    def stamp(self, asked: Asked, address: str, head: str) -> dict[str, str]:
        return {HEADER: stamp(self.key, asked, address=address, head=head, now=time.time())}

    def about(self, ticket: Ticket, address: str) -> dict[str, Any]:
        return {"release": ticket.release_id, "who": ticket.viewer_id, "from": self.digest(address)}


def create_relay(relay: Relay) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await relay.note("started")
        yield
        await relay.note("stopped")
        relay.log.close()
        await relay.upstream.http.aclose()

    app = FastAPI(title="Ansim relay", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.relay = relay

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        return {"ok": True, "role": "relay", "open": relay.door.open, "upstream": await is_reached(relay.upstream)}

    @app.websocket("/video/{camera_id:path}")
    async def video(browser: WebSocket, camera_id: str, ticket: str = "") -> None:
        await _watch(relay, browser, camera_id, ticket)

    @app.api_route("/whep/session/{session_id}", methods=["GET", "PATCH", "DELETE"])
    async def session(request: Request) -> Response:
        return await _session(relay, request)

    @app.api_route("/whep/{camera_id:path}", methods=["OPTIONS", "POST"])
    async def whep(request: Request, camera_id: str) -> Response:
        return await _knock(relay, request, "whep", _bearer(request), camera_id=camera_id)

    @app.api_route("/clips/{release_id}", methods=["GET", "HEAD"])
    async def clip(request: Request, release_id: str, ticket: str = "") -> Response:
        return await _knock(relay, request, "clip", ticket, release_id=release_id)

    @app.get("/clips/{release_id}/times")
    async def times(request: Request, release_id: str, ticket: str = "") -> Response:
        return await _knock(relay, request, "clip", ticket, release_id=release_id)

    @app.websocket("/{path:path}")
    async def other_socket(browser: WebSocket) -> None:
        await relay.note_refusal("unknown_path", _address(browser), "socket")
        await browser.close(4404)

    @app.api_route("/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def other(request: Request) -> Response:
        await relay.note_refusal("unknown_path", _address(request), "http")
        return _problem(404, "unknown_path")

    app.add_middleware(BodyLimit, most_bytes=MOST_BODY_BYTES)
    return app


async def _watch(relay: Relay, browser: WebSocket, camera_id: str, text: str) -> None:
    await browser.accept()
    address = _address(browser)
    try:
        ticket = relay.ticket(text, "live", address, camera_id=camera_id)
    except BadTicket as bad:
        await relay.note_refusal(bad.code, address, "video")
        return await refuse(browser, bad.code, CLOSE_BAD_TICKET)
    try:
        with relay.door.enter(address):
            about = {"what": "video", **relay.about(ticket, address)}
            head = await relay.note("opened", **about)
            query = browser.scope["query_string"].decode("latin-1")
            headers = relay.stamp(Asked("WS", browser.scope["path"], query), address, head)
            end = await carry(browser, relay.upstream, headers, most_bytes=relay.most_bytes)
            await relay.note("closed", bytes=end.bytes, reason=end.reason, **about)
    except Full:
        await relay.note_refusal("relay_full", address, "video")
        await refuse(browser, "relay_full", CLOSE_TRY_AGAIN)
    except OSError as error:  # what can't be written down does not happen
        log.error("relay_log_failed", error=str(error))
        await refuse(browser, "relay_log", CLOSE_TRY_AGAIN)
    return None


async def _knock(
    relay: Relay, request: Request, purpose: Purpose, text: str, *, camera_id: str | None = None, release_id: str = ""
) -> Response:
    address = _address(request)
    try:
        ticket = relay.ticket(text, purpose, address, camera_id=camera_id)
        if release_id and ticket.release_id != release_id:
            raise BadTicket("ticket_invalid")
    except BadTicket as bad:
        await relay.note_refusal(bad.code, address, purpose)
        return _problem(401, bad.code)
    return await _forward(relay, request, ticket, purpose, address)


async def _session(relay: Relay, request: Request) -> Response:
    """Trickle and goodbye of a WHEP session that was begun through this relay, from the same address."""
    address, ticket = _address(request), relay.sessions.get(request.url.path)
    if ticket is None or not same_address(ticket.address, address):
        await relay.note_refusal("unknown_session", address, "whep")
        return _problem(404, "unknown_path")
    # its beginning stands in the log; a page asks each second how it is, and no picture is in these answers
    return await _forward(relay, request, ticket, "whep", address, is_noted=False)


async def _forward(
    relay: Relay, request: Request, ticket: Ticket, what: str, address: str, *, is_noted: bool = True
) -> Response:
    about = {"what": what, **relay.about(ticket, address)} if is_noted else None
    with ExitStack() as held:
        try:
            held.enter_context(relay.door.enter(address))
            head = await relay.note("opened", **about) if about else str(relay.log.head)
            answer = await _ask(relay, request, address, head)
        except Full:
            await relay.note_refusal("relay_full", address, what)
            return _problem(503, "relay_full")
        except OSError as error:  # what can't be written down does not happen
            log.error("relay_log_failed", error=str(error))
            return _problem(503, "relay_log")
        except httpx.HTTPError as error:
            log.warning("upstream_away", error=type(error).__name__)
            if about:
                await relay.note("closed", bytes=0, reason="upstream_away", **about)
            return _problem(502, "upstream_away")
        location = answer.headers.get("location", "")
        if answer.status_code == 201 and _SESSION.fullmatch(location):
            _remember(relay.sessions, location, ticket)
        return _Passage(relay, answer, about, held.pop_all())


async def _ask(relay: Relay, request: Request, address: str, head: str) -> httpx.Response:
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    headers = {name: value for name, value in request.headers.items() if name in _PASSED_ON}
    authorization = request.headers.get("authorization", "")
    if authorization:
        headers["authorization"] = authorization
    headers |= relay.stamp(Asked(request.method, path, query, authorization), address, head)
    headers["accept-encoding"] = "identity"  # pictures don't compress, and bytes are counted as they go
    raw = request.scope["raw_path"] + (b"?" + query.encode("latin-1") if query else b"")
    url = httpx.URL(relay.upstream.url).copy_with(raw_path=raw)
    asked = relay.upstream.http.build_request(request.method, url, headers=headers, content=await request.body())
    return await relay.upstream.http.send(asked, stream=True)


class _Passage(StreamingResponse):
    """Upstream's answer on its way: counted, cut at the limit, and written down when it ends, however it ends."""

    def __init__(self, relay: Relay, answer: httpx.Response, about: dict[str, Any] | None, held: ExitStack) -> None:
        headers = {name: value for name, value in answer.headers.items() if name in _PASSED_BACK}
        super().__init__(self._chunks(), answer.status_code, headers)
        self._relay, self._answer, self._about, self._held = relay, answer, about, held
        self._bytes, self._reason = 0, "viewer_left"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._held.close()
            await asyncio.shield(asyncio.gather(self._answer.aclose(), self._note(), return_exceptions=True))

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.aiter_raw():
                if self._bytes + len(chunk) > self._relay.most_bytes:
                    self._reason = "too_much"
                    return
                yield chunk
                self._bytes += len(chunk)
            self._reason = "done"
        except httpx.HTTPError:
            self._reason = "upstream_away"
            raise

    async def _note(self) -> None:
        if self._about is None:
            return
        status = self._answer.status_code
        await self._relay.note("closed", bytes=self._bytes, reason=self._reason, status=status, **self._about)


async def is_reached(upstream: Upstream) -> bool:
    """Whether the video process answers, with a certificate that holds."""
    try:
        return (await upstream.http.get(upstream.url + "/healthz", timeout=2.0)).status_code == 200
    except httpx.HTTPError:
        return False


def _remember(kept: OrderedDict[str, Any], name: str, value: Any) -> None:
    kept[name] = value
    kept.move_to_end(name)
    while len(kept) > MOST_BEGUN:
        kept.popitem(last=False)


def _address(request: Request | WebSocket) -> str:
    return request.client.host if request.client else ""


def _bearer(request: Request) -> str:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""


def _problem(status: int, code: str) -> JSONResponse:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "2"} if status in (502, 503) else {})
    body = {"code": code, **refusal_sentence(code)}
    return JSONResponse(body, status, headers, media_type="application/problem+json")
