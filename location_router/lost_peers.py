"""Other LoST servers, for places and services that are not ours: asked when a query allows recursion (RFC 5222 §6).

`LOST_PEERS` is JSON: `[{"source": "lost.example.jp", "url": "https://lost.example.jp/lost", "services": […],
"area": [south, west, north, east]}]`; services and area may be left out. Our name joins the path before we ask, so a
ring of servers ends with `loop`. An answer passes only if it can be said in strict LoST; else, and after
`LOST_PEER_TIMEOUT_S`, the client is redirected to the peer.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import structlog
from lxml import etree

from location_router.lost.answering import Elsewhere, World
from location_router.lost.answers import Unusable, read_answer
from location_router.lost.peer import Peer
from location_router.lost.strict import flaws
from location_router.lost.values import (
    MEDIA_TYPE,
    Answer,
    BoundaryResponse,
    Errors,
    FindServiceResponse,
    ListServicesResponse,
    Redirect,
)
from location_router.lost.writing import write, write_query

log = structlog.get_logger("lost")
MOST_ANSWER_BYTES = 1024 * 1024


class Peers:
    """Asks them; one client, few connections, never longer than `timeout_s` all in all."""

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        if self._client:
            await self._client.aclose()

    async def resolve(self, elsewhere: Elsewhere, world: World) -> Answer:
        """The peer's answer in our words, or a redirect to it."""
        peer, query = elsewhere.peer, elsewhere.query
        if not query.recursive:
            return redirect(peer, world)
        asked = write_query(replace(query, path=(*query.path, world.source)))
        try:
            body = await self._ask(peer.url, asked)
            answer = _through_us(read_answer(body), world)
            if wrong := flaws(etree.fromstring(write(answer))):
                raise Unusable(wrong[0])
        except (httpx.HTTPError, OSError, TimeoutError, Unusable, httpx.InvalidURL) as error:
            log.warning("lost_peer_failed", peer=peer.source, error=f"{type(error).__name__}: {error}"[:200])
            return redirect(peer, world)
        return answer

    async def _ask(self, url: str, body: bytes) -> bytes:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=self._timeout_s,
                limits=httpx.Limits(max_connections=16),
                trust_env=False,
                follow_redirects=False,
            )
        headers = {"content-type": f"{MEDIA_TYPE};charset=utf-8", "cache-control": "no-cache", "accept": MEDIA_TYPE}
        async with asyncio.timeout(self._timeout_s):
            async with self._client.stream("POST", url, content=body, headers=headers) as given:
                given.raise_for_status()
                if given.status_code >= 300:
                    raise Unusable(f"HTTP {given.status_code}")
                parts, size = [], 0
                async for part in given.aiter_bytes():
                    size += len(part)
                    if size > MOST_ANSWER_BYTES:
                        raise Unusable("the answer is too long")
                    parts.append(part)
        return b"".join(parts)


def redirect(peer: Peer, world: World) -> Redirect:
    return Redirect(peer.source, world.source, "다른 서버가 맡은 곳입니다.", "another server is authoritative")


def _through_us(answer: Answer, world: World) -> Answer:
    """A path must show that the answer came through this server."""
    if isinstance(answer, Errors | Redirect):
        return answer
    if world.source in answer.path:
        return answer
    path = (world.source, *answer.path)
    if isinstance(answer, FindServiceResponse | ListServicesResponse | BoundaryResponse):
        return replace(answer, path=path)
    return answer
