"""A WHEP player in tests: aiortc as a receiver, and every decoded picture with its time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from server.video.gateway import Play


class Screen:
    """A WHEP player: what it asked, what came, and every decoded picture with its time."""

    def __init__(self, origin: str) -> None:
        self.http = httpx.AsyncClient(base_url=origin, trust_env=False, timeout=15)
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pictures: list[tuple[float, Any]] = []
        self.session = ""
        self._reader: asyncio.Task[None] | None = None
        self.peer.on("track", self._take)

    def _take(self, track: Any) -> None:
        async def read() -> None:
            while True:
                frame = await track.recv()
                self.pictures.append((time.time(), frame.to_ndarray(format="gray")))

        self._reader = asyncio.create_task(read())

    async def offer(self, *, kinds: tuple[str, ...] = ("video",)) -> str:
        for kind in kinds:
            self.peer.addTransceiver(kind, direction="recvonly")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def ask(self, play: Play, sdp: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {play.ticket}", "Content-Type": "application/sdp"}
        return await self.http.post(httpx.URL(play.url).raw_path.decode(), content=sdp, headers=headers)

    async def watch(self, play: Play, **offered: Any) -> httpx.Response:
        answer = await self.ask(play, await self.offer(**offered))
        assert answer.status_code == 201, answer.text
        self.session = answer.headers["Location"]
        await self.peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    async def told(self) -> dict[str, Any]:
        return dict((await self.http.get(self.session)).json())

    async def close(self) -> None:
        await self.peer.close()
        if self._reader:
            self._reader.cancel()
        await self.http.aclose()
