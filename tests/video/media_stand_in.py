"""A stand-in of MediaMTX for tests: control API, WHEP listener and RTSP, as its documentation has them.

It is strict where the real one is: a field it does not know is an error, a change of a path cuts its readers, one
question at a time is asked at the auth hook and everything about paths waits for it (MediaMTX asks from inside its path
manager). Media of WebRTC is not there: a session only counts bytes.
"""

from __future__ import annotations

import asyncio
import base64
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response

from tests.video.seat import eventually

# of the schema PathConf in api/openapi.yaml, what a path of ours may need, with the types the real one takes
PATH_CONF: dict[str, type] = {
    "name": str,
    "source": str,
    "sourceFingerprint": str,
    "sourceOnDemand": bool,
    "sourceOnDemandStartTimeout": str,
    "sourceOnDemandCloseAfter": str,
    "maxReaders": int,
    "record": bool,
    "recordPath": str,
    "recordFormat": str,
    "recordDeleteAfter": str,
    "rtspTransport": str,
    "rtspAnyPort": bool,
}
DEFAULTS = {"source": "publisher", "sourceOnDemand": False, "rtspTransport": "automatic", "record": False}
_NAME = re.compile(r"[0-9a-zA-Z_\-/.~:]+")


@dataclass
class StandIn:
    """`audio`: camera sources (their addresses) that send sound as well."""

    hook: str = ""
    paths: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    rtsp_readers: dict[str, int] = field(default_factory=dict)
    audio: set[str] = field(default_factory=set)
    asked: list[dict[str, Any]] = field(default_factory=list)
    kicked: list[str] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    whep_url: str = ""
    rtsp_url: str = ""
    is_down: bool = False
    _path_manager: asyncio.Lock = field(default_factory=asyncio.Lock)
    _servers: list[Any] = field(default_factory=list)

    async def start(self) -> None:
        self.url, self.whep_url = await self._serve(self._api()), await self._serve(self._whep())
        rtsp = await asyncio.start_server(self._rtsp, "127.0.0.1", 0)
        self._servers.append(rtsp)
        self.rtsp_url = f"rtsp://127.0.0.1:{rtsp.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        for server in self._servers:
            if isinstance(server, tuple):
                server[0].should_exit = True
                await server[1]
            else:
                server.close()

    def restart(self) -> None:
        """What the API has set is in memory only."""
        self.paths.clear()
        self.sessions.clear()

    async def authorised(self, **question: Any) -> bool:
        fields = ("user", "password", "token", "ip", "action", "path", "protocol", "id", "query")
        body = {name: question.get(name, None if name == "id" else "") for name in fields}
        self.asked.append(body)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            return (await client.post(self.hook, json=body)).status_code // 100 == 2

    async def _serve(self, app: FastAPI) -> str:
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
        task = asyncio.create_task(server.serve())
        self._servers.append((server, task))
        await eventually(lambda: server.started)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    # ------------------------------------------------------------ control API
    def _api(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def auth(request: Request, call: Any) -> Response:
            if self.is_down:
                return Response(status_code=500)
            kind, _, text = request.headers.get("authorization", "").partition(" ")
            user, _, password = base64.b64decode(text).decode().partition(":") if kind == "Basic" else ("", "", "")
            assert request.client
            if not await self.authorised(user=user, password=password, ip=request.client.host, action="api"):
                return Response(status_code=401)
            return await call(request)

        @app.get("/v3/config/paths/get/{name}")
        async def get(name: str) -> dict[str, Any]:
            return DEFAULTS | {"name": name} | self._there(name)

        @app.post("/v3/config/paths/add/{name}")
        async def add(name: str, request: Request) -> dict[str, str]:
            if name in self.paths or not _NAME.fullmatch(name):
                raise HTTPException(400, "path already exists")
            await self._set(name, {}, await request.json())
            return {"status": "ok"}

        @app.patch("/v3/config/paths/patch/{name}")
        async def patch(name: str, request: Request) -> dict[str, str]:
            await self._set(name, self._there(name), await request.json())
            return {"status": "ok"}

        @app.delete("/v3/config/paths/delete/{name}")
        async def delete(name: str) -> dict[str, str]:
            self._there(name)
            async with self._path_manager:
                self.changes.append(("delete", name))
                del self.paths[name]
            return {"status": "ok"}

        @app.get("/v3/paths/list")
        async def paths(itemsPerPage: int = 100, page: int = 0) -> dict[str, Any]:
            async with self._path_manager:
                return _page([self._path(name) for name in sorted(self.paths)], itemsPerPage, page)

        @app.get("/v3/webrtc/sessions/list")
        async def sessions(itemsPerPage: int = 100, page: int = 0) -> dict[str, Any]:
            for one in self.sessions.values():
                one["outboundBytes"] += 1200 if one["peerConnectionEstablished"] else 0
            return _page(list(self.sessions.values()), itemsPerPage, page)

        @app.post("/v3/webrtc/sessions/kick/{session_id}")
        async def kick(session_id: str) -> dict[str, str]:
            if session_id not in self.sessions:
                raise HTTPException(404, "session not found")
            del self.sessions[session_id]
            self.kicked.append(session_id)
            return {"status": "ok"}

        return app

    def _there(self, name: str) -> dict[str, Any]:
        if name not in self.paths:
            raise HTTPException(404, "path configuration not found")
        return self.paths[name]

    async def _set(self, name: str, before: dict[str, Any], given: dict[str, Any]) -> None:
        for each, value in given.items():
            if each not in PATH_CONF or type(value) is not PATH_CONF[each]:
                raise HTTPException(400, f"json: unknown field or wrong type: {each}")
        conf = before | given
        if not re.match(r"rtsps?://", conf["source"]) or "$" in conf["source"]:
            raise HTTPException(400, "invalid source, or one with a variable")
        if conf["rtspTransport"] not in ("udp", "multicast", "tcp", "automatic"):
            raise HTTPException(400, "invalid rtspTransport")
        async with self._path_manager:
            self.changes.append(("set", name))
            self.paths[name] = conf
            if before and before != conf:
                self.sessions = {key: one for key, one in self.sessions.items() if one["path"] != name}

    def _path(self, name: str) -> dict[str, Any]:
        readers = [{"type": "webRTCSession", "id": key} for key, one in self.sessions.items() if one["path"] == name]
        readers += [{"type": "rtspSession", "id": str(uuid4())} for _ in range(self.rtsp_readers.get(name, 0))]
        tracks = [{"codec": "H264", "codecProps": None}] if readers else []
        if readers and self.paths[name]["source"] in self.audio:
            tracks.append({"codec": "G711", "codecProps": None})
        item = {"name": name, "confName": name, "available": bool(readers), "online": bool(readers)}
        return item | {"tracks2": tracks, "readers": readers}

    # ------------------------------------------------------------ WHEP
    def _whep(self) -> FastAPI:
        app = FastAPI()

        @app.api_route("/{name}/whep", methods=["OPTIONS", "POST"])
        async def whep(name: str, request: Request) -> Response:
            kind, _, token = request.headers.get("authorization", "").partition(" ")
            session_id = str(uuid4()) if request.method == "POST" else None
            assert request.client
            question = {"token": token, "ip": request.client.host, "path": name, "id": session_id}
            async with self._path_manager:
                if name not in self.paths:
                    return Response(status_code=400)
                if not await self.authorised(action="read", protocol="webrtc", **question):
                    return Response(status_code=401)
            if session_id is None:
                return Response(status_code=204)
            self.open_session(session_id, name)
            return Response("v=0", 201, {"Location": f"/{name}/whep/{uuid4()}", "ID": session_id})

        return app

    def open_session(self, session_id: str, name: str) -> None:
        self.sessions[session_id] = {
            "id": session_id,
            "path": name,
            "state": "read",
            "peerConnectionEstablished": True,
            "outboundBytes": 0,
        }

    # ------------------------------------------------------------ RTSP: the camera's own, under the path's name
    async def _rtsp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name, back = "", None
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                text = head.decode()
                line, _, rest = text.partition("\r\n")
                method, url, version = line.split(" ")
                name = name or urlsplit(url).path.strip("/")
                if back is None:
                    seq = re.search(r"CSeq: (\d+)", text)[1]  # type: ignore[index]
                    basic = re.search(r"Authorization: Basic (\S+)", text)
                    user, _, password = base64.b64decode(basic[1] if basic else "").decode().partition(":")
                    async with self._path_manager:
                        question = {"user": user, "password": password, "ip": "127.0.0.1", "path": name}
                        is_known = name in self.paths
                        may = is_known and await self.authorised(action="read", protocol="rtsp", **question)
                    if method == "OPTIONS" or not may:
                        refusal = "401 Unauthorized" if is_known else "404 Not Found"
                        status = "200 OK" if method == "OPTIONS" else refusal
                        more = 'WWW-Authenticate: Basic realm="ipcam"\r\n' if "401" in status else ""
                        public = "Public: DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n" if "200" in status else ""
                        writer.write(f"RTSP/1.0 {status}\r\nCSeq: {seq}\r\n{more}{public}\r\n".encode())
                        continue
                    source = urlsplit(self.paths[name]["source"])
                    camera, sink = await asyncio.open_connection(source.hostname, source.port)
                    back = asyncio.create_task(_copy(camera, writer))
                    self.rtsp_readers[name] = self.rtsp_readers.get(name, 0) + 1
                rest = re.sub(r"Authorization: [^\r]*\r\n", "", rest)
                path = urlsplit(url).path.replace(f"/{name}", source.path, 1)
                sink.write(f"{method} rtsp://{source.netloc}{path} {version}\r\n{rest}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if back is not None:
                self.rtsp_readers[name] -= 1
                sink.close()
                back.cancel()
            writer.close()


async def _copy(camera: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await camera.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def _page(items: list[dict[str, Any]], size: int, page: int) -> dict[str, Any]:
    pages = -(-len(items) // size)
    return {"itemCount": len(items), "pageCount": pages, "items": items[page * size : (page + 1) * size]}
