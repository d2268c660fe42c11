"""`POST /lost`: LoST over HTTP (RFC 5222 §14), as a plain ASGI endpoint because it answers thousands a second.

Every LoST answer, also an error, rides in a 200. Only what is no LoST at all is an HTTP failure, in plain text: 405
another method, 415 another media type, 413 over 64 KB, 400 an empty body. It needs no database: the registry's copy in
memory answers while PostGIS is away.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from prometheus_client import CollectorRegistry, Counter
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from location_router.discrepancies import Discrepancies
from location_router.index import KST
from location_router.lost.answering import Elsewhere, World, answer
from location_router.lost.peer import Peer
from location_router.lost.reading import Reading, read_query
from location_router.lost.values import MEDIA_TYPE, Answer, Errors, FindService, GetServiceBoundary, Note, Refusal
from location_router.lost.writing import write
from location_router.lost_peers import Peers
from location_router.registry import Registry

log = structlog.get_logger("lost")
MOST_BYTES = 64 * 1024
MOST_READ = 2 * 1024 * 1024
_TYPES = frozenset((b"application/lost+xml", b"application/xml", b"text/xml"))
_OK = [
    (b"content-type", f"{MEDIA_TYPE};charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
]
_FAULT = Note("internalError", "처리하지 못했습니다.", "something failed on our side; it has been logged")


class Lost:
    """The endpoint and what it stands on. `registry` answers from memory."""

    def __init__(
        self,
        registry: Registry,
        discrepancies: Discrepancies,
        metrics: CollectorRegistry,
        *,
        source: str,
        peers: tuple[Peer, ...] = (),
        lifetime_s: float = 3600.0,
        peer_timeout_s: float = 2.0,
    ) -> None:
        self._registry, self._discrepancies = registry, discrepancies
        self._source, self._peers, self._lifetime_s = source, peers, lifetime_s
        self._asking = Peers(timeout_s=peer_timeout_s)
        counter = Counter("ansim_lost_answers", "LoST answers, by kind", ["kind"], registry=metrics)
        self._count = {
            name: counter.labels(name)
            for name in (
                "FindServiceResponse",
                "ListServicesResponse",
                "BoundaryResponse",
                "Errors",
                "Redirect",
            )
        }
        self._world: World | None = None
        self._minute, self._from = -1, registry.boundaries.index

    @property
    def route(self) -> Route:
        return Route("/lost", endpoint=self, methods=None, include_in_schema=False)

    def start(self) -> None:
        self._discrepancies.start()

    async def stop(self) -> None:
        await self._asking.close()
        await self._discrepancies.stop()

    def world(self) -> World:
        """As it stands now; made anew when borders, states or policies are others, and for each new minute."""
        registry, held = self._registry, self._world
        index, states, policies = registry.boundaries.index, registry.states, registry.policies
        now = datetime.now(UTC)
        if (
            held is not None
            and self._minute == int(now.timestamp()) // 60
            and held.states is states
            and held.policies is policies
            and self._from is index
        ):
            return held
        today = now.astimezone(KST).date()
        self._from, self._minute = index, int(now.timestamp()) // 60
        self._world = World(
            source=self._source,
            now=now,
            jurisdictions=index.version(),
            states=states,
            uri_of=self._uri_of,
            version_at=index.version,
            find_boundary=index.find_boundary,
            lifetime_s=self._lifetime_s,
            policies=policies,
            next_change=min((one.effective for one in index.all_versions() if one.effective > today), default=None),
            peers=self._peers,
        )
        return self._world

    def _uri_of(self, code: str) -> str:
        center = self._registry.centers.get(code)
        desk = self._registry.installations.get(center.served_by) if center else None
        return desk.https_url if desk else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            return await _refuse(send, 405, "POST only\n", (b"allow", b"POST"))
        headers: dict[bytes, bytes] = dict(scope["headers"])
        told: list[tuple[str, str]] = []
        if not _is_xml(headers, told):
            return await _refuse(send, 415, f"send {MEDIA_TYPE}\n")
        body = await _body(receive)
        if body is None:
            return await _refuse(send, 413, f"at most {MOST_BYTES} bytes\n", (b"connection", b"close"))
        if not body.strip():
            return await _refuse(send, 400, "the body is empty\n")
        english = headers.get(b"accept-language", b"").lstrip().lower().startswith(b"en")
        given, reading = await self._answer(body, told)
        if told:
            self._note(told, headers, reading)
        self._count[type(given).__name__].inc()
        content = await self._written(given, english)
        start = {"type": "http.response.start", "status": 200}
        await send(start | {"headers": [*_OK, (b"content-length", b"%d" % len(content))]})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, body: bytes, told: list[tuple[str, str]]) -> tuple[Answer, Reading | None]:
        """Never raises: what we can't do is a LoST error."""
        try:
            reading = read_query(body, told)
        except Refusal as refusal:
            return Errors(self._source, (refusal.note,)), None
        except Exception as error:
            log.exception("lost_not_read", error=type(error).__name__)
            return Errors(self._source, (_FAULT,)), None
        try:
            world = self.world()
            query = reading.query
            if isinstance(query, GetServiceBoundary) or (isinstance(query, FindService) and query.by_value):
                given = await asyncio.to_thread(answer, query, world)  # outlines are drawn once and then kept
            else:
                given = answer(query, world)
            if isinstance(given, Elsewhere):
                given = await self._asking.resolve(given, world)
            return given, reading
        except Exception as error:
            log.exception("lost_not_answered", error=type(error).__name__)
            return Errors(self._source, (_FAULT,)), reading

    async def _written(self, given: Answer, english: bool) -> bytes:
        try:
            return write(given, english=english)
        except Exception as error:
            log.exception("lost_not_written", error=type(error).__name__)
            return write(Errors(self._source, (_FAULT,)), english=english)

    def _note(self, told: list[tuple[str, str]], headers: dict[bytes, bytes], reading: Reading | None) -> None:
        """The partner is the server that sent it, or the program: never an address."""
        path = getattr(reading.query, "path", ()) if reading else ()
        agent = headers.get(b"user-agent", b"")[:60].decode("ascii", "replace").partition(" ")[0]
        partner = path[-1] if path else agent or "unknown"
        for kind, detail in dict.fromkeys(told):
            self._discrepancies.note("lost", kind, partner=partner, detail=detail)


def _is_xml(headers: dict[bytes, bytes], told: list[tuple[str, str]]) -> bool:
    """A media type is parsed, not compared: parameters and other names for XML pass, and are told."""
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        return False
    said = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if said == b"application/lost+xml":
        return True
    told.append(("media_type", said[:60].decode("ascii", "replace") or "none"))
    return not said or said in _TYPES or said.endswith(b"+xml")


async def _body(receive: Receive) -> bytes | None:
    """None for more than `MOST_BYTES`; the rest is read away (up to a bound), so that the sender sees the answer."""
    parts, size, more = [], 0, True
    while more and size <= MOST_READ:
        message = await receive()
        if message["type"] != "http.request":
            break
        part = message.get("body", b"")
        size += len(part)
        if size <= MOST_BYTES:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= MOST_BYTES else None


async def _refuse(send: Send, status: int, sentence: str, *headers: tuple[bytes, bytes]) -> None:
    content = sentence.encode()
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(content)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": plain})
    await send({"type": "http.response.body", "body": content})
