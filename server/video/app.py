"""The video process: `WS /video/{camera_id}?ticket=…` for browsers, `/internal/…` for the center server.

One process per installation, since the hub shares one camera connection among all viewers. Camera
addresses stay inside: the browser names a camera, never a URL. Messages down the socket: text `state`,
`init`, `ticket`, `end`, `refused` (server/web/src/player.ts reads them), binary init segment and fragments.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel, Field
from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.door import open_door
from location_router.runtime.limits import BodyLimit
from server.video.admission import Class, NoRoom
from server.video.gateway import INTERNAL_HEADER, WARM_LIFE_S, Gate, Refused, Sources, Viewing
from server.video.hub import CameraStream, Hub
from server.video.pinned import networks_of
from server.video.relayed import RelayedAddress, relays_from
from server.video.sentences import refusal_sentence
from server.video.still import NoPicture, jpeg_of
from server.video.tickets import BadTicket, Purpose, Ticket, verify
from server.video.viewings import CLOSE_ENDED, CLOSE_TRY_AGAIN, LiveViewing, Viewings
from server.video.whep import WhepDesk, whep_router

CLOSE_BAD_TICKET = 4401
_GATE_TIMEOUT_S = 5.0
STILL_PATIENCE_S = 4.0
MOST_BODY_BYTES = 256 * 1024

log = structlog.get_logger(__name__)


class WarmedCamera(BaseModel):
    id: str
    url: str


class WarmBody(BaseModel):
    cameras: list[WarmedCamera] = Field(max_length=50)
    seconds: float = Field(default=WARM_LIFE_S, gt=0, le=3600)
    rank: Class = "sos"


class StillBody(BaseModel):
    camera_id: str = Field(max_length=200)
    release_id: str = Field(max_length=80)


class KickBody(BaseModel):
    release_ids: list[str]
    reason: str = "released_ended"


class VideoDesk:
    """Everything one video process holds. Built by `create_app`, reachable as `app.state.desk`."""

    def __init__(
        self, gate: Gate, sources: Sources, key: str, whep_addresses: Sequence[str] = (), may_lead: str = ""
    ) -> None:
        self.gate, self.sources, self.key = gate, sources, key
        self.hub = Hub(networks_of(may_lead))
        self.viewings = Viewings(gate)
        self.whep = WhepDesk(self, tuple(whep_addresses))

    async def admit(
        self, ticket_text: str, camera_id: str, address: str, *, purpose: Purpose = "live"
    ) -> tuple[Ticket, Viewing, CameraStream]:
        """Ticket, then gate, then camera; Refused or BadTicket before anything is opened."""
        ticket = verify(ticket_text, self.key, purpose=purpose, camera_id=camera_id, address=address, now=time.time())
        async with asyncio.timeout(_GATE_TIMEOUT_S):
            viewing = await self.gate.open(ticket, camera_id, address)
            try:
                url = await self.sources.stream_url(camera_id, ticket.quality)
            except KeyError:
                sentence = refusal_sentence("unknown_camera")
                raise Refused("unknown_camera", **sentence) from None
        try:
            return ticket, viewing, self.hub.stream(camera_id, ticket.quality, url)
        except NoRoom:
            raise Refused("no_room", **refusal_sentence("no_room")) from None

    async def still(self, camera_id: str, release_id: str) -> tuple[bytes, int]:
        """(JPEG, age in milliseconds). The gate before the camera is opened, and again before the byte: the incident
        may have closed while the picture was waited for. Raises Refused, NoPicture, KeyError."""
        async with asyncio.timeout(_GATE_TIMEOUT_S):
            await self.gate.still(release_id, camera_id)
            url = await self.sources.stream_url(camera_id, "sub")
        fragment = await self.hub.key_frame(camera_id, url, STILL_PATIENCE_S)
        if fragment is None:
            raise NoPicture("dark")
        jpeg = await asyncio.to_thread(jpeg_of, fragment)
        async with asyncio.timeout(_GATE_TIMEOUT_S):
            await self.gate.still(release_id, camera_id)
            if not await self.gate.first_byte(release_id):
                raise Refused("released_ended", **refusal_sentence("released_ended"))
        return jpeg, int((time.monotonic() - fragment.arrived) * 1000)

    async def serve(self, browser: WebSocket, camera_id: str, ticket_text: str) -> None:
        await browser.accept()
        address = browser.client.host if browser.client else ""
        try:
            ticket, viewing, stream = await self.admit(ticket_text, camera_id, address)
        except BadTicket as bad:
            return await _refuse(browser, bad.code, CLOSE_BAD_TICKET, refusal_sentence(bad.code))
        except Exception as error:
            return await self._refuse_by(browser, camera_id, error)
        live = LiveViewing(browser, ticket=ticket, viewing=viewing, stream=stream, gate=self.gate, key=self.key)
        return await self.viewings.run(live)

    async def _refuse_by(self, browser: WebSocket, camera_id: str, error: Exception) -> None:
        if isinstance(error, Refused):
            log.info("refused", camera_id=camera_id, code=error.code)
            sentence = {"message_ko": error.message_ko, "message_en": error.message_en}
            return await _refuse(browser, error.code, CLOSE_ENDED, sentence)
        log.error("the gate failed", camera_id=camera_id, error=repr(error))
        return await _refuse(browser, "gate_silent", CLOSE_TRY_AGAIN, refusal_sentence("gate_silent"))


async def _refuse(browser: WebSocket, code: str, close_code: int, sentence: dict[str, str]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
        await browser.send_json({"type": "refused", "code": code, **sentence})
        await browser.close(close_code, code)


ExtraRouter = Callable[[VideoDesk], APIRouter]


def create_app(
    gate: Gate,
    sources: Sources,
    *,
    key: str,
    extra_routers: Sequence[ExtraRouter] = (),
    whep_addresses: Sequence[str] = (),
    relays: str = "",
    may_lead: str = "",
) -> FastAPI:
    """`key` is VIDEO_KEY: it signs tickets and guards `/internal`. ValueError when it is short.

    `extra_routers`: what other modules add to this process, made from its desk; a router's own `lifespan` runs inside
    the app's. `whep_addresses`: those of this machine that WebRTC viewers may reach; empty: all it has.
    `relays`: VIDEO_RELAYS, whose word about the viewer's address is believed. `may_lead`: CAMERA_REDIRECTS.
    """
    if len(key) < 16:
        raise ValueError("VIDEO_KEY needs at least 16 characters")
    desk = VideoDesk(gate, sources, key, whep_addresses, may_lead)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        poller = asyncio.create_task(desk.viewings.poll_forever())
        yield
        poller.cancel()
        await desk.whep.close()
        await desk.hub.close()

    app = FastAPI(title="Ansim video", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk

    @app.websocket("/video/{camera_id:path}")
    async def video(browser: WebSocket, camera_id: str, ticket: str = "") -> None:
        await desk.serve(browser, camera_id, ticket)

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        return {"ok": True, "role": "video"}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(_metrics(desk), media_type="text/plain; version=0.0.4")

    app.include_router(_internal(desk))
    app.include_router(whep_router(desk))
    for extra in extra_routers:
        app.include_router(extra(desk))
    app.add_middleware(BodyLimit, most_bytes=MOST_BODY_BYTES)
    if relays:
        app.add_middleware(RelayedAddress, relays=relays_from(relays))
    return app


def _internal(desk: VideoDesk) -> APIRouter:
    def guard(given: Annotated[str, Header(alias=INTERNAL_HEADER)] = "") -> None:
        if not hmac.compare_digest(given.encode(), desk.key.encode()):
            raise HTTPException(403, "internal")

    router = APIRouter(prefix="/internal", dependencies=[Depends(guard)])

    @router.post("/warm")
    async def warm(body: WarmBody) -> dict[str, Any]:
        opened = 0
        for camera in body.cameras:
            opened += desk.hub.warm(camera.id, camera.url, body.seconds, body.rank)
        return {"ok": True, "warmed": opened}

    @router.post("/kick")
    async def kick(body: KickBody) -> dict[str, Any]:
        return {"ok": True, "ended": desk.viewings.kick(body.release_ids, body.reason)}

    @router.post("/still")
    async def still(body: StillBody) -> Response:
        try:
            jpeg, age_ms = await desk.still(body.camera_id, body.release_id)
        except (KeyError, NoPicture, NoRoom) as error:
            raise HTTPException(404, "no_picture") from error
        except Refused as refused:
            raise HTTPException(403, refused.code) from refused
        headers = {"X-Ansim-Age-Ms": str(age_ms), "Cache-Control": "no-store"}
        return Response(jpeg, media_type="image/jpeg", headers=headers)

    @router.get("/health")
    async def health() -> dict[str, Any]:
        return {
            "ok": True,
            "viewings": len(desk.viewings),
            "peers": len(desk.whep),
            "streams": desk.hub.report(),
        }

    return router


def _metrics(desk: VideoDesk) -> bytes:
    registry = CollectorRegistry()
    Gauge("ansim_video_viewings", "Open viewings", registry=registry).set(len(desk.viewings))
    Gauge("ansim_video_peers", "Viewings by WebRTC", registry=registry).set(len(desk.whep))
    streams = Gauge("ansim_video_streams", "Open camera streams", ["state"], registry=registry)
    for row in desk.hub.report():
        streams.labels(row["state"]).inc()
    return generate_latest(registry)


def run(
    *,
    host: str,
    port: int,
    gate: Gate,
    sources: Sources,
    key: str,
    trusted_proxies: str = "",
    extra_routers: Sequence[ExtraRouter] = (),
    whep_addresses: Sequence[str] = (),
    relays: str = "",
    may_lead: str = "",
) -> None:
    """Serve until SIGTERM. Port 0 takes a free one; one JSON ready line goes to standard output.

    `trusted_proxies`: addresses whose X-Forwarded-For is believed. None by default, since the viewer's
    address is part of the release.
    """
    listener = open_door(host, port)
    more: dict[str, Any] = {"extra_routers": extra_routers, "whep_addresses": whep_addresses, "relays": relays}
    app = create_app(gate, sources, key=key, may_lead=may_lead, **more)
    config = server_config(app, trusted_proxies=trusted_proxies)
    _AnnouncingServer(config).run(sockets=[listener])


class _AnnouncingServer(uvicorn.Server):
    """Says that it is ready when it is, not when its port is taken."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            ready = {"ready": True, "role": "video", "url": f"http://{host}:{port}", "pid": os.getpid()}
            print(json.dumps(ready), flush=True)


def server_config(app: FastAPI, *, trusted_proxies: str = "") -> uvicorn.Config:
    """Pictures don't compress, and an access log would keep tickets: both are off."""
    return uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        timeout_graceful_shutdown=1,
        ws_max_size=64 * 1024,  # a player says nothing at all
    )
