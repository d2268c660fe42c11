"""`ansim relay requests`: the door for requests between an agency's network and the center's (or the router's), and
for states back.

It holds no key of any line and no database: what passes is passed byte for byte, signed end to end, and nothing is
acknowledged here; the only 2xx are the center's (or, outwards, the agency's) own. Before a call goes on a line about it
is on disk. `relay_rules.py` says what may pass; the center hears in a signed header whose call it is (`relayed.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import httpx
import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from location_router.runtime.one_by_one import one_by_one
from server import relay_rules as rules
from server.relay_rules import Book, Passage, Stopped
from server.video.relay import Upstream, is_reached
from server.video.relay_door import Full, Purse
from server.video.relay_notes import Notes
from server.video.relay_socket import carry, refuse
from server.video.relayed import HEADER, Asked, stamp

Direction = Literal["both", "in", "out"]
BODY_S, ANSWER_S = 20.0, 15.0
MOST_ANSWER_BYTES, MOST_LIVE_BYTES = 12 * 1024 * 1024, 64 * 1024 * 1024
CLOSE_REFUSED, CLOSE_TRY_AGAIN = 4403, 1013
_PASSED_ON = ("content-type", "accept-language")
_PASSED_BACK = ("content-type", "retry-after", "cache-control", "x-ansim-delayed")
T = TypeVar("T")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

log = structlog.get_logger("relay")


@dataclass(kw_only=True)
class RequestRelay(Notes):
    """What one process holds. `agencies`: the one client of each that listens; `purse_in`, `purse_out`: what bodies
    longer than a letter may take, of agencies' calls and of centers' messages."""

    book: Book
    center: Upstream
    agencies: Mapping[str, httpx.AsyncClient]
    centers: tuple[str, ...]
    """Networks (CIDR) of the center's machines, which may send messages out."""
    direction: Direction = "both"
    before: rules.Before = "center"
    """What `center` is: the one center, or a router."""
    purse_in: Purse
    purse_out: Purse

    async def close(self) -> None:
        self.log.close()
        for client in (self.center.http, *self.agencies.values()):
            await client.aclose()

    @asynccontextmanager
    async def body_of(
        self, request: Request, door: rules.Door, purse: Purse, names: tuple[str, ...]
    ) -> AsyncIterator[bytes]:
        """The body, for as long as it is worked with: never more than this door takes, nor more than the purse has for
        these names. A letter needs none: there are no more of them than places. Raises Stopped, Full."""
        body, held = bytearray(), 0
        try:
            async with asyncio.timeout(BODY_S):
                async for chunk in request.stream():
                    if len(body) + len(chunk) > door.most_bytes:
                        raise Stopped("too_large", "body", f"> {door.most_bytes} bytes")
                    if door.most_bytes > rules.LETTER:
                        purse.take(names, len(chunk))
                        held += len(chunk)
                    body += chunk
            yield bytes(body)
        finally:
            purse.give_back(names, held)


@dataclass(frozen=True, slots=True)
class _Way:
    """One passage to its end: which client takes it where, with which headers."""

    http: httpx.AsyncClient
    url: httpx.URL
    headers: dict[str, str]
    only_receipt: bool = False


def create_request_relay(relay: RequestRelay, out_port: int = 0) -> ASGIApp:
    """The app of both sides: what comes in at `out_port` is a center's message, everything else an agency's call."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await relay.note("started", direction=relay.direction)
        yield
        await relay.note("stopped")
        await relay.close()

    async def healthz(_: Request) -> Response:
        told = {"ok": True, "role": "request-relay", "open": relay.door.open, "direction": relay.direction}
        return JSONResponse(told | {"upstream": await is_reached(relay.center)})

    def side(handle: Callable[[Request], Awaitable[Response]]) -> list[Route]:
        return [Route("/healthz", healthz), Route("/{path:path}", handle, methods=_METHODS)]

    async def from_agency(request: Request) -> Response:
        return await _passed(relay, request, _inwards)

    async def from_center(request: Request) -> Response:
        return await _passed(relay, request, _outwards)

    async def live(socket: WebSocket) -> None:
        await _live(relay, socket)

    agencies = Starlette(routes=[*side(from_agency), WebSocketRoute("/{path:path}", live)], lifespan=lifespan)
    return _Sides(agencies, Starlette(routes=side(from_center)), out_port)


class _Sides:
    """Which network a connection came from is told by the socket that took it, by nothing in the request."""

    def __init__(self, agencies: ASGIApp, centers: ASGIApp, out_port: int) -> None:
        self._agencies, self._centers, self._out_port = agencies, centers, out_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_out = self._out_port and scope["type"] != "lifespan" and scope["server"][1] == self._out_port
        await (self._centers if is_out else self._agencies)(scope, receive, send)


_Judge = Callable[[RequestRelay, Request], tuple[Passage, Callable[[str], _Way]]]


async def _passed(relay: RequestRelay, request: Request, judge: _Judge) -> Response:
    """One call from its first byte to its answer. Whatever stops it is said as a problem and written down."""
    address, is_out = _address(request), judge is _outwards
    try:
        passage, way = judge(relay, request)
        rules.check_signed(request.headers, "center" if is_out else relay.before)
        name, purse = _name(passage), relay.purse_out if is_out else relay.purse_in
        # A center's machines are one address for all agencies: there the one that is spoken to counts instead.
        at = f"to {name}" if is_out else address
        with relay.door.enter(at, name):
            async with relay.body_of(request, passage.door, purse, (name, at)) as body:
                digest = await _beside(body, partial(_looked_at, passage.door, request.headers, body))
                return await _carried(relay, request, passage, way, body, digest)
    except Full:
        stopped = Stopped("relay_full")
    except TimeoutError:
        stopped = Stopped("too_slow", "body")
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it
    except Stopped as caught:
        stopped = caught
    await relay.note_refusal(stopped.code, address, "out" if is_out else "in")
    return _problem(stopped)


def _looked_at(door: rules.Door, headers: Mapping[str, str], body: bytes) -> str:
    """The digest for the log, of a body that is what it is said to be. Raises Stopped."""
    rules.check_shape(door, headers.get("content-type", ""), body)
    return rules.digest_of(headers, body)


async def _beside(body: bytes, work: Callable[[], T]) -> T:
    """What is more than a letter is worked at beside the event loop, one after the other: it holds up nobody's call."""
    return await one_by_one(work) if len(body) > rules.LETTER else work()


async def _carried(
    relay: RequestRelay, request: Request, passage: Passage, way: Callable[[str], _Way], body: bytes, digest: str
) -> Response:
    """The line before, the call, the line after. Nothing goes on that could not be written down."""
    about = _about(relay, passage, _address(request))
    try:
        head = await relay.note("opened", bytes=len(body), digest=digest, **about)
    except OSError as error:
        log.error("relay_log_failed", error=str(error))
        return _problem(Stopped("relay_log"))
    began, outcome = time.monotonic(), Stopped("other_side_away")
    try:
        async with asyncio.timeout(ANSWER_S):
            answer, back = await _asked(way(head), request.method, body)
    except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout):
        outcome = Stopped("other_side_slow")
    except httpx.HTTPError as error:
        log.warning("other_side_away", error=type(error).__name__)
    except Stopped as stopped:
        outcome = stopped
    else:
        spent_ms = round((time.monotonic() - began) * 1000)
        await _note_end(relay, about, status=answer.status_code, bytes=len(back), ms=spent_ms)
        headers = {name: value for name, value in answer.headers.items() if name in _PASSED_BACK}
        return Response(back, answer.status_code, headers)
    await _note_end(relay, about, reason=outcome.code)
    return _problem(outcome)


async def _note_end(relay: RequestRelay, about: dict[str, Any], **values: Any) -> None:
    """The other side has answered: an answer is not withheld because a disk is full now. The next call is."""
    try:
        await relay.note("closed", **values, **about)
    except OSError as error:
        log.error("relay_log_failed", error=str(error))


async def _asked(way: _Way, method: str, body: bytes) -> tuple[httpx.Response, bytes]:
    """Once more where the other side has hung up a kept connection at that very moment: the same bytes with the same id
    count once. Raises httpx.HTTPError, Stopped `other_side_odd`."""
    try:
        return await _asked_once(way, method, body)
    except httpx.RemoteProtocolError:
        return await _asked_once(way, method, body)


async def _asked_once(way: _Way, method: str, body: bytes) -> tuple[httpx.Response, bytes]:
    back = bytearray()
    async with way.http.stream(method, way.url, headers=way.headers, content=body) as answer:
        if answer.is_redirect or answer.status_code < 200:
            raise Stopped("other_side_odd")
        async for chunk in answer.aiter_raw():
            back += chunk
            if len(back) > MOST_ANSWER_BYTES:
                raise Stopped("other_side_odd")
    whole = bytes(back)
    return answer, await _beside(whole, partial(rules.receipt, whole)) if way.only_receipt else whole


def _inwards(relay: RequestRelay, request: Request) -> tuple[Passage, Callable[[str], _Way]]:
    path, query, address = _asked_for(request)
    passage = _passage(relay, request, request.method, (path, query, address))

    def way(head: str) -> _Way:
        headers = _headers(request.headers, relay.before)
        if relay.before == "center":
            headers |= _stamp(relay, Asked(request.method, path), address, head)
        return _Way(relay.center.http, httpx.URL(relay.center.url + path), headers, relay.direction == "in")

    return passage, way


def _passage(relay: RequestRelay, asked: Request | WebSocket, method: str, where: tuple[str, str, str]) -> Passage:
    """`where`: path, query and address. Raises Stopped."""
    is_one_way = relay.direction == "in"
    if relay.before == "center":
        return rules.inwards(relay.book, method, *where, is_one_way=is_one_way)
    sender = asked.headers.get(rules.SIGNED_FOR_ROUTER[0], "")
    return rules.to_router(relay.book, method, *where, sender=sender, is_one_way=is_one_way)


def _outwards(relay: RequestRelay, request: Request) -> tuple[Passage, Callable[[str], _Way]]:
    path, query, address = _asked_for(request)
    passage, agency = rules.outwards(relay.book, request.method, path, query, address, centers=relay.centers)
    return passage, lambda _: _Way(relay.agencies[passage.who], httpx.URL(agency.listens), _headers(request.headers))


async def _live(relay: RequestRelay, socket: WebSocket) -> None:
    """The states of one request on a line that stays open: the center's words to the agency, nothing back."""
    await socket.accept()
    address, path = _address(socket), socket.scope["raw_path"].decode("latin-1")
    query = socket.scope["query_string"].decode("latin-1")
    try:
        passage = _passage(relay, socket, "WS", (path, query, address))
        if relay.before == "center":
            rules.check_signed(socket.headers)
        with relay.door.enter(address, _name(passage)):
            about = _about(relay, passage, address)
            head = await relay.note("opened", digest=rules.digest_of(socket.headers, query.encode()), **about)
            headers: dict[str, str] = {}  # before a router the token in the query is all that it goes by
            if relay.before == "center":
                headers = {name: socket.headers[name] for name in rules.SIGNED}
                headers |= _stamp(relay, Asked("WS", path), address, head)
            end = await carry(socket, relay.center, headers, most_bytes=MOST_LIVE_BYTES, say=rules.say)
            await _note_end(relay, about, bytes=end.bytes, reason=end.reason)
    except Full:
        await relay.note_refusal("relay_full", address, "live")
        await refuse(socket, "relay_full", CLOSE_TRY_AGAIN, say=rules.say)
    except Stopped as stopped:
        await relay.note_refusal(stopped.code, address, "live")
        await refuse(socket, stopped.code, CLOSE_REFUSED, say=rules.say)
    except OSError as error:
        log.error("relay_log_failed", error=str(error))
        await refuse(socket, "relay_log", CLOSE_TRY_AGAIN, say=rules.say)


def _name(passage: Passage) -> str:
    """Whose places and bytes these are: a reader may be called as an agency is."""
    return f"{'reader' if passage.door.call == 'reads' else 'agency'} {passage.who}"


def _about(relay: RequestRelay, passage: Passage, address: str) -> dict[str, Any]:
    named = {"about": passage.about.lower()} if passage.about else {}
    return {"what": passage.door.kind, "who": passage.who, "from": relay.digest(address), **named}


def _stamp(relay: RequestRelay, asked: Asked, address: str, head: str) -> dict[str, str]:
    return {HEADER: stamp(relay.key, asked, address=address, head=head, now=time.time())}


def _headers(given: Mapping[str, str], before: rules.Before = "center") -> dict[str, str]:
    names = (*rules.signed_by(before), *_PASSED_ON)
    return {name: given[name] for name in names if name in given} | {"accept-encoding": "identity"}


def _asked_for(request: Request) -> tuple[str, str, str]:
    """(path as it came, query, address)."""
    path = request.scope["raw_path"].decode("latin-1")
    return path, request.scope["query_string"].decode("latin-1"), _address(request)


def _address(connection: Request | WebSocket) -> str:
    return connection.client.host if connection.client else ""


def _problem(stopped: Stopped) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "2"} if stopped.status >= 500 else {})
    return JSONResponse(stopped.body(), stopped.status, headers, media_type="application/problem+json")
