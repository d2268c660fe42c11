"""MediaMTX between the cameras and the viewers (VIDEO_GATEWAY=mediamtx; docs/operations/video.md), by its control API.

The video process stays: it holds the gate. Each camera is one on-demand path of MediaMTX, and what the video process
itself needs (fMP4 for whom WebRTC does not reach, stills, health, recordings) it reads from there as well, by RTSP on
the loopback: `Paths.detour` stands in the hub, so the camera has one reader, MediaMTX. Path names are digests, secrets
are derived from VIDEO_KEY. MediaMTX records nothing: our recorder hashes while writing, and pins and retention hold.

Field names as in MediaMTX 1.21 (api/openapi.yaml); what changed lately is read under both names.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import structlog

from server.video.gateway import EmbeddedGateway, Play, plays_of
from server.video.tickets import Ticket

POLL_S, EAGER_S, UNUSED_S = 0.5, 0.1, 600.0
PAGE = 1000
READER = "ansim"
_AUDIO = {"Opus", "MPEG-4 Audio", "MPEG-4 Audio LATM", "MPEG-1/2 Audio", "AC3", "Speex", "G726", "G722", "G711", "LPCM"}
_NO_PICTURE = _AUDIO | {"FLAC", "Vorbis", "KLV", "Generic", "MPEG-TS"}

log = structlog.get_logger("mediamtx")


class Silent(Exception):
    """MediaMTX does not answer, or not as it should."""


def path_name(camera_id: str, quality: str, key: str) -> str:
    """32 hex digits: who reads MediaMTX's log, metrics or an address learns no camera."""
    text = f"mediamtx path\x00{quality}\x00{camera_id}"
    return hmac.digest(key.encode(), text.encode(), hashlib.sha256).hex()[:32]


def own_password(key: str) -> str:
    """With the user `ansim`: of our readers and of the control API."""
    return hmac.digest(key.encode(), b"mediamtx password", hashlib.sha256).hex()


def path_conf(url: str) -> dict[str, Any]:
    """A path that pulls the camera while somebody reads it. `$` would be read as a variable of MediaMTX's own."""
    return {
        "source": url.replace("$", "%24"),
        "sourceOnDemand": True,
        "sourceOnDemandStartTimeout": "10s",
        "sourceOnDemandCloseAfter": "10s",
        "rtspTransport": "tcp",
        "record": False,
    }


@dataclass(frozen=True, slots=True)
class Session:
    """A WebRTC session of MediaMTX. `sent_bytes` > 0: pictures have left."""

    session_id: str
    path: str
    sent_bytes: int
    is_connected: bool


class ControlApi:
    """MediaMTX's control API. Every method raises Silent."""

    def __init__(self, url: str, key: str, timeout_s: float = 2.0) -> None:
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), auth=(READER, own_password(key)), timeout=timeout_s, trust_env=False
        )

    async def ensure(self, name: str, conf: Mapping[str, Any]) -> None:
        """The path as `conf` says; one that is so already is left alone, since a change cuts its readers off."""
        with _or_silent():
            there = await self._http.get(f"/v3/config/paths/get/{name}")
            if there.status_code == 404:
                (await self._http.post(f"/v3/config/paths/add/{name}", json=dict(conf))).raise_for_status()
                return
            now = there.raise_for_status().json()
            if any(now.get(each) != conf[each] for each in ("source", "sourceOnDemand", "rtspTransport", "record")):
                (await self._http.patch(f"/v3/config/paths/patch/{name}", json=dict(conf))).raise_for_status()

    async def delete(self, name: str) -> None:
        with _or_silent():
            answer = await self._http.delete(f"/v3/config/paths/delete/{name}")
            if answer.status_code != 404:
                answer.raise_for_status()

    async def paths(self) -> dict[str, dict[str, Any]]:
        """Every path by its name: `ready`, `codecs`, `readers`."""
        return {str(one["name"]): _path(one) for one in await self._items("/v3/paths/list")}

    async def sessions(self) -> list[Session]:
        return [_session(one) for one in await self._items("/v3/webrtc/sessions/list")]

    async def kick(self, session_id: str) -> bool:
        """False when it was gone already."""
        with _or_silent():
            answer = await self._http.post(f"/v3/webrtc/sessions/kick/{session_id}")
            if answer.status_code == 404:
                return False
            answer.raise_for_status()
            return True

    async def close(self) -> None:
        await self._http.aclose()

    async def _items(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page, pages = 0, 1
        with _or_silent():
            while page < pages:
                answer = await self._http.get(path, params={"itemsPerPage": PAGE, "page": page})
                body = answer.raise_for_status().json()
                found += body.get("items") or []
                page, pages = page + 1, int(body.get("pageCount") or 0)
        return found


@dataclass
class _Wanted:
    url: str
    used_at: float
    is_set: bool = False


@dataclass
class Paths:
    """Which cameras MediaMTX must know, and what it says of them. `keep_forever` makes the one so and learns the other.

    A path is `silent` once MediaMTX has its tracks and none is audio: before that nobody gets WebRTC of it, since
    MediaMTX passes on every track it is sent. A path that nobody reads for UNUSED_S is forgotten there, and the
    camera's password with it.
    """

    api: ControlApi
    key: str
    rtsp_url: str
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered_at: float = 0.0
    _wanted: dict[str, _Wanted] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _looked: asyncio.Event = field(default_factory=asyncio.Event)
    _eager: int = 0

    def detour(self, camera_id: str, quality: str, url: str) -> str:
        """Where the hub reads this camera: MediaMTX. The path is made at once, in the background; who reads too early
        tries again."""
        name = path_name(camera_id, quality, self.key)
        known = self._wanted.get(name)
        if known is None or known.url != url:
            self._wanted[name] = _Wanted(url, time.monotonic())
            self._changed.set()
        else:
            known.used_at = time.monotonic()
        parts = urlsplit(self.rtsp_url)
        return urlunsplit(("rtsp", f"{READER}:{own_password(self.key)}@{parts.netloc}", f"/{name}", "", ""))

    def is_silent(self, name: str) -> bool:
        codecs = self.seen.get(name, {}).get("codecs") or []
        return bool(codecs) and not _NO_PICTURE & set(codecs)

    def has_audio(self, name: str) -> bool:
        return bool(_NO_PICTURE & set(self.seen.get(name, {}).get("codecs") or []))

    async def ready(self, name: str, open_it: Callable[[], object]) -> bool:
        """Whether the path gives pictures and no sound. Waits until it is made, then reads it by `open_it` (MediaMTX
        learns a path's tracks from a reader), then until they are known. TimeoutError is the caller's to set."""
        self._eager += 1
        self._changed.set()
        try:
            while name not in self.seen:
                await self._looked.wait()
            if not self.seen[name]["codecs"]:
                open_it()
            while not self.seen.get(name, {}).get("codecs"):
                await self._looked.wait()
        finally:
            self._eager -= 1
        return self.is_silent(name)

    async def keep_forever(self, on_look: Callable[[], Any]) -> None:
        """`on_look` is awaited after each look; a MediaMTX that does not answer is a line in the log."""
        while True:
            try:
                await self.look()
                await on_look()
            except Silent as silent:
                self.seen = {}
                for each in self._wanted.values():
                    each.is_set = False  # it may have been started anew
                log.error("mediamtx_silent", error=str(silent))
            self._looked.set()  # whoever waited for the answer
            self._looked = asyncio.Event()
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(EAGER_S if self._eager else POLL_S):
                    await self._changed.wait()

    async def look(self) -> None:
        """Once: make what is missing, learn what is there, forget what nobody reads. Raises Silent."""
        seen = await self.api.paths()
        self.answered_at = now = time.monotonic()
        missing = [name for name, one in self._wanted.items() if not one.is_set or name not in seen]
        for name in missing:
            await self.api.ensure(name, path_conf(self._wanted[name].url))
            self._wanted[name].is_set = True
        self.seen = await self.api.paths() if missing else seen
        for name, one in list(self._wanted.items()):
            if self.seen.get(name, {}).get("readers"):
                one.used_at = now
            if now - one.used_at > UNUSED_S:
                await self.api.delete(name)
                del self._wanted[name]

    def report(self) -> dict[str, Any]:
        """For the gateway's health: no names, no addresses."""
        is_well = time.monotonic() - self.answered_at < 5 * POLL_S + 2.0
        ready = [name for name in self._wanted if self.seen.get(name, {}).get("ready")]
        audio = sum(self.has_audio(name) for name in self._wanted)
        return {"ok": is_well, "paths": len(self._wanted), "ready": len(ready), "with_audio": audio}


class MediaMtxGateway(EmbeddedGateway):
    """The center's side: WebRTC from MediaMTX first, the video process's own fMP4 for whom it does not reach."""

    def __init__(self, *, url: str, public_url: str, key: str, whep_url: str, timeout_s: float = 1.0) -> None:
        """`whep_url`: where browsers reach MediaMTX's WebRTC listener, `http(s)://…`."""
        super().__init__(url=url, public_url=public_url, key=key, timeout_s=timeout_s)
        self._whep_url = whep_url.rstrip("/")

    async def play(self, ticket: Ticket) -> list[Play]:
        """WebRTC is offered when the path gives pictures and no sound; a video process that is away offers none."""
        ours = plays_of(self._public_url, ticket, self._key)
        fmp4, own_whep = (next(one for one in ours if one.kind == kind) for kind in ("ws-fmp4", "whep"))
        body = {"camera_id": ticket.camera_id, "quality": ticket.quality}
        if not await self._post("/internal/mediamtx/ready", body):
            return [fmp4]
        name = path_name(ticket.camera_id, ticket.quality, self._key)
        whep = Play("whep", f"{self._whep_url}/{quote(name)}/whep", own_whep.ticket, ticket.expires_at)
        return [whep, fmp4]

    async def health(self) -> dict[str, Any]:
        """As ever, with `mediamtx`: `ok`, how many paths it knows, how many give pictures, how many send sound."""
        known = await super().health()
        try:
            answer = await self._http.get("/internal/mediamtx/health")
            mediamtx = dict(answer.raise_for_status().json())
        except (httpx.HTTPError, ValueError):
            mediamtx = {"ok": False}
        return known | {"ok": bool(known["ok"] and mediamtx["ok"]), "mediamtx": mediamtx}


def _path(one: Mapping[str, Any]) -> dict[str, Any]:
    tracks: Sequence[Any] = one.get("tracks2") or [{"codec": each} for each in one.get("tracks") or []]
    return {
        "ready": bool(one.get("available", one.get("ready", False))),
        "codecs": [str(each.get("codec")) for each in tracks],
        "readers": len(one.get("readers") or []),
    }


def _session(one: Mapping[str, Any]) -> Session:
    sent = one.get("outboundBytes", one.get("bytesSent", 0)) or 0
    return Session(str(one["id"]), str(one.get("path", "")), int(sent), bool(one.get("peerConnectionEstablished")))


@contextmanager
def _or_silent() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPStatusError as error:
        # the request holds the camera's address with its password, and an answer may repeat it ("… is not a valid URL")
        said = error.response.text
        raise Silent(f"{error.response.status_code} {'' if '://' in said else said[:120]}".strip()) from None
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Silent(type(error).__name__) from None
