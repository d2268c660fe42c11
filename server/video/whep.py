"""WHEP, the second transport: `OPTIONS|POST /whep/{camera_id}`, then `GET|PATCH|DELETE /whep/session/{id}`.

The same gate, the same ends, the same notes in the log as for the socket; only the pictures go by WebRTC, one random
UDP port per viewer. `GET` tells a page once a second what the socket would tell it (state, a fresh ticket, the end and
its sentence); a player that asks nothing is ended all the same. aiortc is loaded at the first offer, in a thread.
The ticket goes as Bearer and there is no cookie, so any page may ask.
"""

from __future__ import annotations

import asyncio
import importlib
import secrets
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from server.video.gateway import Gate, Refused, Viewing
from server.video.sentences import end_sentence, refusal_sentence
from server.video.stream import CameraStream
from server.video.tickets import BadTicket, Ticket, renewed, same_address, sign
from server.video.viewings import CLOSE_ENDED, CLOSE_TRY_AGAIN, CLOSE_UNPLAYABLE, STATE_S, End, note_first_byte

if TYPE_CHECKING:
    from server.video.app import VideoDesk

MOST_PEERS = 60  # what one core carries, measured: 75
MOST_OFFER_BYTES = 64 * 1024
_REMEMBERED = 500
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location",
    "Cache-Control": "no-store",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "600",
    "Accept-Post": "application/sdp",
}

log = structlog.get_logger(__name__)


class PeerViewing:
    """One peer's viewing; the twin of `viewings.LiveViewing`."""

    def __init__(
        self, *, ticket: Ticket, viewing: Viewing, stream: CameraStream, gate: Gate, addresses: tuple[str, ...]
    ) -> None:
        self.viewing, self.ticket, self.stream = viewing, ticket, stream
        self.session_id = secrets.token_urlsafe(24)
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._gate, self._addresses = gate, addresses
        self._viewer = stream.join()
        self._peer: Any = None

    @property
    def was_ended_by_gate(self) -> bool:
        return self.ended.done() and self.ended.result().close_code == CLOSE_ENDED

    def end(self, end: End) -> None:
        """Stop sending now; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(end)

    async def answer(self, offer: str) -> str:
        """The SDP answer. Raises `peer.BadOffer`, a ValueError; nothing is kept then."""
        try:
            module = await asyncio.to_thread(importlib.import_module, "server.video.peer")
            module.offer_only_on(self._addresses)
            track = module.CameraTrack(self.stream, self._viewer)
            self._peer = module.Peer(track, address=self.ticket.address, on_first=self._on_first)
            return str(await self._peer.answer(offer))
        except BaseException:
            await self.close()
            raise

    async def run(self) -> None:
        gone = asyncio.create_task(self._peer.gone.wait())
        try:
            while not (gone.done() or self.ended.done()):
                await asyncio.wait((gone, self.ended), timeout=STATE_S, return_when=asyncio.FIRST_COMPLETED)
                if refusal := self.stream.state().refusal:
                    self.end(End(refusal, CLOSE_UNPLAYABLE))
        finally:
            gone.cancel()
            if self._peer.strayed:
                log.warning("pictures asked for elsewhere", release_id=self.viewing.release_id)
                self.end(End("address_not_registered", CLOSE_TRY_AGAIN))
            self.end(End("left", CLOSE_TRY_AGAIN, is_final=False))
            await self.close()

    async def close(self) -> None:
        self.stream.leave(self._viewer)
        if self._peer is not None:
            await self._peer.close()

    async def _on_first(self) -> bool:
        reason = await note_first_byte(self._gate, self.viewing.release_id)
        if reason:
            self.end(End(reason))
        return reason is None


class WhepDesk:
    """All peers of the process, by session; what ended is remembered for a while, so that the page can say why."""

    def __init__(self, desk: VideoDesk, addresses: tuple[str, ...] = ()) -> None:
        self._desk, self._addresses = desk, addresses
        self._open: dict[str, PeerViewing] = {}
        self._ended: OrderedDict[str, tuple[str, End]] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        self._answering = 0

    def __len__(self) -> int:
        return len(self._open) + self._answering

    async def offer(self, camera_id: str, ticket_text: str, address: str, sdp: str) -> tuple[str, str]:
        """(session id, answer). Raises BadTicket, Refused, ValueError for an offer that can't be answered, and what
        the gate raises when it is silent."""
        if len(self) >= MOST_PEERS:
            raise Refused("too_many_peers", *refusal_sentence("too_many_peers").values())
        self._answering += 1
        try:
            ticket, viewing, stream = await self._desk.admit(ticket_text, camera_id, address, purpose="whep")
            peer = PeerViewing(
                ticket=ticket, viewing=viewing, stream=stream, gate=self._desk.gate, addresses=self._addresses
            )
            answer = await peer.answer(sdp)
        finally:
            self._answering -= 1
        self._open[peer.session_id] = peer
        task = asyncio.create_task(self._run(peer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return peer.session_id, answer

    async def _run(self, peer: PeerViewing) -> None:
        try:
            await self._desk.viewings.run(peer)
        except Exception as error:
            log.error("a peer broke", release_id=peer.viewing.release_id, error=repr(error))
        finally:
            del self._open[peer.session_id]
            self._ended[peer.session_id] = peer.ticket.address, peer.ended.result()
            while len(self._ended) > _REMEMBERED:
                self._ended.popitem(last=False)

    def tell(self, session_id: str, address: str) -> dict[str, Any] | None:
        """What the socket would say now: `state` with a fresh ticket, or `end`; None for an unknown session."""
        peer = self._open.get(session_id)
        if peer is not None and same_address(peer.ticket.address, address):
            state = peer.stream.state()
            ticket = sign(renewed(peer.ticket, time.time()), self._desk.key)
            return {"type": "state", "state": state.state, "age_ms": state.age_ms, "ticket": ticket}
        told_to, end = self._ended.get(session_id, ("", None))
        if end is None or not same_address(told_to, address):
            return None
        if not end.is_final:
            return {"type": "left"}
        return {"type": "end", "reason": end.reason, **end_sentence(end.reason)}

    def leave(self, session_id: str) -> bool:
        peer = self._open.get(session_id)
        if peer is not None:
            peer.end(End("left", CLOSE_TRY_AGAIN, is_final=False))
        return peer is not None or session_id in self._ended

    async def close(self) -> None:
        for peer in list(self._open.values()):
            peer.end(End("left", CLOSE_TRY_AGAIN, is_final=False))
        if self._running:
            await asyncio.wait(self._running, timeout=1.0)


def whep_router(desk: VideoDesk) -> APIRouter:
    """The routes; sessions stand in `desk.whep`."""
    router = APIRouter(prefix="/whep")

    @router.options("/{path:path}")
    async def preflight(path: str) -> Response:
        return Response(status_code=204, headers=_HEADERS | _PREFLIGHT)

    @router.post("/{camera_id:path}")
    async def offer(camera_id: str, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/sdp":
            return _problem(415, "not_sdp")
        body = await request.body()
        ticket = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return await _answer(desk, camera_id, ticket, _address(request), body)

    @router.get("/session/{session_id}")
    async def tell(session_id: str, request: Request) -> Response:
        told = desk.whep.tell(session_id, _address(request))
        return JSONResponse(told, headers=_HEADERS) if told else _problem(404, "unknown_session")

    @router.patch("/session/{session_id}")
    async def trickle(session_id: str, request: Request) -> Response:
        """Our answer holds all candidates and the browser is found as it knocks: there is nothing to add."""
        known = desk.whep.tell(session_id, _address(request))
        return Response(status_code=204, headers=_HEADERS) if known else _problem(404, "unknown_session")

    @router.delete("/session/{session_id}")
    async def leave(session_id: str) -> Response:
        known = desk.whep.leave(session_id)
        return Response(status_code=200, headers=_HEADERS) if known else _problem(404, "unknown_session")

    return router


async def _answer(desk: VideoDesk, camera_id: str, ticket: str, address: str, body: bytes) -> Response:
    try:
        if len(body) > MOST_OFFER_BYTES:
            raise ValueError("the offer is too long")
        session_id, answer = await desk.whep.offer(camera_id, ticket, address, body.decode())
    except BadTicket as bad:
        return _problem(401, bad.code)
    except Refused as refused:
        log.info("refused", camera_id=camera_id, code=refused.code)
        status = 503 if refused.code in _BUSY else 403
        return _problem(status, refused.code, message_ko=refused.message_ko, message_en=refused.message_en)
    except ValueError as error:
        log.info("offer not answered", camera_id=camera_id, error=str(error)[:200])
        return _problem(400, "bad_offer")
    except Exception as error:
        log.error("the gate failed", camera_id=camera_id, error=repr(error))
        return _problem(503, "gate_silent")
    headers = _HEADERS | {"Location": f"/whep/session/{session_id}"}
    return Response(answer, 201, headers, "application/sdp")


_BUSY = frozenset({"too_many_peers", "no_room"})


def _problem(status: int, code: str, **sentence: str) -> Response:
    headers = _HEADERS | ({"Retry-After": "2"} if status == 503 else {})
    said = sentence or refusal_sentence(code)
    body = {"type": "refused", "code": code, **said}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
