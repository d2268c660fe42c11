"""The seam between the center server and whatever carries the pictures.

The center server decides who may look and writes it down; the gateway only carries. `Gate` and
`Sources` are what a gateway asks of us, `VideoGateway` is what we ask of a gateway. `EmbeddedGateway`
talks to `ansim video`; `ConsoleGateway` prints, for developers without cameras. Nothing here may ever
raise into the alert path: a broken gateway is logged and told by the return value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol
from urllib.parse import quote, urlencode

import httpx
import structlog

from server.video.tickets import TICKET_LIFE_S, Ticket, sign

Quality = Literal["sub", "main"]
INTERNAL_HEADER = "X-Ansim-Internal"
WARM_LIFE_S = 180.0
STILL_TIMEOUT_S = 6.0  # a camera that is not open yet is opened and waited for

log = structlog.get_logger(__name__)


class Refused(Exception):
    """Nobody gets a picture. `code` is for programs, the messages are for the person at the seat."""

    def __init__(self, code: str, message_ko: str, message_en: str) -> None:
        super().__init__(code)
        self.code, self.message_ko, self.message_en = code, message_ko, message_en


@dataclass(frozen=True, slots=True)
class Viewing:
    """What an opened gate allows: one release, the text to lay over the picture."""

    release_id: str
    watermark: str = ""


class Gate(Protocol):
    """Implemented over the releases table (`server/releases.py`). It fails closed."""

    async def open(self, ticket: Ticket, camera_id: str, address: str) -> Viewing:
        """Return only when a committed release row allows it; raise Refused otherwise."""

    async def still_open(self, release_ids: Sequence[str]) -> Mapping[str, str]:
        """Of these, the ones to end, each with its reason (`incident_closed`, `released_ended` …)."""

    async def first_byte(self, release_id: str) -> None:
        """The first picture is about to leave. Called once per viewing; may be repeated after a reconnect."""

    async def left(self, release_ids: Sequence[str]) -> None:
        """Nobody watches these any more and their tickets have run out: the disclosure is over."""

    async def still(self, release_id: str, camera_id: str) -> None:
        """One picture is asked for under this release of kind `still`. Raise Refused when there is no such committed
        row, it is for another camera, was used before, or has ended."""


class Sources(Protocol):
    async def stream_url(self, camera_id: str, quality: Quality) -> str:
        """The camera's RTSP address with credentials; never leaves the server. KeyError when unknown."""


@dataclass(frozen=True, slots=True)
class WarmCamera:
    """A camera to open ahead of the operator: its id and its sub-stream's address."""

    camera_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG and how old the picture was, in milliseconds, when it left the gateway."""

    jpeg: bytes
    age_ms: int


class VideoGateway(Protocol):
    async def warm(self, cameras: Sequence[WarmCamera], seconds: float = WARM_LIFE_S) -> bool:
        """Open the cameras without giving a frame to anybody. False when that failed."""

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool:
        """End these viewings now; without it they end at the next poll, 0.5 s later."""

    async def still(self, camera_id: str, release_id: str) -> Picture | None:
        """One JPEG of the camera, under a committed release row of kind `still`; None when there is no picture."""

    async def health(self) -> dict[str, Any]:
        """`{"ok": bool, "viewings": n, "streams": […]}`; `ok` false when the gateway is silent."""

    def ticket_url(self, ticket: Ticket) -> str:
        """The address for the browser, good for TICKET_LIFE_S seconds."""


class EmbeddedGateway:
    """Client of `ansim video` (server/video/app.py)."""

    def __init__(self, *, url: str, public_url: str, key: str, timeout_s: float = 1.0) -> None:
        """`url` is the internal HTTP address, `public_url` the browser's (`ws://…`), `key` VIDEO_KEY."""
        self._public_url, self._key = public_url.rstrip("/"), key
        self._http = httpx.AsyncClient(base_url=url, headers={INTERNAL_HEADER: key}, timeout=timeout_s, trust_env=False)

    async def warm(self, cameras: Sequence[WarmCamera], seconds: float = WARM_LIFE_S) -> bool:
        body = {"cameras": [{"id": c.camera_id, "url": c.url} for c in cameras], "seconds": seconds}
        return await self._post("/internal/warm", body)

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool:
        return await self._post("/internal/kick", {"release_ids": list(release_ids), "reason": reason})

    async def still(self, camera_id: str, release_id: str) -> Picture | None:
        body = {"camera_id": camera_id, "release_id": release_id}
        try:
            answer = await self._http.post("/internal/still", json=body, timeout=STILL_TIMEOUT_S)
            answer.raise_for_status()
            return Picture(answer.content, int(answer.headers.get("X-Ansim-Age-Ms", "0")))
        except (httpx.HTTPError, RuntimeError, ValueError) as error:
            log.error("no still", camera_id=camera_id, error=repr(error)[:200])
            return None

    async def health(self) -> dict[str, Any]:
        try:
            answer = await self._http.get("/internal/health")
            answer.raise_for_status()
            return dict(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            log.warning("video gateway is silent", error=repr(error))
            return {"ok": False, "viewings": 0, "streams": [], "error": type(error).__name__}

    def ticket_url(self, ticket: Ticket) -> str:
        return _ticket_url(self._public_url, ticket, self._key)

    async def close(self) -> None:
        await self._http.aclose()

    async def _post(self, path: str, body: dict[str, Any]) -> bool:
        try:
            answer = await self._http.post(path, json=body)
            answer.raise_for_status()
        except (httpx.HTTPError, RuntimeError) as error:
            # the body holds camera addresses with passwords: never log it
            log.error("video gateway failed", path=path, error=repr(error))
            return False
        return True


class ConsoleGateway:
    """Prints what it would do. Its addresses lead nowhere."""

    def __init__(self, *, public_url: str = "ws://127.0.0.1:9", key: str = "console") -> None:
        self._public_url, self._key = public_url, key

    async def warm(self, cameras: Sequence[WarmCamera], seconds: float = WARM_LIFE_S) -> bool:
        print(f"[video] warm for {seconds:.0f} s: {', '.join(c.camera_id for c in cameras)}")
        return True

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool:
        print(f"[video] end ({reason}): {', '.join(release_ids)}")
        return True

    async def still(self, camera_id: str, release_id: str) -> Picture | None:
        print(f"[video] still of {camera_id}")
        return None

    async def health(self) -> dict[str, Any]:
        return {"ok": True, "viewings": 0, "streams": []}

    def ticket_url(self, ticket: Ticket) -> str:
        return _ticket_url(self._public_url, ticket, self._key)


def create_gateway(kind: str, *, url: str = "", public_url: str = "", key: str = "") -> VideoGateway:
    """By the setting VIDEO_GATEWAY; ValueError for an unknown kind, so that a typo stops the start."""
    if kind == "embedded":
        return EmbeddedGateway(url=url, public_url=public_url, key=key)
    if kind == "console":
        return ConsoleGateway()
    raise ValueError(f"VIDEO_GATEWAY is embedded or console, not {kind!r}")


def _ticket_url(public_url: str, ticket: Ticket, key: str) -> str:
    return f"{public_url}/video/{quote(ticket.camera_id, safe='')}?{urlencode({'ticket': sign(ticket, key)})}"


def new_ticket(
    *, release_id: str, camera_id: str, viewer_id: str, address: str, quality: Quality, now: float
) -> Ticket:
    """`now` is Unix time in seconds; the ticket ends TICKET_LIFE_S later."""
    return Ticket(release_id, camera_id, viewer_id, address, quality, int(now + TICKET_LIFE_S))


def renewed(ticket: Ticket, now: float) -> Ticket:
    """The same right with a new end, for a viewing that is open anyway."""
    return replace(ticket, expires_at=int(now + TICKET_LIFE_S))
