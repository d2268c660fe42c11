"""`GET /clips/{release_id}?ticket=…`: a piece of a recording for a plain `<video>`, with range.

The ticket opens the door once, within its 60 s; after the first byte the release itself is the permission, since a
player asks again and again for minutes. So the gate is asked at each request, and twice a second while bytes flow: a
download ends within a second of the incident, the agreement, the login or the release. What flows is laid over the
recorded files (`server/video/film.py`): there is no copy that somebody would have to delete.

`part`: a camera that changes its picture's format begins another film. Headers: `X-Ansim-Begin` and `-End` are the true
first and last moments (the key frame before what was asked), `X-Ansim-Parts` how many films there are. `…/times` says
which second of the film shows which moment; what is missing is cut out, never a picture that stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from location_router.runtime.ending import end
from server.video.film import Film, NotOurs, Reel, Slice, film_of, read_reel
from server.video.fmp4 import TIMESCALE
from server.video.gateway import Refused
from server.video.ranges import Unsatisfiable, byte_range
from server.video.sentences import refusal_sentence
from server.video.tickets import BadTicket, Ticket, verify
from server.video.viewings import GATE_SILENCE_S, note_first_byte

if TYPE_CHECKING:
    from server.video.app import VideoDesk

CHUNK_BYTES = 256 * 1024
LOOK_S, AWAY_S, SWEEP_S = 0.4, 900.0, 30.0
_GATE_TIMEOUT_S, _FILMS = 5.0, 64

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One file of a piece; `begin_at` is when its first picture arrived. Files of one `format` play as one film."""

    path: Path
    begin_at: datetime
    format: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What a release shows: between the two moments, from these files in order. `has_begun`: it was seen before."""

    release_id: str
    begin_at: datetime
    end_at: datetime
    files: tuple[Recorded, ...]
    has_begun: bool

    def parts(self) -> list[list[Recorded]]:
        found: list[list[Recorded]] = []
        for one in self.files:
            if found and found[-1][-1].format == one.format:
                found[-1].append(one)
            else:
                found.append([one])
        return found


class Pieces(Protocol):
    async def open(self, ticket: Ticket, address: str) -> Piece:
        """Return only when a committed release of kind `recorded` allows it now; raise Refused otherwise."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A film and which moments it shows: (second of the film, first moment, last moment), in order."""

    film: Film
    times: tuple[tuple[float, datetime, datetime], ...]


class Gone(Exception):
    """No file of the part can be read any more."""


def shown(piece: Piece, files: Sequence[Recorded]) -> Shown:
    """Reads the files' headers. Raises Gone. A file that is damaged or away leaves a hole that `times` shows."""
    reels: list[Reel] = []
    times: list[tuple[float, datetime, datetime]] = []
    at_s = 0.0
    for one in files:
        try:
            whole = read_reel(one.path)
        except (OSError, NotOurs) as error:
            log.error("recording_not_readable", error=type(error).__name__)
            continue
        begin_s, end_s = ((moment - one.begin_at).total_seconds() for moment in (piece.begin_at, piece.end_at))
        reel = whole.between(begin_s, end_s) if whole.samples else whole
        if not reel.samples:
            continue
        begin = one.begin_at + timedelta(seconds=(reel.samples[0].pts - whole.samples[0].pts) / TIMESCALE)
        times.append((at_s, begin, begin + timedelta(seconds=reel.duration_s)))
        reels.append(reel)
        at_s += reel.duration_s
    if not reels:
        raise Gone
    return Shown(film_of(reels), tuple(times))


class Flow:
    """One answer on its way out."""

    def __init__(self, release_id: str) -> None:
        self.release_id = release_id
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def end(self, reason: str) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)


class Clips:
    """All pieces that this process shows."""

    def __init__(self, desk: VideoDesk, pieces: Pieces) -> None:
        self._desk, self._pieces = desk, pieces
        self._films: OrderedDict[tuple[str, int], Shown] = OrderedDict()
        self._flows: set[Flow] = set()
        self._asked_at: dict[str, float] = {}
        self._answered_at = time.monotonic()

    async def admit(self, ticket_text: str, release_id: str, address: str) -> Piece:
        """Raises BadTicket, Refused."""
        # its end is judged below: what has begun goes on for as long as the release stands
        ticket = verify(
            ticket_text, self._desk.key, purpose="clip", address=address, now=time.time(), begun=_Anything()
        )
        if ticket.release_id != release_id:
            raise BadTicket("ticket_invalid")
        async with asyncio.timeout(_GATE_TIMEOUT_S):
            piece = await self._pieces.open(ticket, address)
        if time.time() >= ticket.expires_at and not piece.has_begun:
            raise BadTicket("ticket_expired")
        self._asked_at[release_id] = time.monotonic()
        return piece

    async def film(self, piece: Piece, part: int) -> Shown:
        """Raises KeyError for a part that is none, Gone."""
        key = piece.release_id, part
        if key not in self._films:
            parts = piece.parts()
            if not 1 <= part <= len(parts):
                raise KeyError(part)
            self._films[key] = await asyncio.to_thread(shown, piece, parts[part - 1])
            while len(self._films) > _FILMS:
                self._films.popitem(last=False)
        self._films.move_to_end(key)
        return self._films[key]

    async def note_first_byte(self, piece: Piece) -> str | None:
        """The reason why no byte may leave after all: the release ended while the film was laid out."""
        return None if piece.has_begun else await note_first_byte(self._desk.gate, piece.release_id)

    @contextlib.contextmanager
    def flowing(self, release_id: str) -> Any:
        flow = Flow(release_id)
        self._flows.add(flow)
        try:
            yield flow
        finally:
            self._flows.discard(flow)
            self._asked_at[release_id] = time.monotonic()

    def forget(self, release_id: str, reason: str) -> int:
        """The release has ended; how many answers were cut off."""
        for key in [key for key in self._films if key[0] == release_id]:
            del self._films[key]
        self._asked_at.pop(release_id, None)
        found = [flow for flow in self._flows if flow.release_id == release_id]
        for flow in found:
            flow.end(reason)
        return len(found)

    async def watch(self) -> None:
        """Until cancelled: what flows is looked at twice a second, what nobody asks for any more is over."""
        next_sweep = time.monotonic() + SWEEP_S
        while True:
            await asyncio.sleep(LOOK_S)
            flowing = sorted({flow.release_id for flow in self._flows})
            if flowing:
                await self._look(flowing)
            else:
                self._answered_at = time.monotonic()
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + SWEEP_S
                await self._sweep()

    async def _look(self, release_ids: list[str]) -> None:
        try:
            async with asyncio.timeout(GATE_SILENCE_S):
                ended = await self._desk.gate.still_open(release_ids)
        except Exception as error:
            log.warning("the gate does not answer", error=repr(error)[:200])
            if time.monotonic() - self._answered_at >= GATE_SILENCE_S:
                for flow in list(self._flows):
                    flow.end("gate_silent")
            return
        self._answered_at = time.monotonic()
        for release_id, reason in ended.items():
            self.forget(release_id, reason)

    async def _sweep(self) -> None:
        flowing = {flow.release_id for flow in self._flows}
        long_ago = time.monotonic() - AWAY_S
        gone = [one for one, asked_at in self._asked_at.items() if asked_at < long_ago and one not in flowing]
        if not gone:
            return
        try:
            async with asyncio.timeout(GATE_SILENCE_S):
                await self._desk.gate.left(gone)
        except Exception as error:
            log.warning("leaving not recorded", releases=len(gone), error=repr(error)[:200])
            return
        for release_id in gone:
            self.forget(release_id, "viewer_left")


class _Anything:
    def __contains__(self, _: object) -> bool:
        return True


class ClipResponse(Response):
    """Bytes of a film. Cut off in the middle when the release ends: the connection closes, short of its length."""

    def __init__(self, clips: Clips, piece: Piece, film: Film, span: tuple[int, int], **more: Any) -> None:
        super().__init__(None, media_type="video/mp4", **more)
        self._clips, self._piece, self._film, self._span = clips, piece, film, span
        self.headers["content-length"] = str(span[1] - span[0])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._clips.flowing(self._piece.release_id) as flow:
            sending = asyncio.create_task(self._send(scope, send))
            gone = asyncio.create_task(_until_gone(receive))
            try:
                await asyncio.wait([sending, gone, flow.ended], return_when=asyncio.FIRST_COMPLETED)
            finally:
                results = await end(sending, gone)
            if flow.ended.done():
                log.info("clip_cut_off", release_id=self._piece.release_id, reason=flow.ended.result())
            for error in results:
                if isinstance(error, Exception) and not isinstance(error, OSError):
                    log.error("clip_broke", release_id=self._piece.release_id, error=repr(error)[:200])

    async def _send(self, scope: Scope, send: Send) -> None:
        if await self._clips.note_first_byte(self._piece) is not None:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            for piece in self._film.pieces(*self._span, most=CHUNK_BYTES):
                data = piece if isinstance(piece, bytes) else await asyncio.to_thread(_read, piece)
                await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _read(piece: Slice) -> bytes:
    file = os.open(piece.path, os.O_RDONLY)
    try:
        data = os.pread(file, piece.length, piece.begin)
    finally:
        os.close(file)
    if len(data) != piece.length:
        raise OSError("the file is shorter than it was")
    return data


def clips_router(pieces: Pieces) -> Any:
    """For `create_app(extra_routers=…)`."""

    def make(desk: VideoDesk) -> APIRouter:
        clips = Clips(desk, pieces)

        @contextlib.asynccontextmanager
        async def lifespan(_: Any) -> AsyncIterator[None]:
            watching = asyncio.create_task(clips.watch(), name="clips")
            yield
            await end(watching)

        router = APIRouter(lifespan=lifespan)
        _add_routes(router, clips)
        return router

    return make


def _add_routes(router: APIRouter, clips: Clips) -> None:
    @router.api_route("/clips/{release_id}", methods=["GET", "HEAD"])
    async def clip(
        request: Request,
        release_id: str,
        ticket: str = "",
        part: int = Query(1, ge=1),
        asked: str = Header("", alias="range"),
        if_range: str = Header(""),
    ) -> Response:
        opened = await _open(clips, request, release_id, ticket, part)
        if isinstance(opened, Response):
            return opened
        piece, found = opened
        headers = _headers(piece, found, part)
        tag = headers["ETag"]
        try:
            span = byte_range(asked, found.film.size) if not if_range or if_range == tag else None
        except Unsatisfiable:
            return Response(None, 416, headers=headers | {"Content-Range": f"bytes */{found.film.size}"})
        if span is None:
            return ClipResponse(clips, piece, found.film, (0, found.film.size), headers=headers)
        headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{found.film.size}"
        return ClipResponse(clips, piece, found.film, span, status_code=206, headers=headers)

    @router.get("/clips/{release_id}/times")
    async def times(request: Request, release_id: str, ticket: str = "", part: int = Query(1, ge=1)) -> Response:
        opened = await _open(clips, request, release_id, ticket, part)
        if isinstance(opened, Response):
            return opened
        piece, found = opened
        rows = [
            {"second": round(second, 3), "begin_at": begin.isoformat(), "end_at": last.isoformat()}
            for second, begin, last in found.times
        ]
        told = {"duration_s": round(found.film.duration_s, 3), "pictures": found.film.pictures, "times": rows}
        return JSONResponse(told, headers={**_OPEN_TO_PAGES, "X-Ansim-Parts": str(len(piece.parts()))})


_OPEN_TO_PAGES = {
    "Access-Control-Allow-Origin": "*",  # the ticket is the key, and there is no cookie
    "Access-Control-Expose-Headers": "X-Ansim-Begin, X-Ansim-End, X-Ansim-Part, X-Ansim-Parts, Content-Range, ETag",
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def _headers(piece: Piece, found: Shown, part: int) -> dict[str, str]:
    begin, last = (moment.astimezone(UTC).isoformat() for moment in (found.times[0][1], found.times[-1][2]))
    return {
        **_OPEN_TO_PAGES,
        "Accept-Ranges": "bytes",
        "ETag": f'"{found.film.tag}"',
        "X-Ansim-Begin": begin,
        "X-Ansim-End": last,
        "X-Ansim-Part": str(part),
        "X-Ansim-Parts": str(len(piece.parts())),
    }


async def _open(
    clips: Clips, request: Request, release_id: str, ticket: str, part: int
) -> tuple[Piece, Shown] | JSONResponse:
    address = request.client.host if request.client else ""
    try:
        piece = await clips.admit(ticket, release_id, address)
        return piece, await clips.film(piece, part)
    except BadTicket as bad:
        return _problem(401, bad.code, **refusal_sentence(bad.code))
    except Refused as refused:
        clips.forget(release_id, refused.code)
        return _problem(403, refused.code, refused.message_ko, refused.message_en)
    except KeyError:
        return _problem(404, "no_such_part", "그런 부분이 없습니다.", "There is no such part.")
    except Gone:
        return _problem(410, "recording_gone", "녹화 파일이 더 이상 없습니다.", "The recorded files are gone.")
    except Exception as error:  # fails closed: the database is away
        log.error("the gate failed", release_id=release_id, error=repr(error)[:200])
        return _problem(503, "gate_silent", **refusal_sentence("gate_silent"))


def _problem(status: int, code: str, message_ko: str, message_en: str) -> JSONResponse:
    told = {"code": code, "message_ko": message_ko, "message_en": message_en}
    return JSONResponse(told, status, headers=_OPEN_TO_PAGES, media_type="application/problem+json")
