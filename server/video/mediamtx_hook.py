"""MediaMTX asks us about every reader (`authMethod: http`), and each of its WebRTC sessions is a viewing like ours.

A session is allowed behind the same ticket and the same gate as a socket of ours, is in the same list of viewings, and
is ended by the same rules: `kick`, the gate's poll, a newer viewing of the release, a gate that is silent. One that
nobody here has allowed is thrown out. While this answers, MediaMTX's path manager stands still (it asks from inside
it), so that the answer is quick and asks MediaMTX nothing: paths are made before, by `Paths`.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import structlog
from fastapi import APIRouter, Header, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from location_router.runtime.ending import end as end_tasks
from server.video.gateway import INTERNAL_HEADER, Refused, Viewing
from server.video.mediamtx import READER, ControlApi, Paths, Session, Silent, own_password, path_name
from server.video.tickets import BadTicket, Quality, verify
from server.video.viewings import CLOSE_ENDED, End, note_first_byte

if TYPE_CHECKING:
    from server.settings import Settings
    from server.video.app import VideoDesk

GATE_TIMEOUT_S = 1.5  # all of MediaMTX waits for the answer
ARRIVE_S, STRANGER_S = 15.0, 3.0
READY_S = 0.4  # a camera that is not open by then is offered as fMP4, which is as quick

log = structlog.get_logger("mediamtx")


class Question(BaseModel):
    """What MediaMTX sends. `id`: of the session, absent for an OPTIONS; fields that a newer version adds are left."""

    model_config = ConfigDict(extra="ignore")

    user: str = Field(default="", max_length=200)
    password: str = Field(default="", max_length=4000)
    token: str = Field(default="", max_length=4000)
    ip: str = Field(default="", max_length=80)
    action: str = Field(default="", max_length=20)
    path: str = Field(default="", max_length=1000)
    protocol: str | None = Field(default="", max_length=20)
    id: str | None = Field(default=None, max_length=80)


class PathBody(BaseModel):
    camera_id: str = Field(max_length=200)
    quality: Quality = "sub"


class SessionViewing:
    """One WebRTC session at MediaMTX; the twin of `viewings.LiveViewing`."""

    def __init__(self, session_id: str, path: str, viewing: Viewing, paths: Paths) -> None:
        self.session_id, self.path, self.viewing = session_id, path, viewing
        self.allowed_at, self.was_seen, self.has_begun = time.monotonic(), False, False
        self._paths = paths
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()

    @property
    def was_ended_by_gate(self) -> bool:
        return self._end.done() and self._end.result().close_code == CLOSE_ENDED

    def end(self, end: End) -> None:
        if not self._end.done():
            self._end.set_result(end)

    def left(self) -> None:
        self._gone.set()

    async def run(self) -> None:
        """Until the session is gone. An end is carried out here, and tried again until it is certain."""
        gone = asyncio.create_task(self._gone.wait())
        waiting: list[asyncio.Future[object]] = [gone, self._end]  # type: ignore[list-item]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            while not self._gone.is_set():
                try:
                    if not await self._paths.api.kick(self.session_id):
                        return
                except Silent as silent:
                    log.error("kick_failed", release_id=self.viewing.release_id, error=str(silent))
                await asyncio.sleep(0.2)
        finally:
            await end_tasks(gone)


class Doorman:
    """Answers MediaMTX's questions and keeps its sessions in the desk's list."""

    def __init__(self, desk: VideoDesk, paths: Paths) -> None:
        self._desk, self._paths = desk, paths
        self._sessions: dict[str, SessionViewing] = {}
        self._strangers: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def allows(self, asked: Question) -> bool:
        """Never raises; a reason why not is a line in the log."""
        if asked.action in ("api", "read") and self._is_ours(asked):
            return asked.action == "api" or asked.protocol == "rtsp"
        if asked.action != "read" or asked.protocol != "webrtc" or not (text := asked.token or asked.password):
            return False
        try:
            return await self._allows_viewer(asked, text)
        except BadTicket as bad:
            log.info("refused", code=bad.code)
        except Refused as refused:
            log.info("refused", code=refused.code)
        except Exception as error:
            log.error("the gate failed", error=repr(error)[:200])
        return False

    async def _allows_viewer(self, asked: Question, text: str) -> bool:
        ticket = verify(text, self._desk.key, purpose="whep", address=asked.ip, now=time.time())
        if asked.path != path_name(ticket.camera_id, ticket.quality, self._desk.key):
            raise BadTicket("ticket_other_camera")
        if not asked.id:
            return True  # OPTIONS: a list of ICE servers and no picture
        if not self._paths.is_silent(asked.path):
            log.error("not_known_to_be_silent", camera_id=ticket.camera_id)
            return False
        async with asyncio.timeout(GATE_TIMEOUT_S):
            viewing = await self._desk.gate.open(ticket, ticket.camera_id, asked.ip)
        session = SessionViewing(asked.id, asked.path, viewing, self._paths)
        self._sessions[asked.id] = session
        task = asyncio.create_task(self._run(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)  # it is in the list of viewings before MediaMTX has its answer
        return True

    def _is_ours(self, asked: Question) -> bool:
        is_password = hmac.compare_digest(asked.password.encode(), own_password(self._desk.key).encode())
        return asked.user == READER and is_password and _is_loopback(asked.ip)

    async def _run(self, session: SessionViewing) -> None:
        try:
            await self._desk.viewings.run(session)
        finally:
            if self._sessions.get(session.session_id) is session:
                del self._sessions[session.session_id]

    async def look(self) -> None:
        """What MediaMTX carries now, against what is allowed. Raises Silent."""
        there = {one.session_id: one for one in await self._paths.api.sessions()}
        now = time.monotonic()
        for session in list(self._sessions.values()):
            one = there.get(session.session_id)
            if one is not None:
                await self._compare(session, one)
            elif session.was_seen or now - session.allowed_at > ARRIVE_S:
                session.left()
        strangers = {each for each in there if each not in self._sessions}
        self._strangers = {each: self._strangers.get(each, now) for each in strangers}
        for each, since in self._strangers.items():
            # one that is asked about just now is no stranger; one that sends already was never asked about here
            if now - since > STRANGER_S or there[each].is_connected or there[each].sent_bytes:
                log.error("unknown_session_ended")
                await self._paths.api.kick(each)

    async def _compare(self, session: SessionViewing, one: Session) -> None:
        session.was_seen = True
        if self._paths.has_audio(session.path):
            log.error("camera_sends_audio", release_id=session.viewing.release_id)
            session.end(End("audio"))
        elif one.sent_bytes and not session.has_begun:
            session.has_begun = True
            if reason := await note_first_byte(self._desk.gate, session.viewing.release_id):
                session.end(End(reason))

    async def ready(self, camera_id: str, quality: Quality) -> bool:
        """Open the camera (nobody sees it yet) and say whether WebRTC of it may be offered."""
        url = await self._desk.sources.stream_url(camera_id, quality)
        name = path_name(camera_id, quality, self._desk.key)
        self._paths.detour(camera_id, quality, url)
        async with asyncio.timeout(READY_S):
            return await self._paths.ready(name, lambda: self._desk.hub.stream(camera_id, quality, url))

    async def close(self) -> None:
        await end_tasks(*self._tasks)


def mediamtx_routers(settings: Settings) -> list[Callable[[VideoDesk], APIRouter]]:
    """What `ansim video` gets when VIDEO_GATEWAY is mediamtx; nothing otherwise."""
    if settings.video_gateway != "mediamtx":
        return []
    key = settings.video_key
    return [
        lambda desk: mediamtx_router(
            desk, Paths(ControlApi(settings.mediamtx_api_url, key), key, settings.mediamtx_rtsp_url)
        )
    ]


def mediamtx_router(desk: VideoDesk, paths: Paths) -> APIRouter:
    """The hook, the door for the center, and the keeper of both."""
    doorman = Doorman(desk, paths)
    desk.hub.detour = paths.detour

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        keeper = asyncio.create_task(paths.keep_forever(doorman.look))
        yield
        await end_tasks(keeper)
        await doorman.close()
        await paths.api.close()

    router = APIRouter(lifespan=lifespan)

    @router.post("/hooks/mediamtx/auth")
    async def auth(request: Request, asked: Question) -> Response:
        if request.client is None or not _is_loopback(request.client.host):
            return Response(status_code=404)  # MediaMTX stands on this machine; nobody else asks here
        return Response(status_code=200 if await doorman.allows(asked) else 401)

    @router.post("/internal/mediamtx/ready")
    async def ready(body: PathBody, given: Annotated[str, Header(alias=INTERNAL_HEADER)] = "") -> Response:
        if not hmac.compare_digest(given.encode(), desk.key.encode()):
            raise HTTPException(403, "internal")
        try:
            is_ready = await doorman.ready(body.camera_id, body.quality)
        except Exception as error:
            log.warning("no_webrtc", camera_id=body.camera_id, error=type(error).__name__)
            is_ready = False
        return Response(status_code=204 if is_ready else 409)

    @router.get("/internal/mediamtx/health")
    async def health(given: Annotated[str, Header(alias=INTERNAL_HEADER)] = "") -> dict[str, object]:
        if not hmac.compare_digest(given.encode(), desk.key.encode()):
            raise HTTPException(403, "internal")
        return paths.report()

    return router


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return bool((getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback)
