"""The seam between the center server and whatever carries the pictures (docs/video.md, section 5).

The center server decides who may look and writes it down; the gateway only carries. `Gate` and
`Sources` are what a gateway asks of us, `VideoGateway` is what we ask of a gateway. `EmbeddedGateway`
talks to `ansim video`; `ConsoleGateway` prints, for developers without cameras. Nothing here may ever
raise into the alert path: a broken gateway is logged and told by the return value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from urllib.parse import quote, urlencode

import httpx
import structlog

from server.video.admission import Class
from server.video.tickets import Quality, Ticket, for_purpose, sign

PlayKind = Literal["ws-fmp4", "whep"]
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

    async def first_byte(self, release_id: str) -> bool:
        """The first picture is about to leave; False when the release has ended since it was opened, and then none
        may. Called once per viewing; may be repeated after a reconnect."""

    async def left(self, release_ids: Sequence[str]) -> None:
        """Nobody watches these any more and their tickets have run out: the disclosure is over."""

    async def standing(self) -> Sequence[str]:
        """All live releases of the installation that stand open, watched or not."""

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


@dataclass(frozen=True, slots=True)
class Play:
    """One way to watch: for `ws-fmp4` the ticket stands in `url`, for `whep` it goes as Bearer; Unix seconds."""

    kind: PlayKind
    url: str
    ticket: str
    expires_at: int

    def json(self) -> dict[str, Any]:
        return {"kind": self.kind, "url": self.url, "ticket": self.ticket}


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording as one address that a plain `<video>` plays, with range; begin it before `expires_at` (Unix s)."""

    url: str
    begin_at: datetime
    end_at: datetime
    expires_at: int


class VideoGateway(Protocol):
    async def ensure_source(
        self, cameras: Sequence[WarmCamera], seconds: float = WARM_LIFE_S, *, rank: Class = "sos"
    ) -> bool:
        """Open the cameras without giving a frame to anybody. False when that failed."""

    async def play(self, ticket: Ticket) -> list[Play]:
        """The ways to watch under this ticket's release, the best first, each with a ticket of its own purpose; empty
        when the gateway has none. Call it after the commit only."""

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool:
        """End these viewings now; without it they end at the next poll, 0.5 s later."""

    async def still(self, camera_id: str, release_id: str) -> Picture | None:
        """One JPEG of the camera, under a committed release row of kind `still`; None when there is no picture."""

    async def clip(self, ticket: Ticket, *, begin_at: datetime, end_at: datetime) -> Clip | None:
        """A piece of the camera's recording, under a committed release row of kind `recorded`; the row says which
        piece. None when this gateway keeps no recordings."""

    async def health(self) -> dict[str, Any]:
        """`{"ok": bool, "viewings": n, "streams": […]}`; `ok` false when the gateway is silent."""


class EmbeddedGateway:
    """Client of `ansim video` (server/video/app.py)."""

    def __init__(self, *, url: str, public_url: str, key: str, timeout_s: float = 1.0) -> None:
        """`url` is the internal HTTP address, `public_url` the browser's (`ws://…`), `key` VIDEO_KEY."""
        self._public_url, self._key = public_url.rstrip("/"), key
        self._http = httpx.AsyncClient(base_url=url, headers={INTERNAL_HEADER: key}, timeout=timeout_s, trust_env=False)

    async def ensure_source(
        self, cameras: Sequence[WarmCamera], seconds: float = WARM_LIFE_S, *, rank: Class = "sos"
    ) -> bool:
        listed = [{"id": camera.camera_id, "url": camera.url} for camera in cameras]
        body = {"cameras": listed, "seconds": seconds, "rank": rank}
        return await self._post("/internal/warm", body)

    async def play(self, ticket: Ticket) -> list[Play]:
        return plays_of(self._public_url, ticket, self._key)

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

    async def clip(self, ticket: Ticket, *, begin_at: datetime, end_at: datetime) -> Clip | None:
        return clip_of(self._public_url, ticket, self._key, begin_at=begin_at, end_at=end_at)

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

    async def ensure_source(
        self, cameras: Sequence[WarmCamera], seconds: float = WARM_LIFE_S, *, rank: Class = "sos"
    ) -> bool:
        print(f"[video] open for {seconds:.0f} s ({rank}): {', '.join(c.camera_id for c in cameras)}")
        return True

    async def play(self, ticket: Ticket) -> list[Play]:
        return plays_of(self._public_url, ticket, self._key)

    async def kick(self, release_ids: Sequence[str], reason: str) -> bool:
        print(f"[video] end ({reason}): {', '.join(release_ids)}")
        return True

    async def still(self, camera_id: str, release_id: str) -> Picture | None:
        print(f"[video] still of {camera_id}")
        return None

    async def health(self) -> dict[str, Any]:
        return {"ok": True, "viewings": 0, "streams": []}

    async def clip(self, ticket: Ticket, *, begin_at: datetime, end_at: datetime) -> Clip | None:
        return clip_of(self._public_url, ticket, self._key, begin_at=begin_at, end_at=end_at)


def create_gateway(
    kind: str, *, url: str = "", public_url: str = "", key: str = "", whep_url: str = ""
) -> VideoGateway:
    """By the setting VIDEO_GATEWAY; ValueError for an unknown kind, so that a typo stops the start. `whep_url`: where
    browsers reach MediaMTX."""
    if kind == "embedded":
        return EmbeddedGateway(url=url, public_url=public_url, key=key)
    if kind == "mediamtx":
        from server.video.mediamtx import MediaMtxGateway  # it stands on this module

        return MediaMtxGateway(url=url, public_url=public_url, key=key, whep_url=whep_url)
    if kind == "console":
        return ConsoleGateway()
    raise ValueError(f"VIDEO_GATEWAY is embedded, mediamtx or console, not {kind!r}")


def plays_of(public_url: str, ticket: Ticket, key: str) -> list[Play]:
    """Both doors of the video process at `public_url` (`ws://…` or `wss://…`)."""
    camera, base = quote(ticket.camera_id, safe=""), public_url.rstrip("/")
    live = sign(for_purpose(ticket, "live"), key)
    whep = sign(for_purpose(ticket, "whep"), key)
    return [
        Play("ws-fmp4", f"{base}/video/{camera}?{urlencode({'ticket': live})}", live, ticket.expires_at),
        Play("whep", f"{http_base(base)}/whep/{camera}", whep, ticket.expires_at),
    ]


def clip_of(public_url: str, ticket: Ticket, key: str, *, begin_at: datetime, end_at: datetime) -> Clip:
    """The address of the video process's `/clips/{release_id}` (server/recordings)."""
    text = urlencode({"ticket": sign(for_purpose(ticket, "clip"), key)})
    url = f"{http_base(public_url.rstrip('/'))}/clips/{quote(ticket.release_id, safe='')}?{text}"
    return Clip(url, begin_at, end_at, ticket.expires_at)


def http_base(public_url: str) -> str:
    """`ws://…` as `http://…`, `wss://…` as `https://…`."""
    return "http" + public_url[2:] if public_url.startswith("ws") else public_url
